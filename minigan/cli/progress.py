"""The progress of a run on the terminal."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from minigan.cli.lines import blanks_kept, say
from minigan.io.display import BAR, Display, clock, fitted, row
from minigan.kernels import compiled_run
from minigan.training.events import DiscriminatorEnd, EpochEnd, Evaluated, Event, Notice, RunStart, StepEnd, Stopped

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["TrainingProgress"]

#: What runs, and how to choose the other.
FAST = "Fused steps and fast kernels run{how}; --textbook runs the layer files one by one."
TEXTBOOK = "Textbook mode: the layer files run one by one on the reference kernels; without --textbook it is faster."

#: Seconds between two lines where no bar is drawn.
LINES = 10.0


class TrainingProgress(Display):
    """Shows the progress of a run; called with every event.

    Standard output gets the lines that are worth keeping: one for each epoch, for each notice, and for the last step.
    Standard error gets a bar with the metrics of the last step, if it is a terminal. Unless both are terminals,
    standard output gets a line every ten seconds as well.

    Attributes
    ----------
    signal : int
        The number of the signal that ended the run; 0 if there was none.
    folder : Path
        The run's folder, once it has begun.
    """

    def __init__(self, console: "Console") -> None:
        super().__init__()
        self.console = console
        self.first: tuple[int, float] | None = None
        self.last: StepEnd | None = None
        self.written = -1
        self.said = self.stepped = time.monotonic()
        self.began = False
        self.round = ""
        self.signal = 0
        self.folder = Path()
        self.watched = self.can_draw and console.is_terminal

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self.last is not None and self.written < self.last.step:
            self.write_step()

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunStart):
            self.began, self.folder = True, event.folder
            self.say(f"Training {event.model} on {event.data}, into {blanks_kept(event.folder)}")
            self.say(f"Data: {event.description}")
            self.say(TEXTBOOK if event.textbook else FAST.format(how=", compiled by Numba" if compiled_run() else ""))
            self.stepped = time.monotonic()
        elif isinstance(event, StepEnd):
            self.stepped, self.round = time.monotonic(), ""
            self.first = self.first or (event.step - 1, self.stepped)
            self.last = event
        elif isinstance(event, DiscriminatorEnd):
            self.round = f"discriminator: {event.done} of {event.steps} steps of this round"
        elif isinstance(event, EpochEnd) and self.last is not None:
            self.write_step(epoch=event.epoch)
        elif isinstance(event, Evaluated):
            named = "  ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in event.metrics.items())
            self.say(f"epoch {event.epoch}  samples: {named}")
        elif isinstance(event, Stopped):
            self.signal = event.signal
        elif isinstance(event, Notice):
            self.say(f"note, step {event.step}: {event.kind}: {event.text}")

    def tick(self) -> None:
        """Draw the bar, or print a line if the last one is old."""
        now = time.monotonic()
        if self.can_draw and self.last is not None:
            self.draw()
        if self.began and not self.watched and now - self.said >= LINES:
            if self.last is not None and self.written < self.last.step:
                self.write_step()
            else:
                self.say(self.waiting(now))

    def drawn(self, width: int) -> "RenderableType":
        """A bar, and the metrics of the last step."""
        from rich.console import Group
        from rich.text import Text

        step = self.last
        if step is None:
            return ""
        before, since = self.first or (step.step, self.stepped)
        taken = step.step - before - 1  # the time of the first step was not measured
        left = clock((self.stepped - since) / taken * (step.steps - step.step)) + " left" if taken > 0 else ""
        parts = [(3, f"epoch {step.epoch}"), (0, f"step {step.step}/{step.steps}"), (1, BAR), (2, left)]
        below = [(0, self.round)] if self.round else metrics(step)
        line = Text("  ".join(fitted(below, width))[:width], no_wrap=True)
        return Group(row(parts, width, step.step / step.steps), line)

    def waiting(self, now: float) -> str:
        """What to say while a step takes long."""
        step, of = (1, "") if self.last is None else (self.last.step + 1, f" of {self.last.steps}")
        doing = f" ({self.round})" if self.round else ""
        return f"step {step}{of}: {clock(now - self.stepped)} so far{doing}"

    def write_step(self, epoch: int | None = None) -> None:
        """Print the metrics of the last step, at the end of an epoch or within one."""
        step = self.last
        if step is not None:
            ranks = (0, 3.5) if epoch is not None else (3.5, 0)
            place = [
                (ranks[0], f"epoch {step.epoch if epoch is None else epoch}"),
                (ranks[1], f"step {step.step}/{step.steps}"),
            ]
            self.written = step.step
            width = self.console.width - 1 if self.console.is_terminal else 1000
            self.say("  ".join(fitted([*place, *metrics(step)], width)))

    def say(self, line: str) -> None:
        """Print a line that stays."""
        with self.above(self.console) as console:
            say(console, line)
            self.said = time.monotonic()


def metrics(step: StepEnd) -> list[tuple[float, str]]:
    """The metrics of a step with their ranks: what is left out first where there is no room."""
    return [
        (2, f"loss D {step.d_loss:.2f} G {step.g_loss:.2f}"),
        (3, f"D(x) {step.d_real:.2f} D(G(z)) {step.d_fake:.2f}"),
        (5, f"right {step.real_accuracy:.0%} real {step.fake_accuracy:.0%} fake"),
        (4, f"{step.images_per_second:.0f} img/s"),
    ]
