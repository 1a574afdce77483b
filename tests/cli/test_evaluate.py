"""``minigan evaluate`` as a user meets it."""

import json
import re
from pathlib import Path

import pytest

from minigan import models
from minigan.io.atomic_write import save_arrays
from minigan.runs.config import TrainConfig, write_config
from minigan.runs.evaluate import shown


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Path:
    """The folder of a run on the embedded digits that has not trained."""
    folder = tmp_path_factory.mktemp("runs") / "fresh"
    folder.mkdir()
    config = TrainConfig(latent_size=5, generator_filters=(4, 4), discriminator_filters=(4, 4, 4))
    write_config(folder / "config.toml", config)
    gan = models.build(config.model, config.seed, **config.model_options())
    for network in (gan.generator, gan.discriminator):
        save_arrays(folder / f"{network.name}.npz", network.state_dict())
    return folder


def test_it_prints_the_table_and_writes_the_figures(minigan, fresh):
    status, out, err = minigan("evaluate", fresh, "--count", 50, "--seed", 2, "--json", "figures.json")
    assert (status, err) == (0, "")
    result = json.loads(Path("figures.json").read_text())
    assert (fresh / "evaluation.json").read_bytes() == Path("figures.json").read_bytes()
    assert (result["count"], result["seed"]) == (50, 2)
    assert out.splitlines()[0] == "dcgan28 on digits, 50 samples, seed 2"
    for entry in result["metrics"].values():
        row = rf"^{re.escape(entry['title'])} +\S+.* {re.escape(entry['best'])} *\n  {re.escape(entry['meaning'])} *$"
        assert re.search(row, out, re.MULTILINE), entry
    distance = result["metrics"]["frechet_distance"]
    assert re.search(rf"^Fréchet distance +{distance['generated']:.4g} +{distance['real']:.4g}  low", out, re.MULTILINE)
    likelihood = result["metrics"]["parzen_log_likelihood"]
    assert f"{likelihood['generated']:.4g} ± {likelihood['generated_spread']:.2g}" in out
    assert "Parzen windows judge 25 images that the run was trained on: digits has no others." in out
    assert f"Wrote {fresh / 'evaluation.json'}\nWrote figures.json\n" in out


def test_truncation_is_printed_and_changes_the_samples(minigan, fresh):
    figures = {}
    for name, options in (("all", ()), ("typical", ("--truncation", 0.5))):
        out = minigan("evaluate", fresh, "--count", 50, *options, "--json", f"{name}.json").out
        figures[name] = json.loads(Path(f"{name}.json").read_text())
        assert out.splitlines()[0].endswith("seed 0" if name == "all" else "seed 0, truncation 0.5")
    assert (figures["all"]["truncation"], figures["typical"]["truncation"]) == (None, 0.5)
    distances = [result["metrics"]["frechet_distance"] for result in figures.values()]
    assert distances[0]["generated"] != distances[1]["generated"]
    assert distances[0]["real"] == distances[1]["real"]


@pytest.mark.parametrize("width", [40, 80])
def test_the_table_fits_a_terminal_and_breaks_no_word(minigan, fresh, monkeypatch, width):
    whole = minigan("evaluate", fresh, "--count", 20).out
    monkeypatch.setenv("COLUMNS", str(width))
    assert minigan("evaluate", fresh, "--count", 20).out == whole  # a pipe has no width
    monkeypatch.setenv("FORCE_COLOR", "1")  # for rich a terminal
    shown = re.sub(r"\x1b\[[0-9;]*m", "", minigan("evaluate", fresh, "--count", 20).out)
    lines = [line.rstrip() for line in shown.splitlines()]
    assert max(len(line) for line in lines if not line.startswith(("Wrote", "  /"))) <= width
    assert set(shown.split()) == set(whole.split())
    if width == 80:
        assert "  between the features' means and covariances" in lines
    else:
        assert re.search(r"^precision\n  samples    \S+\n  real data  \S+\n  best       high$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("value", "spread", "text"),
    [
        (12.34567, None, "12.35"),
        (1000, None, "1,000"),
        (None, None, "infinite"),
        (225.1234, 2.04, "225.1 ± 2"),
        (-0.000603, 0.0065, "-0.0006 ± 0.0065"),
    ],
)
def test_a_number_has_the_digits_that_mean_something(value, spread, text):
    assert shown({"real": value} | ({} if spread is None else {"real_spread": spread}), "real") == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), "minigan: expected the folder of a run, with a config.toml in it, got nowhere"),
        (("RUN", "--count", 3), "minigan: expected count to be at least 10, got 3"),
        (("RUN", "--count", "many"), "expected a whole number, got 'many'"),
        (("RUN", "--truncation", "0.05"), "minigan: expected truncation to be at least 0.1, got 0.05"),
        (("RUN", "--truncation", "half"), "expected a number, got 'half'"),
        (
            ("RUN", "--json", "no/such/figures.json"),
            "minigan: --json: expected a file that can be written, got no/such",
        ),
        (("RUN", "--json", "."), "minigan: --json: expected a file that can be written, got .: it is a folder"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(minigan, fresh, arguments, message):
    status, out, err = minigan("evaluate", *(fresh if part == "RUN" else part for part in arguments))
    assert (status, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
