"""Losses, penalties, optimizers, layers and the gradient checker on the strict device: the host's numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigan import backend, initializers, kernels, losses, optimizers, penalties
from minigan.backend import asnumpy
from minigan.errors import DataError
from minigan.gradcheck.builtin.cases import CASES, LAYERS, LOSSES, PENALTIES, STEPS, small_critic
from minigan.layers import ConcatenateLabels, Context
from minigan.model.sequential import Sequential
from minigan.random import Stream
from tests.devices.strict import DeviceArray, no_reads, strict_backend
from tests.loops import loop_over

#: Layers that are checked at once; the others take their time.
QUICK = {
    *(
        "dense-activation",
        "maxout",
        "channel-max",
        "layer-norm",
        "relu-options",
        "elu",
        "sigmoid",
        "softmax",
        "dropout",
    ),
    *("gaussian-noise", "reshape", "up-sampling-nearest", "max-pooling", "concatenate-labels", "hinge-real"),
    *("binary-crossentropy-from-logits", "noisy-labels-real"),
}

LOGITS = np.random.default_rng(0).normal(0, 3, (16, 1)).astype(np.float32)


def on_both(compute: Callable[[], Any], region: str | None = None) -> tuple[Any, Any]:
    """What is computed on the host, and on the device, where nothing may be read meanwhile."""
    with kernels.using("reference"):
        on_host = compute()
    with strict_backend():
        with no_reads(region):
            found = compute()
        assert all(type(array) is DeviceArray for array in found)
        on_device = [asnumpy(array) for array in found]
    return on_device, on_host


def assert_equal(pair: tuple[Any, Any]) -> None:
    for ours, theirs in zip(*pair, strict=True):
        assert (ours.shape, ours.dtype) == (np.shape(theirs), theirs.dtype)
        np.testing.assert_array_equal(ours, theirs)


@loop_over(term=["real", "fake", "generator"])
@loop_over(game=losses.GAN_LOSSES)
def test_every_loss_and_its_gradient_are_the_host_s_without_a_read(game, term):
    assert_equal(on_both(lambda: getattr(losses.get(game), term)(backend.asarray(LOGITS)), "a loss"))


@loop_over(rate=[0.0, 0.3, 0.49])
@loop_over(game=losses.GAN_LOSSES)
def test_wrong_labels_cost_the_same_without_a_count_of_them(game, rate):
    def compute() -> Any:
        noisy = losses.NoisyLabels(losses.get(game), rate, Stream(0, "flips"))
        return (*noisy.real(backend.asarray(LOGITS)), *noisy.fake(backend.asarray(LOGITS)))

    on_device, on_host = on_both(compute, "a loss")
    for ours, theirs in zip(on_device, on_host, strict=True):
        assert ours.dtype == theirs.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", penalties.PENALTIES)
def test_every_penalty_and_its_gradient_are_the_host_s_without_a_read(name):
    def compute() -> Any:
        critic, rng = small_critic(np.float32), Stream(0, "points")
        real, fake = rng.normal((4, 4, 3, 2)), rng.normal((4, 4, 3, 2))
        labels = backend.asarray(np.array([0, 1, 2, 0]))
        return penalties.get(name)(critic, real, fake, rng, labels, labels), critic.flat_grad

    assert_equal(on_both(compute, "a penalty"))


@pytest.mark.parametrize("name", optimizers.OPTIMIZERS)
def test_every_optimizer_goes_the_host_s_way_without_a_read(name):
    def compute() -> Any:
        critic, rule = small_critic(np.float32), optimizers.get(name)
        for number in range(3):
            critic.flat_grad[...] = Stream(number, "gradients").normal(critic.flat_grad.shape)
            rule.step(critic)
        return critic.flat_data, *rule.slots.values()

    assert_equal(on_both(compute, "an optimizer's step"))


@loop_over(case=LAYERS)
def test_all_passes_of_every_layer_are_the_host_s_without_a_read(case):
    def compute() -> Any:
        layer, rng = case.make(), Stream(0, "layer")
        layer.build(case.shape[1:], rng, np.float32)
        for parameter in layer.parameters.values():
            parameter.data += 0.1  # biases away from 0
        x, dy = rng.normal(case.shape), rng.normal((case.shape[0], *layer.output_shape))
        labels = backend.xp().arange(len(x)) % 3
        found = []
        with no_reads("a layer" if backend.name() == "cupy" else None):
            y, cache = layer.forward(x, Context(training=True, rng=rng, labels=labels))
            y_dot, tangent_cache = layer.tangent(x, cache)
            found += [y, layer.backward(dy, cache), y_dot, *layer.tangent_backward(dy, dy, cache, tangent_cache)]
        return (
            found
            + [p.grad for p in layer.parameters.values() if p.trainable]
            + [p.data for p in layer.parameters.values()]
        )

    assert_equal(on_both(compute))


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, marks=() if case.name in QUICK else pytest.mark.slow) for case in CASES if case not in STEPS],
    ids=lambda case: case.name,
)
def test_the_gradient_checker_says_the_same_on_the_device(case):
    assert case in [*LAYERS, *LOSSES, *PENALTIES]
    with strict_backend():
        report = case.check(seed=1, budget=60)
        report.assert_ok()
    assert len(list(report)) > 5 or case not in LAYERS


@pytest.mark.slow
@pytest.mark.parametrize("case", STEPS[:1] + STEPS[-1:], ids=lambda case: case.name)
def test_the_gradient_checker_checks_training_s_steps_on_the_device(case):
    with strict_backend():
        case.check(seed=1, budget=60).assert_ok()


def test_a_wrong_backward_is_found_on_the_device_too():
    from minigan import gradcheck

    with strict_backend():
        report = gradcheck.check(lambda x: (x**3, x), (4,), backward=lambda dy, x: dy * 2 * x**2)
    assert not report.ok


def test_a_backward_that_leaves_the_device_is_found():
    from minigan import gradcheck

    def leaving(dy: Any, x: Any) -> Any:
        return asnumpy(dy * 3 * x**2)

    with strict_backend():
        report = gradcheck.check(lambda x: (x**3, x), (4,), backward=leaving)
    assert not report.ok


@pytest.mark.parametrize("name", ["glorot_uniform", "glorot_normal", "he_normal", "normal_0.02", "zeros", "ones"])
def test_initial_weights_are_the_host_s(name):
    assert_equal(on_both(lambda: [initializers.get(name)((5, 7), Stream(0, "w"), np.float32)]))


def test_labels_that_are_no_class_are_found_on_the_device_outside_of_training():
    with strict_backend():
        network = Sequential([ConcatenateLabels(3, 2)])
        network.build((4,))
        x = backend.xp().ones((2, 4), np.float32)
        for wrong, came in (([0, 3], "got 3"), ([-1, 0], "got -1")):
            with pytest.raises(DataError, match=came):
                network.predict(x, labels=backend.asarray(np.array(wrong)))
        with no_reads("a training step"):
            network.forward(x, Context(training=True, labels=backend.asarray(np.array([0, 2]))))
