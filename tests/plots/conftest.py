"""What the tests of drawings share: the figure that would have been saved, without the time it takes to paint it."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def drawn(monkeypatch, tmp_path) -> Callable[..., Any]:
    """Call a ``save_`` function with its arguments after the path, and get its figure."""
    from matplotlib.figure import Figure

    def draw(save: Callable[..., Any], *arguments: Any, **options: Any) -> Figure:
        figures: list[Figure] = []
        with monkeypatch.context() as patch:
            patch.setattr(Figure, "savefig", lambda self, *_, **__: figures.append(self))
            save(tmp_path / "drawn.png", *arguments, **options)
        return figures[0]

    return draw
