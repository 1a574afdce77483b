"""``minigan train``."""

import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from minigan.cli.help import examples
from minigan.cli.settings import OWN_PANEL, given, with_settings
from minigan.errors import ConfigError
from minigan.runs.config import TrainConfig, read_config

#: The files of a run that a user looks at.
FILES = (
    ("samples/", "images of the same noise vectors after each epoch"),
    ("progress.gif", "the same as an animation"),
    ("losses.png", "losses, D(x) and D(G(z)) over the steps"),
    ("metrics.csv", "one line for each step"),
    ("generator.npz", "weights of the generator"),
    ("discriminator.npz", "weights of the discriminator"),
    ("config.toml", "every setting"),
)

#: An option beside those of the run's settings.
run_option = partial(typer.Option, rich_help_panel=OWN_PANEL)

if TYPE_CHECKING:
    from rich.console import Console

    from minigan.cli.progress import TrainingProgress


@examples(
    "minigan train  # 5,000 digits in the package: three minutes",
    "minigan train --data mnist --epochs 20  # 60,000 digits, downloaded once",
    "minigan train --data folder:photos --image-size 32 --channels 3",
    "minigan train --conditional  # then: minigan sample RUN --class 7",
    "minigan train --model wgan-gp28 --steps 5000 --seed 1",
    "minigan train --resume runs/dcgan28-digits-1",
)
@with_settings(TrainConfig)
def train(
    out: Annotated[
        Path | None,
        run_option(help="Folder of the run; new or empty. Default: the next in runs/.", metavar="DIR"),
    ] = None,
    config: Annotated[
        Path | None,
        run_option(
            help="A TOML file of settings, such as a run's config.toml; command-line flags override it.",
            metavar="FILE",
        ),
    ] = None,
    resume: Annotated[
        Path | None, run_option(help="Continue the run in this folder from its newest checkpoint.", metavar="RUN")
    ] = None,
    accept: Annotated[
        str | None,
        run_option(help="With --resume: settings that may differ from the checkpoint's.", metavar="NAME,..."),
    ] = None,
    **flags: Any,
) -> int:
    """Train a GAN; without arguments, the model dcgan28 on the embedded digits.

    Each model has recommended settings; flags and a file override them. The run's folder gets config.toml,
    metrics.csv, samples/, progress.gif, losses.png, both networks' weights and checkpoints/. Ctrl-C ends the run after
    the current step, with everything so far saved; --resume continues it as if it had not been interrupted.
    """
    from rich.console import Console

    from minigan.cli.progress import TrainingProgress
    from minigan.runs.start import resume_run, train_run

    chosen = given(TrainConfig, flags)
    console = Console(markup=False, emoji=False)  # a folder's name may look like either
    if resume is not None:
        if out or config:
            raise ConfigError("--resume: expected no --out and no --config with it: the run has its own")
        with TrainingProgress(console) as progress:
            finished = resume_run(resume, chosen, (accept or "").split(","), progress)
        return conclude(console, resume, finished, progress)
    if accept:
        raise ConfigError(f"--accept: expected --resume RUN with it, got {accept} alone")
    base = read_config(config) if config else {}
    if chosen.keys() & {"epochs", "steps"}:  # each replaces the other
        base = {name: value for name, value in base.items() if name not in ("epochs", "steps")}
    settings = TrainConfig.recommended(**{**base, **chosen})
    with TrainingProgress(console) as progress:
        finished = train_run(settings, out, progress)
    return conclude(console, progress.folder, finished, progress)


def conclude(console: "Console", folder: Path, finished: bool, progress: "TrainingProgress") -> int:
    """Print what was written, and return the exit status, which names a signal that ended the run."""
    from minigan.cli.lines import say

    say(console, report(folder, finished, console.width if console.is_terminal else None))
    return 0 if finished else 128 + progress.signal


def report(folder: Path, finished: bool, width: int | None) -> Iterator[str]:
    """The files that were written, and commands for what to do next."""
    from minigan.cli.lines import blanks_kept, columns

    state = "Finished" if finished else "Stopped, as you asked; everything so far is saved"
    yield f"{state}: {blanks_kept(folder)}"
    yield ""
    yield from columns(FILES, width)
    yield ""
    place = shlex.quote(str(folder))
    commands = [
        ("More samples", f"minigan sample {place}"),
        ("Metrics", f"minigan evaluate {place}"),
        ("Pictures", f"minigan plot {place}"),
        ("The same run again", f"minigan train --config {shlex.quote(str(folder / 'config.toml'))}"),
    ]
    if not finished:
        commands.insert(0, ("To continue it", f"minigan train --resume {place}"))
    yield from columns([(f"{name}:", blanks_kept(command)) for name, command in commands], width, "")
