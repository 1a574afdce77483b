"""Write the page of the museum, ``docs/gradcheck/museum.md``: ``python -m tests.gradcheck.museum_page``.

The labels and the code come from `museum`, and what is said to be in the report is in the report.
"""

import inspect
import textwrap
from pathlib import Path
from typing import Any

from tests.gradcheck.museum import EXHIBITS, Exhibit

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "gradcheck" / "museum.md"

INTRODUCTION = """\
# The museum of gradient bugs

<!-- Written by python -m tests.gradcheck.museum_page: run it again after a change to exhibits or checker. -->

{count} backward passes that are wrong, each small, each of a kind that people write and publish. Many of them train a
network all the same: a wrong gradient often still points downhill. That is why such errors stay for so long.

Each exhibit says what is wrong, why it looks right, where such code is met, and what
{{py:func}}`minigan.gradcheck.check` reports. The tests prove that it finds every one of them, and that it reports
no error for the corrected versions. The code is in `tests/gradcheck/museum.py`. To try one, paste its functions:

```python
>>> import minigan as mg
>>> def upsample(x):
...     return x.repeat(2, axis=1).repeat(2, axis=2), None
>>> def upsample_wrong(dy, cache):
...     return dy[:, ::2, ::2]
>>> report = mg.gradcheck.check(upsample, (2, 3, 2, 2), backward=upsample_wrong)
>>> report.ok
False
>>> [f"{{row.quantity}}, {{row.mode}}" for row in report.failures]
['x, differences, full', 'x, complex step, full']

```

[How to check a gradient](../learn/6-gradcheck.md) explains how to read a report.
"""


def page() -> str:
    """The whole page."""
    rooms = list(dict.fromkeys(exhibit.room for exhibit in EXHIBITS))
    parts = [INTRODUCTION.format(count=len(EXHIBITS))]
    for room in rooms:
        parts += [f"## {room}\n", *(text(exhibit) for exhibit in EXHIBITS if exhibit.room == room)]
    return "\n".join(parts)


def text(exhibit: Exhibit) -> str:
    """One exhibit."""
    report = exhibit.check_wrong()
    sentence = next(row.sentence() for row in report.failures if exhibit.caught_by[0] in row.sentence())
    labels = {"What is wrong.": exhibit.what, "Why it looks right.": exhibit.looks_right, "Met in:": exhibit.seen}
    return "\n".join(
        [
            f"### {exhibit.name}\n",
            *(
                textwrap.fill(f"**{label}** {words}", 120, break_long_words=False, break_on_hyphens=False) + "\n"
                for label, words in labels.items()
            ),
            *(listing(code, code.__name__) for code in exhibit.helpers),
            *([listing(exhibit.forward, "the forward")] if exhibit.forward else []),
            listing(exhibit.wrong, "wrong"),
            *(listing(code, "mended") for code in mended(exhibit)),
            "```text",
            textwrap.fill(sentence, 100, break_on_hyphens=False),
            "```\n",
        ]
    )


def mended(exhibit: Exhibit) -> list[Any]:
    """A function, or of a layer the methods that the wrong one replaces."""
    if exhibit.forward:
        return [exhibit.mended]
    return [getattr(exhibit.mended, name) for name, item in vars(exhibit.wrong).items() if inspect.isfunction(item)]


def listing(code: Any, caption: str) -> str:
    """A block with the code of a function, a method or a class, wherever it is defined."""
    path = Path(inspect.getsourcefile(code)).relative_to(ROOT)
    lines = [
        f"```{{literalinclude}} ../../{path.as_posix()}",
        f":pyobject: {code.__qualname__}",
        f":caption: {caption}",
    ]
    if "." in code.__qualname__:
        lines.append(":dedent: 4")
    return "\n".join([*lines, "```\n"])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {PAGE}")
