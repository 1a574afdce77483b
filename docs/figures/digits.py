"""Draw the front page's animation of digits that appear: ``python docs/figures/digits.py``, five minutes.

It is the run ``minigan train --epochs 15 --average 0.999``: the default networks, data and settings, but longer, and
with a moving average of the generator's weights. Writes ``_static/digits.webp`` and the last picture,
``_static/digits-still.webp``, for readers who have asked their system for less motion.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

import minigan as mg
from minigan.io.atomic_write import atomic_path
from minigan.models import draw_noise
from minigan.plots.pixels import tile, to_pixels
from minigan.runs import TrainConfig
from minigan.runs.build import make_trainer
from minigan.training import StepEnd

STATIC = Path(__file__).resolve().parents[1] / "_static"

#: Digits in a row, and rows; pixels for each pixel of a digit.
COLUMNS, ROWS, SCALE = 14, 4, 2

#: How long a picture is shown, and the last one, in milliseconds; how well it is kept, from 0 to 100.
SHOWN, LAST, QUALITY = 150, 4000, 30


def sheets() -> Iterator[np.ndarray]:
    """Train, and give the samples of the same noise at times that become rarer."""
    config = TrainConfig(epochs=15, average=0.999)
    data = mg.data.load(config.data)
    gan = mg.models.build(config.model, config.seed)
    trainer = make_trainer(config, gan, data)
    noise = draw_noise(mg.Stream(0, "front page"), COLUMNS * ROWS, gan.latent_size)
    steps = config.epochs * (len(data) // config.batch_size)
    moments = set(
        np.geomspace(20, steps, 39).astype(int)[11:]
    )  # before step 97 there is noise, which makes large files

    def samples() -> np.ndarray:
        with trainer.sampler() as generator:
            return tile(to_pixels(generator.predict(noise), gan.output_range), COLUMNS, gap=0)[:, :, 0]

    yield samples()
    for event in trainer.train(steps=steps):
        if isinstance(event, StepEnd) and event.step in moments:
            yield samples()


def save(pictures: list[np.ndarray]) -> None:
    """The animation, and its last picture alone."""
    size = (SCALE * COLUMNS * 28, SCALE * ROWS * 28)
    frames = [Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC).convert("RGB") for picture in pictures]
    options = {"format": "WEBP", "method": 6}
    with atomic_path(STATIC / "digits.webp") as temporary:
        times = [SHOWN] * (len(frames) - 1) + [LAST]
        frames[0].save(
            temporary, save_all=True, append_images=frames[1:], duration=times, loop=0, quality=QUALITY, **options
        )
    with atomic_path(STATIC / "digits-still.webp") as temporary:
        frames[-1].save(temporary, quality=80, **options)


if __name__ == "__main__":
    save(list(sheets()))
