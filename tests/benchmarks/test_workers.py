"""A competitor's process: what it is given, what it answers, and what is heard when it fails."""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.competitors import MINIGAN_NUMPY, PEERS
from benchmarks.game import BATCHES
from benchmarks.options import processors
from benchmarks.peers import protocol
from benchmarks.problem import problem, save_problem
from benchmarks.step.check import difference
from benchmarks.workers import PROTOCOL, Worker, WorkerError, environment


@pytest.fixture(scope="module")
def tiny():
    with problem(2) as path:
        yield path


def test_a_problem_has_every_weight_of_both_networks_and_batches(tmp_path):
    save_problem(tmp_path / "problem.npz", 3, image_size=8, channels=2)
    with np.load(tmp_path / "problem.npz") as file:
        shapes = {name: file[name].shape for name in file}
    assert shapes["real"] == (4, 3, 8, 8, 2)
    assert shapes["noise"] == (4, 3, 100)
    assert shapes["generator.dense.kernel"] == (100, 128 * 2 * 2)
    assert shapes["discriminator.batch_norm.moving_variance"] == (64,)


def test_the_arrays_of_a_layer_stay_together():
    names = ("generator.dense.kernel", "real", "generator.dense.bias", "discriminator.dense.kernel")
    found = protocol.layers({name: name for name in names}, "generator")
    assert found == [{"kernel": "generator.dense.kernel", "bias": "generator.dense.bias"}]


def test_a_kernel_for_images_with_channels_first_does_the_same():
    rng = np.random.default_rng(0)
    images, kernel = rng.standard_normal((2, 3, 4, 5)), rng.standard_normal((60, 7))
    last = images.reshape(2, -1) @ kernel
    first = images.transpose(0, 3, 1, 2).reshape(2, -1) @ protocol.nchw_rows(kernel, (3, 4, 5))
    np.testing.assert_allclose(first, last)


def test_answers_are_told_from_what_a_library_prints(fake, tiny, this_python):
    with Worker(fake((0.5, 0.25)), this_python, tiny, threads=1) as worker:
        answer = worker.run(3)
        assert answer["losses"] == [[0.5, 0.25]] * 3
        assert len(answer["seconds"]) == 3
        assert min(answer["seconds"]) >= 0
        assert worker.run(1)["losses"] == [[0.5, 0.25]]
        assert worker.peak_bytes() is None or worker.peak_bytes() > 1e6


def test_the_protocol_itself(fake, tiny, this_python, tmp_path):
    fake()
    job = {"problem": str(tiny), "threads": 1, "cpus": processors()[:1], "variant": "", "dropout": 0.0}
    requests = '{"do": "run", "steps": 1}\n{"do": "stop"}\n{"do": "run", "steps": 1}\n'
    command = [sys.executable, str(PROTOCOL), "fake_step", json.dumps(job)]
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, input=requests, capture_output=True, text=True, check=True, env=variables)
    (answer,) = map(json.loads, done.stdout.splitlines())
    assert answer["losses"] == [[1.0, 2.0]]
    assert answer.keys() == {"losses", "seconds", "cpu_seconds"}
    assert "a step of 2" in done.stderr


def test_the_last_output_of_a_failed_process_is_in_the_error(fake, tiny, this_python):
    with (
        Worker(fake(variant="broken"), this_python, tiny, threads=1) as worker,
        pytest.raises(WorkerError, match="RuntimeError: no luck today"),
    ):
        worker.run(1)


def test_minigans_worker_takes_steps_and_is_the_same_each_time(tiny, this_python):
    losses = []
    for _ in range(2):
        with Worker(MINIGAN_NUMPY, this_python, tiny, threads=1) as worker:
            losses.append(worker.run(2)["losses"])
    assert losses[0] == losses[1]
    assert np.isfinite(losses).all()


def test_the_environment_has_the_threads_and_no_setting_of_minigans(monkeypatch, fake):
    monkeypatch.setenv("MINIGAN_BACKEND", "cupy")
    found = environment(fake(), 3)
    assert found["OMP_NUM_THREADS"] == found["OPENBLAS_NUM_THREADS"] == found["MINIGAN_THREADS"] == "3"
    assert "MINIGAN_BACKEND" not in found


#: Models with every kind of layer, so small that a step takes milliseconds.
SMALL = {
    "dcgan28": {"image_size": 8, "generator_filters": (4, 3), "discriminator_filters": (3, 4, 5)},
    "dcgan64": {"generator_filters": (6, 4), "discriminator_filters": (4, 6)},
    "gan2014-mnist": {"generator_units": (9, 8), "discriminator_units": (7, 6)},
    "gan2014-cifar10-conv": {
        "generator_units": 9,
        "generator_maps": 2,
        "discriminator_filters": (2, 3, 4),
        "discriminator_units": 6,
    },
    "wgan-gp28": {"image_size": 8, "generator_filters": (4, 3), "discriminator_filters": (3, 4, 5)},
    "mlp2d": {},
}


def test_every_model_that_is_measured_is_tried_here():
    assert SMALL.keys() == BATCHES.keys()


@pytest.mark.parametrize("model", SMALL)
def test_minigan_takes_the_rounds_of_every_model(model, this_python):
    options = SMALL[model]
    with problem(4, name=model, lively=True, **options) as path:
        with np.load(path) as file:
            steps = json.loads(str(file["game"]))["d_steps"]
            assert file["real"].shape[1] == file["noise"].shape[1] == 4 * steps
            assert ("mix" in file) == (model == "wgan-gp28")
        with Worker(MINIGAN_NUMPY, this_python, path, threads=1, model=options) as worker:
            losses = worker.run(2)["losses"]
    assert np.isfinite(losses).all()
    assert losses[0] != losses[1]


def test_small_kernels_are_enlarged_for_the_check(tmp_path):
    for lively in (False, True):
        save_problem(tmp_path / f"{lively}.npz", 2, name="gan2014-mnist", lively=lively)
    kernels = []
    for lively in (False, True):
        with np.load(tmp_path / f"{lively}.npz") as file:
            kernels.append(file["discriminator.maxout.kernel"])
    small, large = kernels
    assert small.std() < 0.003
    assert large.std() == pytest.approx(784**-0.5, rel=1e-3)
    assert large.dtype == np.float32


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")
@pytest.mark.parametrize("model", SMALL)
@pytest.mark.parametrize("name", ["torch-eager", "torch-channels-last"])
def test_pytorch_computes_the_same_losses(name, model, this_python):
    if model not in PEERS[name].models:
        pytest.skip(f"{name} does not have {model}")
    losses = []
    with problem(16, name=model, lively=True, **SMALL[model]) as path:
        for competitor in (MINIGAN_NUMPY, PEERS[name]):
            options = SMALL[model] if competitor is MINIGAN_NUMPY else None
            with Worker(competitor, this_python, path, threads=1, dropout=0.0, model=options) as worker:
                losses.append(worker.run(2)["losses"])
    assert difference(*losses) < 1e-3
