"""``python -m benchmarks step``: who is measured, what is refused, and what is written."""

import sys

import pytest

from benchmarks import competitors
from benchmarks.competitors import MINIGAN, MINIGAN_NUMPY, PEERS, choose, interpreters, own, versions
from benchmarks.game import game_of
from benchmarks.step import check as step_check
from benchmarks.step import command
from benchmarks.step.check import difference
from benchmarks.step.measure import RunPlan, Started, take_turns
from benchmarks.step.report import notes, table
from benchmarks.step.result import Result, Turn, failed
from benchmarks.workers import WorkerError
from minigan.io.progress import Progress

SHORT = ("--repeat", 1, "--steps", 1, "--warmup", 1, "--pause", 0, "--seconds", 0, "--minutes", 0, "--threads", 1)
SMALL = ("--batch", 2, *SHORT)


@pytest.fixture(autouse=True)
def _without_numba(monkeypatch):
    """minigan is measured once, without a compilation."""
    monkeypatch.setattr(command, "own", lambda: [MINIGAN_NUMPY])


def test_a_step_of_minigan_alone(run, tmp_path, read):
    outcome = run("step", "--peers", "none", *SMALL, "--json", "step.json", "--plot", "pictures")
    assert outcome.status == 0
    assert "minigan" in outcome.out
    assert "numpy" in outcome.out
    content = read(tmp_path / "step.json")
    assert content["benchmark"] == "step"
    assert content["machine"]["processor"]
    (record,) = content["results"]
    assert (record["name"], record["batch"], record["threads"], record["error"]) == ("minigan-numpy", 2, 1, None)
    assert record["model"] == "dcgan28"
    assert record["ratio"]["median"] == 1.0
    assert len(record["turns"]) == len(record["turns"][0]["seconds"]) == 1
    assert (tmp_path / "pictures" / "step.png").read_bytes().startswith(b"\x89PNG")


def test_a_peer_that_computes_something_else_is_told_and_fails(run, fake, tmp_path, monkeypatch, read):
    monkeypatch.setattr(step_check, "CHECKED_BATCH", 2)
    fake(losses=(1.0, 2.0))
    outcome = run("step", "--peers", "fake", *SMALL, "--json", "step.json")
    assert outcome.status == 1
    assert "DIFFER" in outcome.out
    assert "A fake computes something else than minigan" in outcome.words
    minigan, peer = read(tmp_path / "step.json")["results"]
    assert minigan["difference"] is None
    assert peer["difference"] > 1e-3
    assert peer["ratio"]["median"] > 0


def test_minigan_is_measured_with_and_without_numba_where_it_works(monkeypatch):
    monkeypatch.setattr(competitors.compiler, "problem", lambda: None)
    assert own() == [MINIGAN, MINIGAN_NUMPY]
    monkeypatch.setattr(competitors.compiler, "problem", lambda: "numba is not installed")
    assert own() == [MINIGAN_NUMPY]


def test_every_model_has_its_own_batch(run, tmp_path, monkeypatch, read):
    monkeypatch.setitem(command.BATCHES, "mlp2d", 3)
    outcome = run("step", "--model", "mlp2d", "--peers", "none", *SHORT, "--json", "step.json")
    assert outcome.status == 0
    (record,) = read(tmp_path / "step.json")["results"]
    assert (record["model"], record["batch"]) == ("mlp2d", 3)


def test_a_peer_that_does_not_have_the_model_is_listed_and_does_not_fail(run, fake):
    fake()
    outcome = run("step", "--model", "mlp2d", "--peers", "fake", "--no-check", *SMALL)
    assert outcome.status == 0
    assert "A fake: does not have mlp2d" in outcome.words


def test_a_game_is_the_recommended_training():
    assert game_of("dcgan28").g_rate == 2e-4
    paper = game_of("gan2014-mnist")
    assert (paper.simultaneous, paper.optimizer, paper.momentum) == (True, "momentum", 0.5)
    assert (paper.g_rate, paper.d_rate) == (0.1, 0.05)
    critic = game_of("wgan-gp28")
    assert (critic.loss, critic.d_steps, critic.penalty_weight) == ("wasserstein", 5, 10.0)
    assert (critic.momentum, critic.beta_2) == (0.0, 0.9)


def test_a_peer_that_breaks_is_told_and_fails(run, fake):
    fake(variant="broken")
    outcome = run("step", "--peers", "fake", "--no-check", *SMALL)
    assert outcome.status == 1
    assert "A fake: failed: RuntimeError: no luck today" in outcome.words


def test_a_peer_that_is_not_installed_is_listed_and_does_not_fail(run, fake):
    fake(package="no_such_package")
    outcome = run("step", "--peers", "fake", "--no-check", *SMALL)
    assert outcome.status == 0
    assert "A fake: not installed: no_such_package" in outcome.words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--peers", "torch,tenser"], "--peers: expected all, none, or some of torch, keras, jax, chainer"),
        (["--peers", "torch,tenser"], "got 'tenser'"),
        (["--model", "dcgan29"], "--model: expected some of dcgan28, dcgan64, gan2014-mnist"),
        (["--batch", "16,x"], "--batch: expected whole numbers of at least 1, such as 16,64, got '16,x'"),
        (["--batch", "0"], "--batch: expected whole numbers of at least 1"),
        (["--threads", "4096"], "--threads: expected at most"),
        (["--python", "tenser=python"], "--python: expected NAME=PATH with a name of torch, keras, jax, chainer"),
        (["--python", "torch=/no/such/python"], "expected the path of a Python interpreter, got '/no/such/python'"),
        (["--peer-python", "/no/such/python"], "expected the path of a Python interpreter, got '/no/such/python'"),
        (["--json", "no/such/folder/step.json"], "--json: expected a file in a folder that exists"),
        (["--repeat", "0"], "--repeat"),
    ],
)
def test_what_is_refused(run, arguments, message):
    outcome = run("step", *arguments)
    assert outcome.status == 2
    assert message in outcome.words


def test_peers_are_chosen_by_name_or_by_family():
    assert choose("none") == []
    assert choose("all") == list(PEERS.values())
    assert [peer.name for peer in choose("jax, torch")] == [
        "torch-eager",
        "torch-channels-last",
        "torch-compile",
        "jax",
    ]
    assert [peer.name for peer in choose("keras-jax")] == ["keras-jax"]


def test_every_peer_has_its_file():
    from benchmarks.workers import PROTOCOL

    for competitor in (MINIGAN, *PEERS.values()):
        assert (PROTOCOL.parent / f"{competitor.module}.py").is_file()


def test_interpreters_of_one_family_of_all_and_of_minigan(this_python, tmp_path):
    other = tmp_path / "python"
    other.touch()
    found = interpreters([f"torch={other}"], None)
    assert found["torch"] == other
    assert found["jax"] == found["minigan"] == this_python
    found = interpreters([f"torch={this_python}"], other)
    assert (found["torch"], found["jax"], found["minigan"]) == (this_python, other, this_python)


def test_versions_are_found_without_an_import(this_python):
    found = versions(this_python, ("numpy", "no_such_package"))
    assert found["numpy"] == sys.modules["numpy"].__version__
    assert found["no_such_package"] is None


def test_differences_are_relative_and_the_largest():
    assert difference([[1.0, 2.0]], [[1.0, 2.0]]) == 0
    assert difference([[1.0, 2.2], [3.0, 4.0]], [[1.0, 2.0], [2.0, 4.0]]) == 0.5
    assert difference([[float("nan"), 1.0]], [[1.0, 1.0]]) == float("inf")


def result(name: str, rounds: list[list[float]], others: tuple[float | None, ...] = (), **more: object) -> Result:
    competitor = MINIGAN if name == "minigan" else PEERS[name]
    loads = others or (0.0,) * len(rounds)
    turns = [Turn(number, seconds, load) for number, (seconds, load) in enumerate(zip(rounds, loads))]
    return Result(competitor, "dcgan28", 64, 2, {}, turns=turns, tolerance=1e-3, **more)


def test_a_ratio_is_that_of_each_round():
    minigan = result("minigan", [[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])
    peer = result("jax", [[2.0, 2.0], [4.0, 4.0], [8.0, 800.0]])
    assert peer.ratio(minigan).median == 2.0
    assert peer.seconds.median == 4.0


def test_only_quiet_turns_count_where_there_are_some():
    minigan = result("minigan", [[1.0], [9.0], [1.0]], others=(0.0, 0.5, 0.05))
    peer = result("jax", [[3.0], [4.0], [7.0]], others=(0.0, 0.0, 0.9))
    assert minigan.seconds.median == 1.0
    assert peer.seconds.median == 3.5
    assert peer.ratio(minigan).median == 3.0  # of the first round, the only one that is quiet for both


def test_all_turns_count_where_none_is_quiet():
    minigan = result("minigan", [[1.0], [2.0]], others=(0.5, 0.5))
    peer = result("jax", [[3.0], [6.0]], others=(0.5, 0.5))
    assert peer.ratio(minigan).median == 3.0
    assert peer.seconds.median == 4.5
    assert "This machine was never quiet" in " ".join(notes([minigan, peer], 2))


def test_where_the_system_reports_no_load_every_turn_is_quiet():
    assert len(result("minigan", [[1.0], [2.0]], others=(None, None)).quiet) == 2


def test_too_few_quiet_turns_are_told():
    minigan = result("minigan", [[1.0], [2.0]], others=(0.0, 0.5))
    peer = result("jax", [[3.0], [6.0]], others=(0.5, 0.5))
    found = " ".join(notes([minigan, peer], 2))
    assert "Fewer quiet turns than 2 within the time: minigan (1)." in found
    assert "Never quiet, so that all turns count: JAX." in found


class FakeSystem:
    """A clock, and workers whose turns take a minute, with a load by others that is given for each."""

    def __init__(self) -> None:
        self.now, self.turns = 0.0, []

    def worker(self, name: str, *loads: float) -> Started:
        system, left = self, list(loads)

        class FakeWorker:
            def run(self, steps: int) -> dict:
                system.now += 60
                system.turns.append(name)
                if not left:
                    raise WorkerError("no luck today")
                return {"seconds": [9.0] + [1.0] * (steps - 1), "others": left.pop(0)}

        return Started(result(name, []), FakeWorker(), 2)

    def take_turns(self, *started: Started, quiet: int = 2, minutes: float = 99) -> list[int]:
        take_turns(started, RunPlan(quiet, minutes, 1, 0, 1, 0), Progress(), lambda: self.now)
        return [len(one.result.quiet) for one in started]


def test_turns_go_on_until_there_are_enough_quiet_ones():
    system = FakeSystem()
    assert system.take_turns(system.worker("minigan", 0, 1, 1, 0)) == [2]
    assert system.now == 240


def test_who_has_enough_quiet_turns_rests_but_minigan_is_measured_beside_the_others():
    system = FakeSystem()
    started = [system.worker("minigan", 0, 0, 0), system.worker("jax", 0, 1, 0), system.worker("chainer", 0, 0)]
    assert system.take_turns(*started) == [3, 2, 2]
    assert system.turns == ["minigan", "jax", "chainer"] * 2 + ["minigan", "jax"]
    assert started[0].result.turns[0].seconds == [1.0, 1.0]


def test_a_round_counts_only_if_minigan_was_quiet_too():
    system = FakeSystem()
    assert system.take_turns(system.worker("minigan", 1, 0, 0), system.worker("jax", 0, 0, 0)) == [2, 3]


def test_the_round_in_which_the_time_ends_is_the_last():
    system = FakeSystem()
    assert system.take_turns(system.worker("minigan", 1, 1, 1), system.worker("jax", 1, 1, 1), minutes=3) == [0, 0]
    assert system.now == 240


def test_the_others_go_on_where_one_fails():
    system = FakeSystem()
    minigan, peer = system.worker("minigan"), system.worker("jax", 0, 0)
    assert system.take_turns(minigan, peer) == [0, 2]
    assert minigan.result.error == "failed: no luck today"


def test_a_result_without_times_has_a_row():
    minigan = result("minigan", [[0.1]])
    others = [result("jax", [], error="not installed: jax"), result("chainer", [[0.3]], difference=0.5)]
    lines = table([minigan, *others])
    assert lines.row_count == 3
    assert not failed(minigan)
    assert not failed(others[0])
    assert failed(others[1])
    assert others[0].record(minigan)["seconds"] is None
    assert others[1].record(minigan)["ratio"]["median"] == pytest.approx(3.0)


def test_nothing_is_compared_with_a_minigan_that_failed():
    minigan = result("minigan", [], error="failed: out of memory")
    peer = result("jax", [[0.3]])
    assert table([minigan, peer]).row_count == 2
    assert peer.record(minigan)["ratio"] is None
