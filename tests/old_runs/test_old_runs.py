"""Runs of older versions can be resumed.

``0.1.0/`` has two runs that minigan 0.1.0 stopped after 10 of 20 steps: one of points, in the middle of a round of two
steps of D and three of G; one of images, with instance noise and a moving average. Weights and pictures of losses were
taken out. Beside each is what 0.1.0 itself had made of it after 20 steps.
"""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from minigan.runs import resume_run
from tests.bits.cases import old_words

HERE = Path(__file__).parent

#: The beginning of the notice of a resumed run.
CHANGED = "with changed settings: "


def table(path: Path) -> dict[str, list[float]]:
    """The columns of a table of numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def formats(run: Path) -> set[str]:
    """The formats of a run's checkpoints."""
    heads = [path.read_bytes()[:21].decode() for path in (run / "checkpoints").glob("*.checkpoint")]
    return {head.removeprefix("minigan checkpoint ").strip() for head in heads}


@pytest.mark.parametrize("name", ["points", "images"])
def test_a_run_of_0_1_0_goes_on_as_if_it_had_never_stopped(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for variable in ("MINIGAN_FUSE", "MINIGAN_KERNELS"):
        monkeypatch.delenv(variable, raising=False)
    # A run that another version made says so in its notices; 0.1.0 itself had nothing to say.
    monkeypatch.setattr("minigan.training.checkpoint.file.__version__", "0.1.0")
    run = tmp_path / name
    shutil.copytree(HERE / "0.1.0" / name, run)
    assert formats(run) == {"1"}
    with old_words():
        assert resume_run(run, {"steps": 20}, ["steps"])
    assert "2" in formats(run)
    assert len((run / "metrics.csv").read_text(encoding="utf-8").splitlines()) == 1 + 20
    assert (run / "notices.csv").read_text(encoding="utf-8").count(CHANGED) == 1
    # Sums have another order today, which changes the last digits.
    expected = table(HERE / "0.1.0" / f"{name}-after-20-steps.csv")
    found = table(run / "metrics.csv")
    for column, numbers in expected.items():
        np.testing.assert_allclose(found[column], numbers, rtol=1e-4)
