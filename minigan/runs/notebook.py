"""The progress of a run in a notebook: one display that is updated in place."""

from minigan.training.display import ProgressDisplay, in_notebook
from minigan.training.events import (
    EpochEnd,
    Evaluated,
    Event,
    Listener,
    Notice,
    RunStart,
    Saved,
    StepEnd,
    Stopped,
    ignore,
)

__all__ = ["NotebookProgress", "default_listener"]

#: The pictures that are shown, by what their events call them.
PICTURES = ("samples", "losses")


class NotebookProgress(ProgressDisplay):
    """A listener for `train_run` and `resume_run` that shows a run in a notebook while it trains.

    The display has a table of the metrics, with a row for each of the last epochs and one for the newest step, the
    samples and the curves as the run saved them last, and the notices about the run. Outside of a notebook the same is
    printed, a line for each epoch and one for the last step.

    In a notebook it is the default. `Trainer.fit` shows the same without a run.

    Parameters
    ----------
    seconds : float
        Time between two updates within an epoch.

    Examples
    --------
    >>> from minigan.runs import NotebookProgress, TrainConfig, train_run
    >>> train_run(TrainConfig(epochs=1), "a-run", NotebookProgress())  # doctest: +SKIP
    """

    def __call__(self, event: Event) -> None:
        """Take an event of the run."""
        match event:
            case RunStart():
                self.begin(f"Training {event.model} on {event.data}, into {event.folder}", event.description)
            case StepEnd():
                self.end_step(event)
            case EpochEnd():
                self.end_epoch()
            case Evaluated():
                metrics = "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in event.metrics.items())
                self.note(f"epoch {event.epoch}  samples: {metrics}")
            case Notice():
                self.note(f"note, step {event.step}: {event.kind}: {event.text}")
            case Stopped():
                self.note(f"stopped after step {event.step}")
            case Saved() if event.what in PICTURES:
                self.pictures[event.what] = f"{event.what}: {event.path.name}", event.path
                self.update()


def default_listener() -> Listener:
    """The listener where none is given: in a notebook the progress is shown, elsewhere nothing is."""
    return NotebookProgress() if in_notebook() else ignore
