"""``python -m benchmarks page``: the tables and pictures of the documentation, measured and written by one command."""

import pytest

from benchmarks.competitors import MINIGAN, MINIGAN_NUMPY, PEERS
from benchmarks.page import command
from benchmarks.page.command import SERIES, Series, grouped
from benchmarks.page.markdown import BEGIN, END, core_lines, machine_line, replaced, step_lines
from benchmarks.scaling.cores import Cores
from benchmarks.scaling.trace import Section, Trace
from benchmarks.step.result import Result, Turn

PAGE = f"# A page\n\nbefore\n\n{BEGIN}\nold\n{END}\n\nafter\n"


def test_only_the_results_of_a_page_are_replaced():
    assert replaced(PAGE, "new\n") == f"# A page\n\nbefore\n\n{BEGIN}\n\nnew\n\n{END}\n\nafter\n"
    assert replaced(replaced(PAGE, "one"), "two") == replaced(PAGE, "two")


def test_a_page_without_the_two_lines_is_refused(run, tmp_path):
    (tmp_path / "page.md").write_text("# A page\n")
    outcome = run("page", "page.md")
    assert outcome.status == 2
    assert "page.md: expected the lines" in outcome.words
    assert (tmp_path / "page.md").read_text() == "# A page\n"


def group(model: str, batch: int, load: float = 0.0) -> list[Result]:
    competitors = (MINIGAN, MINIGAN_NUMPY, PEERS["torch-eager"], PEERS["jax"])
    results = [Result(competitor, model, batch, 2, {"numpy": "2.4"}) for competitor in competitors]
    for factor, result in enumerate(results[:3], 1):
        result.turns = [Turn(0, [0.1 * factor], load)]
        result.peak_bytes = 100000000 * factor
    results[3].error = "not installed: jax"
    return results


def test_the_table_of_steps_has_ratios_and_memory_and_no_column_for_who_was_never_timed():
    lines = list(step_lines([group("dcgan28", 16), group("dcgan28", 64)], 1, of_models=False))
    assert lines[0] == "| batch | threads | minigan, ms | minigan, without Numba | PyTorch, eager |"
    assert lines[2] == "| 16 | 2 | 100.0 | 2.00 | 3.00 |"
    assert "| 64 | 2 | 100 | 200 | 300 |" in lines


def test_the_table_of_models_names_them():
    lines = list(step_lines([group("mlp2d", 256), group("dcgan64", 16)], 1, of_models=True))
    assert lines[2].startswith("| `mlp2d` | 256 | 2 | 100.0 |")


def test_a_machine_that_was_never_quiet_is_told_on_the_page():
    *_, line = step_lines([group("mlp2d", 256, load=0.7)], 1, of_models=True)
    assert line.startswith("- `mlp2d`, batches of 256, threads: 2. This machine was never quiet")


def test_a_result_is_the_same_after_it_was_written_and_read():
    results = group("dcgan28", 64)
    records = [result.record(results[0]) for result in results]
    (found,) = grouped(records)
    assert found == results


def test_what_was_traced_is_the_same_after_it_was_written_and_read():
    from benchmarks.scaling.cores import record

    sections = [Section("a", 4.0, [1.0] * 4, 4)]
    cores = Cores("mlp2d", 256, [Trace(1, 8.0, [], 1, 8.0), Trace(4, 8.0, sections, 2, None)])
    assert Cores.of(record(cores)) == cores
    *_, line = core_lines([cores])
    assert line == "| `mlp2d` | 256 | 50.0% | 0.0 | 1.60 |  |"


def test_the_machine_is_in_one_line():
    machine = {"processor": "A chip", "processors": 2, "memory_bytes": 8e9, "system": "Linux", "python": "3.11"}
    found = machine_line({**machine, "matrix_products": "openblas"}, group("mlp2d", 1))
    assert found == "A chip, 2 processors, 8 GB, Linux, Python 3.11, products by openblas; numpy 2.4."


def test_a_series_names_the_command_that_measures_it_alone():
    assert SERIES[0].command == "python -m benchmarks step --model dcgan28 --peers all --batch 16,64,128,256"


@pytest.fixture
def small(monkeypatch, tmp_path):
    """One tiny series of mlp2d in minigan alone, and a page."""
    monkeypatch.setattr(command, "SERIES", (Series("Small", "steps-small", ("mlp2d",), (2,), "none"),))
    monkeypatch.setattr(command, "own", lambda: [MINIGAN_NUMPY])
    cores = Cores("mlp2d", 256, [Trace(1, 8.0, [], 1, 8.0), Trace(4, 8.0, [], 2, None)])
    monkeypatch.setattr(command, "measure_cores", lambda *_: [cores])
    (tmp_path / "page.md").write_text(PAGE)


@pytest.mark.usefixtures("small")
def test_the_page_is_measured_and_written_and_can_be_written_again(run, tmp_path):
    arguments = ("page", "page.md", "--threads", 1, "--repeat", 1, "--minutes", 0)
    outcome = run(*arguments, "--json", "page.json")
    assert outcome.status == 0
    page = (tmp_path / "page.md").read_text()
    assert "old" not in page
    assert "python -m benchmarks step --model mlp2d --peers none --batch 2 --threads 1 --repeat 1" in page
    assert "](images/steps-small.png)" in page
    for name in ("steps-small", "cores"):
        assert (tmp_path / "images" / f"{name}.png").is_file()
    assert run("page", "page.md", "--threads", 1, "--measured", "page.json").status == 0
    assert (tmp_path / "page.md").read_text() == page


def test_a_series_with_fewer_peers_names_these():
    assert SERIES[0].among("all") == SERIES[0]
    assert SERIES[1].among("torch-eager,jax").command.endswith(" --peers torch-eager")
    assert SERIES[1].among("jax").peers == "none"
