"""The progress of a run in a notebook, on a display that only records."""

import base64
import re

import pytest
from PIL import Image

from minigan.errors import NonFiniteError
from minigan.runs import NotebookProgress, resume_run, train_run
from minigan.training.events import EpochEnd, Evaluated, Notice, RunStart, Saved, StepEnd, Stopped, ignore

EVIL = '<script>alert("1 & 2")</script>'


def step(number: int, steps: int = 20, epoch: int = 1) -> StepEnd:
    return StepEnd(epoch, number, steps, 1.5, 0.25, 0.5, 0.75, 0.5, 1.0, 1.0, 1.0, 123.4, 0.1 * number)


def test_a_run_is_one_display_with_its_table_and_its_pictures(displays, make_config, tmp_path):
    assert train_run(make_config(epochs=2), tmp_path / "run", NotebookProgress())
    (display,) = displays
    last = display.shown[-1]
    assert "Training dcgan28 on " in last
    assert last.count("<tr>") == 3, "the headings and two epochs"
    assert "10/10" in last
    pictures = [base64.b64decode(found) for found in re.findall(r"base64,([^\"]+)", last)]
    assert pictures == [(tmp_path / "run" / name).read_bytes() for name in ("samples/epoch-0002.png", "losses.png")]


def test_nothing_is_printed_in_a_notebook(displays, make_config, tmp_path, capsys, no_curves):
    train_run(make_config(steps=2), tmp_path / "run", NotebookProgress())
    assert capsys.readouterr() == ("", "")


def test_the_numbers_of_a_run_are_the_same_with_and_without_a_display(displays, make_config, tmp_path, no_curves):
    def losses(folder):
        return [row.split(",")[2:8] for row in (folder / "metrics.csv").read_text().splitlines()]

    train_run(make_config(steps=3), tmp_path / "a")
    train_run(make_config(steps=3), tmp_path / "b", NotebookProgress(seconds=0))
    assert losses(tmp_path / "a") == losses(tmp_path / "b")


def test_two_runs_have_two_displays(displays, make_config, tmp_path, no_curves):
    progress = NotebookProgress()
    for name in ("a", "b"):
        train_run(make_config(steps=1), tmp_path / name, progress)
    assert len(displays) == 2
    assert str(tmp_path / "a") not in displays[1].shown[-1]


def test_a_resumed_run_is_shown_too(displays, make_config, tmp_path, no_curves):
    train_run(make_config(steps=1), tmp_path / "run", ignore)
    resume_run(tmp_path / "run", {"steps": 2}, ["steps"], NotebookProgress())
    assert "2/2" in displays[-1].shown[-1]


def test_updates_within_an_epoch_are_rare_and_the_last_step_is_always_shown(displays):
    progress = NotebookProgress(seconds=1000)
    progress(RunStart("m", "d", 1, "f"))
    for number in range(1, 21):
        progress(step(number))
    assert len(displays[0].shown) == 3
    assert "20/20" in displays[0].shown[-1]


def test_a_long_run_keeps_the_last_epochs(displays):
    progress = NotebookProgress(seconds=0)
    progress(RunStart("m", "d", 1, "f"))
    for number in range(1, 101):
        progress(step(number, 101, number))
        progress(EpochEnd(number, number))
        progress(Notice(number, "kind", f"text {number}"))
    progress(step(101, 101, 101))
    page = displays[0].shown[-1]
    assert page.count("<tr>") == 10
    assert "93/101" in page
    assert "92/101" not in page
    assert page.count("note, step") == 8


def test_all_texts_are_escaped_and_a_picture_that_is_gone_is_left_out(displays, tmp_path):
    progress = NotebookProgress()
    path = tmp_path / "a.png"
    Image.new("L", (2, 2)).save(path)
    for event in (
        RunStart(EVIL, EVIL, 1, tmp_path / "x", description=EVIL),
        Notice(1, EVIL, EVIL),
        Evaluated(1, 2, {EVIL: 1.0}),
        Saved(path, "samples"),
        Saved(tmp_path / "gone.png", "losses"),
        Saved(path, "weights of the generator"),
        Stopped(5, 2),
    ):
        progress(event)
    page = displays[0].shown[-1]
    assert "<script" not in page
    assert page.count("<img") == 1
    assert "stopped after step 5" in page


def test_in_a_notebook_it_is_the_default(displays, make_config, tmp_path, no_curves):
    train_run(make_config(steps=1), tmp_path / "run")
    resume_run(tmp_path / "run", {"steps": 2}, ["steps"])
    assert ["1/1" in displays[0].shown[-1], "2/2" in displays[1].shown[-1]] == [True, True]


@pytest.mark.usefixtures("no_notebook", "no_curves")
def test_elsewhere_a_run_is_silent_by_default(make_config, tmp_path, capsys):
    train_run(make_config(steps=1), tmp_path / "run")
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("no_notebook", "no_curves")
def test_without_ipython_it_prints_lines(make_config, tmp_path, capsys):
    config = make_config(epochs=2)
    assert train_run(config, tmp_path / "run", NotebookProgress())
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == f"Training dcgan28 on {config.data}, into {tmp_path / 'run'}"
    assert lines[1].startswith("40 images")
    assert [text.partition("  loss D ")[0] for text in lines[2:]] == ["epoch 1  step 5/10", "epoch 2  step 10/10"]
    assert err == ""


@pytest.mark.usefixtures("no_notebook", "no_curves")
def test_a_run_that_ends_within_an_epoch_prints_its_last_step(make_config, tmp_path, capsys):
    train_run(make_config(steps=3), tmp_path / "run", NotebookProgress())
    assert capsys.readouterr().out.splitlines()[-1].startswith("epoch 1  step 3/3  loss D ")


@pytest.mark.usefixtures("no_notebook")
def test_without_ipython_notices_are_printed(capsys):
    progress = NotebookProgress()
    for event in (RunStart("m", "d", 1, "f"), Notice(3, "D winning", "for long"), Stopped(4, 15)):
        progress(event)
    assert capsys.readouterr().out.splitlines()[-2:] == ["note, step 3: D winning: for long", "stopped after step 4"]


def test_an_error_of_the_run_is_still_raised(displays, make_config, tmp_path, no_curves):
    with pytest.raises(NonFiniteError):
        train_run(make_config(steps=30, learning_rate=1e30), tmp_path / "run", NotebookProgress())
    assert displays[0].shown[-1]
