"""The documentation page with the results of a run, ``docs/gradcheck/mutants.md``."""

from benchmarks.mutants.mutate import Mutant
from benchmarks.mutants.reasons import reason_of
from benchmarks.mutants.report import COLUMNS, Counts, count, counts_of_files, survivors
from minigan.version import __version__

INTRODUCTION = """\
# Mutants

<!-- Written by python -m benchmarks mutants --page: run it again after a change to a backward or to the checker. -->

A checker that reports no errors may not be able to find any. So minigan's own code is damaged on purpose. A *mutant* is
the package with one function damaged in one place: a sign flipped, a term dropped, an index off by one. It is noticed
if a case of `minigan gradcheck` that runs the function then reports an error, or raises.

**{whole}.** {raised} of them raise, which any test would notice.
Of the {others} that run without an error, {seen} are noticed, {part:.1%}.

One command damages, checks and counts. The numbers are those of minigan {version}.

```bash
python -m benchmarks mutants --page docs/gradcheck/mutants.md
```

Damaged are the backward and tangent passes of layers, their kernels, the losses and the training steps. Code that
forward and backward share, such as windows and padding, is not damaged: both would change alike, and one would stay the
derivative of the other.

[How to check a gradient](index.md) explains the checks, and [the museum](museum.md) shows mistakes that people
make."""

#: The preferred length of an example, the line before and after: the first one that is not longer is shown.
LENGTH = 100


def page(found: list[Mutant], results: list[str]) -> str:
    """The page for all mutants and their results."""
    whole = count(results)
    quiet = Counts(whole.mutants - whole.raised, whole.noticed - whole.raised, 0)
    introduction = INTRODUCTION.format(
        whole=whole,
        version=__version__,
        raised=whole.raised,
        others=quiet.mutants,
        seen=quiet.noticed,
        part=quiet.part,
    )
    return "\n".join(
        [
            introduction,
            "\n## Kinds of damage\n",
            *kinds(found, results),
            "\n## Where they are\n",
            *files(found, results),
            "\n## What is not noticed\n",
            *reasons(survivors(found, results)),
            "",
        ]
    )


def kinds(found: list[Mutant], results: list[str]) -> list[str]:
    """A table with an example of each kind, the most frequent kind first."""
    of_kind: dict[str, list[tuple[Mutant, str]]] = {}
    for mutant, noticed in zip(found, results):
        of_kind.setdefault(mutant.kind, []).append((mutant, noticed))
    lines = [row("kind", "mutants", "noticed", "for example"), "| --- | --: | --: | --- |"]
    for kind, pairs in sorted(of_kind.items(), key=lambda item: -len(item[1])):
        part = count([noticed for _, noticed in pairs])
        example = min((change(mutant) for mutant, _ in pairs), key=lambda text: max(len(text), LENGTH))
        lines.append(row(kind, str(part.mutants), str(part.noticed), example))
    return lines


def files(found: list[Mutant], results: list[str]) -> list[str]:
    """A table with a row for each file, and one for all."""
    lines = [row("file", *COLUMNS), "| --- | --: | --: | --: | --: |"]
    lines += [row(f"`{file}`", *part.cells()) for file, part in counts_of_files(found, results).items()]
    return [*lines, row("all", *count(results).cells())]


def reasons(left: list[Mutant]) -> list[str]:
    """The survivors grouped by reason, the most frequent reason first."""
    if not left:
        return ["Every mutant is noticed."]
    with_reason: dict[str, list[Mutant]] = {}
    for mutant in left:
        with_reason.setdefault(reason_of(mutant), []).append(mutant)
    lines = []
    for reason, alike in sorted(with_reason.items(), key=lambda item: -len(item[1])):
        lines += ["", f"**{reason[0].upper()}{reason[1:]}.**", ""]
        lines += [f"- `{mutant.place}`, {mutant.kind}: {change(mutant)}" for mutant in alike]
    return lines[1:]


def change(mutant: Mutant) -> str:
    """The line with the damage, before and after."""
    before, after = mutant.lines
    return f"`{before}` → `{after}`"


def row(*cells: str) -> str:
    """A row of a table, with the bars in code escaped."""
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
