"""Above code that is included from the package: the file that it comes from, and the line where it begins."""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.directives.code import LiteralInclude
from sphinx.pycode import ModuleAnalyzer

ROOT = Path(__file__).resolve().parents[2]


class Included(LiteralInclude):
    """``literalinclude`` whose caption is such as ``minigan/layers/dense.py, line 61``, where there is none."""

    def run(self) -> list[nodes.Node]:
        path = Path(self.env.relfn2path(self.arguments[0])[1])
        if "caption" not in self.options and path.is_relative_to(ROOT / "minigan"):
            name = path.relative_to(ROOT).as_posix()
            self.options["caption"] = f"{name}, line {self.first_line(path)}" if "pyobject" in self.options else name
        return super().run()

    def first_line(self, path: Path) -> int:
        """The line where the object begins."""
        return ModuleAnalyzer.for_file(str(path), "").find_tags()[self.options["pyobject"]][1]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("literalinclude", Included, override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
