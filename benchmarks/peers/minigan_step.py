"""minigan's own step."""

import minigan as mg
from minigan.training import steps


def network_pair(problem, job):
    """A GAN with the problem's weights."""
    mg.backend.threads(job["threads"])
    gan = mg.models.build("dcgan28", seed=0, **job.get("model", {}))
    for network in (gan.generator, gan.discriminator):
        prefix = network.name + "."
        weights = {name: problem[name] for name in problem if name.startswith(prefix)}
        network.load_state_dict({name.removeprefix(prefix): array for name, array in weights.items()})
    for layer in gan.discriminator:
        if isinstance(layer, mg.layers.Dropout):
            layer.rate = job["dropout"]
    return gan


def stepping(gan, rate):
    """A function that runs a step on images and noise, and returns both losses."""
    loss = mg.losses.NonSaturating()
    d_optimizer, g_optimizer = (mg.optimizers.Adam(rate, beta_1=0.5) for _ in range(2))
    rng = mg.Stream(0, "dropout")

    def step(real, noise):
        fake, caches = steps.generate(gan, noise, rng)
        d = steps.discriminator_step(gan, loss, d_optimizer, real, fake, rng)
        g = steps.generator_step(gan, loss, g_optimizer, fake, caches, rng)
        return d.loss, g.loss

    return step


def make(problem, job):
    """The networks with the problem's weights, and a function that runs a step."""
    return stepping(network_pair(problem, job), 2e-4)
