"""What a built network runs: its steps, the kernel of each, and what they cost.

`rows` returns it, `print_plan` prints it, and `minigan.Sequential.plan` calls both.
"""

from collections.abc import Iterator
from math import prod
from typing import Any, NamedTuple

import numpy as np

from minigan import kernels
from minigan.backend import Array, array_module
from minigan.fusion.normalization import NormalizationStep
from minigan.fusion.residual import ResidualStep
from minigan.fusion.step import LinearStep, Step, is_builtin
from minigan.kernels import Kernel, Operation
from minigan.kernels.compiled.algorithms import COMPILED
from minigan.kernels.cpu.algorithms.choose import NUMPY, choose
from minigan.kernels.cpu.algorithms.gemm import SlabAlgorithm
from minigan.kernels.cpu.algorithms.narrow import Narrow
from minigan.kernels.cpu.algorithms.nine_product import NineProduct
from minigan.kernels.cpu.algorithms.patches import ByPatches
from minigan.kernels.registry import REAL
from minigan.layers.base import Context, Layer, Shape
from minigan.layers.conv2d import Conv2D
from minigan.layers.conv2d_transpose import Conv2DTranspose
from minigan.layers.dense import Dense
from minigan.layers.maxout import Maxout
from minigan.layers.projection_head import ProjectionHead
from minigan.layers.residual import Residual
from minigan.layers.self_attention2d import SelfAttention2D
from minigan.layers.spectral_normalization import SpectralNormalization
from minigan.model.network import Network
from minigan.model.summary import memory
from minigan.random import Stream

__all__ = ["PlanRow", "print_plan", "rows"]

#: The kernel of a layer that is no fused step and calls none of the kernels between which there is a choice.
OWN = "its own"


class PlanRow(NamedTuple):
    """One step of a network.

    Attributes
    ----------
    layers : tuple of str
        The names of the layers that it stands for.
    kernel : str
        How it is computed: "reference", the word for a fast kernel, or "its own".
    output_shape : tuple of int
        Without the batch axis.
    products : int or None
        Multiply-adds that the kernel makes for one image, in the forward; None where nobody can tell, in a layer of
        your own. Only products of matrices are counted, not what an activation or a normalisation does.
    direct : int or None
        Multiply-adds by the layers' own formulas.
    bytes : int
        What a training step takes for one more image: the output, if it is written to new memory, and what the step
        keeps for its backward, if nobody before it did.
    parameters : int
        The moving averages included.
    """

    layers: tuple[str, ...]
    kernel: str
    output_shape: Shape
    products: int | None
    direct: int | None
    bytes: int
    parameters: int


def rows(model: Network, batch_size: int = 16) -> list[PlanRow]:
    """One row a step.

    The kernels are those of this process at this moment. Two small forwards, of two images and of three, show what
    is kept; they leave the moving averages where they are.

    Parameters
    ----------
    model : Sequential
        Built.
    batch_size : int
        For how many images a kernel is chosen.
    """
    # More of three images than of two: what a batch has but once, such as its mean, is not counted.
    two, three = (footprints(model, count) for count in (2, 3))
    return [row(step, batch_size, after - before) for step, before, after in zip(model.steps, two, three)]


def row(step: Layer, batch_size: int, size: int) -> PlanRow:
    """The row of one step, with `size` bytes an image."""
    layers = step.layers if isinstance(step, Step) else [step]
    direct, products, kernel = direct_products(layers), None, OWN
    chosen = map_of(step, batch_size)
    if chosen is not None:
        kernel, products = chosen.title, made_products(chosen, direct)
    elif isinstance(step, NormalizationStep) and is_fast(kernels.normalize_activate, step.norm.gamma.data):
        kernel = "slabs"
    elif parts := parts_of(step):
        inner = [row(part, batch_size, 0) for part in parts]
        kernel = ", ".join(dict.fromkeys(part.kernel for part in inner))
        products = total([part.products for part in inner])
    elif isinstance(step, Step) or operation_of(step) is not None:
        kernel = "reference"
    return PlanRow(
        tuple(layer.name for layer in layers),
        kernel,
        step.output_shape,
        direct if products is None else products,
        direct,
        size,
        sum(parameter.data.size for parameter in step.parameters.values()),
    )


def parts_of(step: Layer) -> list[Layer]:
    """What runs inside of a residual block; nothing where it is another layer."""
    if isinstance(step, ResidualStep):
        return step.steps
    return step.layers if isinstance(step, Residual) and is_builtin(step) else []


# The kernel


def is_fast(kernel: Kernel, array: Array) -> bool:
    """Whether a kernel's CPU twin answers for such an array."""
    fast = kernels.kind() != "reference" and not kernel.edited
    return kernel.cpu is not None and fast and type(array) is np.ndarray and array.dtype in REAL


def operation_of(step: Layer) -> tuple[Operation, Shape, Array] | None:
    """The affine map that a step is made of, the shape of its input, and its kernel; None where there is no map."""
    if isinstance(step, LinearStep):
        return step.operation, step.input_shape, step.matrix
    if is_builtin(step) and isinstance(step, Conv2D | Conv2DTranspose):
        # The transposed convolution runs the convolution from its output to its input backwards.
        shape = step.input_shape if isinstance(step, Conv2D) else step.output_shape
        return step.operation, shape, step.kernel.data
    return None


def map_of(step: Layer, batch_size: int) -> SlabAlgorithm | None:
    """The fast map that computes a step; None where it has none, or the definition answers."""
    found = operation_of(step)
    if found is None:
        return None
    operation, shape, kernel = found
    if not is_fast(kernels.affine, kernel):
        return None
    return choose(operation, (batch_size, *shape), kernel, COMPILED if kernels.compiled_run() else NUMPY)[1]


# Multiply-adds


def direct_products(layers: list[Layer]) -> int | None:
    """Multiply-adds of all products with a kernel, by the layers' formulas."""
    return total(list(map(layer_products, layers)))


def total(counts: list[int | None]) -> int | None:
    """The sum, None where one is unknown."""
    return None if None in counts else sum(filter(None, counts))


def layer_products(layer: Layer) -> int | None:
    """As `direct_products`, of one layer."""
    if not is_builtin(layer):
        return None
    match layer:
        case Dense() | Conv2DTranspose():
            return prod(layer.input_shape[:-1]) * layer.kernel.data.size
        case Conv2D():
            return prod(layer.output_shape[:-1]) * layer.kernel.data.size
        case Maxout() | ProjectionHead():
            return layer.kernel.data.size
        case SpectralNormalization():
            return layer_products(layer.layer)
        case Residual():
            return direct_products(layer.layers)
        case SelfAttention2D():
            places, (keys, values) = prod(layer.input_shape[:-1]), (kernel.shape[1] for kernel in layer.kernels[1:])
            return 2 * places * (keys + values) * layer.input_shape[-1] + places**2 * (keys + values)
    return 0


def made_products(chosen: SlabAlgorithm, direct: int | None) -> int | None:
    """Multiply-adds that a map makes for one image."""
    match chosen:
        case Narrow():
            return prod(chosen.image) * chosen.by_tap.size
        case NineProduct():
            return chosen.products * chosen.kernel[0, 0].size
        case ByPatches():
            return prod(chosen.tiles) * prod(chosen.transformed_shape)
    return direct


# Memory


def footprints(model: Network, count: int) -> list[int]:
    """The bytes that each step of a training forward of `count` images adds to what is kept."""
    values = [parameter.data for parameter in model.parameters().values()]
    flat = model.flat_data
    x = array_module(flat).ones((count, *model.input_shape), flat.dtype)
    labels = array_module(flat).zeros(count, int)  # for conditional layers
    ctx = Context(training=True, rng=Stream(0, "plan"), update_stats=False, labels=labels)
    # All are held until the end: an array that dies leaves its identity to another.
    held: dict[int, Array] = {id(owner): owner for owner in map(owner_of, (x, *values))}
    added = []
    for step in model.steps:
        x, cache = step.forward(x, ctx)
        new: dict[int, int] = {}
        for array in arrays_in((x, cache)):
            owner = owner_of(array)
            if id(owner) not in held or id(owner) in new:
                # Not the owner's size: recycled memory may be a little larger than the array in it.
                new[id(owner)] = max(new.get(id(owner), 0), array.nbytes)
                held[id(owner)] = owner
        added.append(sum(new.values()))
    return added


def arrays_in(item: Any) -> Iterator[Array]:
    """All arrays in a cache, those in the caches inside it included."""
    if isinstance(item, tuple | list):
        for part in item:
            yield from arrays_in(part)
    elif isinstance(item, dict):
        yield from arrays_in(list(item.values()))
    elif hasattr(item, "nbytes") and hasattr(item, "dtype"):
        yield item


def owner_of(array: Array) -> Array:
    """The array whose memory a view shows."""
    while isinstance(getattr(array, "base", None), type(array)):
        array = array.base
    return array


# Print


def print_plan(model: Network, batch_size: int = 16) -> None:
    """Print `rows` as a table, and their sums."""
    from rich.box import HEAVY_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=HEAVY_HEAD, show_lines=True, title=f"Plan: {model.name}", title_justify="left")
    # Nothing is cut off in a narrow terminal: names are folded, numbers stay whole.
    for heading in ("Layers", "Kernel", "Output"):
        table.add_column(heading, overflow="fold")
    for heading in ("Products", "Memory", "Param #"):
        table.add_column(heading, justify="right", no_wrap=True)
    steps = rows(model, batch_size)
    for step in steps:
        table.add_row(
            "\n".join(step.layers),
            step.kernel,
            str(step.output_shape),
            products_text(step),
            memory(step.bytes),
            f"{step.parameters:,}",
        )
    console = Console()
    console.print(table)
    products, direct = (sum(getattr(step, name) or 0 for step in steps) for name in ("products", "direct"))
    unknown = ", without those of the layers marked ?" if any(step.products is None for step in steps) else ""
    for line in (
        f"Kernels: {kernels.running()}",
        f"Products: {products:,} for an image's forward, {direct:,} by the layers' formulas{unknown}",
        f"Memory: {memory(sum(step.bytes for step in steps))} for an image in training",
        f"Total params: {sum(step.parameters for step in steps):,}",
    ):
        console.print(f" {line}", highlight=False)


def products_text(step: PlanRow) -> str:
    """The multiply-adds; below them those of the layers' formulas, where these are others."""
    made, direct = ("?" if count is None else f"{count:,}" for count in (step.products, step.direct))
    return made if made == direct else f"{made}\n({direct})"
