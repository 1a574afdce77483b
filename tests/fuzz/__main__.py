"""``python -m tests.fuzz --count 100000``: as many damaged files as wanted, and the figures.

One input again, where it went wrong: ``python -m tests.fuzz --seed S --first NUMBER --count 1``.
"""

import argparse
import os
import sys
import time

from .campaign import Figures, campaign


def main() -> int:
    """Exit status 1 where anything went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Damaged files for every reader.")
    parser.add_argument("--count", type=int, default=10_000, help="inputs over all readers")
    parser.add_argument("--seed", default="0", help="another seed, other inputs")
    parser.add_argument("--first", type=int, default=0, help="the number of the first input")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--show", type=int, default=20, help="inputs that went wrong to print")
    options = parser.parse_args()
    begun = time.monotonic()

    def progress(figures: Figures) -> None:
        if sys.stderr.isatty() or figures.count % 5000 == 0:
            print(f"\r{figures.count:,} of {options.count:,}, {len(figures.wrong)} wrong", end="", file=sys.stderr)

    figures = campaign(options.seed, options.count, options.processes, options.first, progress)
    seconds = time.monotonic() - begun
    print(f"\n{figures.table()}\n")
    print(f"{figures.count:,} inputs of seed {options.seed} in {seconds:.0f} s, {len(figures.wrong)} wrong")
    for outcome in figures.wrong[: options.show]:
        print(f"\n--first {outcome.number} ({outcome.reader}): {outcome.wrong}")
    return 1 if figures.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
