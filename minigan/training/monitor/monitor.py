"""Watches a run, and says in words what happens in it.

===============  ===================================================================================================
kind             what is seen
===============  ===================================================================================================
D winning        D is nearly always right, for long; told sooner where G's gradient has vanished as well
D beaten         D is right less often than a coin, or takes nearly all generated images for real
accuracy at 50%  D was better once, and has come to rest at half
mode collapse    the samples are much closer to each other than real images are, at two looks
oscillation      D's accuracy swings widely and slowly, again and again
exploding        losses or gradients are far above all that they were when the run began
===============  ===================================================================================================

What it remembers of a run is in `minigan.training.monitor.statistics`, and the limits are in
`minigan.training.monitor.detectors`.
"""

from minigan.errors import ConfigError
from minigan.training.events import Diversity, Event, Notice, StepEnd
from minigan.training.monitor.detectors import WATCHES, Collapse, Equilibrium
from minigan.training.monitor.statistics import Course

__all__ = ["Monitor"]


class Monitor:
    """Reads the events of a run one by one, and reports what a person should know.

    Parameters
    ----------
    batch_size : int
        Real images in a step: how much the numbers of one step say.
    accuracy : bool
        D's accuracy means something. False for a Wasserstein critic, which has no decision threshold: then nothing is
        said of who is winning, D's loss is watched for swings in the place of its accuracy, and a loss may have any
        size.
    blurred : int
        The step until which D sees through noise. That it cannot tell images apart says nothing before.

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
    >>> monitor(Diversity(step=1000, generated=2.5, real=10.0))  # it may pass
    []
    >>> [notice] = monitor(Diversity(step=2000, generated=1.5, real=10.0))
    >>> notice.kind
    'mode collapse'
    >>> print(notice.text.split(". ")[0])
    Two generated samples are on average 15% as far apart as two real ones: G makes much the same of every noise
    >>> monitor(Diversity(step=3000, generated=1.5, real=10.0))  # once is enough
    []
    """

    def __init__(self, batch_size: int, accuracy: bool = True, blurred: int = 0) -> None:
        if batch_size < 1:
            raise ConfigError(f"expected batch_size to be at least 1, got {batch_size!r}")
        self.course = Course(batch_size, accuracy, blurred)
        self.watches = [watch(batch_size) for watch in (WATCHES if accuracy else WATCHES[:2])]
        self.collapse = Collapse(batch_size)

    def __call__(self, event: Event) -> list[Notice]:
        """What there is to say after this event: mostly nothing."""
        if isinstance(event, StepEnd):
            self.course.add(event)
            watches = self.watches
        elif isinstance(event, Diversity) and event.step > self.course.beginning and event.real > 0:
            self.course.diversity = event.generated / event.real
            watches = [self.collapse]
        else:
            return []
        texts = ((watch.kind, watch(self.course)) for watch in watches)
        return [Notice(event.step, kind, text) for kind, text in texts if text is not None]

    @property
    def converged(self) -> bool:
        """D's accuracy rests at 50%: its feedback is noise. True from the notice until this has changed."""
        return any(isinstance(watch, Equilibrium) and watch.told for watch in self.watches)
