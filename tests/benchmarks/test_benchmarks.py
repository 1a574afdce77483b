"""The other commands, and what they share: each runs at a small size, and writes what it says."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigan as mg
from benchmarks import machine
from benchmarks import startup as startup_command
from benchmarks.competitors import choose
from benchmarks.kernels.cases import cases
from benchmarks.kernels.command import matching
from benchmarks.kernels.measure import Versions, measure, versions
from benchmarks.kernels.report import Roof, achieved
from benchmarks.layers import Row, plan
from benchmarks.options import sizes
from benchmarks.scaling import command as scaling_command
from benchmarks.scaling.sizes import doubling, points
from benchmarks.startup import INSTALLED_SIZE, programs, table
from benchmarks.startup import measure as time_program
from benchmarks.summaries import paired_ratio, summary


def is_picture(path: Path) -> bool:
    return path.read_bytes().startswith(b"\x89PNG")


def test_a_summary_is_the_median_and_the_middle_half():
    assert summary([5.0, 1.0, 2.0, 4.0, 3.0]) == (3.0, 2.0, 4.0, 5)
    assert summary([7.0]) == (7.0, 7.0, 7.0, 1)


def test_a_slow_round_does_not_change_a_paired_ratio():
    assert paired_ratio([[2.0], [20.0], [2.0]], [[1.0], [10.0], [1.0]]) == (2.0, 2.0, 2.0, 3)
    with pytest.raises(ValueError, match="longer"):
        paired_ratio([[1.0]], [[1.0], [1.0]])


def test_numbers_of_an_option_come_once_unless_they_may_repeat():
    assert sizes("--batch", "4, 2,4") == [4, 2]
    assert sizes("--base", "1,1", repeats=True) == [1, 1]


def test_the_machine_is_described_and_measured():
    found = machine.describe()
    assert found["numpy"] == np.__version__
    assert json.dumps(found)
    assert machine.product_rate(size=64, repeat=1) > 0
    assert machine.copy_rate(megabytes=1, threads=2, repeat=1) > 0


def test_the_work_of_others_is_not_negative():
    load = machine.LoadMonitor(range(1))
    others = load.others()
    assert others is None or others >= 0


# layers


def test_layers_have_a_line_each_and_their_times_add_up(run, tmp_path, read):
    outcome = run("layers", "--batch", 2, "--repeat", 1, "--threads", 1, "--json", "layers.json", "--plot", ".")
    assert outcome.status == 0
    gan = mg.models.build("dcgan28")
    parts = len(plan(gan.generator)) + len(plan(gan.discriminator.logits))
    records = read(tmp_path / "layers.json")["results"]
    assert len(records) == parts + 2  # Adam's updates
    assert "100.0%" in outcome.out
    assert all(record["in_a_step"] > 0 for record in records)
    assert is_picture(tmp_path / "layers.png")


def test_a_step_runs_d_more_often_than_g():
    assert Row("generator", "conv2d", 1.0, 2.0, 0.5).parts == (1.0, 2.0, 0.0)
    assert Row("discriminator", "conv2d", 1.0, 2.0, 0.5).parts == (3.0, 4.0, 0.5)
    assert Row("discriminator", "Adam", 0.0, 2.0, 0.0).parts == (0.0, 2.0, 0.0)


def test_the_plan_is_what_the_network_runs():
    layers = [mg.layers.Conv2D(2, 3), mg.layers.ReLU(), mg.layers.Flatten()]
    names = []
    for fuse in (False, True):
        network = mg.Sequential(layers, fuse=fuse)
        network.build((4, 4, 1))
        names.append([step.name for step in plan(network)])
    assert names == [["conv2d", "re_lu", "flatten"], ["conv2d+re_lu", "flatten"]]


# kernels


@pytest.fixture(scope="module")
def small_cases():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MINIGAN_FUSE", raising=False)  # the fused kernels have cases, too
        return list(cases(1))


def test_every_kernel_has_a_case(small_cases):
    assert {case.kernel for case in small_cases} == versions().keys()


def test_every_case_runs_by_definition_and_twin(small_cases):
    for case in small_cases:
        found = measure(case, versions()[case.kernel], 1)
        assert found.reference > 0
        assert found.bytes > 0
        assert len(achieved(found, Roof(1e9, 1e9))) == 3


def test_kernels_are_set_against_the_machine(run, tmp_path, monkeypatch, read):
    monkeypatch.setattr(machine, "product_rate", lambda: 1e11)
    monkeypatch.setattr(machine, "copy_rate", lambda threads: 1e10)
    arguments = ("--only", "^relu|^pad$", "--batch", "1", "--repeat", 1, "--threads", 1)
    outcome = run("kernels", *arguments, "--json", "kernels.json", "--plot", ".")
    assert outcome.status == 0
    assert "100 GFLOP/s" in outcome.out
    content = read(tmp_path / "kernels.json")
    assert content["settings"]["roof"] == {"operations": 1e11, "bytes": 1e10}
    assert {record["kernel"] for record in content["results"]} == {"relu", "relu_grad", "pad"}
    assert is_picture(tmp_path / "kernels.png")


def test_a_twin_that_does_not_cover_a_case_has_no_time(small_cases):
    case = next(case for case in small_cases if case.kernel == "relu")
    found = measure(case, Versions(np.abs, lambda *_: NotImplemented, np.abs), 1)
    assert found.numpy is None
    assert found.compiled > 0
    assert found.best == min(found.reference, found.compiled)


def test_the_roof_is_the_lower_of_two():
    assert Roof(100.0, 20.0).at(2.0) == 40.0
    assert Roof(100.0, 20.0).at(50.0) == 100.0


def test_kernels_are_chosen_by_a_pattern(run):
    assert list(matching("^softmax$")) == ["softmax"]
    for pattern, message in (("(", "no regular expression"), ("nothing", "no kernel's name matches 'nothing'")):
        outcome = run("kernels", "--only", pattern)
        assert outcome.status == 2
        assert message in outcome.words


# scaling


def test_one_size_is_varied_at_a_time():
    found = list(points([[8, 16], [28], [1, 3], [1]], [4, 28, 1, 2]))
    assert [point[1:] for point in found] == [
        (8, 28, 1, 2),
        (16, 28, 1, 2),
        (4, 28, 1, 2),
        (4, 28, 1, 2),
        (4, 28, 3, 2),
        (4, 28, 1, 1),
    ]
    assert [point.place for point in found] == [8, 16, 28, 1, 3, 1]


def test_threads_are_doubled_up_to_all():
    assert [doubling(most) for most in (1, 2, 6, 8)] == ["1", "1,2", "1,2,4,6", "1,2,4,8"]


def test_scaling_measures_each_point_in_a_process(run, tmp_path, monkeypatch, read):
    monkeypatch.setattr(scaling_command, "points", lambda *lists: list(points(*lists))[2:])
    lists = ("--batch", "1", "--image-size", "8", "--channels", "3", "--threads", "1", "--base", "1,8,1")
    outcome = run(
        "scaling", "--part", "sizes", *lists, "--repeat", 1, "--warmup", 1, "--json", "scaling.json", "--plot", "."
    )
    assert outcome.status == 0
    records = read(tmp_path / "scaling.json")["results"]["sizes"]
    assert [record["varied"] for record in records] == ["channels", "threads"]
    assert is_picture(tmp_path / "scaling.png")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--base", "32,28"], "--base: expected batch, image size and channels, such as 32,28,1, got '32,28'"),
        (["--part", "size"], "--part: expected some of sizes, cores, got 'size'"),
        (["--model", "mlp3d"], "--model: expected some of dcgan28"),
        (["--image-size", "30", "--batch", "1", "--base", "1,30,1"], "expected a size that is a multiple of 4"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(run, arguments, message):
    outcome = run("scaling", *arguments)
    assert outcome.status == 2
    assert message in outcome.words


# startup


def test_startup_starts_nothing_first_and_then_more():
    names = ["Python alone", "import numpy", "import minigan", "minigan's first image"]
    kinds = ("NumPy's kernels", "compiled kernels", "kernels compiled now")
    names += [f"two steps of dcgan28, {kind}" for kind in kinds]
    assert [start.name for start in programs([])] == names
    found = [start.name for start in programs(choose("torch,keras,jax"))][len(names) :]
    on = [f"import keras, on {name}" for name in ("tensorflow", "jax", "torch")]
    assert found == ["import torch", *on, "import jax"]


def test_startup_times_the_import_and_the_first_image(run, tmp_path, monkeypatch, read):
    monkeypatch.setattr(startup_command, "programs", lambda chosen: list(programs(chosen))[2:4])
    outcome = run("startup", "--peers", "none", "--repeat", 1, "--json", "startup.json", "--plot", ".")
    assert outcome.status == 0
    records = {record["name"]: record for record in read(tmp_path / "startup.json")["results"]}
    assert list(records) == ["import minigan", "minigan's first image"]
    assert all(record["seconds"]["median"] > 0 for record in records.values())
    assert 1e5 < records["import minigan"]["own_bytes"] < records["import minigan"]["all_bytes"]
    assert is_picture(tmp_path / "startup.png")


def test_a_peer_that_is_not_installed_is_listed(fake, this_python):
    *_, start = programs([fake(package="no_such_package")])
    time_program(start, this_python, 1)
    assert (start.name, start.error) == ("import no_such_package", "not installed: no_such_package")
    assert table([start]).row_count == 1
    assert start.record()["seconds"] is None


def test_the_size_of_a_package_counts_what_it_requires():
    command = [sys.executable, str(INSTALLED_SIZE), "typer"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert 0 < answer["own"] < answer["all"]
