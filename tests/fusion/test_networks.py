"""Random networks, fused and layer by layer: the same numbers, whatever stands beside what."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from minigan import kernels, models
from minigan.errors import ShapeError, StaleCacheError
from minigan.fusion import Step
from minigan.layers import (
    ELU,
    AveragePooling2D,
    BatchNorm,
    Context,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    Identity,
    LayerNorm,
    LeakyReLU,
    Maxout,
    ReLU,
    Reshape,
    Sigmoid,
    Softplus,
    Tanh,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.model.sequential import Sequential
from minigan.optimizers import SGD
from minigan.random import Stream
from tests.fusion.pairs import UP, Spec, arrays, arrays_in, assert_close, averages, gradients, network, pair, training

slopes = st.sampled_from([0.2, 0.0, 0.3, 1.0, -0.5, 1.5])
names = st.sampled_from([None, None, None, "relu", "leaky_relu", "tanh", "sigmoid", "softplus", "linear"])
sizes = st.integers(1, 3)


@st.composite
def activations(draw: st.DrawFn) -> Spec:
    """With slopes and options that are fused, and others that are not."""
    cls = draw(st.sampled_from([LeakyReLU, ReLU, ReLU, LeakyReLU, Tanh, Sigmoid, Identity, ELU, Softplus]))
    if cls is LeakyReLU:
        return cls, {"negative_slope": draw(slopes)}
    if cls is ReLU:
        options = draw(st.sampled_from([{}, {}, {}, {"threshold": 0.3}, {"max_value": 1.0}]))
        return cls, {"negative_slope": draw(slopes), **options}
    return cls, {}


@st.composite
def affine(draw: st.DrawFn, cls: type) -> Spec:
    arguments: dict[str, Any] = {"activation": draw(names), "use_bias": draw(st.booleans())}
    if cls is Dense:
        return cls, {"units": draw(st.integers(1, 5)), **arguments}
    if draw(st.booleans()):
        return cls, {"filters": draw(st.integers(1, 4)), "kernel_size": 3, "padding": "same", **arguments}
    padding = draw(st.sampled_from(["same", "valid", 1, ((0, 1), (2, 0))]))
    return cls, {
        "filters": draw(st.integers(1, 12)),
        "kernel_size": (draw(sizes), draw(sizes)),
        "strides": (draw(sizes), draw(sizes)),
        "padding": padding,
        **arguments,
    }


def norm(draw: st.DrawFn) -> Spec:
    center, scale = draw(st.sampled_from([(True, True)] * 3 + [(True, False), (False, True)]))
    return BatchNorm, {"momentum": draw(st.sampled_from([0.5, 0.99])), "center": center, "scale": scale}


def dropout(draw: st.DrawFn) -> Spec:
    return Dropout, {"rate": draw(st.sampled_from([0, 0.25, 0.4]))}


@st.composite
def blocks(draw: st.DrawFn) -> list[Spec]:
    """What stands together in networks, and what does not."""
    kind = draw(st.sampled_from(["up", "conv", "norm", "odd"]))
    if kind == "up":
        size = draw(st.sampled_from([2, 2, 2, (1, 2)]))
        how = draw(st.sampled_from(["nearest", "nearest", "nearest", "bilinear"]))
        conv = draw(affine(Conv2D))
        return [
            (UpSampling2D, {"size": size, "interpolation": how}),
            conv,
            *([draw(activations())] * draw(st.booleans())),
        ]
    if kind == "conv":
        return [draw(affine(Conv2D)), draw(activations())]
    if kind == "norm":
        return [norm(draw), *([draw(activations())] * draw(st.booleans())), *([dropout(draw)] * draw(st.booleans()))]
    odd = [
        (ZeroPadding2D, {"padding": ((0, 1), (1, 0))}),
        (AveragePooling2D, {"pool_size": 2, "padding": "same"}),
        (Conv2DTranspose, {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}),
        (LayerNorm, {}),
    ]
    return [draw(st.one_of(activations(), affine(Dense), st.sampled_from(odd)))]


@st.composite
def networks(draw: st.DrawFn) -> tuple[list[Spec], tuple[int, ...]]:
    """Layers that fit an image of some odd size, perhaps down to vectors."""
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 2, 3, 10])))
    specs: list[Spec] = []
    fitting = shape
    for block in draw(st.lists(blocks(), min_size=1, max_size=3)):
        for cls, arguments in block:
            try:
                fitting = cls(**arguments).build(fitting)
            except ShapeError:
                continue
            specs.append((cls, arguments))
    if np.prod(fitting) > 2000:
        return specs[:1], shape
    if draw(st.booleans()):
        tail = draw(
            st.sampled_from([(Dense, {"units": 3}), (Maxout, {"units": 2}), (Reshape, {"target_shape": (1, -1)})])
        )
        specs += [(Flatten, {}), tail, draw(activations()), norm(draw), dropout(draw)]
    return specs, shape


#: One set of examples for good: in float32 a rectifier's input can be so near to its kink that the two disagree.
same_examples = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@same_examples
@given(made=networks(), n=st.integers(1, 4), is_training=st.booleans())
def test_fused_and_not_are_equal(dtype: type, made: tuple, n: int, is_training: bool):
    check_equal("fast", dtype, made, n, is_training)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@settings(same_examples, max_examples=40)
@given(made=networks(), n=st.integers(1, 4), is_training=st.booleans())
def test_so_are_they_on_the_reference_kernels(dtype: type, made: tuple, n: int, is_training: bool):
    check_equal("reference", dtype, made, n, is_training)


def check_equal(kind: str, dtype: type, made: tuple, n: int, is_training: bool) -> None:
    """Outputs, all gradients, moving averages, tangents, what is left of the random stream."""
    results, streams = [], []
    if is_training and any(cls is BatchNorm for cls, _ in made[0]):
        n = max(n, 2)  # a batch of one vector is refused
    for model in pair(*made, dtype):
        note(str(model.steps))
        (x, dy), (x_dot, dy_dot) = arrays(model, n), arrays(model, n, seed=1)
        stream = Stream(5, "networks")
        with kernels.using(kind):
            y, caches = model.forward(x, Context(is_training, stream))
            frozen = model.backward(dy, caches, param_grads=False)
            assert not model.flat_grad.any()
            dx = model.backward(dy, caches)
            first = gradients(model)
            np.testing.assert_array_equal(frozen, dx)
            y_dot, tangent_caches = model.tangent(x_dot, caches)
            model.zero_grads()
            back = model.tangent_backward(dy, dy_dot, caches, tangent_caches)
        again = {f"tangent {name}": gradient for name, gradient in gradients(model).items()}
        assert {array.dtype for array in arrays_in((caches, tangent_caches)) if array.dtype.kind == "f"} <= {
            np.dtype(dtype)
        }
        results.append({"y": y, "dx": dx, **first, **averages(model)})
        results.append({"y_dot": y_dot, "dx": back[0], "dx_dot": back[1], **again})
        streams.append(stream.state)
    fused, fused_tangent, plain, plain_tangent = results
    assert_close(fused, plain, dtype)
    assert_close(fused_tangent, plain_tangent, dtype)
    assert streams[0] == streams[1]


@same_examples
@given(made=networks())
def test_the_steps_are_the_layers_in_their_order(made: tuple):
    fused, plain = pair(*made)
    covered = [layer for step in fused.steps for layer in (step.layers if isinstance(step, Step) else [step])]
    assert covered == fused.layers
    assert plain.steps == plain.layers
    assert fused.steps[0].input_shape == fused.input_shape
    assert fused.steps[-1].output_shape == fused.output_shape


# A network that has been fused is still a network of layers


def small(fuse: bool, dtype: type = np.float64) -> Sequential:
    specs: list[Spec] = [
        (Conv2D, {"filters": 3, "kernel_size": 3, "padding": "same", "name": "first"}),
        (LeakyReLU, {"negative_slope": 0.2}),
        UP,
        (Conv2D, {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "relu"}),
        (BatchNorm, {"momentum": 0.8}),
        (ReLU, {}),
        (Dropout, {"rate": 0.3}),
        (Flatten, {}),
        (Dense, {"units": 2}),
        (Sigmoid, {}),
    ]
    return network(specs, (4, 3, 2), fuse, dtype)


def test_names_layers_summary_and_state_are_those_of_the_layers(capsys):
    texts = []
    for fuse in (True, False):
        model = small(fuse)
        model.summary()
        texts.append((capsys.readouterr().out, repr(model), list(model.parameters()), list(model.state_dict())))
        assert len(model) == 10
        assert [layer.name for layer in model] == [
            *("first", "leaky_re_lu", "up_sampling2d", "conv2d", "batch_norm"),
            *("re_lu", "dropout", "flatten", "dense", "sigmoid"),
        ]
        assert model["conv2d"] is model[3]
        assert model["conv2d"].kernel is model.parameters()["conv2d.kernel"]
    assert texts[0] == texts[1]
    assert len(small(True).steps) == 5


def test_weights_go_from_one_to_the_other():
    fused, plain = small(True), small(False)
    plain.flat_data += 0.5
    x, _ = arrays(fused)
    y, caches = fused.forward(x)
    fused.load_state_dict(plain.state_dict())
    np.testing.assert_allclose(fused.forward(x)[0], plain.forward(x)[0], rtol=1e-12)
    with pytest.raises(StaleCacheError):
        fused.backward(y, caches)


def test_walk_goes_layer_by_layer():
    model = small(True)
    x, _ = arrays(model)
    walked = list(model.walk(x))
    assert [layer for layer, _, _ in walked] == list(model)
    np.testing.assert_allclose(walked[-1][1], model.forward(x)[0], rtol=1e-12)


def test_logits_are_fused_too_and_share_everything():
    fused, plain = small(True), small(False)
    x, dy = arrays(fused)
    assert [step.name for step in fused.steps][-1] == "dense+sigmoid"
    assert [step.name for step in fused.logits.steps][-1] == "dense"
    results = []
    for model in (fused, plain):
        z, caches = model.logits.forward(x, training())
        dx = model.logits.backward(dy, caches)
        results.append({"z": z, "dx": dx, **gradients(model), **averages(model)})
    assert_close(*results, np.float64)
    z, _ = fused.logits.forward(x)
    np.testing.assert_allclose(1 / (1 + np.exp(-z)), fused.forward(x)[0], rtol=1e-12)


def test_logits_of_an_activation_inside_the_last_layer():
    specs: list[Spec] = [(Dense, {"units": 3, "activation": "relu"}), (Dense, {"units": 1, "activation": "sigmoid"})]
    fused, plain = pair(specs, (4,))
    x, _ = arrays(fused)
    assert all(isinstance(step, Step) for step in fused.logits.steps)
    np.testing.assert_allclose(fused.logits.forward(x)[0], plain.logits.forward(x)[0], rtol=1e-12)
    assert ((fused.forward(x)[0] > 0) & (fused.forward(x)[0] < 1)).all()


def test_training_goes_the_same_way():
    """Ten steps of gradient descent, dropout and moving averages included."""
    ends = []
    for model in (small(True), small(False)):
        x, _ = arrays(model, n=4)
        stream, optimizer = Stream(1), SGD(0.1)
        for _ in range(10):
            y, caches = model.forward(x, Context(training=True, rng=stream))
            model.zero_grads()
            model.backward(y - 1, caches)
            optimizer.step(model)
        ends.append(model.state_dict())
    assert_close(*ends, np.float64)


def test_a_network_built_anew_runs_its_new_parameters():
    model = small(True)
    x, _ = arrays(model)
    before, steps = model.forward(x)[0], model.steps
    model.build((4, 3, 2), seed=9, dtype=np.float64)
    assert not set(map(id, steps)) & {id(step) for step in model.steps if isinstance(step, Step)}
    assert abs(model.forward(x)[0] - before).max() > 1e-3


def test_predict_in_batches_is_one_forward():
    model = small(True)
    x, _ = arrays(model, n=5)
    np.testing.assert_allclose(model.predict(x, batch_size=2), model.forward(x)[0], rtol=1e-12)
    assert model.predict(x[:0]).shape == (0, 2)


def test_the_checker_finds_nothing_wrong_with_a_fused_network(gradcheck):
    for is_training in (True, False):
        gradcheck(small(True), (3, 4, 3, 2), training=is_training, mode="directional")


def test_dcgan28_s_steps():
    gan = models.build("dcgan28", image_size=28, generator_filters=(8, 4), discriminator_filters=(4, 4, 4, 4))
    for model in (gan.generator, gan.discriminator):
        if not model.fuse:
            model.fuse = True
            model._choose_steps()
    assert [step.name for step in gan.generator.steps] == [
        "dense",
        "reshape",
        "up_sampling2d+conv2d",
        "batch_norm",
        "up_sampling2d_1+conv2d_1",
        "batch_norm_1",
        "conv2d_2",
    ]
    assert [step.name for step in gan.discriminator.steps] == [
        "conv2d+leaky_re_lu",
        "dropout",
        "conv2d_1",
        "zero_padding2d",
        "batch_norm+leaky_re_lu_1+dropout_1",
        "conv2d_2",
        "batch_norm_1+leaky_re_lu_2+dropout_2",
        "conv2d_3",
        "batch_norm_2+leaky_re_lu_3+dropout_3",
        "flatten",
        "dense",
    ]
    plain = {"reshape", "dropout", "zero_padding2d", "flatten"}
    for step in (*gan.generator.steps, *gan.discriminator.steps):
        assert isinstance(step, Step) == (step.name not in plain)
