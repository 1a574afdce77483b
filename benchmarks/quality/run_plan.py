"""What everybody who trains is given: minigan's initial weights, the data, the order of its batches, and noise."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.problem import save_problem
from minigan.backend import asnumpy
from minigan.data import Dataset
from minigan.io.atomic_write import load_arrays, save_arrays
from minigan.models import draw_noise
from minigan.random import Stream

__all__ = ["LEARNING_RATE", "OUTPUT_RANGE", "Course", "save_course"]

#: Adam's, for both networks: that of `minigan.Trainer`.
LEARNING_RATE = 4e-4

#: The values of dcgan28's images.
OUTPUT_RANGE = (-1.0, 1.0)


class Course(NamedTuple):
    """How everybody trains.

    Attributes
    ----------
    steps : int
        Rounds of training, each a step of D and one of G.
    every : int
        Steps between two measurements.
    batch : int
        Images in a step.
    samples : int
        How many of G's images the distance is measured with.
    """

    steps: int
    every: int
    batch: int
    samples: int

    @property
    def marks(self) -> list[int]:
        """The steps after which samples are drawn: before the first, every so often, and after the last."""
        return [*range(0, self.steps, self.every), self.steps]


def save_course(path: Path, data: Dataset, course: Course, seed: int, **model: Any) -> None:
    """Write the problem of one seed to an .npz file.

    Beside the weights, as `benchmarks.problem.save_problem` names them, it has

    ===============  ==============================  =============================================================
    `images`         (len(data), H, W, C) float32    all real images, from -1 to 1
    `real`           (turns, batch) int              which of them a step takes; a row of -1 asks for samples
    `noise`          (turns, batch, latent_size)     of that step, float32; zeros where samples are asked for
    `fixed_noise`    (samples, latent_size) float32  of the samples
    `learning_rate`  ()                              Adam's
    ===============  ==============================  =============================================================

    Order and noise are what `minigan.Trainer` draws by this seed.
    """
    save_problem(path, course.batch, seed, **model)
    arrays = load_arrays(path)
    latent_size = arrays["noise"].shape[-1]
    noises = Stream(seed, "noise")
    order = batch_order(len(data), course, Stream(seed, "shuffle"))
    noise = np.stack([asnumpy(draw_noise(noises, course.batch, latent_size)) for _ in order])
    arrays["images"] = asnumpy(data.batch(np.arange(len(data)), OUTPUT_RANGE))
    arrays["real"] = np.insert(order, course.marks, -1, axis=0)
    arrays["noise"] = np.insert(noise, course.marks, 0, axis=0)
    arrays["fixed_noise"] = asnumpy(draw_noise(Stream(seed, "samples"), course.samples, latent_size))
    arrays["learning_rate"] = np.array(LEARNING_RATE)
    save_arrays(path, arrays)


def batch_order(total: int, course: Course, stream: Stream) -> np.ndarray:
    """The images of every step (steps, batch): a new order at each pass, of which a rest that fills no batch waits."""
    batches = total // course.batch
    passes = [
        stream.permutation(total)[: batches * course.batch].reshape(batches, course.batch)
        for _ in range(-(-course.steps // batches))
    ]
    return np.concatenate(passes)[: course.steps]
