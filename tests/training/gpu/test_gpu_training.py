"""The same seed on a GPU and on the CPU: the same bits are drawn, and the losses stay together."""

from collections.abc import Callable

import numpy as np
import pytest

from minigan import backend, data, models
from minigan.training import StepEnd
from minigan.training.trainer import Trainer
from tests.devices.host.graphs import graph_backend

#: The steps for which the losses of `dcgan28` agree, and how closely; then rounding has taken the two runs apart.
STEPS, TOLERANCE = 50, 1e-3


def losses_of(steps: int, **options: object) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """Both losses of each step on the active backend, and where the streams stand in the end."""
    digits = data.load("digits")
    if "image_size" in options:
        digits = data.Dataset(digits.images[:64, 2:26:3, 2:26:3])
    trainer = Trainer(models.build("dcgan28", 0, **options), digits, batch_size=16)
    reported = [event for event in trainer.train(steps=steps) if isinstance(event, StepEnd)]
    streams = [stream.state for stream in (trainer.noise_stream, trainer.dropout_stream, trainer.shuffle_stream)]
    return np.array([(event.d_loss, event.g_loss) for event in reported]), streams


def check_together(steps: int, device: Callable, **options: object) -> None:
    with backend.using("numpy"):
        expected, streams = losses_of(steps, **options)
    with device():
        losses, drawn = losses_of(steps, **options)
    assert drawn == streams
    np.testing.assert_allclose(losses, expected, rtol=TOLERANCE)


@pytest.mark.gpu
def test_fifty_steps_of_dcgan28_have_the_losses_of_the_cpu():
    check_together(STEPS, lambda: backend.using("cupy"))


@pytest.mark.slow
def test_a_few_steps_on_the_emulated_device_have_the_losses_of_the_cpu():
    sizes = {"image_size": 8, "latent_size": 5, "generator_filters": (4, 4), "discriminator_filters": (4, 4)}
    check_together(6, graph_backend, **sizes)
