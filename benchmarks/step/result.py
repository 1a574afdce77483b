"""The result of one competitor: its turns, quiet and disturbed ones, and what is computed from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from benchmarks.competitors import MINIGAN, MINIGAN_NUMPY, PEERS, Competitor
from benchmarks.report import DISTURBED
from benchmarks.summaries import Summary, paired_ratio, summary

__all__ = ["ABSENT", "Result", "Turn", "failed"]

#: How the errors of competitors begin that cannot be measured here, which is no failure.
ABSENT = ("not installed", "does not have")


class Turn(NamedTuple):
    """Some steps of one competitor, one after the other.

    Attributes
    ----------
    round : int
        The round in which it was taken, from 0.
    seconds : list of float
        Of each timed step.
    others : float, optional
        The load by other programs meanwhile, in processors; None where the system does not report it. It also shows
        competitors that are busy between their own turns.
    """

    round: int
    seconds: list[float]
    others: float | None

    @property
    def quiet(self) -> bool:
        """Whether other programs took next to nothing, as far as the system reports it."""
        return self.others is None or self.others <= DISTURBED


@dataclass
class Result:
    """The result of one competitor for one model, at one batch size and one number of threads.

    Attributes
    ----------
    error : str
        The reason if there are no times: the competitor is not installed or has no such model, or it failed.
    difference, tolerance : float
        The largest relative difference of its losses from minigan's, if it was compared, and what is accepted.
    first : float
        Seconds of the first step, compilation included.
    turns : list of Turn
    """

    competitor: Competitor
    model: str
    batch: int
    threads: int
    versions: Mapping[str, str | None] = field(default_factory=dict)
    error: str = ""
    difference: float | None = None
    tolerance: float = 0.0
    first: float = 0.0
    turns: list[Turn] = field(default_factory=list)
    peak_bytes: int | None = None

    @property
    def quiet(self) -> list[Turn]:
        """The quiet turns."""
        return [turn for turn in self.turns if turn.quiet]

    @property
    def seconds(self) -> Summary:
        """The seconds of one step, in quiet turns; in all where none was quiet."""
        return summary([value for turn in self.quiet or self.turns for value in turn.seconds])

    @property
    def differs(self) -> bool:
        """Whether it computes something else than minigan."""
        return self.difference is not None and not self.difference < self.tolerance

    def pairs(self, baseline: "Result", quiet: bool) -> list[tuple[Turn, Turn]]:
        """The turns of the rounds in which both took one, or in which both were quiet."""
        others = {turn.round: turn for turn in baseline.turns}
        found = [(turn, others[turn.round]) for turn in self.turns if turn.round in others]
        return [pair for pair in found if not quiet or all(turn.quiet for turn in pair)]

    def ratio(self, baseline: "Result") -> Summary:
        """The ratio of its times to those of `baseline`, in rounds quiet for both; in all where there are none."""
        pairs = self.pairs(baseline, quiet=True) or self.pairs(baseline, quiet=False)
        return paired_ratio(*zip(*((turn.seconds, other.seconds) for turn, other in pairs)))

    def record(self, baseline: "Result | None") -> dict[str, Any]:
        """All values for the JSON file."""
        timed = bool(self.turns)
        return {
            "name": self.competitor.name,
            "title": self.competitor.title,
            "versions": dict(self.versions),
            "model": self.model,
            "batch": self.batch,
            "threads": self.threads,
            "error": self.error or None,
            "difference": self.difference,
            "tolerance": self.tolerance,
            "seconds": self.seconds._asdict() if timed else None,
            "ratio": self.ratio(baseline)._asdict() if timed and baseline and baseline.turns else None,
            "first_step_seconds": self.first if timed else None,
            "peak_bytes": self.peak_bytes,
            "quiet_turns": len(self.quiet),
            "turns": [turn._asdict() for turn in self.turns],
        }

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "Result":
        """The result that was recorded."""
        known = {"minigan": MINIGAN, "minigan-numpy": MINIGAN_NUMPY, **PEERS}
        kept = ("model", "batch", "threads", "versions", "difference", "tolerance", "peak_bytes")
        return cls(
            known[record["name"]],
            **{name: record[name] for name in kept},
            error=record["error"] or "",
            first=record["first_step_seconds"] or 0.0,
            turns=[Turn(**turn) for turn in record["turns"]],
        )


def failed(result: Result) -> bool:
    """Whether a competitor ran into an error, or computes something else."""
    return result.differs or (bool(result.error) and not result.error.startswith(ABSENT))
