"""What the modules around the trainer need of it: they know this protocol, and the trainer knows them."""

from dataclasses import dataclass
from typing import Protocol

from minigan.losses import GANLoss
from minigan.models import GAN
from minigan.optimizers import Optimizer
from minigan.random import Stream
from minigan.training.averaging import MovingAverage
from minigan.training.batches import RealBatches
from minigan.training.options import GameOptions
from minigan.training.steps import DiscriminatorResult

__all__ = ["Round", "TrainerLike"]


@dataclass(frozen=True)
class Round:
    """How far a round has come: replaced after every step, never changed.

    Attributes
    ----------
    d_done, g_done : int
        The steps of it that were taken.
    judged : DiscriminatorResult, optional
        The result of D's last step, which is reported with each of G's steps; None before that.
    """

    d_done: int = 0
    g_done: int = 0
    judged: DiscriminatorResult | None = None


class TrainerLike(Protocol):
    """The attributes of a trainer that steps, snapshots, checkpoints and CUDA graphs use: see `Trainer`."""

    gan: GAN
    loss: GANLoss
    options: GameOptions
    g_optimizer: Optimizer
    d_optimizer: Optimizer
    average: MovingAverage | None
    batch_size: int
    d_steps: int
    g_steps: int
    simultaneous: bool
    noise: str
    noise_stream: Stream
    label_stream: Stream
    dropout_stream: Stream
    batches: RealBatches
    layer_gradients: bool
    round: Round
    step: int
    seconds: float

    @property
    def pending_events(self) -> int: ...
