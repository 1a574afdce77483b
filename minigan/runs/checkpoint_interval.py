"""How often a run saves a checkpoint."""

import re
import time

from minigan.errors import ConfigError
from minigan.numbers import count_of

__all__ = ["CheckpointInterval"]

MINUTES = re.compile(r"([0-9]+(?:\.[0-9]+)?) *min")


class CheckpointInterval:
    """Decides when the next checkpoint is due.

    Parameters
    ----------
    every : int, str or None
        A number of steps; a number of minutes, such as ``"10min"``; None for the end of each epoch.

    Raises
    ------
    ConfigError
        `every` is a text of another form, or no whole number of at least 1.

    Examples
    --------
    >>> hundred = CheckpointInterval(100)
    >>> hundred.due(99), hundred.due(100)
    (False, True)
    """

    def __init__(self, every: int | str | None) -> None:
        self.steps = None if every is None or isinstance(every, str) else count_of("every", every)
        self.seconds = None
        if isinstance(every, str):
            found = MINUTES.fullmatch(every.strip())
            if found is None or not float(found[1]):
                raise ConfigError(f"expected a number of steps, or of minutes such as 10min, got {every!r}")
            self.seconds = 60 * float(found[1])
        self.saved(0)

    def saved(self, step: int) -> None:
        """Start counting again at this step, where a checkpoint was saved."""
        self.step, self.time = step, time.perf_counter()

    def due(self, step: int, epoch_ended: bool = False) -> bool:
        """Whether a checkpoint should be saved after this step."""
        if self.seconds is not None:
            return time.perf_counter() - self.time >= self.seconds
        return epoch_ended if self.steps is None else step - self.step >= self.steps
