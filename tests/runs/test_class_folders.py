"""Digits as pictures of 28x40 in class folders: a conditional run draws the digit that is asked for by its name."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import backend, data
from minigan.metrics.classifier import digit_classifier
from minigan.metrics.frechet_digits import digit_features
from minigan.models import draw_noise
from minigan.random import Stream
from minigan.runs import TrainConfig, load_run, train_run
from minigan.runs.sample import class_number

#: The classes in the order of the letters: not that of the digits.
NAMES = {0: "zero", 1: "one", 3: "three", 4: "four", 7: "seven"}

#: Steps of the training, about a minute on two cores.
STEPS = 1200

#: Columns of the digits in the pictures.
PLACE = slice(6, 34)


def tree(folder: Path, each: int) -> Path:
    """A folder of each of some digits, in pictures that are wider than high."""
    digits = data.load("digits")
    for digit, name in NAMES.items():
        (folder / name).mkdir(parents=True)
        for number, image in enumerate(digits.images[digits.labels == digit][:each, :, :, 0]):
            wide = np.zeros((28, 40), np.uint8)
            wide[:, PLACE] = image
            Image.fromarray(wide).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.slow
def test_the_class_that_is_asked_for_is_drawn(tmp_path, no_curves):
    config = TrainConfig(
        data=f"folder:{tree(tmp_path / 'digits', 500)}",
        image_size=(28, 40),
        conditional=True,
        generator_filters=(48, 24),
        discriminator_filters=(16, 32, 64),
        batch_size=32,
        steps=STEPS,
        average=0.99,
    )
    train_run(config, tmp_path / "run")
    kept, gan = load_run(tmp_path / "run")
    assert kept.class_names == ("four", "one", "seven", "three", "zero")
    right = {}
    for digit, name in NAMES.items():
        noise = draw_noise(Stream(0, "test"), 200, gan.latent_size, kept.noise)
        labels = backend.asarray(np.full(200, class_number(name, gan.classes, kept.class_names)))
        images = backend.asnumpy(gan.generator.predict(noise, labels=labels))[:, :, PLACE]
        shown = digit_classifier().classes(digit_features(np.clip((images + 1) / 2, 0, 1), (0, 1)))
        right[name] = float(np.mean(shown == digit))
    assert min(right.values()) >= 0.8, right
    assert np.mean([*right.values()]) >= 0.9, right
