"""A loss that is no number: the run stops, says where it came from, and keeps what was good."""

import tracemalloc

import numpy as np
import pytest

from minigan import losses
from minigan.errors import NonFiniteError
from minigan.io.atomic_write import load_arrays
from minigan.optimizers import SGD
from minigan.runs import load_run, train_run
from minigan.runs.folder import Run
from minigan.runs.tables import read_metrics
from minigan.training import EpochEnd, StepEnd
from minigan.training.nonfinite import all_finite, first_non_finite

NAN, INF = float("nan"), float("inf")


def train_until(trainer, step: int) -> None:
    list(trainer.train(steps=step))


@pytest.mark.parametrize(
    ("network", "parameter", "value", "message"),
    [
        ("generator", "dense.kernel", NAN, "the generator's layer dense: its kernel is not finite"),
        ("generator", "conv2d_1.bias", INF, "the generator's layer conv2d_1: its bias is not finite"),
        ("generator", "batch_norm_1.gamma", NAN, "the generator's layer batch_norm_1: its gamma is not finite"),
        ("generator", "conv2d_2.bias", INF, "the generator's layer conv2d_2: its bias is not finite"),
        ("discriminator", "conv2d.kernel", NAN, "the discriminator's layer conv2d: its kernel is not finite"),
        ("discriminator", "conv2d_1.kernel", 3e38, "the discriminator's layer conv2d_1: its output is not finite"),
        ("discriminator", "dense.bias", INF, "the discriminator's layer dense: its bias is not finite"),
    ],
)
def test_the_message_names_step_network_and_layer(make_trainer, network, parameter, value, message):
    trainer = make_trainer()
    train_until(trainer, 2)
    getattr(trainer.gan, network).parameters()[parameter].data[...] = value
    # Where an activation hides the value from the losses, the weights themselves are found out after the step.
    first = r"(the discriminator's loss is (nan|inf)|a weight of the generator is no longer finite)"
    with pytest.raises(NonFiniteError, match=rf"^step 3: {first}; it came from ") as caught:
        train_until(trainer, 1)
    assert str(caught.value).endswith(message)
    assert trainer.step == 2


def test_the_message_distinguishes_the_losses_of_generator_and_discriminator(make_trainer):
    trainer = make_trainer(d_optimizer=SGD(1e30))
    with pytest.raises(
        NonFiniteError, match=r"^step 1: the generator's loss is \w+; it came from the discriminator's "
    ):
        train_until(trainer, 1)


def test_a_failure_before_the_last_discriminator_step_names_the_discriminator(make_trainer):
    trainer = make_trainer(d_optimizer=SGD(1e30), d_steps=3)
    with pytest.raises(
        NonFiniteError, match=r"^step 1: the discriminator's loss is \w+; it came from the discriminator's "
    ):
        train_until(trainer, 1)


def test_a_loss_that_goes_out_of_range_by_itself_is_reported_as_such(make_trainer):
    class Broken(losses.NonSaturating):
        def real(self, z):
            return z.sum() * np.float32(NAN), z

    with pytest.raises(NonFiniteError, match="every layer's parameters and outputs are finite: the loss itself"):
        train_until(make_trainer(loss=Broken()), 1)


def test_a_failed_step_updates_no_value(make_trainer):
    trainer = make_trainer()
    train_until(trainer, 2)
    trainer.gan.generator.parameters()["conv2d_2.kernel"].data[0] = NAN
    before = [network.flat_data.copy() for network in (trainer.gan.generator, trainer.gan.discriminator)]
    with pytest.raises(NonFiniteError):
        train_until(trainer, 1)
    for old, network in zip(before, (trainer.gan.generator, trainer.gan.discriminator)):
        np.testing.assert_array_equal(network.flat_data, old)


def test_searching_for_the_origin_changes_nothing(make_trainer, dataset):
    gan = make_trainer().gan
    before = [network.state_dict() for network in (gan.generator, gan.discriminator)]
    real, noise = dataset.batch(range(4)), np.zeros((4, 5), np.float32)
    assert "every layer's parameters and outputs are finite" in first_non_finite(gan, real, noise)
    assert "the input of the generator is not finite" in first_non_finite(gan, real, noise * NAN)
    assert "the input of the discriminator is not finite" in first_non_finite(gan, real * NAN, None)
    for state, network in zip(before, (gan.generator, gan.discriminator)):
        for name, values in network.state_dict().items():
            np.testing.assert_array_equal(values, state[name])


@pytest.mark.parametrize("value", [NAN, INF, -INF])
@pytest.mark.parametrize("place", [0, 5, 10])
@pytest.mark.parametrize("other", [0.0, INF, -INF, NAN])
def test_one_value_that_is_not_finite_is_found_anywhere(value, place, other):
    array = np.full(11, other, np.float32)
    array[place] = value
    assert not all_finite(array)
    assert not all_finite(array.reshape(1, 11, 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_numbers_are_finite_and_so_is_nothing(dtype):
    largest = np.finfo(dtype).max
    assert all_finite(np.array([largest, -largest, largest, largest], dtype))
    assert all_finite(np.zeros((0, 3), dtype))


def test_checking_weights_allocates_no_array_of_their_size():
    weights = np.ones(1_000_000, np.float32)
    tracemalloc.start()
    try:
        assert all_finite(weights)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000


def test_a_failed_run_keeps_metrics_and_the_last_good_weights(make_config, tmp_path, monkeypatch, no_curves):
    runs, good = [], {}
    begin = Run.__init__
    monkeypatch.setattr(Run, "__init__", lambda self, *arguments: (runs.append(self), begin(self, *arguments))[1])

    def poison(event):
        gan = runs[0].gan
        if isinstance(event, EpochEnd):
            good.update(generator=gan.generator.state_dict(), discriminator=gan.discriminator.state_dict())
        if isinstance(event, StepEnd) and event.step == 8:
            gan.generator["conv2d_2"].parameters["kernel"].data[0, 0] = NAN

    with pytest.raises(NonFiniteError, match=r"^step 9: .* the generator's layer conv2d_2: its kernel is not finite$"):
        train_run(make_config(epochs=9), tmp_path, poison)
    assert read_metrics(tmp_path / "metrics.csv")["step"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    for network, state in good.items():
        saved = load_arrays(tmp_path / f"{network}.npz")
        for name, values in state.items():
            np.testing.assert_array_equal(saved[name], values, err_msg=name)
    load_run(tmp_path)
    assert {path.name for path in (tmp_path / "samples").iterdir()} == {"start.png", "epoch-0001.png"}
    assert (tmp_path / "losses.png").is_file()
    assert (tmp_path / "progress.gif").stat().st_size


def test_averages_that_lost_their_values_are_not_saved_either(make_config, tmp_path, no_curves, monkeypatch):
    # The weights are finite, but BatchNorm's averages take part in the forward that overflows.
    runs = []
    begin = Run.__init__
    monkeypatch.setattr(Run, "__init__", lambda self, *arguments: (runs.append(self), begin(self, *arguments))[1])

    def overflow(event):
        if isinstance(event, StepEnd) and event.step == 6:
            runs[0].gan.discriminator["conv2d_1"].parameters["kernel"].data[...] = 3e38

    with pytest.raises(NonFiniteError):
        train_run(make_config(epochs=2), tmp_path, overflow)
    discriminator = runs[0].gan.discriminator
    assert np.isfinite(discriminator.flat_data).all()
    assert not np.isfinite(discriminator["batch_norm"].parameters["moving_mean"].data).all()
    for network in ("generator", "discriminator"):
        for name, values in load_arrays(tmp_path / f"{network}.npz").items():
            assert np.isfinite(values).all(), name


@pytest.mark.parametrize(
    "rates",
    [
        {"learning_rate": 1e30},
        {"learning_rate": 1e38},
        {"learning_rate": 1e30, "d_learning_rate": 1e-4},
        {"learning_rate": 1e-4, "d_learning_rate": 1e30},
        {"learning_rate": 1e38, "optimizer": "sgd"},
    ],
)
def test_a_run_that_fails_in_its_first_epoch_leaves_weights_that_can_be_loaded(make_config, tmp_path, no_curves, rates):
    message = r"^step \d+: (the (generator|discriminator)'s loss is|a weight of the (generator|discriminator) is no)"
    with pytest.raises(NonFiniteError, match=message):
        train_run(make_config(epochs=1, **rates), tmp_path)
    _, gan = load_run(tmp_path)
    for network in (gan.generator, gan.discriminator):
        assert np.isfinite(network.flat_data).all()
