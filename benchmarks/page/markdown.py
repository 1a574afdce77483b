"""The tables of the page, in Markdown, and the part of the page that they replace."""

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.scaling.cores import FEW, MANY, Cores
from benchmarks.step.report import noise
from benchmarks.step.result import Result

__all__ = ["BEGIN", "END", "core_lines", "machine_line", "replaced", "step_lines"]

#: The lines in a page between which the results are.
BEGIN = "<!-- results of python -m benchmarks page: begin -->"
END = "<!-- results of python -m benchmarks page: end -->"


def replaced(page: str, results: str) -> str:
    """The page with these results.

    Raises
    ------
    ValueError
        The page does not have both lines, in their order.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"expected the lines {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{results.strip()}\n\n{END}{after}"


def machine_line(machine: dict[str, Any], results: Sequence[Result]) -> str:
    """The machine, and the versions of all packages."""
    found = {name: version for result in results for name, version in result.versions.items() if version}
    packages = ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
    memory = f", {machine['memory_bytes'] / 1e9:.0f} GB" if machine.get("memory_bytes") else ""
    return (
        f"{machine['processor']}, {machine['processors']} processors{memory}, {machine['system']}, "
        f"Python {machine['python']}, products by {machine['matrix_products']}; {packages}."
    )


def step_lines(groups: Sequence[Sequence[Result]], wanted: int, of_models: bool) -> Iterator[str]:
    """Two tables with a row for each group: times divided by minigan's, and memory. `of_models`: rows name the model.

    A competitor that was never timed has no column.
    """
    timed = [result for group in groups for result in group if result.turns]
    titles = list(dict.fromkeys(result.competitor.title for result in timed))
    heads = [*(["model"] if of_models else []), "batch", "threads"]
    yield from table_lines([*heads, "minigan, ms", *titles[1:]], (times(group, titles, of_models) for group in groups))
    yield ""
    yield "The peak memory of the process, in MB:"
    yield ""
    yield from table_lines([*heads, *titles], (memory(group, titles, of_models) for group in groups))
    troubles = [(group[0], line) for group in groups for line in noise(group, wanted)]
    if troubles:
        yield ""
    for first, line in troubles:
        yield f"- `{first.model}`, batches of {first.batch}, threads: {first.threads}. {line}"


def setting(group: Sequence[Result], of_models: bool) -> list[str]:
    """The first cells of a row."""
    first = group[0]
    return [*([f"`{first.model}`"] if of_models else []), str(first.batch), str(first.threads)]


def times(group: Sequence[Result], titles: Sequence[str], of_models: bool) -> list[str]:
    """minigan's milliseconds and the ratios of the others."""
    baseline, by_title = group[0], {result.competitor.title: result for result in group}
    cells = [f"{1e3 * baseline.seconds.median:.1f}" if baseline.turns else ""]
    for title in titles[1:]:
        result = by_title.get(title)
        timed = result is not None and result.turns and baseline.turns
        cells.append(f"{result.ratio(baseline).median:.2f}" if timed else "")
    return [*setting(group, of_models), *cells]


def memory(group: Sequence[Result], titles: Sequence[str], of_models: bool) -> list[str]:
    """The peak memory of all."""
    peaks = {result.competitor.title: result.peak_bytes for result in group}
    cells = [f"{peak / 1e6:.0f}" if (peak := peaks.get(title)) else "" for title in titles]
    return [*setting(group, of_models), *cells]


def core_lines(found: Sequence[Cores]) -> Iterator[str]:
    """A table with a row for each model: what the trace predicts for more processors."""
    counts = sorted({trace.threads for cores in found for trace in cores.traces if trace.threads > 1})
    heads = ["model", "batch", "outside of parallel sections", "scratch, MB a thread"]
    heads += [f"{count} threads" for count in counts]
    yield from table_lines([*heads, f"{MANY} threads on {FEW} processors"], map(core_cells, found))


def core_cells(cores: Cores) -> list[str]:
    """The row of one model."""
    ratio, last = cores.crowded_ratio(), cores.traces[-1]
    return [
        f"`{cores.model}`",
        str(cores.batch),
        f"{last.outside / last.seconds:.1%}",
        f"{max(trace.scratch_bytes for trace in cores.traces) / 1e6:.1f}",
        *(f"{cores.speedup(trace):.2f}" for trace in cores.traces if trace.threads > 1),
        "" if ratio is None else f"{ratio:.2f}",
    ]


def table_lines(heads: Sequence[str], rows: Any) -> Iterator[str]:
    """A table, numbers to the right."""
    yield row(heads)
    yield row(["---" if head == "model" else "---:" for head in heads])
    yield from map(row, rows)


def row(cells: Sequence[str]) -> str:
    """A line of a table."""
    return "| " + " | ".join(cells) + " |"
