"""Ctrl-C: stop between two steps instead of inside one."""

import signal
import threading
from types import FrameType, TracebackType

__all__ = ["StopRequest"]


class StopRequest:
    """While the block runs, the first Ctrl-C (or termination signal) only sets `asked`; a second one interrupts.

    An interrupt in the middle of an update would leave half of the weights updated.

    Attributes
    ----------
    asked : int
        The signal's number; 0 as long as there was none.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self.asked = 0

    def __enter__(self) -> "StopRequest":
        self.before = {}
        # Only the main thread may set handlers; elsewhere there is no Ctrl-C to catch.
        if threading.current_thread() is threading.main_thread():
            self.before = {number: signal.signal(number, self._ask) for number in self.SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
        self.before = {}
