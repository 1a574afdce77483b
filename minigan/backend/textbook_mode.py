"""Textbook mode: what is read in the layer files is what runs.

By default a network runs neighbouring layers as one fused step, a kernel runs as its fast twin, and two passes may run
at the same time on two threads. In textbook mode the layer files run one by one, on the reference kernels, one pass
after the other. The results are the same but for rounding; it takes several times as long.
"""

import os
from types import TracebackType

from minigan.errors import ConfigError

__all__ = ["TextbookSetting", "is_textbook", "textbook"]

VARIABLE = "MINIGAN_TEXTBOOK"

#: The setting of this process; None until it is first asked for.
_on: bool | None = None


class TextbookSetting:
    """What `textbook` returns: as a context manager it restores the former setting at the end of the block."""

    def __init__(self, before: bool) -> None:
        self.before = before

    def __enter__(self) -> "TextbookSetting":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        textbook(self.before)


def textbook(on: bool = True) -> TextbookSetting:
    """Switch textbook mode on or off, for the process or for a ``with`` block.

    ``textbook()`` alone lasts until it is called again; ``with textbook():`` lasts for the block. It applies to
    networks that were built before, too. The environment variable ``MINIGAN_TEXTBOOK=1`` switches it on from the start.

    Examples
    --------
    >>> import numpy as np
    >>> import minigan as mg
    >>> network = mg.Sequential([mg.layers.Dense(8, activation="relu"), mg.layers.Dense(1)])
    >>> network.build((2,), seed=0)
    (1,)
    >>> with mg.backend.textbook():
    ...     y, caches = network.forward(np.ones((3, 2), np.float32))
    >>> type(caches[0]).__name__
    'AffineCache'
    """
    global _on
    before, _on = is_textbook(), bool(on)
    return TextbookSetting(before)


def is_textbook() -> bool:
    """Whether textbook mode is on.

    Raises
    ------
    ConfigError
        ``MINIGAN_TEXTBOOK`` is neither 0 nor 1.
    """
    global _on
    if _on is None:
        setting = os.environ.get(VARIABLE, "0")
        if setting not in ("0", "1"):
            raise ConfigError(f"{VARIABLE}: expected 0 or 1, got {setting!r}")
        _on = setting == "1"
    return _on
