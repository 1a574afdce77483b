"""What a training run tells those who listen: plain records, the same for a progress bar, a file or a page."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

__all__ = ["EpochEnd", "Event", "RunStart", "Saved", "StepEnd"]


@dataclass(frozen=True)
class RunStart:
    """Everything fits, and training begins."""

    model: str
    data: str
    images: int
    folder: Path


@dataclass(frozen=True)
class StepEnd:
    """One generator step, with the discriminator steps before it.

    Attributes
    ----------
    epoch, step : int
        Counted from 1; `step` over the whole run.
    steps : int
        Steps of the whole run.
    d_loss, g_loss : float
        Losses of both networks, D's of its last step.
    d_real, d_fake : float
        Means of D(x) and D(G(z)) in D's last step, before its update.
    real_accuracy, fake_accuracy : float
        Parts of the real and of the generated images that D judged rightly there.
    images_per_second : float
        Real images seen a second, in this step.
    seconds : float
        Since the run began.
    """

    epoch: int
    step: int
    steps: int
    d_loss: float
    g_loss: float
    d_real: float
    d_fake: float
    real_accuracy: float
    fake_accuracy: float
    images_per_second: float
    seconds: float


@dataclass(frozen=True)
class EpochEnd:
    """All images were seen once more; `step` is the last step's number."""

    epoch: int
    step: int


@dataclass(frozen=True)
class Saved:
    """A file was written."""

    path: Path
    what: str


Event: TypeAlias = RunStart | StepEnd | EpochEnd | Saved
