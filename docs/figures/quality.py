"""Draw the measured distances, from the files of figures in ``quality/``: ``python docs/figures/quality.py``.

The files were written by ``python -m benchmarks quality --json``, one for each data set and
seed. Prints their tables, too.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))  # where `benchmarks` is

from benchmarks.quality.report import curves, draw, notes, table  # noqa: E402
from benchmarks.report import console  # noqa: E402
from minigan.io.atomic_write import atomic_path  # noqa: E402


def main() -> None:
    """One table and one picture of all seeds, for each data set."""
    for name in ("digits", "mnist"):
        draw_set(name)


def draw_set(name: str) -> None:
    """The table and the picture of a data set."""
    files = [json.loads(path.read_text(encoding="utf-8")) for path in sorted((HERE / "quality").glob(f"{name}-*.json"))]
    records = [record for file in files for record in file["results"]["runs"]]
    settings, floor = files[0]["settings"], files[0]["results"]["floor"]
    title = f"dcgan28 on {name}, batches of {settings['batch']}, seeds: {len(files)}, threads: {settings['threads']}"
    found, printer = curves(records), console()
    printer.print(table(found, title))
    for note in notes(found, records, floor):
        printer.print(note, soft_wrap=True)
    path = HERE.parent / "images" / f"quality-{name}.png"
    with atomic_path(path) as temporary:
        draw(found, floor, title).savefig(temporary, dpi=110)
    printer.print(f"Wrote {path}", soft_wrap=True)


if __name__ == "__main__":
    main()
