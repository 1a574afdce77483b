"""What the command line says of itself: help, version, info, summaries."""

import re
import sys
from dataclasses import fields

import numpy as np
import pytest

from minigan import __version__, data, losses, models, optimizers
from minigan.runs import ModelConfig, TrainConfig

COMMANDS = ("train", "sample", "evaluate", "plot", "summary", "gradcheck", "info", "data", "export", "import")


def words(text: str) -> str:
    """The text of a help page without frames, colours and line ends."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", " ", text).split())


def test_the_command_answers_as_a_process_of_its_own(start):
    out, err = (process := start("--version")).communicate(timeout=60)
    assert (process.returncode, out, err) == (0, f"minigan {__version__}\n", "")


def test_help_lists_every_command(minigan):
    status, out, err = minigan("--help")
    assert (status, err) == (0, "")
    for command in COMMANDS:
        assert re.search(rf"^. {command} +\w", out, re.MULTILINE)


def test_without_a_command_the_help_is_printed_and_the_status_is_2(minigan):
    status, out, err = minigan()
    assert status == 2
    assert "Usage: minigan" in words(out + err)
    assert "Traceback" not in err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_page_of_its_own(minigan, command):
    status, out, err = minigan(command, "--help")
    assert (status, err) == (0, "")
    assert f"Usage: minigan {command}" in words(out)


@pytest.mark.parametrize(("command", "settings"), [("train", TrainConfig), ("summary", ModelConfig)])
def test_help_shows_every_setting_with_its_meaning_default_and_choices(minigan, monkeypatch, command, settings):
    monkeypatch.setenv("COLUMNS", "400")
    page = words(minigan(command, "--help").out)
    for field in fields(settings):
        assert field.metadata["help"] in page
        assert (field.metadata["flag"] or f"--{field.name.replace('_', '-')}") in page
        choices = field.metadata["choices"]
        assert "|".join(choices) in page or f"{field.metadata['help']} One of {', '.join(choices)}." in page
        if field.default is not None and not isinstance(field.default, bool):
            assert f" (default: {field.default})" in page.split(field.metadata["help"])[1].split(" --")[0]


def test_help_shows_the_design_s_flags(minigan, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    page = words(minigan("train", "--help").out)
    flags = "data model loss epochs steps batch-size lr noise d-steps seed backend threads out config"
    assert not [flag for flag in flags.split() if f"--{flag} " not in page]


def test_help_fits_a_terminal_of_80_columns(minigan, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for command in COMMANDS:
        out = minigan(command, "--help").out
        assert max(map(len, out.splitlines())) <= 80
        assert "…" not in out


def test_info_shows_versions_and_all_choices(minigan, monkeypatch):
    status, out, err = minigan("info")
    assert (status, err) == (0, "")
    text = words(out)
    assert f"minigan {__version__}" in text
    assert f"NumPy {np.__version__}" in text
    for choices in (models.MODELS, data.NAMES, losses.GAN_LOSSES, optimizers.OPTIMIZERS):
        assert ", ".join(choices) in text


def test_info_shows_how_to_get_cupy_without_it(minigan, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert "pip install 'minigan[cuda12]'" in words(minigan("info").out)


# Summaries


def test_the_summary_has_the_article_s_counts(minigan):
    status, out, err = minigan("summary", "dcgan28")
    assert (status, err) == (0, "")
    generator, discriminator = out.split("Model: discriminator")
    for page, total, trainable, rest in (
        (generator, "856,193", "855,809", "384"),
        (discriminator, "393,729", "392,833", "896"),
    ):
        assert re.search(rf"^ Total params: {total} \(", page, re.MULTILINE)
        assert re.search(rf"^ Trainable params: {trainable} \(", page, re.MULTILINE)
        assert re.search(rf"^ Non-trainable params: {rest} \(", page, re.MULTILINE)


def test_the_summary_s_rows_add_up(minigan):
    _, out, _ = minigan("summary", "dcgan28")
    for page, total in zip(out.split("Model: ")[1:], (856_193, 393_729)):
        rows = re.findall(r"\w+ \(\w+\) +│ \(None, [\d, ]+\) +│ +([\d,]+) │", page)
        assert sum(int(count.replace(",", "")) for count in rows) == total


def test_the_summary_follows_the_flags(minigan):
    status, out, _ = minigan(
        *("summary", "dcgan28", "--image-size", 8, "--channels", 3, "--latent-size", 5),
        *("--generator-filters", "4,4", "--discriminator-filters", "4,4,4"),
    )
    assert status == 0
    assert "(None, 8, 8, 3)" in out
    # (5+1)*16 + 2*(9*4+1)*4 + 4*8 + (9*4+1)*3 and (9*3+1)*4 + 2*(9*4+1)*4 + 4*8 + 17
    assert "Total params: 535 " in out
    assert "Total params: 457 " in out
