"""A network as an ONNX file, compared with minigan before it is written."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigan import backend
from minigan.errors import CheckpointError
from minigan.interchange.onnx_network import onnx_model
from minigan.interchange.optional_imports import have, need
from minigan.interchange.weights import write
from minigan.model.sequential import Sequential
from minigan.random import Stream

__all__ = ["TOLERANCE", "Difference", "compare", "export_onnx"]

#: The largest difference of an output from minigan's, relative to the largest output or, if that is less than 1, to 1.
TOLERANCE = 1e-5

#: Inputs that are compared.
INPUTS = 4


class Difference(NamedTuple):
    """The largest difference of two outputs, and the largest output."""

    difference: float
    largest: float

    @property
    def small(self) -> bool:
        """Whether it is within the tolerance; a NaN is not."""
        return self.difference <= TOLERANCE * max(1.0, self.largest)


def export_onnx(network: Sequential, path: str | Path, facts: dict[str, str] | None = None) -> Difference | None:
    """Write a network in inference mode as an ONNX file.

    Where onnxruntime is installed, it runs the model on some inputs first: nothing is written unless its outputs are
    minigan's.

    Parameters
    ----------
    network : Sequential
        Built, in float32. A conditional one gets a second input, ``labels`` (N,) of int64.
    path : path
        An existing file is replaced when the new one is complete.
    facts : dict, optional
        Texts to keep in the model.

    Returns
    -------
    Difference or None
        How far onnxruntime's outputs are from minigan's; None where it is not installed.

    Raises
    ------
    ConfigError
        The onnx package is not installed, a layer or a setting has no form in the operators, or
        the weights are too large for the format.
    CheckpointError
        The outputs differ.
    RunError
        The file cannot be written.
    """
    content = onnx_model(network, facts).SerializeToString()
    difference = compare(network, content) if have("onnxruntime") else None
    if difference is not None and not difference.small:
        raise CheckpointError(
            f"{network.name}: expected onnxruntime's outputs to be within {TOLERANCE:g} of minigan's, "
            f"got a difference of {difference.difference:.2g}"
        )
    write(Path(path), content)
    return difference


def compare(network: Sequential, content: bytes, seed: int = 0) -> Difference:
    """Run a model and the network it was made from on the same standard normal inputs.

    Raises
    ------
    ConfigError
        onnxruntime is not installed.
    """
    runtime = need("onnxruntime", "running an ONNX model")
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    inputs = {"x": backend.asnumpy(Stream(seed, "onnx").normal((INPUTS, *network.input_shape)))}
    labels = None
    if any(item.name == "labels" for item in session.get_inputs()):
        classes = min(layer.classes for layer in network if hasattr(layer, "classes"))
        labels = inputs["labels"] = np.arange(INPUTS) % classes
    (theirs,) = session.run(None, inputs)
    own_labels = None if labels is None else backend.asarray(labels)
    ours = backend.asnumpy(network.predict(backend.asarray(inputs["x"]), labels=own_labels))
    return Difference(float(np.abs(theirs - ours).max()), float(np.abs(ours).max()))
