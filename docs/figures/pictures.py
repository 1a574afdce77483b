"""Draw the pictures of the page on pictures: ``python docs/figures/pictures.py [digits] [classes] [ring] [gaussian]``.

Nothing in them is sketched: each group trains the networks that it shows, the first two in minutes.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import minigan as mg
from minigan import plots
from minigan.runs import TrainConfig, train_run
from minigan.runs.build import make_trainer
from minigan.runs.plot import draw_run
from minigan.training import StepEnd

IMAGES = Path(__file__).resolve().parents[1] / "images"


def digits() -> None:
    """A short run on the embedded digits, and what ``minigan plot`` draws of it."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        train_run(TrainConfig(steps=600), run)
        for path in draw_run(run, kinds=["neighbours", "walk", "losses", "histogram", "gradients"]):
            if path.stem != "walk-linear":  # one walk is enough for a page
                path.replace(IMAGES / f"plot-{path.name}")


def classes() -> None:
    """Digits by their class."""
    gan = mg.models.build("dcgan28", classes=10)
    for _ in mg.Trainer(gan, mg.data.load("digits")).train(steps=900):
        pass
    labels = np.repeat(np.arange(10), 10)
    noise = mg.Stream(0, "figure").uniform((100, gan.latent_size), -1.0, 1.0)
    images = gan.generator.predict(noise, labels=labels).reshape(10, 10, *gan.image_shape)
    plots.save_classes(IMAGES / "plot-classes.png", images, (-1.0, 1.0))


def film(name: str, config: TrainConfig) -> None:
    """A film of a GAN of points, in eight frames."""
    gan, points = mg.models.build(config.model, config.seed), mg.data.load(config.data)
    trainer, steps = make_trainer(config, gan, points), config.steps
    seen = np.geomspace(steps / 100, steps, 7).astype(int)
    view = plots.PointsView(gan, trainer.loss, points, config.noise)
    with tempfile.TemporaryDirectory() as folder:
        frames = [Path(folder) / "0.png"]
        view.save(frames[0], "step 0")
        for event in trainer.train(steps=steps):
            if isinstance(event, StepEnd) and event.step in seen:
                frames.append(Path(folder) / f"{event.step}.png")
                view.save(frames[-1], f"step {event.step}")
        plots.save_film(IMAGES / f"plot-{name}.gif", frames, seconds=8)


def ring() -> None:
    """Eight normal distributions in the plane."""
    settings = {"learning_rate": 1e-3, "batch_size": 128, "noise": "normal", "steps": 3000}
    film("plane", TrainConfig(model="mlp2d", data="ring", **settings))


def gaussian() -> None:
    """A normal distribution on the line; D is kept near its optimum, as in the paper's figure."""
    settings = {"learning_rate": "1e-3 -> 1e-6 over 1500", "batch_size": 128, "noise": "normal", "steps": 1500}
    film("figure1", TrainConfig(model="mlp1d", data="gaussian", d_steps=3, **settings))


if __name__ == "__main__":
    groups = {"digits": digits, "classes": classes, "ring": ring, "gaussian": gaussian}
    for chosen in sys.argv[1:] or groups:
        groups[chosen]()
        print(f"Drew {chosen}")
