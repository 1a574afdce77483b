"""The same settings give the same bits, on any number of threads, before and after a change that may change none.

A change that may change them writes the digests anew: ``python -m tests.bits``.
"""

import json
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from minigan import plots
from tests.bits.cases import RUNS, arithmetic, run_digest

DIGESTS = json.loads((Path(__file__).parent / "digests.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a run without flags computes, but for pictures that no digest includes: they take a third of the time."""
    for name in ("MINIGAN_FUSE", "MINIGAN_KERNELS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("save_losses", "save_film"):
        monkeypatch.setattr(plots, name, lambda path, *_, **__: Path(path).touch())


#: Runs that the default suite has on one thread, too; `slow` has the others.
ON_ONE = ("dcgan28", "mlp1d")


def on_threads(name: str, threads: int) -> ParameterSet:
    """The arguments of a test."""
    slow = threads == 1 and name not in ON_ONE
    return pytest.param(name, threads, marks=pytest.mark.slow if slow else ())


@pytest.mark.parametrize(("name", "threads"), [on_threads(name, threads) for name in RUNS for threads in (1, 2)])
def test_a_run_has_the_recorded_bits(name: str, threads: int, tmp_path: Path):
    recorded = DIGESTS.get(arithmetic())
    if recorded is None:
        pytest.skip("no digests were recorded on a machine that rounds like this one")
    assert run_digest(name, tmp_path / "files", threads) == recorded[name]
