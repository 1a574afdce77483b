"""``minigan learn``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from minigan.cli.help import examples

if TYPE_CHECKING:
    from rich.console import Console

    from minigan.learn.answers import Attempt


@examples(
    "minigan learn  # the lessons",
    "minigan learn course  # copies what is missing into the folder course, and checks the exercises",
    "minigan learn course --only tanh",
)
def learn(
    folder: Annotated[
        Path | None,
        typer.Argument(help="The folder of the course. Without it the lessons are listed.", metavar="FOLDER"),
    ] = None,
    only: Annotated[str | None, typer.Option(help="Check one exercise.", metavar="NAME")] = None,
) -> int:
    """Learn how backpropagation and GANs work: nine lessons as notebooks, with exercises.

    With a folder: copies the notebooks and the exercises that are not there yet,
    and says which exercises pass. Write your answers in the notebooks or in the
    files in exercises/. To begin an exercise again, delete its file.

    The exit status is 1 when an answer is wrong.
    """
    from rich.console import Console

    from minigan.errors import ConfigError

    console = Console(markup=False, emoji=False, highlight=False)
    if folder is None:
        if only:
            raise ConfigError(f"expected a folder before --only, such as `minigan learn course --only {only}`")
        list_lessons(console)
        return 0
    from minigan.learn.answers import FAILS

    copy(console, folder)
    return int(any(attempt.verdict == FAILS for attempt in check(console, folder, only)))


def list_lessons(console: "Console") -> None:
    """Print the lessons in a table."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from minigan.cli.lines import say
    from minigan.learn import lessons

    table = Table("Lesson", "", "Minutes", "Exercises", box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns[2:]:
        column.justify = "right"
    for lesson in lessons():
        table.add_row(lesson.name, lesson.title, str(lesson.minutes), str(len(lesson.exercises)))
    console.print(table)
    say(console, ["Copy them into a folder:  minigan learn course"])


def copy(console: "Console", folder: Path) -> None:
    """Copy what is missing, and say what and how to open it."""
    from minigan.cli.lines import blanks_kept, say
    from minigan.learn import copy_course

    written = copy_course(folder)
    if not written:
        return
    notebooks = sum(path.suffix == ".ipynb" for path in written)
    say(
        console,
        [
            f"Copied {count(notebooks, 'notebook')} and {count(len(written) - notebooks, 'exercise')} into "
            f"{blanks_kept(folder)}.",
            f"Open them with Jupyter (pip install jupyterlab):  jupyter lab {blanks_kept(folder)}",
            f"Check your answers:  minigan learn {blanks_kept(folder)}",
            "",
        ],
    )


def count(number: int, thing: str) -> str:
    """Such as ``1 notebook`` or ``9 notebooks``."""
    return f"{number} {thing}{'s' * (number != 1)}"


def check(console: "Console", folder: Path, only: str | None) -> "list[Attempt]":
    """Run the answers, and print what came of each."""
    from minigan.cli.lines import say
    from minigan.io.progress import Progress
    from minigan.learn import attempts, lessons
    from minigan.learn.answers import FAILS, PASSES

    titles = {lesson.name: lesson.title for lesson in lessons()}
    done: list[Attempt] = []
    with Progress(total=1 if only else sum(len(lesson.exercises) for lesson in lessons())) as progress:
        progress.description = "checking the exercises"
        for attempt in attempts(folder, only):
            exercise = attempt.exercise
            with progress.above(console) as place:
                if exercise.lesson not in {other.exercise.lesson for other in done}:
                    say(place, [f"{exercise.lesson}  {titles[exercise.lesson]}"])
                style = {FAILS: "bold red", PASSES: "green"}.get(attempt.verdict)
                say(place, [f"  {attempt.verdict:9}  {exercise.name}: {exercise.title}"], style=style)
                if attempt.message:
                    say(place, [f"      {attempt.path}", *(f"      {line}" for line in attempt.message.splitlines())])
            done.append(attempt)
            progress.done += 1
    passed = sum(attempt.verdict == PASSES for attempt in done)
    say(console, [f"{passed} of {len(done)} exercises pass"])
    return done
