"""D on real and on generated examples."""

from typing import Any

import numpy as np

from minigan.lab.session_like import SessionLike
from minigan.lab.views.kinds import kind_of
from minigan.lab.views.options import count_option
from minigan.lab.views.outputs import MOST, generated, judged, real_batch
from minigan.plots.points import gives_probabilities

__all__ = ["histogram"]

#: Examples of either, by default: a D of images takes longer.
COUNTS = {"line": 500, "points": 500, "images": 64}


def histogram(session: SessionLike, count: int | None = None, bins: int = 30) -> dict[str, Any]:
    """How D judges real and generated examples: the fractions of either in each bin of D's scale.

    The further the two histograms are apart, the better D distinguishes them. Both networks run in inference mode.

    Parameters
    ----------
    session : SessionLike
    count : int, optional
        Examples of either; default: 500, and 64 for images.
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
    low, high = (0.0, 1.0) if probability else (float(min(real.min(), fake.min())), float(max(real.max(), fake.max())))
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    shares = {name: np.histogram(values, edges)[0] / len(values) for name, values in (("real", real), ("fake", fake))}
    return {"edges": edges, **shares, "probability": probability}
