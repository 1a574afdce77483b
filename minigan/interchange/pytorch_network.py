"""A network as modules of PyTorch.

The other network is a `torch.nn.Sequential` on images (N, C, H, W); inputs of any other number of axes are as here.
One layer here may be several modules there: an activation is a module of its own, and so is padding that is not the
same on both sides.

`torch.nn.Flatten` and `torch.nn.Unflatten` order an image's numbers channel by channel, minigan's Flatten and Reshape
pixel by pixel. The weights that follow a flattened image are therefore put in the other order.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from minigan import layers
from minigan.interchange.program import classes_in, comments
from minigan.interchange.pytorch_module import CLASSES, LIBRARY, At, Module, in_our_order, module
from minigan.interchange.pytorch_weighted import WEIGHTED
from minigan.interchange.pytorch_weightless import WEIGHTLESS
from minigan.interchange.settings import hand_over
from minigan.layers import Layer, Shape
from minigan.model.sequential import Sequential

__all__ = ["WRITERS", "modules", "pytorch_source", "pytorch_source_safetensors"]


def pytorch_source(network: Sequential, file: str | Path, facts: Mapping[str, str]) -> str:
    """A Python program that makes the same network in PyTorch, and says how to load its state dict from a file.

    Raises
    ------
    ConfigError
        A layer or a setting has no counterpart.
    """
    return program(network, facts, f"torch.load({str(file)!r}, weights_only=True)")


def pytorch_source_safetensors(network: Sequential, file: str | Path, facts: Mapping[str, str]) -> str:
    """As `pytorch_source`, for a file of safetensors."""
    return program(network, facts, f"load_file({str(file)!r})", "# from safetensors.torch import load_file\n")


def program(network: Sequential, facts: Mapping[str, str], state: str, imports: str = "") -> str:
    """The program, and as comments the lines that load a state dict by the expression `state`."""
    lines = [item.code for _, item in modules(network.layers)]
    body = "".join(f"    {line},\n" for line in lines)
    return (
        f"{comments(facts)}import torch\nfrom torch import nn\n{classes_in(lines, CLASSES)}\n"
        f"model = nn.Sequential(\n{body})\n{imports}# model.load_state_dict({state})\n# model.eval()\n"
    )


# From layers to modules


def modules(network: Sequence[Layer]) -> list[tuple[Layer, Module]]:
    """The modules of the layers, each with the layer it comes from; they give their output in minigan's order."""
    made: list[tuple[Layer, Module]] = []
    image: Shape | None = None
    for place, layer in enumerate(network):
        leaves = flat_image(network, place, image)
        made += [(layer, item) for item in counterparts(layer, At(image, leaves))]
        image = leaves
    return made + [(layer, item) for item in in_our_order(image)]


def flat_image(network: Sequence[Layer], place: int, image: Shape | None) -> Shape | None:
    """The image (H, W, C) whose flattened form a layer's output is; None for an output that is not flat, or no image.

    The output of a Dense or Maxout is the image that a later Reshape makes of it.
    """
    layer = network[place]
    if len(layer.output_shape) != 1:
        return None
    if isinstance(layer, layers.Flatten | layers.Reshape) and len(layer.input_shape) == 3:
        return layer.input_shape
    if not isinstance(layer, layers.Dense | layers.Maxout):
        return image if layer.input_shape == layer.output_shape else None
    for later in network[place + 1 :]:
        if isinstance(later, layers.Reshape) and len(later.output_shape) == 3:
            return later.output_shape
        if isinstance(later, layers.Dense | layers.Maxout) or later.input_shape != later.output_shape:
            return None
    return None


def counterparts(layer: Layer, at: At) -> list[Module]:
    """The modules of PyTorch that stand for a layer of ours, and for its activation."""
    made = hand_over(WRITERS, LIBRARY, layer, at)
    activation = getattr(layer, "activation", None)
    return made + counterparts(activation, At(at.leaves, at.leaves)) if isinstance(activation, Layer) else made


def residual(at: At, layer: layers.Residual, *, layers: list[Layer]) -> list[Module]:
    """Its modules, named by their places in it, with a flat image in minigan's order between them."""
    before = in_our_order(at.enters)
    after = [module("Reshape", at.enters), module("nn.Flatten")] if before else []
    made = modules(layers)
    weights = [
        (f"{part.name}.{ours}", f"{place}.{theirs}", permutation)
        for place, (part, item) in enumerate(made, start=len(before))
        for ours, theirs, permutation in item.weights
    ]
    lines = [item.code for item in (*before, *(item for _, item in made), *after)]
    return [Module(f"Residual({', '.join(lines)})", tuple(weights))]


#: What makes the modules for each class of layers.
WRITERS: dict[type[Layer], Callable[..., list[Module]]] = {**WEIGHTED, **WEIGHTLESS, layers.Residual: residual}
