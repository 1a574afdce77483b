"""What is measured of the samples during training, every some rounds: it changes nothing, and takes little time."""

import numpy as np

from minigan import backend
from minigan.lab.history import Quality
from minigan.lab.session_like import SessionLike
from minigan.lab.views.quality import quality
from minigan.models import classes_in_turn, draw_noise
from minigan.random import Stream
from minigan.training.events import Diversity
from minigan.training.sample_grid import mean_distance
from minigan.training.trainer import Trainer

__all__ = ["DIVERSITY_EVERY", "QUALITY_EVERY", "DiversityMeter", "measure_quality"]

#: Rounds between two measurements of the diversity of the samples, and how many samples are compared.
DIVERSITY_EVERY, SAMPLES = 200, 64

#: Rounds between two measurements of how good points are, and how many points are made for it.
QUALITY_EVERY, POINTS = 50, 1_000


class DiversityMeter:
    """Measures how far apart the samples are, always from the same noise, by which the monitor sees a mode collapse.

    Parameters
    ----------
    trainer : Trainer
    seed : int
    """

    def __init__(self, trainer: Trainer, seed: int) -> None:
        self.trainer, gan = trainer, trainer.gan
        self.noise = draw_noise(Stream(seed, "samples"), SAMPLES, gan.latent_size, trainer.noise)
        self.classes = classes_in_turn(SAMPLES, gan.classes)
        chosen = Stream(seed, "real samples").permutation(len(trainer.data))[:SAMPLES]
        self.real = mean_distance(backend.asnumpy(trainer.data.batch(chosen, gan.output_range)))

    def __call__(self) -> Diversity:
        """The mean distance of two samples now, and that of two real examples."""
        with np.errstate(all="ignore"):  # the training itself refuses what is not finite
            samples = self.trainer.gan.generator.predict(self.noise, labels=self.classes)
        return Diversity(self.trainer.step, mean_distance(backend.asnumpy(samples)), self.real)


def measure_quality(session: SessionLike) -> Quality:
    """How good the points are now, for the curves."""
    found = quality(session, count=POINTS)
    modes, good = (np.nan if found[name] is None else float(found[name]) for name in ("modes", "good"))
    return Quality(session.trainer.step, found["kl"], found["js"], modes, good)
