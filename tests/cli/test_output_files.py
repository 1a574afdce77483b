"""Where results go: a suffix says what is written, nothing is destroyed, and what is refused is refused before work."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from PIL import Image

from tests.special_files import needs_posix, read_pipe, socket_at


@pytest.fixture
def run(finished, tmp_path) -> Path:
    """A copy of the finished run."""
    return Path(shutil.copytree(finished[0], tmp_path / "run"))


def everything_below(folder: Path) -> dict[str, object]:
    """Every path with its kind, its time and its content."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        facts = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(facts.st_mode) else None
        found[str(path)] = (stat.S_IFMT(facts.st_mode), facts.st_mtime_ns if content is not None else 0, content)
    return found


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("p.png", "PNG"),
        ("p.jpg", "JPEG"),
        ("p.JPEG", "JPEG"),
        ("p.webp", "WEBP"),
        ("p.tif", "TIFF"),
        ("p.tiff", "TIFF"),
    ],
)
def test_samples_have_the_format_of_their_suffix(minigan, run, name, format):
    outcome = minigan("sample", run, "--out", name)
    assert outcome == (0, f"Wrote {name}\n", "")
    with Image.open(name) as picture:
        assert picture.format == format


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sample", "--out", "p.gif"), "ends with one of .png, .jpg, .jpeg, .webp"),
        (("sample", "--out", "p"), "ends with one of .png, .jpg, .jpeg, .webp"),
        (("sample", "--out", "p.npz"), "ends with one of .png, .jpg, .jpeg, .webp"),
        (("sample", "--out", "."), "got .: it is a folder"),
        (("sample", "--out", "no/p.png"), "no such folder: no"),
        (("plot", "losses", "--out", "losses.png"), "--out: expected a folder for the pictures, got losses.png"),
        (("plot", "--out", "taken.txt"), "--out: expected a folder, got the file taken.txt"),
        (("export", "--out", "p.png"), "ends with one of .safetensors"),
        (("export", "--out", "g"), "ends with one of .safetensors"),
        (
            ("export", "--out", "g.pt", "--format", "safetensors"),
            "--format safetensors: expected a file name that ends",
        ),
        (("export", "--out", "g.safetensors", "--format", "onnx"), "--format onnx: expected a file name that ends"),
        (("export", "--out", "g.weights.h5", "--code", "g.txt"), "ends with .py"),
        (("export", "--out", "g.weights.h5", "--code", "no/g.py"), "no such folder: no"),
        (("export", "--out", "no/g.safetensors"), "no such folder: no"),
        (("evaluate", "--json", "r.csv"), "--json: expected a file name that ends with .json"),
        (("evaluate", "--json", "run/config.toml"), "--json: expected a file name that ends with .json"),
        (("evaluate", "--json", "no/r.json"), "--json: expected a file that can be written"),
        (("gradcheck", "Dense", "--json", "r.txt"), "--json: expected a file name that ends with .json"),
        (("gradcheck", "Dense", "--json", "."), "--json: expected a file that can be written, got .: it is a folder"),
        (("gradcheck", "Dense", "--plot", "p.png"), "--plot: expected a folder for the pictures"),
        (("gradcheck", "Dense", "--plot", "taken.txt"), "--plot: expected a folder, got the file taken.txt"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_names_that_do_not_fit_are_refused_and_nothing_is_touched(minigan, run, tmp_path, arguments, words):
    Path("taken.txt").write_text("mine")
    before = everything_below(tmp_path)
    name, *rest = arguments
    outcome = minigan(name, *([] if name == "gradcheck" else [run]), *rest)
    assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert words in outcome.err
    assert everything_below(tmp_path) == before


#: Commands with a file to write, and what the file begins with.
COMMANDS = [
    (("sample", "RUN", "--out"), ".png", b"\x89PNG"),
    (("sample", "RUN", "--out"), ".jpg", b"\xff\xd8"),
    (("sample", "RUN", "--out"), "", b"\x89PNG"),
    (("evaluate", "RUN", "--count", "10", "--json"), ".json", b"{"),
    (("export", "RUN", "--out"), ".safetensors", b""),
    (("export", "RUN", "--format", "safetensors", "--out"), "", b""),
    (("gradcheck", "Dense", "--json"), ".json", b"{"),
]


@needs_posix
@pytest.mark.parametrize(("arguments", "suffix", "begins"), COMMANDS, ids=lambda value: str(value))
def test_a_pipe_gets_the_file_a_link_leads_to_it_and_neither_is_replaced(
    minigan, run, tmp_path, arguments, suffix, begins
):
    if arguments[0] == "export":
        pytest.importorskip("safetensors")
    line = [run if argument == "RUN" else argument for argument in arguments]
    pipe, link, unread = (tmp_path / f"{name}{suffix}" for name in ("pipe", "link", "unread"))
    with read_pipe(pipe) as found:
        outcome = minigan(*line, pipe)
    assert outcome.status == 0, outcome.err
    assert found[0].startswith(begins)
    assert len(found[0]) > 20
    assert stat.S_ISFIFO(os.lstat(pipe).st_mode)

    if suffix:
        link.symlink_to(f"real{suffix}")
        assert minigan(*line, link).status == 0
        assert link.is_symlink()
        assert (tmp_path / f"real{suffix}").read_bytes().startswith(begins)

    os.mkfifo(unread)
    outcome = minigan(*line, unread)
    assert outcome.status == 2
    assert "nobody reads from this pipe" in outcome.err
    assert stat.S_ISFIFO(os.lstat(unread).st_mode)

    with socket_at(tmp_path / f"socket{suffix}"):
        outcome = minigan(*line, tmp_path / f"socket{suffix}")
        assert (outcome.status, outcome.out, "it is a socket" in outcome.err) == (2, "", True)
        assert stat.S_ISSOCK(os.lstat(tmp_path / f"socket{suffix}").st_mode)
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".partial")]


@needs_posix
def test_a_picture_that_is_a_link_keeps_it(minigan, run, tmp_path):
    (run / "pictures").mkdir()
    (run / "pictures" / "losses.png").symlink_to(tmp_path / "elsewhere.png")
    assert minigan("plot", run, "losses").status == 0
    assert (run / "pictures" / "losses.png").is_symlink()
    assert (tmp_path / "elsewhere.png").read_bytes().startswith(b"\x89PNG")


def test_weights_and_program_in_one_file_are_refused(minigan, run, tmp_path):
    before = everything_below(tmp_path)
    outcome = minigan("export", run, "--format", "keras", "--out", "net.py", "--code", "./net.py")
    assert (outcome.status, "expected two files" in outcome.err) == (2, True)
    assert everything_below(tmp_path) == before


@pytest.mark.parametrize("name", ["evaluation.json", "samples-0.png"])
def test_results_are_there_before_anything_is_shown(minigan, run, name, monkeypatch):
    """Whatever happens to the output."""
    import typer
    from rich.console import Console

    def fail(*_: object, **__: object) -> None:
        assert (run / name).exists()
        raise OSError("no output")

    monkeypatch.setattr(typer, "echo", fail)
    monkeypatch.setattr(Console, "print", fail)
    command = ["evaluate", run, "--count", 10] if name == "evaluation.json" else ["sample", run]
    assert minigan(*command).status == 1
    assert (run / name).exists()
