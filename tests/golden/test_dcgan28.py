"""One whole training step of dcgan28, both networks, is that of Keras.

The discriminator's step, then the generator's, on images of another noise: losses, logits, images, every gradient,
every updated weight, the moving averages. What a step must leave alone is here, too: Keras's numbers hold only if it
did.
"""

from types import SimpleNamespace

import numpy as np
import pytest

from minigan import Sequential, backend, models
from minigan.losses import NonSaturating
from minigan.optimizers import Adam
from minigan.training.steps import discriminator_step, generate, generator_step
from tests.golden.golden import load, relative_error
from tests.golden.weights import fingerprint, initial

GOLDEN = load("dcgan28")
TOLERANCES = {"float64": 1e-10, "float32": 1e-4}
LEARNING_RATE = 2e-4

#: Biases of convolutions that BatchNorm follows directly. It subtracts them again: their gradient is 0 by
#: analysis, and what is computed is the rounding of the others, which no two programs share. So they are held to
#: the scale of the whole network's gradient. (conv2d_1 is not one: the zeros padded after it get no bias.)
WITHOUT_EFFECT = ("discriminator.conv2d_2.bias", "discriminator.conv2d_3.bias")


class GivenMasks:
    """In place of a random stream: the masks that Keras was given, in the order of the passes."""

    def __init__(self, *passes: str) -> None:
        layers = ("dropout", "dropout_1", "dropout_2", "dropout_3")
        self.given = [GOLDEN[f"{a_pass}/mask/{layer}"] for a_pass in passes for layer in layers]

    def bits(self, count: int, p: float) -> backend.Array:
        assert p == 0.75
        bits = self.given.pop(0)
        assert bits.size == count / 8
        return backend.asarray(np.packbits(np.unpackbits(bits), bitorder="little"))


def dotted_state(network: Sequential) -> dict[str, np.ndarray]:
    return {f"{network.name}.{key}": array for key, array in network.state_dict().items()}


def dotted_gradients(network: Sequential) -> dict[str, np.ndarray]:
    return {
        f"{network.name}.{key}": backend.asnumpy(parameter.grad).copy()
        for key, parameter in network.parameters().items()
        if parameter.trainable
    }


@pytest.fixture(scope="module", params=TOLERANCES)
def run(request: pytest.FixtureRequest, each_backend: str) -> SimpleNamespace:
    """Both steps, once for all tests of a dtype; what Keras found goes by the same names in `golden`."""
    dtype = request.param
    gan = models.build("dcgan28")
    for network in (gan.generator, gan.discriminator):
        network.build(network.input_shape, dtype=dtype)
        for key, parameter in network.parameters().items():
            value = initial(f"{network.name}.{key}", parameter.data.shape)
            parameter.data[...] = backend.asarray(value.astype(dtype))
    inputs = {key: backend.asarray(GOLDEN[key].astype(dtype)) for key in ("real", "d_step/noise", "g_step/noise")}

    def snapshot() -> SimpleNamespace:
        g, d = gan.generator, gan.discriminator
        return SimpleNamespace(
            d=dotted_state(d), d_grads=dotted_gradients(d), g=dotted_state(g), g_grads=dotted_gradients(g)
        )

    loss, start = NonSaturating(), snapshot()
    masks = GivenMasks("d_step/real", "d_step/fake")
    d_images, _ = generate(gan, inputs["d_step/noise"], masks, update_stats=False)
    d_result = discriminator_step(gan, loss, Adam(LEARNING_RATE, beta_1=0.5), inputs["real"], d_images, masks)
    assert not masks.given
    between = snapshot()
    masks = GivenMasks("g_step/fake")
    g_images, caches = generate(gan, inputs["g_step/noise"], masks)
    g_result = generator_step(gan, loss, Adam(LEARNING_RATE, beta_1=0.5), g_images, caches, masks)
    assert not masks.given
    return SimpleNamespace(
        dtype=dtype,
        tolerance=TOLERANCES[dtype],
        golden={key.removeprefix(f"{dtype}/"): array for key, array in GOLDEN.items()},
        start=start,
        between=between,
        end=snapshot(),
        d_images=backend.asnumpy(d_images),
        d_result=d_result,
        g_images=backend.asnumpy(g_images),
        g_result=g_result,
    )


def errors_of(run: SimpleNamespace, step: str, kind: str, arrays: dict[str, np.ndarray]) -> dict[str, float]:
    """How far each array is from Keras's: the worst of its norm, its projection and its entries."""
    expected = {name: run.golden[f"{step}/{kind}/{name}"] for name in arrays}
    of_network = np.linalg.norm([array[0] for array in expected.values()])
    errors = {}
    for name, array in arrays.items():
        got, want = fingerprint(name, array), expected[name]
        if kind == "gradient" and name in WITHOUT_EFFECT:
            errors[name] = relative_error(got, want, scale=of_network)
        else:
            errors[name] = max(
                relative_error(got[:2], want[:2], scale=want[0]),
                relative_error(got[2:], want[2:]),
            )
    return errors


def worst(errors: dict[str, float]) -> tuple[float, str]:
    return max((error, name) for name, error in errors.items())


def test_keras_has_the_same_weights(run: SimpleNamespace) -> None:
    for step, state in (("d_step", run.start.d), ("g_step", run.start.g)):
        prefix = f"{step}/updated/"
        assert set(state) == {key.removeprefix(prefix) for key in run.golden if key.startswith(prefix)}


def test_images(run: SimpleNamespace) -> None:
    assert relative_error(run.d_images, run.golden["d_step/fake"]) < run.tolerance
    assert relative_error(run.g_images, run.golden["g_step/fake"]) < run.tolerance


def test_logits_and_losses(run: SimpleNamespace) -> None:
    golden = run.golden
    assert relative_error(run.d_result.real_logits, golden["d_step/logits_real"]) < run.tolerance
    assert relative_error(run.d_result.fake_logits, golden["d_step/logits_fake"]) < run.tolerance
    assert relative_error(run.g_result.fake_logits, golden["g_step/logits"]) < run.tolerance
    assert float(run.d_result.loss) == pytest.approx(float(golden["d_step/loss"]), rel=run.tolerance)
    assert float(run.g_result.loss) == pytest.approx(float(golden["g_step/loss"]), rel=run.tolerance)


@pytest.mark.parametrize("step", ["d_step", "g_step"])
def test_gradients(run: SimpleNamespace, step: str) -> None:
    gradients = run.between.d_grads if step == "d_step" else run.end.g_grads
    error, name = worst(errors_of(run, step, "gradient", gradients))
    assert error < run.tolerance, name


@pytest.mark.parametrize("step", ["d_step", "g_step"])
def test_updated_weights(run: SimpleNamespace, step: str) -> None:
    state = run.between.d if step == "d_step" else run.end.g
    weights = {name: array for name, array in state.items() if "moving" not in name}
    if run.dtype == "float32":
        # Adam makes a whole step of a gradient that is nothing but rounding.
        for name in weights.keys() & WITHOUT_EFFECT:
            assert np.abs(weights.pop(name) - run.start.d[name]).max() < 1.01 * LEARNING_RATE
    error, name = worst(errors_of(run, step, "updated", weights))
    assert error < run.tolerance, name


@pytest.mark.parametrize("step", ["d_step", "g_step"])
def test_moving_averages(run: SimpleNamespace, step: str) -> None:
    state = run.between.d if step == "d_step" else run.end.g
    averages = {name: array for name, array in state.items() if "moving" in name}
    assert averages
    for name, array in averages.items():
        assert relative_error(array, run.golden[f"{step}/updated/{name}"]) < run.tolerance, name


def test_the_discriminators_step_leaves_the_generator_alone(run: SimpleNamespace) -> None:
    for name, array in run.start.g.items():
        np.testing.assert_array_equal(run.between.g[name], array, err_msg=name)


def test_the_generators_step_leaves_the_discriminator_alone(run: SimpleNamespace) -> None:
    for name, array in run.between.d.items():
        np.testing.assert_array_equal(run.end.d[name], array, err_msg=name)
    for name, array in run.between.d_grads.items():
        np.testing.assert_array_equal(run.end.d_grads[name], array, err_msg=name)
