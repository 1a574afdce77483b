"""Refused means untouched: nothing is written, and nothing said, before all settings are found to fit."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from minigan import models
from minigan.errors import MiniganError, RunError
from minigan.layers import BatchNorm, Dense, Flatten, LeakyReLU, Reshape
from minigan.model.sequential import Sequential
from minigan.runs import import_run, resume_run, train_run
from minigan.runs.build import build_run
from minigan.runs.start import read_settings
from minigan.runs.trial import try_step
from minigan.training import RunStart


def everything_below(folder: Path) -> dict[str, tuple[int, bytes]]:
    """The time and the content of each file, and the names of folders."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes()) if path.is_file() else (0, b"")
        for path in folder.rglob("*")
    }


@pytest.fixture
def refused(tmp_path, monkeypatch, make_config):
    """Train with these settings, which must be refused without a trace; returns the error."""
    monkeypatch.chdir(tmp_path)

    def refuse(**settings: object) -> str:
        before, events = everything_below(tmp_path), []
        for folder in (None, "run"):
            with pytest.raises(MiniganError) as caught:
                train_run(make_config(**{"steps": 2, **settings}), folder, events.append)
            assert events == []
            assert everything_below(tmp_path) == before
        return str(caught.value)

    return refuse


@pytest.fixture
def own_model(monkeypatch):
    """Put a model with these layers in the place of the default one."""

    def register(discriminator: tuple = (), generator: tuple = ()) -> None:
        def build(seed: int = 0, *, latent_size: int = 5, image_size: int = 8, **options: object) -> models.GAN:
            g = Sequential([*generator, Dense(64), Reshape((8, 8, 1))], name="generator")
            d = Sequential([Flatten(), *discriminator, Dense(1)], name="discriminator")
            g.build((5,), seed)
            d.build((8, 8, 1), seed)
            return models.GAN(name="own", generator=g, discriminator=d, output_range=(-1.0, 1.0))

        monkeypatch.setitem(models.MODELS, "dcgan28", build)

    return register


@pytest.mark.parametrize("penalty", ["wgan-gp", "dragan", "r1", "r2"])
def test_a_penalty_on_a_discriminator_that_mixes_examples(refused, penalty):
    """The model's own discriminator has BatchNorm."""
    message = refused(penalty=penalty, loss="wasserstein" if penalty == "wgan-gp" else "non-saturating")
    assert "mixes the examples" in message


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"beta_2": 0.9, "optimizer": "sgd"}, "beta_2"),
        ({"penalty_weight": 1.0}, "penalty"),
        ({"clip": 0.1, "max_norm": 1.0}, "clip or max_norm"),
        ({"loss": "wasserstein", "label_smoothing": 0.1}, "wasserstein"),
        ({"batch_size": 41}, "batch size"),
        ({"updates": "simultaneous", "d_steps": 2}, "simultaneous"),
        ({"conditional": True}, "labels"),
        ({"classes": 3}, "labels"),
        ({"image_size": 7}, ""),
        ({"metrics": True}, "metrics"),
        ({"channels": 2}, ""),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_settings_that_do_not_fit(refused, settings, words):
    assert words in refused(**settings)


def test_labels_beyond_the_classes(refused, tmp_path, pixels):
    np.savez(tmp_path / "labelled.npz", images=pixels, labels=np.arange(len(pixels)) % 5)
    assert "labels" in refused(data=str(tmp_path / "labelled.npz"), classes=3)


class Failing(LeakyReLU):
    """A layer of a user whose passes are wrong in some way."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where

    def forward(self, x, *arguments):
        return super().forward(x if self.where != "forward" else x.astype(np.float64), *arguments)

    def backward(self, dy, *arguments, **options):
        return super().backward(dy[:, :-1] if self.where == "backward" else dy, *arguments, **options)


@pytest.mark.parametrize("where", ["forward", "backward"])
@pytest.mark.parametrize("network", ["discriminator", "generator"])
def test_a_layer_that_only_a_step_finds_wrong(refused, own_model, where, network):
    own_model(**{network: (Dense(6), Failing(where))})
    assert "expected" in refused()


def test_a_batch_of_one_where_a_layer_needs_two(refused, own_model):
    own_model(generator=(Dense(6), BatchNorm()))
    assert "use a batch of at least 2" in refused(batch_size=1)


def test_a_trial_changes_nothing_of_the_run_and_draws_nothing_from_its_streams(make_config):
    parts = build_run(make_config(d_steps=2, average=0.9, instance_noise=0.1, label_flips=0.1, steps=3, seed=4))
    alone = build_run(make_config(d_steps=2, average=0.9, instance_noise=0.1, label_flips=0.1, steps=3, seed=4))
    try_step(parts)
    for trainer in (parts.trainer, alone.trainer):
        list(trainer.train(steps=3))
    for name, values in alone.trainer.gan.generator.state_dict().items():
        np.testing.assert_array_equal(parts.trainer.gan.generator.state_dict()[name], values, err_msg=name)


def test_a_loss_that_is_not_finite_is_the_run_s_own_to_report(make_config, tmp_path, no_curves):
    with pytest.raises(MiniganError, match="step"):
        train_run(make_config(steps=9, optimizer="sgd", learning_rate=1e30, momentum=0.0), tmp_path / "run")
    assert (tmp_path / "run" / "metrics.csv").exists()


# Resuming


@pytest.fixture
def run(make_config, tmp_path, no_curves) -> Path:
    train_run(make_config(steps=2), tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize(
    ("changes", "accepted", "words"),
    [
        ({"steps": 3}, (), "--steps: 2 at the checkpoint, now 3; add --accept steps"),
        ({"epochs": 3}, (), "add --accept epochs,steps"),
        ({"learning_rate": 1e-3}, (), "--lr: 0.0004 at the checkpoint, now 0.001; add --accept lr"),
        ({"learning_rate": 1e-3, "batch_size": 4}, ("lr",), "add --accept lr,batch-size"),
        ({"d_learning_rate": 1e-3}, (), "add --accept d-lr"),
        ({"steps": 3}, ("step",), "did you mean steps?"),
        ({"steps": 3}, ("learning_rat",), "did you mean lr?|did you mean"),
        ({"penalty": "r1", "steps": 3}, ("penalty", "steps"), "mixes the examples"),
        ({"loss": "wasserstein", "label_smoothing": 0.1}, ("loss",), "wasserstein"),
        ({"image_size": 12, "steps": 3}, ("image-size", "steps"), ""),
        ({"data": "ring", "steps": 3}, ("data", "steps"), ""),
        ({"steps": 0}, (), "steps"),
    ],
    ids=str,
)
def test_a_refused_resume_changes_nothing(run, changes, accepted, words):
    before, events = everything_below(run), []
    with pytest.raises(MiniganError) as caught:
        resume_run(run, changes, accepted, events.append)
    assert any(word in str(caught.value) for word in words.split("|"))
    assert [event for event in events if isinstance(event, RunStart)] == []
    assert everything_below(run) == before


@pytest.mark.parametrize("spelling", ["learning_rate", "learning-rate", "lr", "--lr", " lr "])
def test_a_setting_is_accepted_by_each_of_its_names(run, spelling):
    assert resume_run(run, {"learning_rate": 1e-3}, [spelling])


def test_accepting_steps_accepts_epochs_as_well(run):
    assert resume_run(run, {"epochs": 1}, ["epochs"])
    assert read_settings(run).get("steps") is None


def test_other_data_are_refused_and_nothing_is_changed(run, pixels, tmp_path):
    np.save(tmp_path / "other.npy", pixels[::-1])
    before = everything_below(run)
    with pytest.raises(RunError, match="expected the data that the run was trained on"):
        resume_run(run, {"data": str(tmp_path / "other.npy"), "steps": 3}, ["data", "steps"])
    assert everything_below(run) == before


def test_an_imported_run_says_that_it_has_no_checkpoint(run, tmp_path):
    pytest.importorskip("safetensors")
    from minigan.runs import export_run

    export_run(run, tmp_path / "g.safetensors")
    import_run(tmp_path / "g.safetensors", tmp_path / "imported", like=run)
    before = everything_below(tmp_path / "imported")
    with pytest.raises(RunError, match=r"expected a checkpoint to resume from .* found none: the run was imported"):
        resume_run(tmp_path / "imported")
    assert everything_below(tmp_path / "imported") == before


def test_a_run_whose_checkpoints_were_removed_says_so(run):
    shutil.rmtree(run / "checkpoints")
    before = everything_below(run)
    with pytest.raises(RunError, match=r"expected a checkpoint to resume from in .*checkpoints, found none$"):
        resume_run(run)
    assert everything_below(run) == before
