"""An ONNX graph that grows operator by operator."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minigan import backend
from minigan.interchange.settings import hand_over, python_value
from minigan.layers import Layer, Shape
from minigan.version import __version__

__all__ = ["Graph", "data"]

#: The versions of the operators and of the file format: of 2021 and 2022, so that older readers support them.
OPSET, IR_VERSION = 17, 8

#: The axes of images with the channels first, from last, and back.
TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


class Graph:
    """The operators so far, and the value that the next one takes.

    Parameters
    ----------
    onnx : module
        The onnx package.
    writers : mapping
        The function that adds the operators of each class of layers.
    """

    def __init__(self, onnx: Any, writers: Mapping[type[Layer], Callable[..., None]]) -> None:
        self.onnx, self.writers, self.value = onnx, writers, "x"
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.channels_first = self.conditional = False

    def op(self, kind: str, *inputs: str | np.ndarray, **attributes: Any) -> None:
        """Add an operator on the current value and further inputs; its output is the next value."""
        self.value = self.node(kind, self.value, *inputs, **attributes)

    def node(self, kind: str, *inputs: str | np.ndarray, **attributes: Any) -> str:
        """Add an operator on values and arrays, and return the name of its output; "" is an input left out."""
        output = f"{kind.lower()}_{len(self.nodes)}"
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        attributes = {key: python_value(value) for key, value in attributes.items()}
        self.nodes.append(self.onnx.helper.make_node(kind, names, [output], name=output, **attributes))
        return output

    def constant(self, array: np.ndarray) -> str:
        """Keep an array in the model."""
        name = f"array_{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def first(self) -> None:
        """Bring images to (N, C, H, W)."""
        if not self.channels_first:
            self.op("Transpose", perm=TO_FIRST)
            self.channels_first = True

    def last(self) -> None:
        """Bring images to (N, H, W, C)."""
        if self.channels_first:
            self.op("Transpose", perm=TO_LAST)
            self.channels_first = False

    def reshape(self, *shape: int) -> None:
        """Reshape all axes but the batch's."""
        self.op("Reshape", np.array([-1, *shape], np.int64))

    def layer(self, layer: Layer) -> None:
        """Add the operators of a layer in inference mode, and of its activation.

        Raises
        ------
        ConfigError
            It has no form in these operators, or one of its settings has none.
        """
        hand_over(self.writers, "ONNX", layer, self)
        activation = getattr(layer, "activation", None)
        if isinstance(activation, Layer):
            self.layer(activation)

    def model(self, name: str, shape: Shape, output_shape: Shape, facts: dict[str, str]) -> Any:
        """The complete model, checked."""
        helper, types = self.onnx.helper, self.onnx.TensorProto
        inputs = [helper.make_tensor_value_info("x", types.FLOAT, ["N", *python_value(shape)])]
        if self.conditional:
            inputs.append(helper.make_tensor_value_info("labels", types.INT64, ["N"]))
        self.nodes.append(helper.make_node("Identity", [self.value], ["y"], name="y"))
        outputs = [helper.make_tensor_value_info("y", types.FLOAT, ["N", *python_value(output_shape)])]
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.constants)
        model = helper.make_model(
            graph,
            producer_name="minigan",
            producer_version=__version__,
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        helper.set_model_props(model, facts)
        self.onnx.checker.check_model(model, full_check=True)
        return model


def data(layer: Layer, name: str) -> np.ndarray:
    """A parameter in host memory."""
    return backend.asnumpy(layer.parameters[name].data)
