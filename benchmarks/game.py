"""How each model is trained in the benchmarks: the settings on which a step depends."""

from typing import NamedTuple

from minigan.runs.build import Rates
from minigan.runs.config import TrainConfig

__all__ = ["BATCHES", "Game", "game_of"]

#: The models that are measured, and the batches in which people train them on a CPU.
BATCHES = {
    "dcgan28": 64,
    "dcgan64": 16,
    "gan2014-mnist": 100,
    "gan2014-cifar10-conv": 128,
    "wgan-gp28": 64,
    "mlp2d": 256,
}

#: The learning rate of the DCGAN paper; `minigan train` doubles it for short runs.
DCGAN_RATE = 2e-4


class Game(NamedTuple):
    """The loss, the updates and the optimizers of a training.

    Attributes
    ----------
    loss : {"non-saturating", "wasserstein"}
    simultaneous : bool
        Both networks are updated at once, by the gradients at the weights that both had before.
    d_steps : int
        Steps of D in a round, which ends with one of G.
    penalty_weight : float
        Of WGAN-GP's penalty; 0 for none.
    optimizer : {"adam", "momentum"}
    momentum : float
        Adam's beta_1, or the momentum.
    beta_2 : float
        Adam's.
    g_rate, d_rate : float
        The learning rates.
    """

    loss: str
    simultaneous: bool
    d_steps: int
    penalty_weight: float
    optimizer: str
    momentum: float
    beta_2: float
    g_rate: float
    d_rate: float


def game_of(model: str) -> Game:
    """The recommended training of a model, at its first step.

    Noise on D's inputs and an average of G's weights, which `mlp2d` has besides, are left out.
    """
    config = TrainConfig.recommended(model=model, **({"learning_rate": DCGAN_RATE} if model == "dcgan28" else {}))
    rates = Rates(config)
    rates(0)
    g, d = rates.optimizers
    return Game(
        config.loss,
        config.updates == "simultaneous",
        config.d_steps,
        (config.penalty_weight or 0.0) if config.penalty else 0.0,
        config.optimizer,
        rates.momentum(0),
        getattr(g, "beta_2", 0.0),
        g.learning_rate,
        d.learning_rate,
    )
