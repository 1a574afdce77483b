"""A built network, as its summary and its plan see it."""

from collections.abc import Iterator
from typing import Protocol

from minigan.backend import Array
from minigan.layers.base import Layer, Shape
from minigan.layers.parameter import Parameter

__all__ = ["Network"]


class Network(Protocol):
    """What `minigan.Sequential` has of it: its layers, the steps that run, and its parameters."""

    name: str
    input_shape: Shape
    flat_data: Array

    @property
    def steps(self) -> list[Layer]: ...

    def parameters(self) -> dict[str, Parameter]: ...

    def __iter__(self) -> Iterator[Layer]: ...
