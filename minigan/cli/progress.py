"""The course of a run on the terminal."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from minigan.training.events import EpochEnd, Event, RunStart, StepEnd

__all__ = ["TrainingProgress"]


class TrainingProgress:
    """A line an epoch and, on a terminal, a bar with the last step's losses. Called with every event."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}  step {task.completed}/{task.total}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            disable=not console.is_terminal,
        )
        self.task: TaskID | None = None
        self.last: StepEnd | None = None

    def __enter__(self) -> "TrainingProgress":
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.progress.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStart):
            line = f"Training {event.model} on {event.images:,} images of {event.data}, into {event.folder}"
            self.console.print(line, highlight=False, soft_wrap=True)
        elif isinstance(event, StepEnd):
            self.last = event
            if self.task is None:
                self.task = self.progress.add_task("", total=event.steps, epoch=1, figures="")
            self.progress.update(self.task, completed=event.step, epoch=event.epoch, figures=losses(event))
        elif isinstance(event, EpochEnd) and self.last is not None:
            line = f"epoch {event.epoch:3d}  step {self.last.step}/{self.last.steps}  {figures(self.last)}"
            self.console.print(line, highlight=False, soft_wrap=True)


def losses(step: StepEnd) -> str:
    """The figures beside the bar: few, for the bar has to fit into 80 columns with them."""
    return f"D {step.d_loss:.3f} G {step.g_loss:.3f}  {step.images_per_second:.0f} img/s"


def figures(step: StepEnd) -> str:
    """The figures that tell where a run stands."""
    return (
        f"loss D {step.d_loss:.3f} G {step.g_loss:.3f}  D(x) {step.d_real:.2f}  D(G(z)) {step.d_fake:.2f}  "
        f"right {step.real_accuracy:.0%} real {step.fake_accuracy:.0%} fake  {step.images_per_second:.0f} img/s"
    )
