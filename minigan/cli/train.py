"""``minigan train``."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from minigan.cli.settings import given, with_settings
from minigan.errors import ConfigError
from minigan.runs.config import TrainConfig, read_config

if TYPE_CHECKING:
    from rich.console import Console

    from minigan.cli.progress import TrainingProgress


@with_settings(TrainConfig)
def train(
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run; new or empty. Default: the next in runs/.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="A TOML file of settings, such as a run's config.toml; command-line flags override it."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Continue the run in this folder from its newest checkpoint.", metavar="RUN")
    ] = None,
    accept: Annotated[
        str | None,
        typer.Option(help="With --resume: settings that may differ from the checkpoint's.", metavar="NAME,..."),
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
    console.print(report(folder, finished), highlight=False, soft_wrap=True)
    return 0 if finished else 128 + progress.signal


def report(folder: Path, finished: bool) -> str:
    """The files that were written, and commands for what to do next."""
    place = shlex.quote(str(folder))
    lines = [
        "Finished." if finished else "Stopped, as you asked; everything so far is saved.",
        "",
        f"  {folder / 'samples'}/  what the generator made of the same noise after each epoch",
        f"  {folder / 'progress.gif'}  the same as an animation",
        f"  {folder / 'losses.png'}  losses, D(x) and D(G(z)) over the steps",
        f"  {folder / 'metrics.csv'}  one line for each step",
        f"  {folder / 'generator.npz'}, discriminator.npz  the weights",
        f"  {folder / 'config.toml'}  every setting",
        "",
        f"More samples:       minigan sample {place}",
    ]
    if not finished:
        lines.append(f"To continue it:     minigan train --resume {place}")
    lines.append(f"The same run again: minigan train --config {place}/config.toml")
    return "\n".join(lines)
