"""The fast kernels in a training step: the same bits on any number of threads, and no new large arrays."""

import tracemalloc

import numpy as np
import pytest

from minigan import fusion, kernels, losses, models, optimizers
from minigan.random import Stream
from minigan.training.steps import discriminator_step, generate, generator_step
from tests.on_threads import threads

pytestmark = pytest.mark.skipif(
    kernels.kind() != "fast" or not fusion.enabled(), reason="about the fast kernels in fused networks"
)


class Training:
    """The default networks and what trains them; `step` is one update of each."""

    def __init__(self, batch_size: int) -> None:
        self.gan = models.build("dcgan28", seed=0)
        self.loss = losses.get("non-saturating")
        self.optimizers = [optimizers.Adam(2e-4, beta_1=0.5) for _ in range(2)]
        self.noise, self.dropout = Stream(0, "noise"), Stream(0, "dropout")
        self.real = Stream(0, "images").uniform((batch_size, *self.gan.image_shape), -1, 1)

    def step(self) -> None:
        noise = models.draw_noise(self.noise, len(self.real), self.gan.latent_size)
        fake, caches = generate(self.gan, noise, self.dropout)
        discriminator_step(self.gan, self.loss, self.optimizers[0], self.real, fake, self.dropout)
        generator_step(self.gan, self.loss, self.optimizers[1], fake, caches, self.dropout)

    def weights(self) -> dict[str, np.ndarray]:
        networks = (self.gan.generator, self.gan.discriminator)
        return {f"{net.name}.{name}": value for net in networks for name, value in net.state_dict().items()}


def test_training_gives_the_same_bits_on_any_number_of_threads():
    results = []
    for count in (1, 2, 4):
        training = Training(batch_size=24)
        with threads(count):
            training.step()
            training.step()
        results.append(training.weights())
    for other in results[1:]:
        for name, value in results[0].items():
            np.testing.assert_array_equal(other[name], value, err_msg=name)


def test_a_warm_step_allocates_no_large_array():
    training = Training(batch_size=64)
    with threads(1):
        for _ in range(3):
            training.step()
        tracemalloc.start()
        try:
            training.step()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    # All new memory at any moment together: so no array of more than a megabyte is in it.
    assert peak < 1 << 20
