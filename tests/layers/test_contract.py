"""What every layer there is must do, whatever it computes."""

import copy
from typing import Any

import numpy as np
import pytest

import minigan.layers
from minigan import backend
from minigan.backend import Array, asnumpy
from minigan.errors import DtypeError, NotBuiltError, ShapeError, StaleCacheError
from minigan.layers import Layer
from minigan.random import Stream
from tests.layers.cases import (
    BY_NAME,
    CASES,
    Case,
    assert_close,
    assert_equal,
    built,
    inference,
    random_arrays,
    training,
)
from tests.loops import loop_over

pytestmark = pytest.mark.usefixtures("each_backend")

every_layer = loop_over(case=CASES)
every_dtype = loop_over(dtype=[np.float32, np.float64])


def arrays_in(cache: Any) -> list[Array]:
    """All arrays of a cache, those of an activation's cache inside included."""
    if hasattr(cache, "astype"):
        return [cache]
    return [array for item in cache for array in arrays_in(item)] if isinstance(cache, tuple) else []


def mixes_at_inference(case: Case) -> bool:
    """Whether an example's output depends on the others of its batch in the only mode there is."""
    return case.make().mixes_examples and not case.two_modes


@every_layer
def test_layers_that_mix_examples_in_training_say_so(case: Case):
    layer = built(case)
    x, _ = random_arrays(layer, case)
    other = x.copy()
    other[1:] += 1 + other[1:] ** 2
    whole, changed = (layer.forward(array, training(x)._replace(update_stats=False))[0][0] for array in (x, other))
    assert np.array_equal(asnumpy(whole), asnumpy(changed)) is (len(x) == 1 or not layer.mixes_examples)


def test_cases_cover_every_layer():
    exported = {getattr(minigan.layers, name) for name in minigan.layers.__all__}
    layers = {item for item in exported if isinstance(item, type) and issubclass(item, Layer)} - {Layer}
    assert {type(case.make()) for case in CASES} == layers


@every_layer
def test_output_has_the_shape_that_build_inferred(case: Case):
    layer = case.make()
    inferred = layer.build(case.shape[1:])
    x = backend.xp().ones(case.shape, np.float32)
    y, _ = layer.forward(x, training(x))
    assert y.shape == (case.shape[0], *inferred) == (case.shape[0], *layer.output_shape)


@every_dtype
@every_layer
def test_nothing_is_promoted(case: Case, dtype: type):
    layer = built(case, dtype)
    x, dy = random_arrays(layer, case, dtype)
    for ctx in (training(x), inference(x)):
        y, cache = layer.forward(x, ctx)
        dx = layer.backward(dy, cache)
        floats = [array for array in arrays_in(cache) if array.dtype.kind == "f"]
        assert {array.dtype for array in (y, dx, *floats)} == {np.dtype(dtype)}
    for parameter in layer.parameters.values():
        assert parameter.data.dtype == dtype
        assert parameter.grad is None or parameter.grad.dtype == dtype


@every_layer
def test_input_gradient_has_the_inputs_shape(case: Case):
    layer = built(case)
    x, dy = random_arrays(layer, case)
    _, cache = layer.forward(x, training(x))
    assert layer.backward(dy, cache).shape == x.shape


@every_layer
def test_passes_change_neither_x_nor_dy_nor_cache(case: Case):
    layer = built(case)
    x, dy = random_arrays(layer, case)
    x_before, dy_before = x.copy(), dy.copy()
    _, cache = layer.forward(x, training(x))
    cache_before = copy.deepcopy(arrays_in(cache))
    layer.backward(dy, cache)
    assert_equal(x, x_before)
    assert_equal(dy, dy_before)
    for now, before in zip(arrays_in(cache), cache_before, strict=True):
        assert_equal(now, before)


@every_dtype
@every_layer
def test_it_says_how_much_it_draws(case: Case, dtype: type):
    layer = built(case, dtype)
    x, _ = random_arrays(layer, case, dtype)
    for examples in (x, x[:-1]):
        ctx = training(examples)
        expected = ctx.rng.jumped(layer.rng_blocks(len(examples), dtype)).state
        layer.forward(examples, ctx)
        assert ctx.rng.state == expected


@every_layer
def test_two_forwards_then_two_backwards_in_either_order(case: Case):
    layer = built(case)
    x, dy = random_arrays(layer, case)
    other_x, other_dy = x[::-1] + 1, dy[::-1] - 1
    ctx = training(x)._replace(update_stats=False)

    def gradients(order: tuple[int, int]) -> list[Array]:
        ctx.rng.state = Stream(0, "test").state
        caches = [layer.forward(x, ctx)[1], layer.forward(other_x, ctx)[1]]
        out = [None, None]
        for place in order:
            out[place] = layer.backward((dy, other_dy)[place], caches[place])
        return out

    for first, second in zip(gradients((0, 1)), gradients((1, 0)), strict=True):
        assert_equal(first, second)


@every_layer
def test_param_grads_false_gives_the_same_dx_and_touches_nothing(case: Case):
    layer = built(case)
    x, dy = random_arrays(layer, case)
    _, cache = layer.forward(x, training(x))
    frozen = layer.backward(dy, cache, param_grads=False)
    assert not any(asnumpy(p.grad).any() for p in layer.parameters.values() if p.trainable)
    assert_equal(layer.backward(dy, cache), frozen)
    assert all(asnumpy(p.grad).any() for p in layer.parameters.values() if p.trainable)


@every_layer
def test_parameter_gradients_add_up(case: Case):
    layer = built(case)
    x, dy = random_arrays(layer, case)
    _, cache = layer.forward(x, training(x))
    layer.backward(dy, cache)
    once = {name: p.grad.copy() for name, p in layer.parameters.items() if p.trainable}
    layer.backward(dy, cache)
    for name, gradient in once.items():
        assert_close(layer.parameters[name].grad, 2 * gradient, rtol=1e-12)


@every_layer
def test_update_stats_false_changes_no_parameter(case: Case):
    layer = built(case)
    before = {name: p.data.copy() for name, p in layer.parameters.items()}
    x, _ = random_arrays(layer, case)
    layer.forward(x, training(x)._replace(update_stats=False))
    for name, values in before.items():
        assert_equal(layer.parameters[name].data, values)


@every_layer
def test_inference_is_repeatable_and_changes_no_parameter(case: Case):
    layer = built(case)
    x, _ = random_arrays(layer, case)
    before = {name: p.data.copy() for name, p in layer.parameters.items()}
    assert_equal(layer.forward(x, inference(x))[0], layer.forward(x, inference(x))[0])
    for name, values in before.items():
        assert_equal(layer.parameters[name].data, values)


@every_layer
def test_dy_of_another_shape_is_refused(case: Case):
    layer = built(case)
    x, dy = random_arrays(layer, case)
    _, cache = layer.forward(x, training(x))
    with pytest.raises(ShapeError, match=r"expected dy \(.*\), got"):
        layer.backward(dy[:, :1] if dy.shape[1] > 1 else dy.repeat(2, 1), cache)


@every_layer
def test_dy_of_another_dtype_is_refused(case: Case):
    layer = built(case)
    x, dy = random_arrays(layer, case)
    _, cache = layer.forward(x, training(x))
    with pytest.raises(DtypeError, match="expected dy float64, got float32"):
        layer.backward(dy.astype(np.float32), cache)


@every_layer
def test_x_of_another_shape_or_dtype_is_refused(case: Case):
    layer = built(case)
    with pytest.raises(ShapeError, match=r"expected x \(N, .*\), got"):
        layer.forward(backend.xp().zeros((*case.shape[:-1], case.shape[-1] + 1)))
    with pytest.raises(DtypeError, match="floating"):
        layer.forward(backend.xp().zeros(case.shape, np.int64))
    if layer.parameters:
        with pytest.raises(DtypeError, match="expected x float64"):
            layer.forward(backend.xp().zeros(case.shape, np.float32))


@every_layer
def test_forward_before_build_is_refused(case: Case):
    with pytest.raises(NotBuiltError, match="call build"):
        case.make().forward(backend.xp().zeros(case.shape, np.float32))


@every_layer
def test_cache_from_before_an_update_is_refused(case: Case):
    layer = built(case)
    x, dy = random_arrays(layer, case)
    _, cache = layer.forward(x, training(x))
    for parameter in layer.parameters.values():
        parameter.version += 1
    if layer.parameters:
        with pytest.raises(StaleCacheError, match=layer.name):
            layer.backward(dy, cache)


@loop_over(case=[case for case in CASES if not mixes_at_inference(case)])
def test_single_image_batches_agree_with_one_batch_at_inference(case: Case):
    layer = built(case)
    x, _ = random_arrays(layer, case)
    whole, _ = layer.forward(x, inference(x))
    parts = backend.xp().concatenate(
        [layer.forward(x[i : i + 1], inference(x[i : i + 1], i))[0] for i in range(len(x))]
    )
    assert_close(whole, parts, rtol=1e-12, atol=1e-14)


@every_layer
def test_cache_is_a_named_tuple_that_prints(case: Case):
    layer = built(case)
    x, _ = random_arrays(layer, case)
    _, cache = layer.forward(x, training(x))
    assert "stamp" in cache._fields
    assert type(cache).__name__ in repr(cache)


def test_error_names_layer_expectation_and_arrival():
    layer = BY_NAME["conv2d-same"].make()
    layer.name = "conv2d_1"
    layer.build((7, 7, 2))
    _, cache = layer.forward(backend.xp().zeros((4, 7, 7, 2), np.float32))
    with pytest.raises(ShapeError, match=r"^Conv2D 'conv2d_1': expected dy \(4, 7, 7, 3\), got \(32, 1\)$"):
        layer.backward(backend.xp().zeros((32, 1), np.float32), cache)
