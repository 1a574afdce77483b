"""minigan on a GPU, in two variants: ``graph`` (a step is one CUDA graph) and ``launches``; and ``cpu``."""

import numpy as np

import minigan as mg
from minigan import backend
from minigan.data import Dataset
from minigan.kernels import precision
from minigan.training import steps
from minigan.training.gpu.cuda_graph import GraphRounds


class Steps:
    """Both networks and their training steps."""

    def __init__(self, problem, job):
        self.batch, self.graph = job["batch"], job["variant"] == "graph"
        self.on_gpu = job["variant"] != "cpu"
        backend.threads(job["threads"])
        backend.use("cupy" if self.on_gpu else "numpy")
        precision.use(job["precision"])
        self.gan = mg.models.build(job["model"], seed=0, **job.get("options", {}))
        for network in (self.gan.generator, self.gan.discriminator):
            prefix = network.name + "."
            weights = {name.removeprefix(prefix): problem[name] for name in problem if name.startswith(prefix)}
            network.load_state_dict(weights)
        for layer in self.gan.discriminator:
            if isinstance(layer, mg.layers.Dropout):
                layer.rate *= job["dropout"]
        self.checked = problem["real"], problem["noise"]
        self.trainer = mg.Trainer(
            self.gan,
            Dataset(problem["pixels"]),
            batch_size=self.batch,
            **{name: mg.optimizers.Adam(2e-4, beta_1=0.5) for name in ("d_optimizer", "g_optimizer")},
        )
        self.rounds = GraphRounds(self.trainer, record=self.graph) if self.on_gpu else None
        self.places = backend.asarray(np.random.default_rng(0).permutation(len(problem["pixels"])))

    def check(self, count):
        """The losses of steps on the problem's images and noise."""
        losses = []
        for real, noise in zip(*(array[:count] for array in self.checked)):
            d, g = self.step(backend.asarray(real), backend.asarray(noise))
            losses.append((float(d.loss), float(g.loss)))
        return losses

    def step(self, real, noise):
        """A step of D and one of G."""
        trainer, rng = self.trainer, self.trainer.dropout_stream
        fake, caches = steps.generate(self.gan, noise, rng)
        d = steps.discriminator_step(self.gan, trainer.loss, trainer.d_optimizer, real, fake, rng)
        return d, steps.generator_step(self.gan, trainer.loss, trainer.g_optimizer, fake, caches, rng)

    def block(self, count):
        """Run `count` steps; the losses of the last."""
        for number in range(count):
            first = number * self.batch % (len(self.places) - self.batch + 1)
            d, g = self.round(self.places[first : first + self.batch])
        if self.graph and self.rounds.reason:
            raise RuntimeError(f"no graph: {self.rounds.reason}")
        return float(d.loss), float(g.loss)

    def round(self, places):
        """A step on the images at these places."""
        if self.rounds is not None:
            return self.rounds.run([places])
        trainer = self.trainer
        real = trainer.data.batch(places, self.gan.output_range)
        return self.step(real, trainer.noise_stream.uniform((self.batch, self.gan.latent_size)))


make = Steps
