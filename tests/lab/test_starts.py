"""The trained starts of the lab."""

from importlib import resources

import numpy as np
import pytest

from minigan.errors import CheckpointError, ConfigError
from minigan.lab import Session, starts
from minigan.lab.starts.make import arrays_of, train
from minigan.lab.suited import chosen


def started(name: str) -> Session:
    return Session(chosen({"start": name}))


@pytest.mark.parametrize("name", starts.STARTS)
def test_each_start_loads_and_trains_on(name: str):
    lab = started(name)
    lab.do("round")
    assert np.isfinite(lab.trainer.gan.generator.flat_data).all()


def test_the_files_are_small():
    folder = resources.files("minigan.lab.starts")
    sizes = [len(folder.joinpath(f"{name}.npz").read_bytes()) for name in starts.STARTS]
    assert max(sizes) < 400_000
    assert sum(sizes) < 1_000_000


@pytest.mark.slow
def test_the_lab_begins_with_the_trained_ring_and_keeps_it():
    lab = Session()
    for _ in range(3):
        quality = lab.view("quality")
        assert quality["modes"] == 8
        assert quality["good"] > 0.8
        lab.do("round", {"count": 50})


@pytest.mark.parametrize(("name", "js"), [("spiral", 0.1), ("moons", 0.2), ("gaussian", 0.1), ("grid", 0.2)])
def test_trained_points_are_close_to_the_data(name: str, js: float):
    assert started(name).view("quality")["js"] < js


def test_the_grid_has_all_its_clusters():
    assert started("grid").view("quality")["modes"] == 25


def test_the_digits_are_diverse():
    found = started("digits").diversity()
    assert 0.7 < found.generated / found.real < 1.2


def test_a_collapsed_ring_has_one_cluster():
    quality = started("ring-collapsed").view("quality")
    assert quality["modes"] == 1
    assert quality["good"] > 0.5


def test_where_d_is_nearly_always_right_the_minimax_loss_gives_next_to_no_gradient():
    lab = started("ring-vanished")
    lab.do("round")
    vanished = lab.history[-1]
    assert min(vanished.real_accuracy, vanished.fake_accuracy) > 0.98
    lab.do("choose", {"setup": {"start": "ring-vanished", "loss": "non-saturating"}})
    lab.do("round")
    assert lab.history[-1].g_grad_norm > 50 * vanished.g_grad_norm


def test_a_start_is_made_again_with_the_same_bytes():
    short = starts.STARTS["ring-vanished"]._replace(
        phases=[phase._replace(rounds=2) for phase in starts.STARTS["ring-vanished"].phases]
    )
    one, other = (arrays_of(train(short), np.float32) for _ in range(2))
    assert {name: array.tobytes() for name, array in one.items()} == {
        name: array.tobytes() for name, array in other.items()
    }


def test_a_start_that_is_unknown_or_missing_is_refused(monkeypatch):
    with pytest.raises(ConfigError, match="start: expected one of ring, grid"):
        starts.named("nothing")
    monkeypatch.setitem(starts.STARTS, "lost", starts.STARTS["ring"])
    with pytest.raises(CheckpointError):
        started("lost")
