"""Draw the pictures of the page on the first run: ``python docs/figures/first_run.py``, in minutes.

They are files of the run ``minigan train``: samples of some epochs, in one picture, and ``losses.png``.
"""

import tempfile
from pathlib import Path

from PIL import Image

from minigan.io.atomic_write import atomic_path
from minigan.runs import TrainConfig, train_run

IMAGES = Path(__file__).resolve().parents[1] / "images"

#: Epochs whose samples are shown; digits of each in a row and rows, and the space between two epochs, in pixels.
EPOCHS, SIDE, SPACE = (0, 1, 2, 5), 4, 12


def main() -> None:
    """Train as ``minigan train`` does."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        train_run(TrainConfig(), run)
        with atomic_path(IMAGES / "first-run-losses.png") as temporary:  # in fewer colours: a third of the size
            Image.open(run / "losses.png").convert("RGB").quantize(64).save(temporary, "PNG", optimize=True)
        paths = [run / "samples" / "start.png", *sorted((run / "samples").glob("epoch-*.png"))]
        pictures = [Image.open(path) for path in paths]
        side = pictures[0].width * SIDE // 8
        row = Image.new("L", (len(EPOCHS) * (side + SPACE) - SPACE, side), 255)
        for place, epoch in enumerate(EPOCHS):
            row.paste(pictures[epoch].crop((0, 0, side, side)), (place * (side + SPACE), 0))
        with atomic_path(IMAGES / "first-run-samples.png") as temporary:
            row.save(temporary, "PNG", optimize=True)


if __name__ == "__main__":
    main()
