"""A built network, as its summary, its plan and `predict` see it."""

from collections.abc import Iterator
from typing import Any, Protocol

from minigan.backend import Array
from minigan.layers.base import INFERENCE, Context, Layer, Shape
from minigan.layers.parameter import Parameter

__all__ = ["Network"]


class Network(Protocol):
    """What `minigan.Sequential` has of it: its layers, the steps that run, and its parameters."""

    name: str
    input_shape: Shape
    output_shape: Shape
    flat_data: Array

    @property
    def steps(self) -> list[Layer]: ...

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, tuple[Any, ...]]: ...

    def parameters(self) -> dict[str, Parameter]: ...

    def __iter__(self) -> Iterator[Layer]: ...
