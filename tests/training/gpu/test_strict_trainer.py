"""Training on the strict device: the numbers of NumPy, and no step that looks at one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from minigan import constraints, kernels, losses, models, optimizers, penalties
from minigan.backend import asnumpy
from minigan.data import Dataset, Points
from minigan.errors import NonFiniteError
from minigan.model.sequential import Sequential
from minigan.random import Stream
from minigan.training import LayerGradients, StepEnd, Trainer, batch_steps, trainer
from minigan.training.gpu import deferred_events
from minigan.training.nonfinite import all_finite
from minigan.training.options import GameOptions
from tests.devices.strict import DeviceRead, reads, rounds_that_read_nothing, strict_backend

TINY = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4, 4)}
NAN = float("nan")


def images() -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset(rng.integers(0, 256, (40, 8, 8), dtype=np.uint8), rng.integers(0, 3, 40), name="tiny")


def make(**arguments: Any) -> Trainer:
    """A trainer of tiny networks on the active backend."""
    gan = models.build("dcgan28", **TINY, **arguments.pop("model", {}))
    return Trainer(gan, images(), **{"batch_size": 8, "layer_gradients": True, **arguments})


def conditional(conditioning: str, **arguments: Any) -> Trainer:
    return make(model={"classes": 3, "conditioning": conditioning}, **arguments)


def penalised(name: str, loss: str = "non-saturating") -> Trainer:
    """On points, for the penalties refuse the BatchNorm of the others."""
    points = Points(np.random.default_rng(0).standard_normal((64, 2)).astype(np.float32), name="cloud")
    gan = models.build("mlp2d")
    return Trainer(gan, points, loss=loss, options=GameOptions(penalty=penalties.get(name)), batch_size=16)


def with_options(loss: str = "non-saturating", **options: Any) -> Trainer:
    return make(loss=loss, options=GameOptions(**options))


def bounded(network: Sequential) -> None:
    constraints.max_norm(network, 0.5)


KINDS: dict[str, Callable[[], Trainer]] = {
    "plain": make,
    **{loss: lambda loss=loss: make(loss=loss) for loss in losses.GAN_LOSSES},
    **{
        name: lambda name=name: make(d_optimizer=optimizers.get(name, learning_rate=1e-3))
        for name in optimizers.OPTIMIZERS
    },
    "smoothed": lambda: make(loss=losses.NonSaturating(0.1, 0.05)),
    "rounds of three and two": lambda: make(d_steps=3, g_steps=2),
    "rounds of epochs": lambda: make(count_in="epochs"),
    "simultaneous": lambda: make(updates="simultaneous"),
    "averaged": lambda: make(average=0.9),
    "mirrored": lambda: make(flip=True),
    "normal noise": lambda: make(noise="normal"),
    "instance noise": lambda: make(
        options=GameOptions(instance_noise=losses.InstanceNoise(0.3, 10, Stream(0, "blur")))
    ),
    "clipped": lambda: make(
        loss="wasserstein", options=GameOptions(d_constraint=lambda d: constraints.clip_weights(d, 0.01))
    ),
    "bounded": lambda: make(options=GameOptions(None, None, *[lambda network: constraints.max_norm(network, 0.5)] * 2)),
    **{f"conditional, {name}": lambda name=name: conditional(name) for name in models.CONDITIONINGS},
    **{f"penalty {name}": lambda name=name: penalised(name) for name in penalties.PENALTIES},
}


def comparable(event: Any) -> Any:
    """An event without times. D's loss and its penalty are added in float64 on the host, in float32 on the device."""
    if not isinstance(event, StepEnd):
        return event
    return replace(event, d_loss=float(np.float32(event.d_loss)), images_per_second=0.0, seconds=0.0)


def outcome(trainer: Trainer, steps: int = 7) -> tuple[list[Any], dict[str, np.ndarray]]:
    """The events, without times, and all that was learnt."""
    events = [comparable(event) for event in trainer.train(steps=steps)]
    arrays = {}
    for network in (trainer.gan.generator, trainer.gan.discriminator):
        arrays |= {f"{network.name}.{name}": array for name, array in network.state_dict().items()}
    for which, optimizer in (("g", trainer.g_optimizer), ("d", trainer.d_optimizer)):
        arrays |= {f"{which}.{name}": asnumpy(a) for name, a in optimizer.slots.items()}
    if trainer.average is not None:
        arrays |= {f"average.{name}": array for name, array in trainer.average.state_dict().items()}
    return events, arrays


def assert_same(on_device: tuple[list[Any], dict], on_host: tuple[list[Any], dict]) -> None:
    assert on_device[0] == on_host[0]
    assert on_device[1].keys() == on_host[1].keys()
    for name, array in on_host[1].items():
        np.testing.assert_array_equal(on_device[1][name], array, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_on_the_device_is_the_run_on_the_host_and_no_step_reads(kind):
    with kernels.using("reference"):
        on_host = outcome(KINDS[kind]())
    with strict_backend(), rounds_that_read_nothing():
        on_device = outcome(KINDS[kind]())
    assert_same(on_device, on_host)
    assert any(isinstance(event, StepEnd) for event in on_host[0])


def test_wrong_labels_are_judged_on_the_device_as_on_the_host_but_for_rounding():
    # There a part of the batch cannot be cut out, for nobody knows how large it is: see `NoisyLabels`.
    def flipping() -> Trainer:
        return make(loss=losses.NoisyLabels(losses.NonSaturating(0.1), 0.3, Stream(0, "flips")))

    with kernels.using("reference"):
        on_host = outcome(flipping(), steps=3)
    with strict_backend(), rounds_that_read_nothing():
        on_device = outcome(flipping(), steps=3)
    for ours, theirs in zip(on_device[0], on_host[0], strict=True):
        if isinstance(ours, StepEnd):
            assert ours.d_loss == pytest.approx(theirs.d_loss, rel=1e-5)
    for name in ("generator.dense.kernel", "discriminator.dense.kernel"):
        np.testing.assert_allclose(on_device[1][name], on_host[1][name], atol=1e-4)


def test_events_are_read_in_blocks_and_at_the_end_of_every_epoch(monkeypatch):
    monkeypatch.setattr(deferred_events, "BLOCK", 3)
    with strict_backend():
        tiny = make(layer_gradients=False)
        before, seen = reads.count, []
        for event in tiny.train(steps=7):
            seen.append((type(event).__name__, event.step, tiny.step, tiny.pending_events))
        assert reads.count - before == 3 * 3, "of each block the metrics, and whether both networks are finite"
    assert seen == [
        *[("StepEnd", step, 3, 3 - step) for step in (1, 2, 3)],
        *[("StepEnd", 4, 5, 2), ("StepEnd", 5, 5, 1), ("EpochEnd", 5, 5, 0)],
        *[("StepEnd", 6, 7, 1), ("StepEnd", 7, 7, 0)],
    ]


def test_split_training_matches_when_each_block_is_consumed():
    with strict_backend(), rounds_that_read_nothing():
        whole, parts = make(), make()
        in_one = outcome(whole, 9)
        list(parts.train(steps=2))
        for _ in parts.train(steps=100):
            if not parts.pending_events and parts.step == 5:
                break
        rest = outcome(parts, 4)
        assert [event.step for event in rest[0] if isinstance(event, StepEnd)] == [6, 7, 8, 9]
        assert_same(([], rest[1]), ([], in_one[1]))


def test_data_are_copied_once_and_later_only_the_orders(monkeypatch):
    from tests.devices.strict import uploads

    with strict_backend():
        tiny = make()
        list(tiny.train(steps=5))
        monkeypatch.setattr(Stream, "bits", lambda self, count, p: np.zeros(0))  # drawn on the host here, on a GPU not
        before = uploads.count
        for _ in range(4):
            next(tiny.batches)
        assert uploads.count == before + 1, "a new order"


def test_data_that_do_not_fit_are_copied_batch_by_batch(monkeypatch):
    with kernels.using("reference"):
        on_host = outcome(make())
    with strict_backend(), rounds_that_read_nothing():
        monkeypatch.setattr("minigan.backend.fits", lambda size: False)
        tiny = make()
        assert not tiny.batches.resident
        assert_same(outcome(tiny), on_host)


def test_gradient_norms_of_layers_are_those_of_their_own_step():
    with strict_backend():
        events = list(make().train(steps=4))
    norms = {event.step: event.norms for event in events if isinstance(event, LayerGradients)}
    for event in events:
        if isinstance(event, StepEnd):
            for network, whole in (("generator", event.g_grad_norm), ("discriminator", event.d_grad_norm)):
                parts = [norm for layer, norm in norms[event.step].items() if layer.startswith(network)]
                assert np.hypot.reduce(parts) == pytest.approx(whole, rel=1e-5)


# Losses that are lost


def poisoned(make_one: Callable[[], Trainer], step: int, parameter: str, value: float) -> Trainer:
    """A trainer in which a value goes bad before this round, as a bug in a kernel would do it."""
    tiny = make_one()

    def before_step(steps: int) -> None:
        if steps == step - 1:
            network, _, name = parameter.partition(".")
            getattr(tiny.gan, network).parameters()[name].data[...] = value

    tiny.before_step = before_step
    return tiny


@pytest.mark.parametrize("settings", [{}, {"d_steps": 2}, {"g_steps": 2}, {"updates": "simultaneous"}])
@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("generator.conv2d_1.bias", NAN),
        ("discriminator.dense.bias", float("inf")),
        ("discriminator.conv2d_1.kernel", 3e38),
    ],
)
def test_a_nonfinite_loss_is_reported_as_on_the_host_with_step_network_and_layer(settings, parameter, value):
    reported = {}
    for where in ("host", "device"):
        context = strict_backend() if where == "device" else kernels.using("reference")
        with context:
            tiny = poisoned(lambda: make(**settings, average=0.5), 3, parameter, value)
            steps, error = [], None
            try:
                for event in tiny.train(steps=20):
                    if isinstance(event, StepEnd):
                        steps.append(comparable(event))
            except NonFiniteError as caught:
                error = str(caught)
            states = [kept.state_dict() for kept in (tiny.gan.generator, tiny.gan.discriminator, tiny.average)]
            states.append({"updates": tiny.average.updates})
            reported[where] = steps, error, tiny.step, states
    (steps, error, step, states), (host_steps, host_error, host_step, host_states) = (
        reported["device"],
        reported["host"],
    )
    assert error == host_error
    assert error.startswith("step 3: ")
    assert (steps, step) == (host_steps, host_step)
    assert [event.step for event in steps] == [1, 2]
    for ours, theirs in zip(states, host_states):
        for name, values in theirs.items():
            np.testing.assert_array_equal(ours[name], values, err_msg=name)


def test_a_loss_that_is_finite_when_run_again_is_reported_as_such(monkeypatch):
    with strict_backend():
        tiny, rounds = make(), []
        judge = batch_steps.discriminator_step

        def once(*arguments: Any) -> Any:
            rounds.append(1)
            result = judge(*arguments)
            return result._replace(loss=result.loss * NAN) if len(rounds) == 2 else result

        monkeypatch.setattr(batch_steps, "discriminator_step", once)
        with pytest.raises(NonFiniteError, match=r"steps 1 to 5: .* this device does not compute the same twice"):
            list(tiny.train(steps=5))


# Faults that are planted


def test_reading_a_loss_in_a_step_is_caught(monkeypatch):
    monkeypatch.setattr("minigan.training.steps.check_finite", lambda loss, network: float(loss))
    with strict_backend(), rounds_that_read_nothing(), pytest.raises(DeviceRead, match=r"^float\(\) reads the device"):
        list(make().train(steps=1))


def test_checking_the_weights_in_a_step_is_caught(monkeypatch):
    monkeypatch.setattr(trainer, "check_weights", lambda network: bool(all_finite(network.flat_data)))
    with strict_backend(), rounds_that_read_nothing(), pytest.raises(DeviceRead, match=r"^bool\(\) reads the device"):
        list(make().train(steps=1))


def test_a_part_of_a_batch_cut_out_by_a_mask_is_caught():
    class Cutting(losses.NonSaturating):
        def real(self, z):
            return super().real(z[z > -100].reshape(-1, 1))

    with strict_backend(), rounds_that_read_nothing(), pytest.raises(DeviceRead, match="mask"):
        list(make(loss=Cutting()).train(steps=1))


def test_an_array_of_the_host_in_a_step_is_caught(monkeypatch):
    class Weighing(losses.NonSaturating):
        def real(self, z):
            loss, dz = super().real(z)
            return loss, dz * np.ones((8, 1), np.float32)

    with strict_backend(), pytest.raises(TypeError, match="an array of the host among arrays of the device"):
        list(make(loss=Weighing()).train(steps=1))


def test_host_indices_into_data_on_the_device_are_caught(monkeypatch):
    with strict_backend():
        tiny = make()
        monkeypatch.setattr(tiny.batches, "resident", False)  # so that the order stays on the host
        with pytest.raises(TypeError, match="an array of the host"):
            list(tiny.train(steps=1))
