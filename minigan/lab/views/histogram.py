"""D on real and on generated examples."""

from typing import Any

import numpy as np

from minigan.lab.session_like import SessionLike
from minigan.lab.views.kinds import kind_of
from minigan.lab.views.options import count_option
from minigan.lab.views.outputs import MOST, finite, generated, judged, real_batch
from minigan.plots.points import gives_probabilities

__all__ = ["histogram"]

#: Examples of either, by default: a D of images takes longer.
COUNTS = {"line": 500, "points": 500, "images": 32}


def histogram(session: SessionLike, count: int | None = None, bins: int = 30) -> dict[str, Any]:
    """How D judges real and generated examples: the fractions of either in each bin of D's scale.

    The further the two histograms are apart, the better D distinguishes them. Both networks run in inference mode.

    Parameters
    ----------
    session : SessionLike
    count : int, optional
        Examples of either; default: 500, and 32 for images.
    bins : int

    Returns
    -------
    dict
        `edges` has one entry more than `real` and `fake`. Probabilities have the scale from 0 to 1; scores, where
        `probability` is false, that of the values seen.
    """
    count = COUNTS[kind_of(session)] if count is None else count_option("count", count, 1, MOST)
    bins = count_option("bins", bins, 1, 200)
    real, fake = (judged(session, examples) for examples in (real_batch(session, count), generated(session, count)))
    probability = gives_probabilities(session.trainer.loss)
    scores = {"real": finite(real), "fake": finite(fake)}
    edges = np.linspace(*((0.0, 1.0) if probability else ends_of(np.concatenate(list(scores.values())))), bins + 1)
    shares = {name: np.histogram(each, edges)[0] / max(1, len(each)) for name, each in scores.items()}
    return {"edges": edges, **shares, "probability": probability}


def ends_of(scores: np.ndarray) -> tuple[float, float]:
    """The least and the greatest score, a little apart where they are equal; 0 and 1 where there is none."""
    if not len(scores):
        return 0.0, 1.0
    low, high = float(scores.min()), float(scores.max())
    return low, high if high > low else low + max(1.0, abs(low))
