"""My own pictures: train on a folder of colour pictures of any sizes, and look at what comes out.

    python own_pictures.py FOLDER --epochs 60      trains on your pictures
    python own_pictures.py                         draws 200 balls into the folder balls, and takes a few steps on them

It writes the folder of a run, runs/my-pictures, and samples.png.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import minigan as mg


def make_pictures(folder, count=200):
    """Balls in many colours before a sky, each in a file of its own; they are larger than 64x64 and not square."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        picture = Image.new("RGB", (120, 90), tuple(rng.integers(150, 230, 3).tolist()))
        radius = int(rng.integers(15, 35))
        x, y = int(rng.integers(40, 80)), int(rng.integers(35, 55))
        colour = tuple(rng.integers(0, 256, 3).tolist())
        ImageDraw.Draw(picture).ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
        picture.save(folder / f"{number}.png")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of pictures")
    parser.add_argument("--epochs", type=int, default=60, help="passes over the pictures")
    parser.add_argument("--out", type=Path, default=Path("runs/my-pictures"), help="the new folder of the run")
    options = parser.parse_args()

    settings = {"model": "dcgan64-small", "batch_size": 16}
    if options.folder is None:
        make_pictures(Path("balls"))
        config = mg.TrainConfig(data="folder:balls", steps=6, generator_filters=(64, 32, 16, 8), **settings)
    else:
        config = mg.TrainConfig(data=f"folder:{options.folder}", epochs=options.epochs, **settings)

    # Look before you train: this is what the networks will see.
    data = mg.data.load(config.data, image_size=(64, 64), channels=3)
    print(data)
    mg.plots.save_grid("pictures.png", data.batch(slice(16)), (-1, 1))

    # NotebookProgress shows the run in a notebook, and prints lines elsewhere. Ctrl-C ends a run and saves it.
    mg.runs.train_run(config, options.out, mg.runs.NotebookProgress())

    # The run is in its folder: load it at any time.
    config, gan = mg.runs.load_run(options.out)
    noise = mg.models.draw_noise(mg.Stream(0, "samples"), 16, gan.latent_size, config.noise)
    mg.plots.save_grid("samples.png", gan.generator.predict(noise), gan.output_range)
    print("Wrote pictures.png and samples.png")


if __name__ == "__main__":
    main()
