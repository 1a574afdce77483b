"""The events of a training run: plain records, the same for a progress bar, a file or a page."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol

from minigan.io import html

__all__ = [
    "DiscriminatorEnd",
    "Diversity",
    "EpochEnd",
    "Evaluated",
    "Event",
    "LayerGradients",
    "Listener",
    "Notice",
    "RunStart",
    "Saved",
    "StepEnd",
    "Stopped",
    "ignore",
]


@dataclass(frozen=True)
class Event:
    """The base of all events: what has happened in a run."""

    def _repr_html_(self) -> str:
        """A row for each attribute, for a notebook."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        texts = {name: f"{value:.4g}" if isinstance(value, float) else str(value) for name, value in values.items()}
        return html.table((type(self).__name__, ""), list(texts.items()))


class Listener(Protocol):
    """A function, or an object that can be called, that hears of every event of a run as it happens."""

    def __call__(self, event: Event, /) -> object:
        """Take an event; what is returned is not used."""


def ignore(event: object) -> None:
    """Do nothing: the listener where none is given."""


@dataclass(frozen=True)
class RunStart(Event):
    """All settings are checked, and training begins.

    Attributes
    ----------
    model, data : str
        Their names.
    images : int
        How many images, or points.
    folder : Path
    textbook : bool
        Whether the layer files run one by one (`minigan.backend.textbook`).
    step, steps : int
        The steps that are done, more than 0 in a run that is resumed; and those of the whole run.
    description : str
        What was made of the data, in a line.
    """

    model: str
    data: str
    images: int
    folder: Path
    textbook: bool = False
    step: int = 0
    steps: int = 0
    description: str = ""


@dataclass(frozen=True)
class StepEnd(Event):
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
        Fractions of the real and of the generated images that D judged rightly there.
    d_grad_norm, g_grad_norm : float
        L2 norms of all gradients of a network in its step, D's in its last one.
    images_per_second : float
        Real images per second, since D's first step of the round; on a GPU, since events were last reported.
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
    d_grad_norm: float
    g_grad_norm: float
    images_per_second: float
    seconds: float


@dataclass(frozen=True)
class LayerGradients(Event):
    """The L2 norms of all gradients of each layer in a step; its `StepEnd` follows.

    Attributes
    ----------
    step : int
    norms : mapping of str to float
        By names such as ``generator/dense``.
    """

    step: int
    norms: Mapping[str, float]


@dataclass(frozen=True)
class DiscriminatorEnd(Event):
    """One of several discriminator steps of a round, `done` of `steps`; `step` generator steps came before it."""

    step: int
    done: int
    steps: int


@dataclass(frozen=True)
class EpochEnd(Event):
    """All images were seen once more; `step` is the last step's number."""

    epoch: int
    step: int


@dataclass(frozen=True)
class Saved(Event):
    """A file was written."""

    path: Path
    what: str


@dataclass(frozen=True)
class Diversity(Event):
    """How far apart the samples are: a mean distance of two of them, and of as many real images.

    Attributes
    ----------
    step : int
    generated, real : float
        Mean L2 distances of pairs.
    """

    step: int
    generated: float
    real: float


@dataclass(frozen=True)
class Evaluated(Event):
    """The metrics of the samples, compared with the data, at the end of an epoch.

    Attributes
    ----------
    epoch, step : int
    metrics : mapping of str to float
        By name.
    """

    epoch: int
    step: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Notice(Event):
    """A warning about the run.

    Attributes
    ----------
    step : int
    kind : str
        A short name, such as "mode collapse".
    text : str
        What was measured, and what people do about it.
    """

    step: int
    kind: str
    text: str


@dataclass(frozen=True)
class Stopped(Event):
    """The run was asked to stop, by a signal of this number, and did so after the step."""

    step: int
    signal: int
