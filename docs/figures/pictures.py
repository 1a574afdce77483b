"""Draw the pictures of the page on pictures: ``python docs/figures/pictures.py [digits] [classes] [ring] [gaussian]``.

Nothing in them is sketched: each group trains the networks that it shows, the first two in minutes.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import minigan as mg
from minigan import plots
from minigan.plots.run import draw_run
from minigan.training import StepEnd, TrainConfig, train_run

IMAGES = Path(__file__).resolve().parents[1] / "images"


def digits() -> None:
    """A run on the embedded digits, and all that ``minigan plot`` draws of it."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        train_run(TrainConfig(steps=900), run)
        for path in draw_run(run):
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


def film(name: str, data: str, model: str, steps: int, rate: float) -> None:
    """A film of a GAN of points, in eight frames."""
    gan, points = mg.models.build(model), mg.data.load(data)
    loss, seen = mg.losses.get("non-saturating"), np.geomspace(steps / 100, steps, 7).astype(int)
    rules = [mg.optimizers.Adam(rate, beta_1=0.5) for _ in range(2)]
    trainer = mg.Trainer(
        gan, points, loss=loss, g_optimizer=rules[0], d_optimizer=rules[1], batch_size=128, noise="normal"
    )
    view = plots.PointsView(gan, loss, points, "normal")
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
    film("plane", "ring", "mlp2d", 3000, 1e-3)


def gaussian() -> None:
    """A normal distribution on the line."""
    film("figure1", "gaussian", "mlp1d", 2000, 1e-3)


if __name__ == "__main__":
    groups = {"digits": digits, "classes": classes, "ring": ring, "gaussian": gaussian}
    for chosen in sys.argv[1:] or groups:
        groups[chosen]()
        print(f"Drew {chosen}")
