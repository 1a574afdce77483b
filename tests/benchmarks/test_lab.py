"""``python -m benchmarks lab``: what it prints, and what it says of memory."""

import json

import pytest

pytest.importorskip("uvicorn", reason="the packages of minigan[lab] are missing")

from benchmarks.lab.measure import growth


@pytest.mark.slow
def test_every_time_is_printed_beside_its_limit(run, tmp_path):
    outcome = run("lab", "--repeat", 2, "--starts", 1, "--json", "lab.json")
    assert outcome.status in (0, 1)  # the machine may be busy
    assert "a round of the ring with its picture" in outcome.out
    assert json.loads((tmp_path / "lab.json").read_text(encoding="utf-8"))["benchmark"] == "lab"


def test_growth_is_from_after_the_warming_to_the_end():
    assert growth([50] * 25 + [100] * 75) == 0
    assert growth([100] * 90 + [110] * 10) == pytest.approx(0.1)
