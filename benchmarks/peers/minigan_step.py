"""minigan's own step: a round as `minigan.Trainer` runs it, on the problem's inputs."""

import json

import minigan as mg
from minigan.training.options import GameOptions
from minigan.training.simultaneous import simultaneous_step
from minigan.training.steps import discriminator_step, generate, generator_step


class MixedPoints(mg.penalties.WGANGP):
    """WGAN-GP's penalty at the points that the problem asks for."""

    mix = None

    def points(self, real, fake, rng):
        """As far from the real to the generated image as `mix` says."""
        e = self.mix.reshape(-1, *(1,) * (real.ndim - 1))
        return e * real + (1 - e) * fake


def network_pair(problem, job):
    """A GAN with the problem's weights; the rate of every Dropout is multiplied by that of the job."""
    mg.backend.threads(job["threads"])
    gan = mg.models.build(str(problem["model"]), seed=0, **job.get("model", {}))
    for network in (gan.generator, gan.discriminator):
        prefix = network.name + "."
        weights = {name: problem[name] for name in problem if name.startswith(prefix)}
        network.load_state_dict({name.removeprefix(prefix): array for name, array in weights.items()})
        for layer in network:
            if isinstance(layer, mg.layers.Dropout):
                layer.rate *= job["dropout"]
    return gan


def optimizer_of(game, rate):
    """A new optimizer of the training."""
    if game["optimizer"] == "momentum":
        return mg.optimizers.Momentum(rate, game["momentum"])
    return mg.optimizers.Adam(rate, game["momentum"], game["beta_2"])


class Training:
    """Both networks, and a call for each round: steps of D, and one of G."""

    def __init__(self, problem, job):
        self.gan, self.game = network_pair(problem, job), json.loads(str(problem["game"]))
        self.loss = mg.losses.get(self.game["loss"])
        self.d_optimizer = optimizer_of(self.game, self.game["d_rate"])
        self.g_optimizer = optimizer_of(self.game, self.game["g_rate"])
        self.penalty = MixedPoints(self.game["penalty_weight"]) if self.game["penalty_weight"] else None
        self.options = GameOptions(self.penalty)
        self.rng = mg.Stream(0, "dropout")
        self.round = self.simultaneous if self.game["simultaneous"] else self.alternating

    def __call__(self, *inputs):
        """A round on images or points, noise, and what a penalty mixes; both losses."""
        d, g = self.round(*inputs)
        return float(d.loss), float(g.loss)

    def alternating(self, *inputs):
        """Every step of D has images of its own; G learns from the last ones, by the new D."""
        steps, common = self.game["d_steps"], (self.rng, self.options)
        parts = zip(*(array.reshape(steps, -1, *array.shape[1:]) for array in inputs))
        for done, (real, noise, *mix) in enumerate(parts, 1):
            fake, caches = generate(self.gan, noise, self.rng, update_stats=done == steps)
            if self.penalty is not None:
                (self.penalty.mix,) = mix
            d = discriminator_step(self.gan, self.loss, self.d_optimizer, real, fake, *common)
        return d, generator_step(self.gan, self.loss, self.g_optimizer, fake, caches, *common)

    def simultaneous(self, real, noise):
        """Both networks at once, by the gradients at the weights that both had before."""
        fake, caches = generate(self.gan, noise, self.rng)
        optimizers = self.d_optimizer, self.g_optimizer
        return simultaneous_step(self.gan, self.loss, *optimizers, real, fake, caches, self.rng, self.options)


make = Training
