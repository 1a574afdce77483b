"""Signals while a run trains: stop, or save, between two steps instead of inside one."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, ClassVar, Self

__all__ = ["ON_SAVE", "SaveRequest", "StopRequest"]

#: What a run does at the signal that asks for a checkpoint: save and go on, or save and stop.
ON_SAVE = ("save", "stop")


class Request:
    """A block in which signals only set `asked`: an interrupt inside an update would leave half of the weights updated.

    Only the main thread may set handlers: in another thread, and for signals that the platform does not have, nothing
    is caught. After the block every signal is handled as before it.

    Attributes
    ----------
    asked : int
        The signal's number; 0 as long as there was none.
    """

    #: The names of the signals; a platform may lack some.
    NAMES: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self.asked = 0

    def __enter__(self) -> Self:
        self.before: dict[signal.Signals, Any] = {}
        if threading.current_thread() is threading.main_thread():
            found = {number: signal.getsignal(number) for number in signals(*self.NAMES)}
            self.before = {number: handler for number, handler in found.items() if self.catches(handler)}
        for number in self.before:
            signal.signal(number, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
        self.before = {}

    def catches(self, handler: object) -> bool:
        """Whether a signal with this handler is caught: none that is ignored, or handled outside of Python (None)."""
        return handler is not None and handler != signal.SIG_IGN

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = number


class StopRequest(Request):
    """While the block runs, the first signal that asks to stop only sets `asked`; a second one interrupts at once.

    These are Ctrl-C (SIGINT; on Windows also Ctrl-Break), SIGTERM, and SIGHUP, which comes when the terminal is gone.
    A signal that is ignored stays ignored: ``nohup`` ignores SIGHUP, and a shell's script ignores SIGINT in a
    background process.
    """

    NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")

    def _ask(self, number: int, frame: FrameType | None) -> None:
        super()._ask(number, frame)
        # SIGHUP often comes together with another: from the kernel and the shell, or from systemd after a SIGTERM. It
        # alone is no sign of a person who does not want to wait.
        hang_up = signals("SIGHUP")
        for caught, handler in self.before.items():
            if caught not in hang_up:
                signal.signal(caught, handler)


class SaveRequest(Request):
    """While the block runs, SIGUSR1 sets `asked`; without the block it would end the process.

    A program that handles the signal itself keeps its handler.
    """

    NAMES = ("SIGUSR1",)

    def catches(self, handler: object) -> bool:
        return handler == signal.SIG_DFL

    def take(self) -> int:
        """The signal's number, once for each signal; 0 if there was none since the last call."""
        asked, self.asked = self.asked, 0
        return asked


def signals(*names: str) -> list[signal.Signals]:
    """The signals of these names that the platform has."""
    return [getattr(signal, name) for name in names if hasattr(signal, name)]
