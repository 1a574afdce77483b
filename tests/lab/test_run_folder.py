"""A run of minigan train can be opened, and is trained further in memory only."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from minigan import runs
from minigan.errors import CheckpointError, ConfigError, MiniganError, RunError
from minigan.lab import Session
from minigan.runs import TrainConfig
from minigan.training.events import ignore


def trained(folder: Path, steps: int, **settings: object) -> Path:
    values = {"data": "ring", "model": "mlp2d", "batch_size": 8, "checkpoint_every": 4, "steps": steps, **settings}
    runs.train_run(TrainConfig(**values), folder, ignore)
    return folder


@pytest.fixture(scope="module")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of six steps: its checkpoints are those of steps 4 and 6."""
    return trained(tmp_path_factory.mktemp("short") / "run", 6)


@pytest.fixture
def run(short_run: Path, tmp_path: Path) -> Path:
    """A copy of it, which a test may change."""
    return shutil.copytree(short_run, tmp_path / "run")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


#: Runs that differ in what a round is.
RUNS = [
    {"learning_rate": "0.002 -> 1e-06 over 12 cosine", "average": 0.9, "instance_noise": 0.4},
    {"d_steps": 2, "g_steps": 2, "loss": "hinge", "penalty": "r1"},
    {"updates": "simultaneous", "optimizer": "momentum", "momentum": "0.5 -> 0.7 over 12", "label_flips": 0.1},
]


@pytest.mark.slow
@pytest.mark.parametrize("settings", RUNS, ids=str)
def test_the_lab_goes_on_as_the_run_would_have(tmp_path: Path, settings: dict[str, object], monkeypatch):
    monkeypatch.setenv("MINIGAN_FUSE", "0")
    longer = trained(tmp_path / "longer", 12, **settings)
    lab = Session.of_run(longer / "checkpoints" / "step-000000008.checkpoint")
    assert lab.view("state")["run"] == {"path": str(longer), "step": 8}
    while lab.trainer.step < 12:
        lab.do("round")
    expected = Session.of_run(longer).trainer.gan
    assert expected.generator.state_dict().keys()
    for mine, its in (
        (lab.trainer.gan.generator, expected.generator),
        (lab.trainer.gan.discriminator, expected.discriminator),
    ):
        np.testing.assert_array_equal(mine.flat_data, its.flat_data)
    if "updates" in settings or "g_steps" in settings:
        with pytest.raises(ConfigError, match="other rounds"):
            lab.do("look")
    lab.do("go", {"place": 0})
    assert lab.trainer.step == 8


def test_nothing_is_written_to_the_run(run: Path):
    before = contents(run)
    lab = Session.of_run(run)
    lab.do("round", {"count": 3})
    lab.do("back", {"count": 2})
    assert contents(run) == before
    assert lab.trainer.step == 7
    assert not lab.trainer.gan.generator.fuse


def test_a_run_keeps_its_settings_until_another_set_up_is_chosen(run: Path):
    lab = Session.of_run(run)
    assert lab.view("state")["kind"] == "points"
    assert lab.view("state")["changeable"] == ()
    with pytest.raises(ConfigError):
        lab.do("change", {"settings": {"loss": "hinge"}})
    lab.do("choose", {"setup": {"data": "moons"}})
    assert lab.run is None
    lab.do("change", {"settings": {"loss": "hinge"}})


def test_of_a_run_without_checkpoints_the_weights_are_taken(run: Path):
    expected = Session.of_run(run).trainer.gan.generator.flat_data
    for path in (run / "checkpoints").iterdir():
        path.unlink()
    lab = Session.of_run(run)
    np.testing.assert_array_equal(lab.trainer.gan.generator.flat_data, expected)
    lab.do("round")


def test_a_damaged_checkpoint_is_passed_over(run: Path):
    newest = run / "checkpoints" / "step-000000006.checkpoint"
    newest.write_bytes(newest.read_bytes()[:-1])
    assert Session.of_run(run).trainer.step == 4
    with pytest.raises(CheckpointError):
        Session.of_run(newest)


def test_what_is_no_run_is_refused(tmp_path: Path):
    with pytest.raises(RunError, match="folder of a run"):
        Session.of_run(tmp_path / "nothing")
    with pytest.raises(MiniganError):
        Session.of_run(trained(tmp_path / "classes", 2, data="digits", model="dcgan28", conditional=True))
