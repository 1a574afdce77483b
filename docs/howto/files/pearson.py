"""A GAN loss of your own: ``python pearson.py`` checks it and trains with it, ``pytest pearson.py`` tests it.

``python pearson.py train --loss pearson --model mlp2d --data ring`` is the command minigan, with this loss.
"""

import sys

import minigan as mg
from minigan import losses
from minigan.backend import array_module
from minigan.gradcheck import check
from minigan.losses import Optimum


class Pearson:
    """The GAN of Pearson's chi-squared divergence (Nowozin et al., arXiv:1606.00709, table 2).

    D minimises ``E(-z)`` on real and ``E(z^2 / 4 + z)`` on generated images; G minimises ``E(-z)``.
    """

    optimum = Optimum(discriminator=0.0, generator=0.0)
    decision_threshold = 0.0
    unlabelled = "its discriminator learns no labels"

    def __repr__(self) -> str:
        return "Pearson()"

    def real(self, z):
        return -z.mean(), array_module(z).full_like(z, -1 / z.size)

    def fake(self, z):
        return (z * z / 4 + z).mean(), (z / 2 + 1) / z.size

    def generator(self, z):
        return -z.mean(), array_module(z).full_like(z, -1 / z.size)


def test_gradients():
    for term in (Pearson().real, Pearson().fake, Pearson().generator):
        check(term, (8, 1)).assert_ok()


def train(rounds: int = 500) -> None:
    """G learns to make numbers around 3."""
    mg.backend.threads(1)  # networks as small as these are fastest on one thread
    data = mg.data.Points(mg.Stream(0, "data").normal((2000, 1), mean=3.0, stddev=0.5), name="numbers")
    gan = mg.models.build("mlp1d", seed=0)
    trainer = mg.Trainer(
        gan,
        data,
        loss=Pearson(),
        g_optimizer=mg.optimizers.Adam(1e-3, beta_1=0.5),
        d_optimizer=mg.optimizers.Adam(1e-3, beta_1=0.5),
        batch_size=64,
    )
    noise = mg.Stream(1).uniform((1000, gan.latent_size), -1.0, 1.0)
    print(f"mean of the data: {data.points.mean():.1f}")
    print(f"mean of G's numbers before: {gan.generator.predict(noise).mean():.1f}")
    for _ in trainer.train(steps=rounds):
        pass
    print(f"mean of G's numbers after {rounds} rounds: {gan.generator.predict(noise).mean():.1f}")


if __name__ == "__main__":
    if sys.argv[1:]:
        losses.GAN_LOSSES["pearson"] = Pearson  # before the command is imported, which reads the names
        from minigan.cli import run

        sys.exit(run(sys.argv[1:]))
    test_gradients()
    print("The gradients of Pearson are right.")
    train()
