"""The kernel that runs the lessons: it imports this checkout, and draws figures as SVG, sharp at every size."""

import logging
import os
import tempfile
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[2]

CONFIG = """
c.InlineBackend.figure_formats = {"svg"}
c.InlineBackend.rc = {"figure.dpi": 96, "svg.hashsalt": "minigan", "figure.facecolor": "white"}
c.HistoryManager.enabled = False
c.Application.log_level = "ERROR"
"""

#: minigan's own drawings show themselves as PNG in a notebook. Here they are SVG, too. What a cell prints comes in one
#: piece: MyST-NB would begin a new line between two.
STARTUP = """
import sys

sys.stdout.flush_interval = 3600.0
del sys

from minigan.plots.drawing import svg_text

formatter = get_ipython().display_formatter.formatters["image/svg+xml"]
formatter.for_type_by_name("minigan.plots.drawing", "Drawing", svg_text)
del formatter, svg_text
"""


def prepare(app: Sphinx) -> None:
    """Set what kernels take from the environment: the path of imports, and the folder of IPython's settings."""
    folder = tempfile.TemporaryDirectory(prefix="minigan-docs-")
    profile = Path(folder.name, "profile_default")
    profile.joinpath("startup").mkdir(parents=True)
    profile.joinpath("startup", "drawings.py").write_text(STARTUP, encoding="utf-8")
    profile.joinpath("ipython_config.py").write_text(CONFIG, encoding="utf-8")
    logging.getLogger("traitlets").setLevel(logging.WARNING)  # nbclient says which notebook it runs
    before = dict(os.environ)
    os.environ["IPYTHONDIR"] = folder.name
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products; threads would only wait for each other
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")

    def leave(app: Sphinx, exception: Exception | None) -> None:
        os.environ.clear()
        os.environ.update(before)
        folder.cleanup()

    app.connect("build-finished", leave)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", prepare)
    return {"parallel_read_safe": True}
