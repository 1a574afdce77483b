"""Runs of older versions can be resumed.

``0.1.0/`` has two runs that minigan 0.1.0 stopped after 10 of 20 steps: one of points, in the middle of a round of two
steps of D and three of G; one of images, with instance noise and a moving average. Weights and pictures of losses were
taken out.
"""

import json
import shutil
from pathlib import Path

import pytest

from minigan.runs import resume_run
from tests.bits.cases import arithmetic, digest

HERE = Path(__file__).parent

#: By arithmetic: what 0.1.0 itself had made of each run after 20 steps.
DIGESTS = json.loads((HERE / "0.1.0" / "digests.json").read_text(encoding="utf-8"))

#: The beginning of the notice of a resumed run, and how 0.1.0 worded it.
CHANGED, CHANGED_IN_0_1_0 = "with changed settings: ", "the settings are others: "


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
    assert resume_run(run, {"steps": 20}, ["steps"])
    assert "2" in formats(run)
    assert len((run / "metrics.csv").read_text(encoding="utf-8").splitlines()) == 1 + 20
    notices = run / "notices.csv"
    text = notices.read_text(encoding="utf-8")
    assert text.count(CHANGED) == 1
    notices.write_text(text.replace(CHANGED, CHANGED_IN_0_1_0), encoding="utf-8")
    if arithmetic() in DIGESTS:
        assert digest(run) == DIGESTS[arithmetic()][name]
