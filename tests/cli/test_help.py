"""What the command line says of itself: help, version, info, summaries."""

import re
import sys
from dataclasses import fields

import numpy as np
import pytest

from minigan import __version__, data, losses, models, optimizers
from minigan.cli import COMMANDS as COMMAND_FUNCTIONS
from minigan.cli.help import examples_of
from minigan.runs import ModelConfig, TrainConfig

COMMANDS = tuple(COMMAND_FUNCTIONS)


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
    assert "pip install cupy-cuda12x" in words(minigan("info").out)


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


@pytest.mark.parametrize("model", ["dcgan28", "dcgan64", "wgan-gp28"])
@pytest.mark.parametrize("width", [40, 80])
def test_a_summary_fits_and_breaks_no_word(minigan, monkeypatch, model, width):
    monkeypatch.setenv("COLUMNS", "200")
    whole = minigan("summary", model).out
    monkeypatch.setenv("COLUMNS", str(width))
    shown = minigan("summary", model).out
    assert max(map(len, shown.splitlines())) <= width
    assert set(re.findall(r"[^\s─-╿]+", shown)) == set(re.findall(r"[^\s─-╿]+", whole))


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


# Pages that a package's version does not change


PLACEHOLDERS = re.compile(r"<\w+(\[\w+\])?>|[{}]|\[\[|\]\.\.\.|\bPATH\b(?!\.np)(?<!:PATH)|\bINTEGER\b|\bBOOLEAN\b")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_help_has_words_for_every_value_and_breaks_none(minigan, monkeypatch, command, width):
    monkeypatch.setenv("COLUMNS", str(width))
    page = minigan(command, "--help").out
    text = " ".join(page.split())
    assert not PLACEHOLDERS.search(text.replace("folder:PATH", "")), PLACEHOLDERS.search(text)
    monkeypatch.setenv("COLUMNS", "2000")
    assert set(text.split()) == set(minigan(command, "--help").out.split()) | ({"#"} & set(text.split()))
    assert text.startswith(f"Usage: minigan {command} ")
    assert "Examples: " in text
    assert "--help Show this page." in text


def test_the_examples_of_the_help_name_commands_and_flags_that_exist(minigan):
    import shlex

    for command, function in COMMAND_FUNCTIONS.items():
        for line in examples_of(function).splitlines():
            name, *rest = shlex.split(line, comments=True)[1:]
            assert name == command
            page = minigan(command, "--help").out
            for flag in (word for word in rest if word.startswith("--")):
                assert f"  {flag}" in page, line


def test_the_groups_of_train_begin_with_what_one_looks_for(minigan):
    page = minigan("train", "--help").out
    groups = {part.splitlines()[0]: part for part in re.split(r"\n\n(?=\w+:\n)", page)[1:]}
    assert list(groups) == ["Data:", "Networks:", "Game:", "Training:", "Run:", "Examples:"]
    for group, flags in {
        "Data:": ["--data", "--data-range"],
        "Networks:": ["--model"],
        "Game:": ["--loss"],
        "Training:": ["--epochs", "--steps", "--batch-size", "--seed", "--lr"],
        "Run:": ["--out", "--config", "--resume"],
    }.items():
        found = re.findall(r"^  (--[\w-]+)", groups[group], re.MULTILINE)
        assert found[: len(flags)] == flags


def test_help_names_the_documentation_where_the_package_says_where_it_is(minigan, monkeypatch):
    from minigan.cli import help as pages

    monkeypatch.setattr(pages, "documentation", lambda: "https://example.org/docs")
    assert minigan("train", "--help").out.rstrip().endswith("Documentation: https://example.org/docs")
    monkeypatch.setattr(pages, "documentation", lambda: "")
    assert "Documentation" not in minigan("train", "--help").out


# Summaries of runs


def test_the_summary_of_a_run_is_that_of_its_networks(minigan, finished):
    flags = ["--image-size", 8, "--latent-size", 5, "--generator-filters", "4,4", "--discriminator-filters", "4,4,4"]
    for more in ([], ["--plan"]):
        assert minigan("summary", finished[0], *more) == minigan("summary", "dcgan28", *flags, *more)


def test_the_summary_of_a_run_that_has_only_begun(minigan, finished, tmp_path):
    (tmp_path / "begun").mkdir()
    (tmp_path / "begun" / "config.toml").write_bytes((finished[0] / "config.toml").read_bytes())
    assert minigan("summary", "begun") == minigan("summary", finished[0])


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["dcgan82"], ["unknown model 'dcgan82', and no run's folder: did you mean dcgan28?"]),
        (["wgangp28"], ["did you mean wgan-gp28?"]),
        (["nothing/at/all"], ["expected the folder of a run, or one of dcgan28"]),
        (["empty"], ["expected the folder of a run, with a config.toml in it, got empty"]),
        (["RUN", "--channels", 3], ["expected no --channels with a run's folder"]),
        (["RUN", "--image-size", 8, "--classes", 3], ["expected no --image-size, --classes with a run's folder"]),
    ],
)
def test_what_is_neither_a_model_nor_a_run(minigan, finished, tmp_path, arguments, parts):
    (tmp_path / "empty").mkdir()
    outcome = minigan("summary", *(finished[0] if argument == "RUN" else argument for argument in arguments))
    assert (outcome.status, outcome.out) == (2, "")
    for part in parts:
        assert part in outcome.err
