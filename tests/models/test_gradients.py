"""A small one of every model: its gradients are right, and a round of training moves all of it."""

import numpy as np
import pytest

from minigan import gradcheck, losses, models
from minigan.optimizers import SGD
from minigan.random import Stream
from minigan.training.steps import discriminator_step, generate, generator_step

PERCEPTRONS = {"latent_size": 3, "generator_units": (4, 3), "discriminator_units": (4, 3)}
CONVOLUTIONS = {"latent_size": 3, "image_size": 8, "generator_filters": (3, 2), "discriminator_filters": (2, 3)}
SMALL = {
    "dcgan28": CONVOLUTIONS,
    "dcgan64": {"latent_size": 3, "channels": 1, "generator_filters": (3,), "discriminator_filters": (2,)},
    "dcgan64-small": CONVOLUTIONS,
    "gan2014-cifar10": PERCEPTRONS,
    "gan2014-cifar10-conv": {
        "latent_size": 3,
        "generator_units": 4,
        "generator_maps": 2,
        "discriminator_filters": (1, 2, 2),
        "discriminator_units": 2,
    },
    "gan2014-mnist": PERCEPTRONS,
    "gan2014-tfd": PERCEPTRONS,
    "mlp1d": PERCEPTRONS,
    "mlp2d": PERCEPTRONS,
    "wgan-gp28": CONVOLUTIONS,
}
CONDITIONAL = {
    "projection": {**CONVOLUTIONS, "classes": 3},
    "concatenation": {**CONVOLUTIONS, "classes": 3, "conditioning": "concatenation"},
}
CASES = [
    *SMALL.items(),
    *(("dcgan28", options) for options in CONDITIONAL.values()),
    ("dcgan64-small", {**CONVOLUTIONS, "classes": 3}),
]
every_model = pytest.mark.parametrize(
    ("name", "options"), CASES, ids=[*SMALL, *CONDITIONAL, "dcgan64-small with classes"]
)


def test_every_model_is_tested():
    assert SMALL.keys() == models.MODELS.keys()


#: The others are made of the same layers, or have too many inputs to go through.
CHECKED = [(name, SMALL[name]) for name in ("mlp2d", "wgan-gp28")]
CHECKED += [("dcgan28", options) for options in CONDITIONAL.values()]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options"), CHECKED)
def test_both_networks_pass_every_check(name, options):
    gan = models.build(name, **options)
    for network in (gan.generator, gan.discriminator.logits):
        # Away from biases of 0, where a rectifier of a constant image has its kink.
        network.flat_data += 0.05 * Stream(0, network.name).normal(network.flat_data.shape)
        gradcheck.check(network, (4, *network.input_shape), mode="directional").assert_ok()


@every_model
def test_a_round_updates_every_weight_of_both_networks(name, options):
    gan, rng = models.build(name, **options), Stream(0, "dropout")
    # Without it the gradients of the last bias, from real and generated images, cancel where D says 1/2 to all.
    loss = losses.get("non-saturating", label_smoothing=0.1)
    before = {network: network.flat_data.copy() for network in (gan.generator, gan.discriminator)}
    labels = np.arange(12) % gan.classes if gan.classes else None
    real = Stream(0, "real").uniform((12, *gan.image_shape), -1, 1)
    fake, caches = generate(gan, models.draw_noise(Stream(0, "noise"), 12, 3, "normal"), rng, labels=labels)
    discriminator_step(gan, loss, SGD(0.1), real, fake, rng, labels=(labels, labels))
    generator_step(gan, loss, SGD(0.1), fake, caches, rng, labels=labels)
    for network, values in before.items():
        assert np.isfinite(network.flat_data).all()
        assert not np.array_equal(network.flat_data, values)
        still = [key for key, p in network.parameters().items() if p.trainable and not p.grad.any()]
        assert still == []
