"""The input of all trainings: minigan's initial weights, the data, the order of batches, and noise."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.game import game_of
from benchmarks.problem import save_problem
from minigan.backend import asnumpy
from minigan.data import Dataset
from minigan.io.atomic_write import load_arrays, save_arrays
from minigan.models import draw_noise
from minigan.random import Stream

__all__ = ["LEARNING_RATE", "OUTPUT_RANGE", "RunPlan", "save_run_plan"]

#: Adam's learning rate for both networks, as in `minigan.Trainer`.
LEARNING_RATE = 4e-4

#: The range of dcgan28's images.
OUTPUT_RANGE = (-1.0, 1.0)


class RunPlan(NamedTuple):
    """The plan of each training.

    Attributes
    ----------
    steps : int
        Rounds of training, each a step of D and one of G.
    every : int
        Steps between two measurements.
    batch : int
        Images in a step.
    samples : int
        Number of samples with which the distance is measured.
    """

    steps: int
    every: int
    batch: int
    samples: int

    @property
    def marks(self) -> list[int]:
        """The steps after which samples are drawn: before the first, every `every` steps, and after the last."""
        return [*range(0, self.steps, self.every), self.steps]


def save_run_plan(path: Path, data: Dataset, plan: RunPlan, seed: int, **model: Any) -> None:
    """Write the problem of one seed to an .npz file.

    It has the networks and weights as `benchmarks.problem.save_problem` writes them, the training with `LEARNING_RATE`,
    and

    ===============  ==============================  =============================================================
    `images`         (len(data), H, W, C) float32    all real images, from -1 to 1
    `real`           (turns, batch) int              the images of a step; a row of -1 requests samples
    `noise`          (turns, batch, latent_size)     of that step, float32; zeros where samples are requested
    `fixed_noise`    (samples, latent_size) float32  of the samples
    ===============  ==============================  =============================================================

    Order and noise are those that `minigan.Trainer` draws with this seed.
    """
    save_problem(path, plan.batch, seed, **model)
    arrays = load_arrays(path)
    latent_size = arrays["noise"].shape[-1]
    noise_stream = Stream(seed, "noise")
    order = batch_order(len(data), plan, Stream(seed, "shuffle"))
    noise = np.stack([asnumpy(draw_noise(noise_stream, plan.batch, latent_size)) for _ in order])
    arrays["images"] = asnumpy(data.batch(np.arange(len(data)), OUTPUT_RANGE))
    arrays["real"] = np.insert(order, plan.marks, -1, axis=0)
    arrays["noise"] = np.insert(noise, plan.marks, 0, axis=0)
    arrays["fixed_noise"] = asnumpy(draw_noise(Stream(seed, "samples"), plan.samples, latent_size))
    game = game_of("dcgan28")._replace(g_rate=LEARNING_RATE, d_rate=LEARNING_RATE)
    arrays["game"] = np.array(json.dumps(game._asdict()))
    save_arrays(path, arrays)


def batch_order(total: int, plan: RunPlan, stream: Stream) -> np.ndarray:
    """The images of every step (steps, batch): each pass has a new order, without the last incomplete batch."""
    batches = total // plan.batch
    passes = [
        stream.permutation(total)[: batches * plan.batch].reshape(batches, plan.batch)
        for _ in range(-(-plan.steps // batches))
    ]
    return np.concatenate(passes)[: plan.steps]
