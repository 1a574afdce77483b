"""``minigan evaluate``."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from minigan.cli.help import examples
from minigan.cli.lines import blanks_kept, say
from minigan.cli.settings import TRUNCATION, whole_number

#: Columns of a terminal for the table.
NARROWEST = 72


@examples(
    "minigan evaluate RUN",
    "minigan evaluate RUN --count 2000 --seed 1",
)
def evaluate(
    run: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    count: Annotated[
        int | None,
        typer.Option(
            help="Samples to draw, at most half the number of real ones. "
            "Default: 10000 images, 26000 stacked digits, 2500 points.",
            parser=whole_number,
            metavar="N",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(help="Seed of the noise and of the choice of real examples.", parser=whole_number, metavar="N"),
    ] = 0,
    truncation: Annotated[float | None, TRUNCATION] = None,
    json: Annotated[
        Path | None, typer.Option(help="Another file for the results, besides RUN/evaluation.json.", metavar="FILE")
    ] = None,
) -> None:
    """Measure a run's samples, with real data as a baseline.

    The results are also written to RUN/evaluation.json.
    """
    from rich.console import Console

    from minigan.io.progress import Progress
    from minigan.runs.evaluate import evaluate as evaluate_run
    from minigan.runs.evaluate import save_evaluation
    from minigan.runs.outputs import check_output

    if json:
        check_output("--json", json, ".json")
    console = Console(markup=False, emoji=False)  # a folder's name may look like either
    with Progress("reading the run") as progress:
        result = evaluate_run(run, count, seed, progress.begin, truncation)
    written = [path for path in (run / "evaluation.json", json) if path is not None]
    for path in written:  # before anything is shown: what cannot be printed costs no result
        save_evaluation(path, result)
    drawn = f"{result['count']:,} samples, seed {seed}{'' if truncation is None else f', truncation {truncation:g}'}"
    say(console, f"{result['model']} on {result['data']}, {drawn}")
    for line, style in table(result, console.width >= NARROWEST or not console.is_terminal):
        say(console, line, style)
    say(console, [note[0].upper() + note[1:] + "." for note in result["notes"]])
    say(console, [f"Wrote {blanks_kept(path)}" for path in written])


def table(result: dict[str, Any], wide: bool) -> Iterator[tuple[str, str | None]]:
    """Each metric of the samples and of real data, with its meaning: lines and their styles.

    Where they do not fit side by side, each value has a line.
    """
    from minigan.runs.evaluate import shown

    yield "", None
    if wide:
        yield f"{'':22}{'samples':>18}{'real data':>18}  best", "bold"
    for entry in result["metrics"].values():
        samples, real = (shown(entry, source) for source in ("generated", "real"))
        if wide:
            yield f"{entry['title']:22}{samples:>18}{real:>18}  {entry['best']}", None
        else:
            yield entry["title"], "bold"
            for name, value in (("samples", samples), ("real data", real), ("best", entry["best"])):
                yield f"  {name:11}{value}", None
        yield f"  {entry['meaning']}", "dim"
    yield "", None
