"""`minigan.benchmark`, with a clock that only the timed functions move."""

import json
from collections.abc import Callable

import numpy as np
import pytest

import minigan as mg
from minigan import backend
from minigan.benchmarking import contender, run
from minigan.errors import BackendError, BenchmarkError, ConfigError
from tests.devices.strict import DeviceArray, strict_backend

X = np.arange(6, dtype=np.float32).reshape(2, 3)


class Clock:
    """A clock that stands still until a function moves it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[str] = []

    def work(self, name: str, *seconds: float) -> Callable[[np.ndarray], np.ndarray]:
        """A function that takes these seconds, one after the other, and then always the last of them."""
        left = list(seconds)

        def function(x: np.ndarray) -> np.ndarray:
            self.calls.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]
            return x + 1

        return function


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(contender, "perf_counter", lambda: made.now)
    return made


# Times


def test_a_function_has_a_row_with_the_median_and_the_quartiles(clock):
    # the first call, one to warm up, five samples
    result = mg.benchmark(clock.work("f", 9.0, 8.0, 1.0, 5.0, 2.0, 4.0, 3.0), X, repeats=5)
    (timing,) = result
    assert timing.samples == (1.0, 5.0, 2.0, 4.0, 3.0)
    assert timing.first == 9.0
    assert timing.seconds == 3.0
    assert timing.quartiles == (2.0, 4.0)
    assert result.seconds == {"function": 3.0}
    assert len(clock.calls) == 7


def test_functions_take_turns_in_both_orders(clock):
    mg.benchmark({"a": clock.work("a", 1.0), "b": clock.work("b", 1.0)}, X, repeats=3, warmup=0)
    assert clock.calls == ["a", "b", *"ab", *"ba", *"ab"]


def test_a_short_call_is_warmed_up_before_each_sample_and_a_sample_has_many_calls(clock):
    mg.benchmark({"a": clock.work("a", 2**-10), "b": clock.work("b", 2**-10)}, X, repeats=2, warmup=0)
    assert "".join(clock.calls) == "ab" + "aabb" + "bbaa"
    clock.calls.clear()
    (timing,) = mg.benchmark(clock.work("f", 2**-20), X, repeats=2)
    assert timing.calls * 2**-20 >= contender.SAMPLE["numpy"]
    assert timing.seconds == 2**-20
    assert len(clock.calls) >= 2 * timing.calls


def test_rounds_end_with_the_time_but_not_before_three(clock, monkeypatch):
    monkeypatch.setattr(run, "MOST", 20)
    assert len(mg.benchmark(clock.work("f", 1.0), X, seconds=10)["function"].samples) == 10
    assert len(mg.benchmark(clock.work("f", 1.0), X, seconds=0)["function"].samples) == run.LEAST
    assert len(mg.benchmark(clock.work("f", 0.0), X, seconds=1)["function"].samples) == run.MOST


def test_a_slow_moment_of_the_machine_does_not_change_the_ratio(clock):
    # the first call, one to warm up; the machine is ten times as slow in the second of three rounds
    slow, fast = clock.work("slow", 1, 1, 4.0, 40.0, 4.0), clock.work("fast", 1, 1, 2.0, 20.0, 2.0)
    result = mg.benchmark({"slow": slow, "fast": fast}, X, repeats=3)
    assert result.ratios == {"slow": 1.0, "fast": 2.0}


def test_the_clock_stops_when_the_work_on_a_device_is_done(clock, monkeypatch):
    def synchronize() -> None:
        clock.now += 2.0

    monkeypatch.setattr(backend, "synchronize", synchronize)
    (timing,) = mg.benchmark(clock.work("f", 1.0), X, repeats=2)
    assert timing.seconds == 3.0


# Rates


def test_rates_count_each_array_once(clock):
    def add(x, pair, factor):
        clock.now += 0.5
        return pair[0] + factor, pair[1]

    other = np.zeros(5)
    (timing,) = mg.benchmark(add, X, (X, other), 2.0, flops=3e9, repeats=1)
    assert timing.bytes == X.nbytes + other.nbytes + X.nbytes
    assert timing.gb_per_second == timing.bytes / 0.5 / 1e9
    assert timing.gflop_per_second == 6.0


def test_operations_may_be_a_function_of_the_arguments_and_bytes_may_be_stated(clock):
    (timing,) = mg.benchmark(clock.work("f", 0.5), X, flops=lambda x: 10 * x.size, bytes_moved=1e9, repeats=1)
    assert timing.flops == 60
    assert timing.gb_per_second == 2.0
    assert mg.benchmark(clock.work("f", 0.5), X, repeats=1)["function"].gflop_per_second is None


# Arguments and backends


def test_arrays_keep_their_dtype_and_are_not_copied_where_they_are_already():
    seen = []
    mg.benchmark(lambda x: seen.append(x) or x + 1, X, repeats=1)
    assert all(x is X for x in seen)


def test_arrays_are_moved_to_each_backend_and_other_arguments_stay():
    seen = set()

    def work(x, pair, factor):
        seen.add((type(x).__name__, type(pair[0]).__name__, x.dtype.name, factor, backend.name()))
        return x * x

    with strict_backend():
        result = mg.benchmark(work, X, (X, 1), 3, backends="all", repeats=1)
    assert seen == {("ndarray", "ndarray", "float32", 3, "numpy"), ("DeviceArray", "DeviceArray", "float32", 3, "cupy")}
    assert result.labels == ["numpy", "cupy"]
    assert "backend" in str(result)


def test_the_default_is_where_the_arrays_are():
    with strict_backend():
        array = backend.asarray(X)
        assert isinstance(array, DeviceArray)
        with backend.using("numpy"):
            assert mg.benchmark(lambda x: x + x, array, repeats=1).timings[0].backend == "cupy"
            assert mg.benchmark(lambda: 1, repeats=1).timings[0].backend == "numpy"


def test_several_functions_on_several_backends_have_a_row_each():
    with strict_backend():
        result = mg.benchmark({"a": abs, "b": abs}, X, backends=["numpy", "cupy"], repeats=1)
    assert result.labels == ["a, numpy", "a, cupy", "b, numpy", "b, cupy"]


def test_without_a_gpu_all_is_the_cpu_with_a_reason_and_cupy_an_error(monkeypatch):
    def missing():
        raise BackendError("backend 'cupy' needs CuPy, which is not installed: pip install cupy-cuda12x")

    monkeypatch.setattr(backend, "load", missing)
    result = mg.benchmark(np.abs, X, backends="all", repeats=1)
    assert [timing.backend for timing in result] == ["numpy"]
    assert "On the CPU only: backend 'cupy' needs CuPy, which is not installed: pip install" in str(result)
    with pytest.raises(BackendError, match="pip install cupy"):
        mg.benchmark(np.abs, X, backends="cupy")


# What is refused


def changes(x: np.ndarray) -> np.ndarray:
    x += 1
    return x


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda x: None, "function returned nothing: return the result, or time it with check=False"),
        (lambda x: x @ 1, r"function failed on numpy, for float32 \(2, 3\): ValueError: matmul"),
        (lambda x: NotImplemented, "does not cover these arguments"),
        (changes, "changes changes its arguments"),
        (
            {"abs": np.abs, "square": np.square},
            "square computes something else than abs: they differ by",
        ),
        ({"abs": np.abs, "sum": np.sum}, r"results of shape \(\) and \(2, 3\)"),
    ],
)
def test_a_function_that_cannot_be_timed_is_refused_by_name(work, words):
    with pytest.raises(BenchmarkError, match=words):
        mg.benchmark(work, X.copy(), repeats=1)


@pytest.mark.parametrize("work", [lambda x: None, changes, {"abs": np.abs, "square": np.square}])
def test_without_the_check_it_is_timed_all_the_same(work):
    assert len(mg.benchmark(work, X.copy(), repeats=1, check=False))


def test_numpy_s_functions_on_a_device_get_a_hint():
    with strict_backend(), pytest.raises(BenchmarkError, match="on a GPU call the functions of minigan"):
        mg.benchmark(lambda x: x + np.ones((2, 3)), X, backends="cupy")


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"backends": "gpu"}, BackendError, "unknown backend 'gpu': expected numpy, cupy, or 'all'"),
        ({"backends": []}, ConfigError, "at least one backend"),
        ({"repeats": 0}, ConfigError, "expected repeats to be at least 1, got 0"),
        ({"seconds": -1}, ConfigError, "expected seconds to be a number of at least 0, got -1"),
        ({"warmup": 1.5}, ConfigError, "expected warmup to be a whole number"),
    ],
)
def test_settings_out_of_range_are_refused(settings, error, words):
    with pytest.raises(error, match=words):
        mg.benchmark(np.abs, X, **settings)


@pytest.mark.parametrize("work", [[np.abs], {}, {"a": 1}])
def test_what_is_no_function_is_refused(work):
    with pytest.raises(ConfigError, match="function"):
        mg.benchmark(work, X)


# The check


def test_results_that_are_nearly_the_same_pass_and_the_table_says_how_near():
    result = mg.benchmark({"a": lambda x: x + 1, "b": lambda x: (x + 1) * np.float32(1.00001)}, X, repeats=1)
    assert 0 < result["b"].difference < 2e-5
    assert "All results are the same, to 1e-04 of their size." in str(result)
    with pytest.raises(BenchmarkError, match="allowed 1e-08"):
        mg.benchmark({"a": lambda x: x + 1, "b": lambda x: (x + 1) * np.float32(1.00001)}, X, tolerance=1e-8)


def test_double_results_are_compared_more_strictly():
    with pytest.raises(BenchmarkError):
        mg.benchmark({"a": lambda x: x + 1, "b": lambda x: (x + 1) * 1.00001}, X.astype(float))


def test_another_dtype_of_a_result_is_reported():
    result = mg.benchmark({"a": lambda x: x + 1, "b": lambda x: x.astype(float) + 1}, X, repeats=1)
    assert "They return different dtypes: a float32, b float64." in str(result)


def test_nan_and_infinity_are_the_same_only_at_the_same_places():
    bad = np.array([1.0, np.nan, np.inf, -np.inf])
    mg.benchmark({"a": lambda x: x + 0, "b": lambda x: x * 1}, bad, repeats=1)
    for other in (lambda x: np.nan_to_num(x), lambda x: -x, lambda x: x * np.nan):
        with pytest.raises(BenchmarkError):
            mg.benchmark({"a": lambda x: x + 0, "b": other}, bad, repeats=1)


# The result


def test_the_table_has_the_columns_that_say_something(clock):
    result = mg.benchmark({"a": clock.work("a", 4e-3), "b": clock.work("b", 2e-3)}, X, flops=4e6, repeats=3)
    lines = str(result).splitlines()
    assert lines[0] == "float32 (2, 3)"
    assert lines[2].split() == ["function", "median", "quartiles", "GB/s", "GFLOP/s", "speed"]
    assert lines[3].split() == ["a", "4.00", "ms", "4.00", "..", "4.00", "ms", "0.0000120", "1.00", "1.00"]
    assert lines[4].split()[-2:] == ["2.00", "2.00"]
    assert "threads" in lines[-1] or "thread" in lines[-1]
    assert repr(result) == str(result)
    alone = str(mg.benchmark(clock.work("a", 1.0), X, repeats=1)).splitlines()[2]
    assert alone.split() == ["function", "median", "quartiles", "GB/s"]


def test_a_notebook_shows_the_table_with_escaped_names(clock):
    page = mg.benchmark({"<b>": clock.work("a", 1.0)}, X, repeats=1)._repr_html_()
    assert "<table>" in page
    assert "&lt;b&gt;" in page


def test_a_picture_is_a_figure_and_a_file(clock, tmp_path):
    functions = {"slow": clock.work("slow", 1.0), "fast": clock.work("fast", 1e-3)}
    result = mg.benchmark(functions, X, repeats=2)
    figure = result.plot(tmp_path / "a.png")
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert [text.get_text() for text in axes.get_yticklabels()] == ["slow", "fast"]
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    near = mg.benchmark({"a": clock.work("a", 1.0), "b": clock.work("b", 2.0)}, X, repeats=2).plot()
    assert near.axes[0].get_xscale() == "linear"


def test_all_numbers_are_saved_as_json_and_other_names_are_pictures(clock, tmp_path):
    result = mg.benchmark({"a": clock.work("a", 1.0), "b": clock.work("b", 2.0)}, X, repeats=2)
    result.save(tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_text())
    assert content == json.loads(json.dumps(result.to_dict()))
    assert [row["ratio"] for row in content["timings"]] == [1.0, 0.5]
    assert content["timings"][0]["samples"] == [1.0, 1.0]
    assert content["machine"]["numpy"] == np.__version__
    result.save(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text().startswith("<?xml")
    with pytest.raises(ConfigError, match="expected a file name that ends with"):
        result.save(tmp_path / "a")


def test_a_row_is_found_by_its_label_and_a_wrong_label_names_the_right_ones(clock):
    result = mg.benchmark({"a": clock.work("a", 1.0), "b": clock.work("b", 2.0)}, X, repeats=1)
    assert result["b"].seconds == 2.0
    with pytest.raises(KeyError, match="there are a, b"):
        result["c"]


def test_kernels_and_their_twins_can_be_timed():
    from minigan import kernels

    x = np.ones((4, 5), np.float32)
    result = mg.benchmark({"definition": kernels.relu.definition, "fast": kernels.relu}, x, repeats=1)
    assert result.labels == ["definition", "fast"]
    assert mg.benchmark(kernels.relu, x, repeats=1).labels == ["relu"]


@pytest.mark.gpu
def test_a_real_gpu_is_timed_beside_the_cpu():
    try:
        backend.device()
    except BackendError as error:
        pytest.skip(str(error))

    def product(a, b):
        return a @ b

    a = np.random.default_rng(0).standard_normal((256, 256), np.float32)
    result = mg.benchmark(product, a, a, backends="all", flops=2 * 256**3, seconds=0.1, tolerance=1e-3)
    assert result.labels == ["numpy", "cupy"]
    assert result.machine["gpu"]["name"] in str(result)
    with pytest.raises(BenchmarkError, match="on a GPU call the functions"):
        mg.benchmark(lambda x: x + np.ones(x.shape), a, backends="cupy")
