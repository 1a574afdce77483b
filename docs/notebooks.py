"""The notebooks of the lessons, made from the pages: ``python -m docs.notebooks``.

A page in ``docs/learn/`` is the source; the notebook in ``minigan/learn/notebooks/`` has the same text and the same
cells, in Markdown that Jupyter shows. ``--try docs/learn/1-dense.md`` runs the cells and the exercises of one page and
prints what they print.
"""

import ast
import json
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from time import perf_counter
from typing import Any

from minigan.io.atomic_write import write_text
from minigan.learn.exercises import exercises_in, failure

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "learn"
NOTEBOOKS = ROOT / "minigan" / "learn" / "notebooks"

#: Where the pages are that a notebook links to.
setup = ConfigParser()
setup.read(ROOT / "setup.cfg")
ADDRESS = setup["metadata"]["project_urls"].partition("Documentation = ")[2].split()[0].removesuffix("index.md")

#: The beginning of a block: a fence, the directive or the language, its argument.
FENCE = re.compile(r"^(?P<fence>`{3,}|:{3,})(?P<name>\{[\w-]+\}|\w*)[ ]*(?P<argument>.*)$")

#: The heading of an exercise under its name.
EXERCISE = re.compile(r"^\(exercise-(?P<name>[\w-]+)\)=\n### (?P<title>.+)$", re.MULTILINE)


@dataclass
class Block:
    """A part of a page: text, or a fence with its options and lines."""

    name: str
    argument: str
    options: dict[str, str]
    body: str


def blocks(text: str) -> Iterator[Block]:
    """The parts of a page or of a directive, in order; plain fences stay a part of the text."""
    plain: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        begin = FENCE.match(line)
        if begin is None:
            plain.append(line)
            continue
        inside = []
        for inner in lines:
            if inner.strip() == begin["fence"]:
                break
            inside.append(inner)
        else:
            raise ValueError(f"a fence without an end: {line}")
        if not begin["name"].startswith("{"):
            plain += [line, *inside, begin["fence"]]
            continue
        if any(plain):
            yield Block("text", "", {}, "\n".join(plain).strip("\n"))
        plain = []
        options = {}
        while inside and (option := re.match(r"^:([\w-]+):\s*(.*)$", inside[0])):
            options[option[1]] = option[2]
            inside.pop(0)
        yield Block(begin["name"][1:-1], begin["argument"], options, "\n".join(inside).strip("\n"))
    if any(plain):
        yield Block("text", "", {}, "\n".join(plain).strip("\n"))


def markdown(text: str, page: Path) -> str:
    """Text with roles and links that Jupyter understands."""
    text = re.sub(r"\{(?:term|doc|ref|download)\}`([^`<]+?)(?:\s*<[^`]*>)?`", r"\1", text)
    text = re.sub(r"\{py:\w+\}`([^`<]+?)\s*<[^`]*>`", r"`\1`", text)
    text = re.sub(r"\{py:\w+\}`~?([\w.]+)`", lambda role: f"`{shortened(role)}`", text)

    def absolute(link: re.Match[str]) -> str:
        path, anchor = link[1].partition("#")[::2]
        place = (page.parent / path).resolve().relative_to(ROOT / "docs").as_posix() if path else f"learn/{page.name}"
        return f"]({ADDRESS}{place}{'#' + anchor if anchor else ''})"

    text = re.sub(r"\]\((?!https?://)([^)\s]*)\)", absolute, text)
    return re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.MULTILINE)


def shortened(role: re.Match[str]) -> str:
    """The name in a role: the last part of it after a tilde."""
    return role[1].rpartition(".")[2] if "~" in role[0] else role[1]


def cell(kind: str, source: str, **facts: Any) -> dict[str, Any]:
    """A cell of a notebook."""
    metadata = {"minigan": facts} if facts else {}
    made = {"cell_type": kind, "metadata": metadata, "source": source.splitlines(keepends=True)}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def cells_of(text: str, page: Path) -> Iterator[dict[str, Any]]:
    """The cells of a page."""
    exercise = ""
    for block in blocks(text):
        if block.name == "text":
            for part in re.split(r"(?=^\(exercise-)|(?=^## )", block.body, flags=re.MULTILINE):
                facts: dict[str, str] = {}
                if begin := EXERCISE.match(part):
                    exercise = begin["name"]
                    title = begin["title"].removeprefix("Exercise: ")
                    facts = {"exercise": exercise, "part": "task", "title": title}
                if part.strip():
                    yield cell("markdown", markdown(part, page).strip("\n"), **facts)
        elif block.name == "code-cell":
            made = cell("code", block.body)
            if "hide-input" in block.options.get("tags", ""):
                made["metadata"]["jupyter"] = {"source_hidden": True}
            yield made
        elif block.name == "code-block" and block.options.get("class") in ("blank", "check"):
            yield cell("code", block.body, exercise=exercise, part=block.options["class"])
        elif block.name == "literalinclude":
            file = (page.parent / block.argument).resolve().relative_to(ROOT).with_suffix("")
            name = ".".join([*file.parts, *filter(None, [block.options.get("pyobject")])])
            yield cell("code", f'from minigan.learn import show_code\n\nshow_code("{name}")')
        elif block.name == "dropdown":
            body = markdown(block.body, page)
            made = cell("markdown", f"<details><summary>{block.argument}</summary>\n\n{body}\n\n</details>")
            if exercise and block.argument == "Solution":
                code = re.search(r"^```python\n(.*?)\n```$", block.body, re.MULTILINE | re.DOTALL)
                if code is None:
                    raise ValueError(f"{page.name}: the solution of {exercise} has no python fence")
                made["metadata"]["minigan"] = {"exercise": exercise, "part": "solution", "solution": code[1]}
            yield made
        elif block.name in ("note", "tip", "warning", "important"):
            body = f"**{block.name.capitalize()}.** {markdown(block.body, page)}"
            yield cell("markdown", "\n".join(f"> {line}".rstrip() for line in body.splitlines()))
        else:
            raise ValueError(f"{page.name}: a notebook has no {{{block.name}}}")


def notebook(text: str, page: Path) -> dict[str, Any]:
    """The notebook of a page with this text."""
    _, facts, text = re.split(r"^---$", text, maxsplit=2, flags=re.MULTILINE)
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    minutes = re.search(r"^\s+minutes: (\d+)", facts, re.MULTILINE)
    if title is None or minutes is None:
        raise ValueError(f"{page.name}: expected a title and its minutes")
    cells = list(cells_of(text, page))
    for number, made in enumerate(cells):
        made["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"title": title[1], "minutes": int(minutes[1])}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}, "minigan": about}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def written(page: Path) -> str:
    """The file of the notebook of a page."""
    return json.dumps(notebook(page.read_text(encoding="utf-8"), page), indent=1, ensure_ascii=False) + "\n"


def pages() -> list[Path]:
    """The lessons in order."""
    return sorted(PAGES.glob("[0-9]*.md"))


def try_page(page: Path) -> int:
    """Run the cells of a page, then its exercises: blanks must fail and solutions pass. Returns how many do not."""
    import matplotlib

    matplotlib.use("Agg")
    made = notebook(page.read_text(encoding="utf-8"), page)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    begin = perf_counter()
    for one in made["cells"]:
        if one["cell_type"] == "code" and "minigan" not in one["metadata"]:
            source = "".join(one["source"])
            print(f"\n--- {one['id']}\n{source}\n->")
            run_cell(source, one["id"], namespace)
    print(f"\n{perf_counter() - begin:.1f} s for the cells")
    wrong = 0
    for exercise in exercises_in(page.stem, made):
        for part, answer in (("blank", exercise.blank), ("solution", exercise.solution)):
            begin = perf_counter()
            with redirect_stdout(StringIO()):
                message = failure(exercise.program(answer), exercise.file_name)
            wrong += (message is None) == (part == "blank")
            print(f"{exercise.name}, {part}: {message or 'passes'} ({perf_counter() - begin:.1f} s)")
    return wrong


def run_cell(source: str, name: str, namespace: dict[str, Any]) -> None:
    """Run a cell as a notebook does: the value of an expression in its last line is printed."""
    tree = ast.parse(source, name)
    last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), namespace)
    if last is not None and (value := eval(compile(last, name, "eval"), namespace)) is not None:
        for show in ("_repr_svg_", "_repr_png_", "_repr_html_"):
            if hasattr(value, show):
                getattr(value, show)()
                break
        print(repr(value))


def main() -> int:
    """Write all notebooks, or try one page."""
    parser = ArgumentParser(prog="python -m docs.notebooks", description="Make the notebooks of the lessons.")
    parser.add_argument("--try", dest="page", type=Path, metavar="PAGE", help="run the cells and exercises of one page")
    page = parser.parse_args().page
    if page:
        return try_page(page.resolve())
    NOTEBOOKS.mkdir(exist_ok=True)
    kept = {f"{page.stem}.ipynb" for page in pages()}
    for path in NOTEBOOKS.glob("*.ipynb"):
        if path.name not in kept:
            path.unlink()
    for page in pages():
        write_text(NOTEBOOKS / f"{page.stem}.ipynb", written(page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
