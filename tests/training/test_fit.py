"""`Trainer.fit`: the same steps as `train`, and what is shown meanwhile."""

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import minigan as mg
from minigan.training import fit as fitting
from minigan.training.events import DiscriminatorEnd, StepEnd

SMALL = {"generator_filters": (2, 2), "discriminator_filters": (2, 2)}


@pytest.fixture
def make_trainer() -> Callable[..., mg.Trainer]:
    """A trainer of a small model on 40 digits: five steps of eight images are an epoch."""

    def make(model: str = "dcgan28", **settings: Any) -> mg.Trainer:
        digits = mg.data.load("digits")
        if model == "mlp2d":
            return mg.Trainer(mg.models.build("mlp2d"), mg.data.load("ring"), batch_size=8, noise="normal")
        data = mg.data.Dataset(digits.images[:40], digits.labels[:40], name="forty")
        classes = 10 if settings.pop("conditional", False) else 0
        gan = mg.models.build("dcgan28", seed=1, classes=classes, **SMALL)
        return mg.Trainer(gan, data, **{"batch_size": 8, **settings})

    return make


def weights(trainer: mg.Trainer) -> list[np.ndarray]:
    return [trainer.gan.generator.flat_data.copy(), trainer.gan.discriminator.flat_data.copy()]


# Numbers


@pytest.mark.usefixtures("no_notebook")
def test_the_history_has_a_column_for_each_number_of_a_step(make_trainer, capsys):
    history = make_trainer().fit(epochs=2)
    events = [event for event in make_trainer().train(epochs=2) if isinstance(event, StepEnd)]
    assert len(history) == len(events) == 10
    for name in ("epoch", "step", "steps", "d_loss", "g_loss", "d_real", "g_grad_norm"):
        assert history[name].tolist() == [getattr(event, name) for event in events]
    with pytest.raises(KeyError, match="there are epoch, step"):
        history["loss"]


@pytest.mark.parametrize("settings", [{"average": 0.5, "conditional": True, "d_steps": 2}])
def test_what_is_drawn_changes_no_number(displays, make_trainer, settings, monkeypatch):
    monkeypatch.setattr(fitting, "SECONDS", 0.0)
    monkeypatch.setattr(fitting, "TIMES", 0)
    shown, silent = make_trainer(**settings), make_trainer(**settings)
    shown.fit(steps=3)
    list(silent.train(steps=3))
    for one, other in zip(weights(shown), weights(silent)):
        np.testing.assert_array_equal(one, other)


@pytest.mark.usefixtures("no_notebook")
def test_another_call_goes_on(make_trainer, capsys):
    twice, once = make_trainer(), make_trainer()
    assert twice.fit(steps=2)["step"].tolist() == [1, 2]
    assert twice.fit(steps=2)["step"].tolist() == [3, 4]
    once.fit(steps=4)
    np.testing.assert_array_equal(*(weights(trainer)[0] for trainer in (twice, once)))


@pytest.mark.usefixtures("no_notebook")
def test_ctrl_c_ends_it_after_a_step(make_trainer, capsys):
    def press(step: int) -> None:
        if step == 2:
            os.kill(os.getpid(), signal.SIGINT)

    trainer = make_trainer(before_step=press)
    history = trainer.fit(steps=10)
    assert history.stopped
    assert history["step"].tolist() == [1, 2, 3]
    assert "stopped after step 3" in capsys.readouterr().out
    assert "stopped" in repr(history)
    trainer.before_step = lambda step: None
    assert trainer.fit(steps=1)["step"].tolist() == [4]


@pytest.mark.usefixtures("no_notebook")
def test_ctrl_c_between_two_steps_of_d_ends_it_there(make_trainer, capsys):
    trainer = make_trainer(d_steps=3, before_step=lambda step: os.kill(os.getpid(), signal.SIGINT))
    history = trainer.fit(steps=2)
    assert history.stopped
    assert len(history) == 0
    assert "stopped" in repr(history)
    assert history._repr_html_()


@pytest.mark.usefixtures("no_notebook")
def test_no_steps_have_an_empty_history(make_trainer, capsys):
    history = make_trainer().fit(steps=0)
    assert (len(history), history.stopped) == (0, False)
    with pytest.raises(mg.errors.ConfigError, match="expected epochs or steps"):
        make_trainer().fit()


# What is shown


@pytest.mark.usefixtures("no_notebook")
def test_elsewhere_it_prints_a_line_for_each_epoch(make_trainer, capsys):
    make_trainer().fit(steps=12)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Training dcgan28 on forty"
    assert [line.partition("  loss D ")[0] for line in lines[1:]] == [
        "epoch 1  step 5/12",
        "epoch 2  step 10/12",
        "epoch 3  step 12/12",
    ]


@pytest.mark.parametrize("settings", [{}, {"conditional": True}, {"model": "mlp2d"}])
def test_a_notebook_shows_metrics_samples_and_curves_in_one_display(displays, make_trainer, settings, capsys):
    make_trainer(**settings).fit(steps=6)
    (display,) = displays
    page = display.shown[-1]
    assert "6/6" in page
    assert re.findall(r'alt="([^"]+)"', page) == ["samples, step 6", "losses"]
    assert capsys.readouterr().out == ""


def test_pictures_are_drawn_rarely(displays, make_trainer, monkeypatch):
    drawn = []
    draw = fitting.TrainingView.draw
    monkeypatch.setattr(fitting.TrainingView, "draw", lambda view, rows: drawn.append(len(rows)) or draw(view, rows))
    monkeypatch.setattr(fitting, "SECONDS", 1000)
    make_trainer().fit(epochs=3)
    assert drawn == [15]


def test_a_history_is_a_table_and_a_picture(displays, make_trainer, tmp_path):
    history = make_trainer().fit(steps=2)
    assert re.fullmatch(r"History\(2 steps: d_loss=[\d.]+, g_loss=[\d.]+\)", repr(history))
    page = history._repr_html_()
    assert "<td" in page
    assert "real_accuracy" in page
    assert isinstance(history.plot(tmp_path / "a.png"), Figure)
    assert (tmp_path / "a.png").exists()


def test_a_trainer_shows_its_settings(make_trainer):
    page = make_trainer(d_steps=2, loss="hinge", options=mg.training.GameOptions(penalty=mg.penalties.get("r1")))
    page = page._repr_html_()
    for text in ("dcgan28", "forty", "Hinge()", "2 of D, 1 of G", "R1(weight=10.0)", "Adam(learning_rate=0.0004"):
        assert text in page


def test_events_between_steps_of_d_are_no_rows(make_trainer, displays):
    trainer = make_trainer(d_steps=2)
    assert any(isinstance(event, DiscriminatorEnd) for event in trainer.train(steps=1))
    assert len(trainer.fit(steps=2)) == 2
