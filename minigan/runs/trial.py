"""A trial step before a run begins: what only a step can find out refuses the run while nothing is written."""

import copy
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import numpy as np

from minigan import models
from minigan.data import Dataset, Points
from minigan.errors import NonFiniteError
from minigan.runs.build import RunParts, make_trainer

__all__ = ["try_step"]

#: Examples in the trial, if the batch has more. One alone would not do: layers that need a batch refuse it.
EXAMPLES = 2


def try_step(parts: RunParts) -> None:
    """Take one step of both networks on two examples, with networks, optimizers and streams of its own.

    The settings of a run may name a penalty that does not fit the discriminator, or a batch that is too small for a
    layer, and an edited layer may be wrong: that is found by the passes themselves. Numbers do not matter here. A loss
    or a weight that is not finite is for the run itself to report, with its files.

    Parameters
    ----------
    parts : RunParts
        Not changed.

    Raises
    ------
    MiniganError
        A step cannot be taken.
    """
    config = replace(
        parts.config,
        batch_size=min(parts.config.batch_size, EXAMPLES),
        d_steps=1,
        g_steps=1,
        count_in="batches",
    )
    gan = models.build(config.model, config.seed, **config.model_options())
    with quiet(), suppress(NonFiniteError), np.errstate(all="ignore"):
        trainer = make_trainer(config, gan, first(parts.trainer.data, config.batch_size))
        trainer.graph_rounds = None  # a step that fails inside of a recording says less
        for _ in trainer.run_round(1):
            pass


def first(dataset: Dataset | Points, count: int) -> Dataset | Points:
    """The first examples of the data."""
    few, name = copy.copy(dataset), "images" if isinstance(dataset, Dataset) else "points"
    setattr(few, name, getattr(dataset, name)[:count])
    if dataset.labels is not None:
        few.labels = dataset.labels[:count]
    return few


@contextmanager
def quiet() -> Iterator[None]:
    """A block in which no warning is logged: the run's own trainer has logged it already."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
