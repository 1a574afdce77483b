"""Every function that writes an output file writes to a pipe or a terminal and never replaces it, and keeps links."""

import ast
import os
import stat
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from benchmarks.report import save_json
from minigan import models, plots
from minigan.data import load
from minigan.gradcheck import check
from minigan.interchange import export_onnx, export_weights
from minigan.interchange.weights import write
from minigan.io.atomic_write import save_arrays, write_pieces, write_text
from minigan.layers import Tanh
from minigan.losses import NonSaturating
from minigan.metrics.classifier import DigitClassifier
from minigan.plots.gradcheck import save_gradcheck
from minigan.runs import TrainConfig, save_evaluation
from minigan.runs.config import write_config
from minigan.training.checkpoint.file import Checkpoint, write_checkpoint
from tests.special_files import needs_posix, read_pipe, terminal

IMAGES = np.zeros((4, 8, 8, 1), np.float32)
ROWS = IMAGES.reshape(2, 2, 8, 8, 1)
LINE = np.linspace(-1, 1, 5)
RANGE = (-1.0, 1.0)


def view(path: Path) -> None:
    gan = models.build("mlp1d")
    plots.PointsView(gan, NonSaturating(), load("gaussian")).save(path)


def film(path: Path) -> None:
    frame = path.parent / "frame.png" if path.parent.name != "pts" else Path("frame.png").absolute()
    plots.save_grid(frame, IMAGES, RANGE)
    plots.save_film(path, [frame])
    frame.unlink()


#: The writers, with a suffix each, and what a file of theirs begins with.
WRITERS = {
    "text": (lambda path: write_text(path, "words"), ".txt", b"words"),
    "pieces": (lambda path: write_pieces(path, [b"by", b"tes"]), ".bin", b"bytes"),
    "arrays": (lambda path: save_arrays(path, {"a": LINE}), ".npz", b"PK"),
    "checkpoint": (lambda path: write_checkpoint(path, Checkpoint({}, {})), ".checkpoint", b"minigan"),
    "settings": (lambda path: write_config(path, TrainConfig()), ".toml", b"data"),
    "evaluation": (lambda path: save_evaluation(path, {"run": "r"}), ".json", b"{"),
    "benchmark": (lambda path: save_json(path, "layers", {}, []), ".json", b"{"),
    "interchange": (lambda path: write(path, b"bytes"), ".pt", b"bytes"),
    "safetensors": (lambda path: export_weights(models.build("mlp1d").generator, path), ".safetensors", b""),
    "classifier": (lambda path: DigitClassifier().save(path), ".npz", b"PK"),
    "grid": (lambda path: plots.save_grid(path, IMAGES, RANGE), ".png", b"\x89PNG"),
    "classes": (lambda path: plots.save_classes(path, ROWS, RANGE), ".jpg", b"\xff\xd8"),
    "neighbours": (lambda path: plots.save_neighbours(path, IMAGES, IMAGES[:2], RANGE), ".webp", b"RIFF"),
    "walk": (lambda path: plots.save_walk(path, ROWS, RANGE), ".tiff", b"II"),
    "film": (film, ".gif", b"GIF8"),
    "histogram": (lambda path: plots.save_histogram(path, LINE, LINE), ".svg", b"<?xml"),
    "gradients": (lambda path: plots.save_gradients(path, LINE, {"generator/dense": LINE**2}), ".pdf", b"%PDF"),
    "gradcheck": (lambda path: save_gradcheck(path, check(Tanh(), (2, 3))), ".png", b"\x89PNG"),
    "view": (view, ".png", b"\x89PNG"),
}

#: Those that need a package of their own.
PACKAGES = {"safetensors": pytest.mark.skipif(find_spec("safetensors") is None, reason="safetensors is missing")}

each_writer = pytest.mark.parametrize(
    ("write_file", "suffix", "begins"),
    [pytest.param(*writer, id=name, marks=PACKAGES.get(name, ())) for name, writer in WRITERS.items()],
)


@needs_posix
@each_writer
def test_a_pipe_is_written_to_and_a_link_kept(tmp_path, write_file, suffix, begins):
    pipe, plain, link = tmp_path / f"pipe{suffix}", tmp_path / f"plain{suffix}", tmp_path / f"link{suffix}"
    with read_pipe(pipe) as found:
        write_file(pipe)
    assert stat.S_ISFIFO(os.lstat(pipe).st_mode)
    assert found[0].startswith(begins)
    plain.write_bytes(b"old")
    link.symlink_to(plain.name)
    write_file(link)
    assert link.is_symlink()
    assert plain.read_bytes().startswith(begins)
    assert plain.read_bytes() != b"old"
    assert sorted(tmp_path.iterdir()) == sorted([pipe, plain, link])


@needs_posix
def test_onnx_is_written_to_a_pipe(tmp_path):
    pytest.importorskip("onnx")
    with read_pipe(tmp_path / "pipe.onnx") as found:
        export_onnx(models.build("mlp1d").generator, tmp_path / "pipe.onnx")
    assert stat.S_ISFIFO(os.lstat(tmp_path / "pipe.onnx").st_mode)
    assert len(found[0]) > 100


@needs_posix
def test_a_terminal_gets_a_picture_without_a_suffix():
    with terminal() as (path, master):
        plots.save_grid(path, IMAGES, RANGE)
        assert os.read(master, 10_000).startswith(b"\x89PNG")
        assert stat.S_ISCHR(os.lstat(path).st_mode)


# No other way to write

#: Files that write to a file of their own otherwise, and why.
OTHERWISE = {
    "minigan/edits/__init__.py": "a developer's command, in a room that imports nothing; it writes the package's file",
    "minigan/runs/tables.py": "a table grows line by line, in the folder of its run",
    "minigan/data/download.py": "downloads go to a temporary file in the cache, which is renamed",
    "minigan/plots/drawing.py": "a picture in memory, for a notebook",
    "docs/extensions/kernel.py": "settings in a temporary folder, for another process",
    "docs/figures/slides.py": "the pages of one file, which is the temporary one",
    "benchmarks/peers/samples.py": "a file in a temporary folder, for another process",
}
WRITING = {"write_text", "write_bytes", "savefig", "tofile"}


def writes(call: ast.Call) -> bool:
    """Whether a call writes a file that is not the temporary one of `atomic_path`."""
    if isinstance(call.func, ast.Name) and call.func.id == "open":
        modes = [
            node.value
            for node in (*call.args[1:2], *[k.value for k in call.keywords if k.arg == "mode"])
            if isinstance(node, ast.Constant)
        ]
        return any(set("wax+") & set(str(mode)) for mode in modes)
    if not isinstance(call.func, ast.Attribute):
        return False
    owner = ast.unparse(call.func.value)
    targets = [ast.unparse(argument) for argument in call.args]
    if call.func.attr in ("write_text", "write_bytes"):
        return owner != "temporary"
    if call.func.attr in ("savefig", "tofile") or (owner, call.func.attr) in {("np", "save"), ("np", "savez")}:
        return targets[:1] != ["temporary"]
    return False


def test_no_file_is_written_but_by_atomic_path():
    root = Path(__file__).parents[1]
    found = set()
    for folder in ("minigan", "benchmarks", "docs"):
        for path in (root / folder).rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            name = path.relative_to(root).as_posix()
            if name not in OTHERWISE and name != "minigan/io/targets.py":
                calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and writes(node)]
                found |= {f"{name}:{call.lineno}: {ast.unparse(call)}" for call in calls}
    assert found == set()
