"""Monitors a run, and reports in words what goes wrong in it.

===============  ===================================================================================================
kind             meaning
===============  ===================================================================================================
D winning        D is nearly always right, for long; reported sooner if G's gradient has vanished as well
D beaten         D is right less often than a coin, or takes nearly all generated images for real
accuracy at 50%  D was better before, and now stays at half
mode collapse    the samples are much closer to each other than real images are, at two measurements in a row
oscillation      D's accuracy swings widely and slowly, again and again
exploding        losses or gradients are far above their highest values at the beginning of the run
===============  ===================================================================================================

Its running statistics are in `minigan.training.monitor.statistics`, the limits in `minigan.training.monitor.detectors`.
"""

from typing import Any

from minigan.errors import ConfigError
from minigan.training.events import Diversity, Event, Notice, StepEnd
from minigan.training.monitor.detectors import DETECTORS, Detector, Equilibrium, ModeCollapse
from minigan.training.monitor.statistics import RunStatistics

__all__ = ["Monitor"]


class Monitor:
    """Reads the events of a run one by one, and reports what a person should know.

    Parameters
    ----------
    batch_size : int
        Real images in a step, on which the noise of a step's numbers depends.
    accuracy : bool
        D's accuracy means something. False for a Wasserstein critic, which has no decision threshold: then it is not
        reported who is winning, oscillations are those of D's loss, and a loss may have any size.
    noise_until : int
        The step until which D sees through noise. Before, an accuracy of 50% means nothing.

    Raises
    ------
    ConfigError
        `batch_size` is less than 1.

    Notes
    -----
    A step costs some tens of microseconds, and the memory is constant.

    Examples
    --------
    >>> from minigan.training.events import Diversity
    >>> monitor = Monitor(batch_size=16)
    >>> monitor(Diversity(step=1000, generated=2.5, real=10.0))  # it may improve
    []
    >>> [notice] = monitor(Diversity(step=2000, generated=1.5, real=10.0))
    >>> notice.kind
    'mode collapse'
    >>> print(notice.text.split(". ")[0])
    Two generated samples are on average 15% as far apart as two real ones: G makes much the same of every noise
    >>> monitor(Diversity(step=3000, generated=1.5, real=10.0))  # once is enough
    []
    """

    def __init__(self, batch_size: int, accuracy: bool = True, noise_until: int = 0) -> None:
        if batch_size < 1:
            raise ConfigError(f"expected batch_size to be at least 1, got {batch_size!r}")
        self.statistics = RunStatistics(batch_size, accuracy, noise_until)
        self.detectors: list[Detector] = [kind(batch_size) for kind in (DETECTORS if accuracy else DETECTORS[:2])]
        self.mode_collapse = ModeCollapse(batch_size)

    def __repr__(self) -> str:
        found = self.statistics
        return f"Monitor(accuracy={found.has_accuracy}, noise_until={found.noise_until}, steps={found.steps})"

    def __call__(self, event: Event) -> list[Notice]:
        """The notices that are due after this event: mostly none."""
        detectors: list[Detector]
        if isinstance(event, StepEnd):
            self.statistics.add(event)
            detectors = self.detectors
        elif isinstance(event, Diversity) and event.step > self.statistics.beginning and event.real > 0:
            self.statistics.diversity = event.generated / event.real
            detectors = [self.mode_collapse]
        else:
            return []
        texts = ((detector.kind, detector(self.statistics)) for detector in detectors)
        return [Notice(event.step, kind, text) for kind, text in texts if text is not None]

    @property
    def converged(self) -> bool:
        """D's accuracy stays at 50%: its feedback is noise. True from the notice until this has changed."""
        return any(isinstance(detector, Equilibrium) and detector.reported for detector in self.detectors)

    def state(self) -> dict[str, Any]:
        """For a checkpoint: ``statistics``, and ``detectors``, each under its kind."""
        detectors = {detector.kind: detector.state() for detector in (*self.detectors, self.mode_collapse)}
        return {"statistics": self.statistics.state(), "detectors": detectors}

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.statistics.load_state(state["statistics"])
        for detector in (*self.detectors, self.mode_collapse):
            detector.load_state(state["detectors"][detector.kind])
