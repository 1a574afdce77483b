"""Batches of no example and of one: every layer alone, every fused step, by twins and by definitions alike.

An empty batch has an empty result of the right shape, adds nothing to any gradient and moves no average. It comes from
data whose number is a multiple of the batch size, from a filter that leaves nothing, or from a count of 0.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import pytest

from minigan import kernels
from minigan.backend import asnumpy
from minigan.errors import ShapeError
from minigan.layers import BatchNorm, Context, Dense, Dropout, Layer
from minigan.model.sequential import Sequential
from tests.fusion.pairs import CASES as FUSED
from tests.layers.cases import CASES, built, inference, training
from tests.loops import loop_over


class Subject(NamedTuple):
    """A layer or a fused step, and the shape of one example."""

    name: str
    make: Any
    shape: tuple[int, ...]

    @property
    def one_value_a_channel(self) -> bool:
        """Whether a batch of one has nothing to normalise by: see `BatchNorm`."""
        norms = [layer for layer in layers_in(self.make()) if isinstance(layer, BatchNorm)]
        return any(len(norm.input_shape) == 1 for norm in norms)


def layers_in(layer: Layer) -> list[Layer]:
    """The layer itself, or the layers of a fused step."""
    return getattr(layer, "layers", [layer])


SUBJECTS = [
    *(Subject(case.name, lambda case=case: built(case, np.float32), case.shape[1:]) for case in CASES),
    *(Subject(f"{case.name} fused", lambda case=case: case.step(np.float32), case.shape) for case in FUSED),
]
every_subject = loop_over(subject=SUBJECTS)
every_mode = loop_over(mode=[training, inference])
every_kind = loop_over(kind=["fast", "reference"])


@contextmanager
def quietly(kind: str) -> Iterator[None]:
    """With these kernels, and no warning of NumPy's about means of nothing."""
    with kernels.using(kind), warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
        warnings.simplefilter("error")
        yield


def all_passes(layer: Layer, x: np.ndarray, ctx: Context) -> tuple[np.ndarray, ...]:
    """y, dx, y_dot, and both results of the reverse pass through forward and tangent."""
    y, cache = layer.forward(x, ctx)
    dy = np.ones_like(y)
    y_dot, tangent_cache = layer.tangent(np.ones_like(x), cache)
    return y, layer.backward(dy, cache), y_dot, *layer.tangent_backward(dy, dy, cache, tangent_cache)


def values(layer: Layer) -> dict[str, np.ndarray]:
    return {name: asnumpy(parameter.data).copy() for name, parameter in layer.parameters.items()}


@every_kind
@every_mode
@every_subject
def test_an_empty_batch_has_an_empty_result_and_leaves_no_trace(subject: Subject, mode: Any, kind: str):
    layer = subject.make()
    before = values(layer)
    x = np.zeros((0, *subject.shape), np.float32)
    ctx = mode(x)
    drawn_before = ctx.rng and ctx.rng.state
    with quietly(kind):
        y, dx, y_dot, *back = all_passes(layer, x, ctx)
    assert y.shape == y_dot.shape == (0, *layer.output_shape)
    assert {array.shape for array in (dx, *back)} == {x.shape}
    assert {array.dtype for array in (y, dx, y_dot, *back)} == {np.dtype(np.float32)}
    assert not any(np.any(p.grad) for p in layer.parameters.values() if p.trainable)
    if not any("vector_u" in name for name in before):  # spectral normalisation looks at its kernel, not at the batch
        for name, now in values(layer).items():
            np.testing.assert_array_equal(now, before[name])
    assert (ctx.rng and ctx.rng.state) == drawn_before


@every_kind
@every_mode
@every_subject
def test_a_batch_of_one_has_finite_results_or_is_refused(subject: Subject, mode: Any, kind: str):
    layer = subject.make()
    x = np.random.default_rng(0).standard_normal((1, *subject.shape)).astype(np.float32)
    if mode is training and subject.one_value_a_channel:
        before = values(layer)
        with pytest.raises(ShapeError, match=r"at least 2 values of each channel in training, got 1: .*batch of at"):
            layer.forward(x, mode(x))
        for name, now in values(layer).items():
            np.testing.assert_array_equal(now, before[name])
        return
    with quietly(kind):
        results = all_passes(layer, x, mode(x))
    assert all(np.isfinite(array).all() for array in results)
    assert all(np.isfinite(now).all() for now in values(layer).values())


@every_kind
@every_subject
def test_a_batch_of_one_is_the_same_by_definition_and_twin(subject: Subject, kind: str):
    layer = subject.make()
    x = np.random.default_rng(1).standard_normal((1, *subject.shape)).astype(np.float32)
    with kernels.using("reference"):
        expected = all_passes(layer, x, inference(x))
    with kernels.using(kind):
        for got, wanted in zip(all_passes(layer, x, inference(x)), expected, strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


@loop_over(fuse=[True, False])
def test_a_network_takes_an_empty_batch_through_all_its_passes(fuse: bool):
    network = Sequential([Dense(4, activation="relu"), BatchNorm(), Dropout(0.5), Dense(1)], fuse=fuse)
    network.build((3,))
    before = network.state_dict()
    x = np.zeros((0, 3), np.float32)
    with quietly("fast"):
        y, caches = network.forward(x, training(x))
        dx = network.backward(np.ones_like(y), caches)
        assert network.predict(x).shape == y.shape == (0, 1)
    assert dx.shape == (0, 3)
    assert not network.flat_grad.any()
    for name, value in network.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
