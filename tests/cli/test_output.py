"""Output never decides over work: no encoding, closed pipe or missing stream loses a result or changes the status."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

#: Encodings of the streams, by the variables that choose them. Each lacks a character of the metrics' names.
SURROUNDINGS = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "cp932"},
    {"PYTHONIOENCODING": "cp1251"},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
]


@pytest.fixture
def run(finished, tmp_path) -> Path:
    """A copy of the finished run, whose name has characters of three scripts."""
    return Path(shutil.copytree(finished[0], tmp_path / "caf\u00e9-\u6570-\u043f"))


def command(*arguments: object, **options: object) -> subprocess.CompletedProcess:
    """The command line in a process of its own."""
    environment = {**os.environ, "COLUMNS": "100", **options.pop("env", {})}
    line = [sys.executable, "-m", "minigan", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, env=environment, timeout=120, **options)


@pytest.mark.parametrize("surroundings", SURROUNDINGS, ids=lambda names: "-".join(names.values()))
def test_evaluate_writes_its_results_whatever_the_encoding(run, surroundings):
    outcome = command("evaluate", run, "--count", 10, env=surroundings)
    assert (outcome.returncode, outcome.stderr) == (0, b"")
    assert json.loads((run / "evaluation.json").read_text("utf-8"))["count"] == 10
    assert b"chet distance" in outcome.stdout or b"precision" in outcome.stdout


@pytest.mark.parametrize(
    "arguments",
    [("sample",), ("plot",), ("plot", "losses"), ("export",), ("sample", "--out", "\u00e9.png")],
    ids=" ".join,
)
def test_other_commands_do_their_work_in_ascii(run, arguments):
    name, *rest = arguments
    if name == "export":
        pytest.importorskip("safetensors")
    outcome = command(name, run, *rest, env={"PYTHONIOENCODING": "ascii"}, cwd=run)
    assert (outcome.returncode, outcome.stderr) == (0, b"")
    assert b"Wrote" in outcome.stdout


def test_errors_are_one_line_in_ascii(tmp_path):
    outcome = command("sample", tmp_path / "\u6570", env={"PYTHONIOENCODING": "ascii"})
    assert outcome.returncode == 2
    assert outcome.stderr.count(b"\n") == 1
    assert b"Traceback" not in outcome.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no names of broken bytes")
def test_a_name_of_broken_bytes_is_written_and_shown(finished, tmp_path):
    outcome = command("sample", finished[0], "--out", os.fsdecode(bytes(tmp_path) + b"/caf\xe9.png"))
    assert outcome.returncode == 0, outcome.stderr
    assert [path.read_bytes()[:4] for path in tmp_path.iterdir()] == [b"\x89PNG"]


@pytest.mark.parametrize("stream", [1, 2], ids=["stdout", "stderr"])
@pytest.mark.parametrize(
    ("arguments", "status", "result"),
    [
        (("train", "--steps", 7, "--out", "new"), 0, "new/generator.npz"),
        (("evaluate", "run", "--count", 10), 0, "run/evaluation.json"),
        (("sample", "run"), 0, "run/samples-0.png"),
        (("plot", "run"), 0, "run/pictures/losses.png"),
        (("gradcheck", "Dense", "--json", "results.json", "--table"), 0, "results.json"),
        (("sample", "missing"), 2, "run"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_closed_pipe_changes_neither_the_results_nor_the_status(
    run, tiny, tmp_path, stream, arguments, status, result
):
    run.rename(tmp_path / "run")
    reader, writer = os.pipe()
    os.close(reader)
    more = tiny if arguments[0] == "train" else []
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, ("stdout", "stderr")[stream - 1]: writer}
    line = [sys.executable, "-m", "minigan", *map(str, [*arguments, *more])]
    process = subprocess.Popen(line, cwd=tmp_path, **streams)
    os.close(writer)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, b"Broken" in (err or b"")) == (status, False), err
    assert (tmp_path / result).exists()
