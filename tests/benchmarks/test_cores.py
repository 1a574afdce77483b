"""What more processors would bring: the trace of parallel sections, and what is concluded from it."""

import sys

import numpy as np
import pytest

from benchmarks.competitors import MINIGAN_NUMPY
from benchmarks.peers import tracing
from benchmarks.problem import problem
from benchmarks.scaling import cores as cores_part
from benchmarks.scaling.cores import Cores, core_table, notes, section_table
from benchmarks.scaling.trace import Section, Trace, end
from benchmarks.step.result import Result, Turn
from benchmarks.workers import Worker
from minigan import backend
from minigan.kernels.cpu.parallel.ordered_sum import OrderedSum
from minigan.kernels.cpu.parallel.pool import parallel_for
from minigan.kernels.cpu.parallel.slabs import split


@pytest.fixture(autouse=True)
def _four_threads():
    backend.threads(4)  # conftest restores the number


def test_each_thread_takes_the_next_slab():
    assert end([2.0, 2.0, 2.0], 1) == 6.0
    assert end([2.0, 2.0, 2.0], 2) == 4.0
    assert end([2.0, 2.0, 2.0], 3) == end([2.0, 2.0, 2.0], 16) == 2.0


def test_a_prediction_is_the_time_outside_and_the_ends_of_the_sections():
    sections = [Section("a", 4.0, [1.0] * 4, 4), Section("b", 8.5, [1.0] * 8, 2)]
    trace = Trace(4, 20.0, sections, 0, None)
    assert trace.outside == 7.5
    assert trace.predicted == 7.5 + 1.0 + (4.0 + 0.5)
    assert trace.too_few == 1


def test_a_section_is_recorded_with_each_slab():
    called = []
    with tracing.recorded() as sections:
        parallel_for(lambda number: called.append(number), 3)
    assert called == [0, 1, 2]
    (section,) = sections
    assert (len(section["slabs"]), section["most"]) == (3, 3)
    assert 0 <= sum(section["slabs"]) <= section["seconds"]


def test_one_slab_is_no_section():
    with tracing.recorded() as sections:
        parallel_for(lambda _: None, 1)
    assert sections == []


def summed(slab: slice, total: np.ndarray) -> None:
    total[...] = slab.stop - slab.start


def test_the_slabs_of_an_ordered_sum_are_recorded_and_its_lanes_are_the_most_threads():
    total = OrderedSum(split(20, 1, 1), ((1,),), np.float64)
    with tracing.recorded() as sections:
        (result,) = total.compute(summed)
    assert result == 20
    (section,) = [section for section in sections if section["name"].endswith("summed")]
    assert (len(section["slabs"]), section["most"]) == (20, OrderedSum.MOST)


def test_what_runs_inside_of_a_slab_is_no_section_of_its_own():
    def both(number: int) -> None:
        parallel_for(lambda _: None, 4)
        OrderedSum(split(20, 1, 1), ((1,),), np.float64).compute(summed)

    with tracing.recorded() as sections:
        parallel_for(both, 2)
    assert [len(section["slabs"]) for section in sections] == [2]


def test_after_a_trace_everything_is_as_before():
    before = OrderedSum.add
    with tracing.recorded() as sections:
        pass
    parallel_for(lambda _: None, 3)
    assert sections == []
    assert OrderedSum.add is before


def test_a_worker_traces_a_step():
    traced = MINIGAN_NUMPY._replace(module="minigan_trace")
    with problem(8) as path, Worker(traced, sys.executable, path, 1) as worker:
        one, four = (Trace.of(threads, worker.ask(do="trace", threads=threads)) for threads in (1, 4))
    assert one.predicted == pytest.approx(one.seconds)
    assert one.measured > 0
    assert four.sections
    assert 0 < four.predicted < four.seconds
    assert four.scratch_bytes > 0


def known(**more: object) -> Cores:
    sections = [Section("a", 4.0, [1.0] * 4, 4), Section("a", 2.0, [1.0] * 2, 2)]
    return Cores("mlp2d", 256, [Trace(1, 8.0, [], 1000000, 8.0), Trace(4, 8.0, sections, 2000000, 4.0)], **more)


def test_tables_of_what_more_processors_bring():
    cores = known()
    assert cores.speedup(cores.traces[1]) == 8.0 / (2.0 + 1.0 + 1.0)
    assert cores.measured_speedup(cores.traces[1]) == 2.0
    assert core_table(cores).row_count == 2
    assert section_table(cores).row_count == 2
    assert cores_part.record(cores)["traces"][1]["speedup"] == 2.0


def test_too_many_threads_are_compared_with_few():
    few = Result(MINIGAN_NUMPY, "mlp2d", 256, 2, turns=[Turn(0, [1.0], 0.0)], peak_bytes=100000000)
    many = Result(MINIGAN_NUMPY, "mlp2d", 256, 16, turns=[Turn(0, [1.1], 0.0)], peak_bytes=114000000)
    found = " ".join(notes(known(crowded={2: few, 16: many})))
    assert "Scratch memory of a thread: 2.0 MB." in found
    assert "16 threads on 2 processors take 1.10 times as long as 2" in found
    assert "each further thread takes 1.0 MB (1 quiet rounds)" in found


def test_the_command_traces_and_draws(run, tmp_path, read, monkeypatch):
    monkeypatch.setattr(cores_part, "own", lambda: [MINIGAN_NUMPY])
    monkeypatch.setitem(cores_part.BATCHES, "mlp2d", 4)
    arguments = ("--part", "cores", "--model", "mlp2d", "--cores", "2", "--repeat", 1, "--warmup", 1, "--minutes", 0)
    outcome = run("scaling", *arguments, "--json", "scaling.json", "--plot", ".")
    assert outcome.status == 0
    (record,) = read(tmp_path / "scaling.json")["results"]["cores"]
    assert [trace["threads"] for trace in record["traces"]] == [1, 2]
    assert record["traces"][0]["speedup"] == 1.0
    assert (tmp_path / "cores.png").read_bytes().startswith(b"\x89PNG")
