"""The progress of a run on the terminal."""

from pathlib import Path
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from minigan.training.events import DiscriminatorEnd, EpochEnd, Evaluated, Event, Notice, RunStart, StepEnd, Stopped

__all__ = ["TrainingProgress"]

#: What runs, and how to choose the other.
FAST = "Fused steps and fast kernels run; --textbook runs the layer files one by one."
TEXTBOOK = "Textbook mode: the layer files run one by one on the reference kernels; without --textbook it is faster."


class TrainingProgress:
    """Prints a line for each epoch and, on a terminal, a bar with the last step's metrics. Called with every event.

    Attributes
    ----------
    signal : int
        The number of the signal that ended the run; 0 if there was none.
    folder : Path
        The run's folder, once it has begun.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}  step {task.completed}/{task.total}"),
            BarColumn(bar_width=None),
            TimeRemainingColumn(),
            console=console,
        )
        self.task = self.bar.add_task("", total=None, epoch=1)
        self.status = Text(no_wrap=True, overflow="ellipsis")
        self.live = Live(Group(self.bar, self.status), console=console)
        self.last: StepEnd | None = None
        self.signal = 0
        self.folder = Path()

    def __enter__(self) -> "TrainingProgress":
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStart):
            self.folder = event.folder
            self.say(f"Training {event.model} on {event.data}, into {event.folder}")
            self.say(f"Data: {event.description}")
            self.say(TEXTBOOK if event.textbook else FAST)
        elif isinstance(event, StepEnd):
            self.last = event
            self.bar.update(self.task, total=event.steps, completed=event.step, epoch=event.epoch)
            self.status.plain = status_line(event)
        elif isinstance(event, DiscriminatorEnd):
            self.status.plain = f"discriminator: {event.done} of {event.steps} steps of this round"
        elif isinstance(event, EpochEnd) and self.last is not None:
            self.say(f"epoch {event.epoch:3d}  step {self.last.step}/{self.last.steps}  {status_line(self.last)}")
        elif isinstance(event, Evaluated):
            named = "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in event.metrics.items())
            self.say(f"epoch {event.epoch:3d}  samples: {named}")
        elif isinstance(event, Stopped):
            self.signal = event.signal
        elif isinstance(event, Notice):
            self.say(f"note, step {event.step}: {event.kind}: {event.text}")

    def say(self, line: str) -> None:
        """Print a line that stays above the bar."""
        self.console.print(line, highlight=False, soft_wrap=True)


def status_line(step: StepEnd) -> str:
    """The metrics of a step, in 80 columns."""
    return (
        f"loss D {step.d_loss:.2f} G {step.g_loss:.2f}  D(x) {step.d_real:.2f} D(G(z)) {step.d_fake:.2f}  "
        f"right {step.real_accuracy:.0%} real {step.fake_accuracy:.0%} fake  {step.images_per_second:.0f} img/s"
    )
