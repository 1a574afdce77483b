"""minigan's training: the steps of ``minigan_step``, with samples in between."""

import samples

import minigan as mg
from minigan.training import steps


def make(problem, job):
    """The networks with the problem's weights, and a function that takes a step or draws samples."""
    mg.backend.threads(job["threads"])
    gan = mg.models.build("dcgan28", seed=0, **job["model"])
    for network in (gan.generator, gan.discriminator):
        prefix = network.name + "."
        weights = {name: array for name, array in problem.items() if name.startswith(prefix)}
        network.load_state_dict({name.removeprefix(prefix): array for name, array in weights.items()})
    for layer in gan.discriminator:
        if isinstance(layer, mg.layers.Dropout):
            layer.rate = job["dropout"]
    loss = mg.losses.NonSaturating()
    rate = float(problem["learning_rate"])
    d_optimizer, g_optimizer = (mg.optimizers.Adam(rate, beta_1=0.5) for _ in range(2))
    rng = mg.Stream(0, "dropout")

    def step(rows, noise):
        if samples.wanted(rows):
            return samples.hand_over(gan.generator.predict(problem["fixed_noise"], 256), job)
        fake, caches = steps.generate(gan, noise, rng)
        d = steps.discriminator_step(gan, loss, d_optimizer, problem["images"][rows], fake, rng)
        g = steps.generator_step(gan, loss, g_optimizer, fake, caches, rng)
        return d.loss, g.loss

    return step
