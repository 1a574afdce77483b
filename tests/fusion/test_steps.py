"""What every fused step must do, whatever it joins: the contract of a layer, and the numbers of the layers."""

import copy

import numpy as np
import pytest

from minigan import kernels
from minigan.errors import ConfigError, DtypeError, NotBuiltError, ShapeError, StaleCacheError
from minigan.layers import BatchNorm, Context, Conv2D, Dense, Layer, UpSampling2D
from minigan.model.sequential import Sequential
from minigan.random import Stream
from tests.fusion.pairs import (
    CASES,
    Case,
    arrays,
    arrays_in,
    assert_close,
    averages,
    gradients,
    network,
    pair,
    training,
)
from tests.loops import loop_over

every_case = loop_over(case=CASES)
every_dtype = loop_over(dtype=[np.float32, np.float64])
every_mode = loop_over(ctx=[training, Context])
every_kind = loop_over(kind=kernels.KINDS)


@every_kind
@every_mode
@every_dtype
@every_case
def test_a_step_computes_what_its_layers_do(case: Case, dtype: type, ctx, kind: str):
    results = []
    for model in pair(case.specs, case.shape, dtype):
        x, dy = arrays(model)
        with kernels.using(kind):
            y, caches = model.forward(x, ctx())
            dx = model.backward(dy, caches)
        results.append({"y": y, "dx": dx, **gradients(model), **averages(model)})
    assert_close(*results, dtype)


@every_case
def test_a_step_says_how_much_it_draws(case: Case):
    model = case.model()
    x, _ = arrays(model)
    ctx = training()
    expected = ctx.rng.jumped(sum(step.rng_blocks(len(x), x.dtype) for step in model.steps)).state
    model.forward(x, ctx)
    assert ctx.rng.state == expected


@every_mode
@every_dtype
@every_case
def test_nothing_is_promoted(case: Case, dtype: type, ctx):
    model = case.model(dtype)
    x, dy = arrays(model)
    y, caches = model.forward(x, ctx())
    dx = model.backward(dy, caches)
    _, tangent_caches = model.tangent(x, caches)
    model.tangent_backward(dy, dy, caches, tangent_caches)
    floats = [array for array in arrays_in((caches, tangent_caches)) if array.dtype.kind == "f"]
    assert {array.dtype for array in (y, dx, model.flat_grad, *floats)} == {np.dtype(dtype)}


@every_mode
@every_case
def test_passes_change_neither_x_nor_dy_nor_cache(case: Case, ctx):
    step = case.step()
    x, dy = arrays(case.model())
    before = x.copy(), dy.copy()
    _, cache = step.forward(x, ctx())
    remembered = copy.deepcopy(list(arrays_in(cache)))
    step.backward(dy, cache)
    _, tangent_cache = step.tangent(x, cache)
    step.tangent_backward(dy, dy, cache, tangent_cache)
    for now, then in zip((x, dy, *arrays_in(cache)), (*before, *remembered), strict=True):
        np.testing.assert_array_equal(now, then)


@every_case
def test_two_forwards_then_two_backwards_in_either_order(case: Case):
    step = case.step()
    x, dy = arrays(case.model())
    other_x, other_dy = x[::-1] + 1, dy[::-1] - 1

    def run(order: tuple[int, int]) -> list[np.ndarray]:
        ctx = training(update_stats=False)
        caches = [step.forward(x, ctx)[1], step.forward(other_x, ctx)[1]]
        results = [None, None]
        for place in order:
            results[place] = step.backward((dy, other_dy)[place], caches[place])
        return results

    for first, second in zip(run((0, 1)), run((1, 0)), strict=True):
        np.testing.assert_array_equal(first, second)


@every_case
def test_a_cache_of_inference_outlives_a_training_forward(case: Case):
    """The averages that it was made with move on; it does not."""
    step = case.step()
    x, dy = arrays(case.model())
    _, cache = step.forward(x)
    expected = step.backward(dy, cache)
    step.forward(10 * x + 3, training())
    np.testing.assert_array_equal(step.backward(dy, cache), expected)


@every_mode
@every_case
def test_param_grads_false_gives_the_same_dx_and_touches_nothing(case: Case, ctx):
    model = case.model()
    x, dy = arrays(model)
    _, caches = model.forward(x, ctx())
    model.flat_grad[...] = 7
    frozen = model.backward(dy, caches, param_grads=False)
    assert (model.flat_grad == 7).all()
    np.testing.assert_array_equal(model.backward(dy, caches), frozen)
    assert all((gradient != 7).any() for gradient in gradients(model).values())


@every_case
def test_gradients_add_up(case: Case):
    model = case.model()
    x, dy = arrays(model)
    _, caches = model.forward(x, training())
    model.backward(dy, caches)
    once = model.flat_grad.copy()
    model.backward(dy, caches)
    np.testing.assert_allclose(model.flat_grad, 2 * once, rtol=1e-12)


@every_case
def test_update_stats_false_and_inference_change_no_parameter(case: Case):
    model = case.model()
    before = model.state_dict()
    for ctx in (training(update_stats=False), Context()):
        model.forward(arrays(model)[0], ctx)
        for name, values in before.items():
            np.testing.assert_array_equal(model.parameters()[name].data, values)


@every_case
def test_one_image_and_images_not_side_by_side_in_memory(case: Case):
    model = case.model()
    x, dy = arrays(model, n=6)
    y, caches = model.forward(x[::2])
    apart, apart_caches = model.forward(x[::2].copy())
    np.testing.assert_array_equal(y, apart)
    np.testing.assert_array_equal(model.backward(dy[::2], caches), model.backward(dy[::2].copy(), apart_caches))
    np.testing.assert_allclose(model.forward(x[:1])[0], y[:1], rtol=1e-12, atol=1e-14)


# Refusals


def titled(step: Layer) -> str:
    return f"^{step.title}: "


@every_case
def test_x_of_another_shape_or_dtype_is_refused(case: Case):
    step = case.step()
    x, _ = arrays(case.model())
    first = step.layers[0]
    with pytest.raises(ShapeError, match=rf"^{first.title}: expected x \(N, .*\), got"):
        step.forward(x[..., :-1])
    with pytest.raises(DtypeError, match="expected x of a floating dtype"):
        step.forward(x.astype(int))
    with pytest.raises(
        DtypeError, match=titled(step) + "expected x float64, as its (conv2d.)?(kernel|gamma), got float32"
    ):
        step.forward(x.astype(np.float32))


@every_case
def test_dy_of_another_shape_or_dtype_is_refused_with_the_layer_s_title(case: Case):
    step = case.step()
    x, dy = arrays(case.model())
    _, cache = step.forward(x, training())
    assert step.title in {layer.title for layer in step.layers}
    with pytest.raises(ShapeError, match=titled(step) + r"expected dy \(3, .*\), got \(6,"):
        step.backward(dy.repeat(2, 0), cache)
    with pytest.raises(ShapeError, match=titled(step) + r"expected dy \(3, .*\), got \(3,"):
        step.backward(dy.reshape(3, -1)[:, :1], cache)
    with pytest.raises(DtypeError, match=titled(step) + "expected dy float64, got float32"):
        step.backward(dy.astype(np.float32), cache)


@every_case
def test_caches_from_before_an_update_are_refused(case: Case):
    model = case.model()
    x, dy = arrays(model)
    _, caches = model.forward(x, training())
    _, tangent_caches = model.tangent(x, caches)
    model.mark_updated()
    for stale in (
        lambda: model.backward(dy, caches),
        lambda: model.tangent(x, caches),
        lambda: model.tangent_backward(dy, dy, caches, tangent_caches),
        lambda: model.tangent_backward(dy, dy, model.forward(x, training())[1], tangent_caches),
    ):
        with pytest.raises(StaleCacheError, match=titled(model.steps[0])):
            stale()


@every_case
def test_directions_that_do_not_fit_are_refused(case: Case):
    step = case.step()
    x, dy = arrays(case.model())
    _, cache = step.forward(x, training())
    _, tangent_cache = step.tangent(x, cache)
    with pytest.raises(ShapeError, match="expected x_dot"):
        step.tangent(x[:2], cache)
    with pytest.raises(ShapeError, match="expected dy_dot"):
        step.tangent_backward(dy, dy[:2], cache, tangent_cache)
    _, other = step.forward(x[:2], training())
    with pytest.raises(ShapeError, match="expected dy_dot"):
        step.tangent_backward(dy, dy, cache, step.tangent(x[:2], other)[1])


def test_the_message_names_the_layer_whose_input_it_is():
    model = network([(UpSampling2D, {}), (Conv2D, {"filters": 2, "kernel_size": 3, "padding": "same"})], (3, 3, 2))
    (step,) = model.steps
    with pytest.raises(ShapeError, match=r"^UpSampling2D 'up_sampling2d': expected x \(N, 3, 3, 2\), got \(1, 6, 6, 2"):
        step.forward(np.zeros((1, 6, 6, 2)))
    with pytest.raises(DtypeError, match=r"^Conv2D 'conv2d': expected x float64, as its kernel, got float32"):
        step.forward(np.zeros((1, 3, 3, 2), np.float32))


def test_forward_before_build_is_refused():
    with pytest.raises(NotBuiltError, match="build"):
        Sequential([Dense(1), BatchNorm()], fuse=True).forward(np.zeros((1, 1)))


# Tangent passes


@every_mode
@every_dtype
@every_case
def test_tangent_passes_are_those_of_the_layers(case: Case, dtype: type, ctx):
    results = []
    for model in pair(case.specs, case.shape, dtype):
        x, dy = arrays(model)
        x_dot, dy_dot = arrays(model, seed=1)
        _, caches = model.forward(x, ctx())
        y_dot, tangent_caches = model.tangent(x_dot, caches)
        dx, dx_dot = model.tangent_backward(dy, dy_dot, caches, tangent_caches)
        results.append({"y_dot": y_dot, "dx": dx, "dx_dot": dx_dot, **gradients(model)})
    assert_close(*results, dtype)


@every_mode
@every_case
def test_backward_is_the_adjoint_of_tangent(case: Case, ctx):
    model = case.model()
    x, dy = arrays(model)
    x_dot, _ = arrays(model, seed=1)
    _, caches = model.forward(x, ctx())
    y_dot, _ = model.tangent(x_dot, caches)
    assert np.sum(y_dot * dy) == pytest.approx(np.sum(x_dot * model.backward(dy, caches)), rel=1e-11, abs=1e-11)


@every_case
def test_tangent_backward_with_param_grads_false_touches_nothing(case: Case):
    model = case.model()
    x, dy = arrays(model)
    _, caches = model.forward(x, training())
    _, tangent_caches = model.tangent(x, caches)
    frozen = model.tangent_backward(dy, dy, caches, tangent_caches, param_grads=False)
    assert not model.flat_grad.any()
    for now, then in zip(model.tangent_backward(dy, dy, caches, tangent_caches), frozen, strict=True):
        np.testing.assert_array_equal(now, then)


@every_case
def test_caches_unfold_to_those_of_the_layers(case: Case):
    step, model = case.step(), case.model(fuse=False)
    x, _ = arrays(model)
    _, cache = step.forward(x, training())
    _, expected = model.forward(x, training())
    unfolded = step.unfold(cache)
    assert [type(item) for item in unfolded] == [type(item) for item in expected]
    for item, other in zip(unfolded, expected, strict=True):
        assert item.stamp == other.stamp
        assert item._fields == other._fields


# The checker


@pytest.mark.parametrize("case", [case for case in CASES if case.shape != (1, 1, 2)], ids=lambda case: case.name)
def test_the_checker_finds_nothing_wrong(case: Case, gradcheck):
    gradcheck(case.model(), (3, *case.shape), mode="directional")


def test_the_same_stream_drops_the_same():
    case = next(case for case in CASES if case.name == "norm-leaky-relu-dropout")
    dropped, streams = [], []
    for model in pair(case.specs, case.shape):
        stream = Stream(3)
        y, _ = model.forward(arrays(model)[0], Context(training=True, rng=stream))
        dropped.append(y == 0)
        streams.append(stream.state)
    np.testing.assert_array_equal(*dropped)
    assert 0 < dropped[0].mean() < 1
    assert streams[0] == streams[1]


def test_training_without_a_stream_is_refused_by_the_dropout_s_title():
    case = next(case for case in CASES if case.name == "norm-dropout")
    step = case.step()
    with pytest.raises(ConfigError, match=r"^Dropout 'dropout': training needs random numbers"):
        step.forward(arrays(case.model())[0], Context(training=True))
