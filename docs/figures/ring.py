"""Draw games and penalties on the ring: ``python docs/figures/ring.py [NAME ...]``, some two minutes each.

All are trained as `minigan train --model mlp2d --data ring` does, but for the loss or the penalty and without the noise
on what D sees: the picture shows what the game does alone. A penalty goes with the game of its paper.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from minigan.io.atomic_write import atomic_path
from minigan.runs import TrainConfig, train_run

IMAGES = Path(__file__).resolve().parents[1] / "images"

#: Parts of a run after which the ring is shown, and the side of a panel in pixels.
MOMENTS, SIDE = (0.04, 0.3, 1.0), 520

#: What all share; a critic takes five steps for one of G, in as many steps of its own.
PLAIN: dict[str, Any] = {"instance_noise": 0.0, "instance_noise_steps": None, "average": None}
SHORT = {"steps": 6000, "learning_rate": "0.002 -> 1e-06 over 6000 cosine"}
CRITIC = {"steps": 2400, "learning_rate": "0.001 -> 1e-06 over 2400 cosine", "momentum": 0.0, "d_steps": 5}

GAMES: dict[str, dict[str, Any]] = {
    "minimax": {"loss": "minimax", **SHORT},
    "non-saturating": {"loss": "non-saturating", **SHORT},
    "least-squares": {"loss": "least-squares", **SHORT},
    "hinge": {"loss": "hinge", **SHORT},
    "wasserstein": {"loss": "wasserstein", **CRITIC},
    "wgan-gp": {"loss": "wasserstein", "penalty": "wgan-gp", **CRITIC},
    "dragan": {"loss": "non-saturating", "penalty": "dragan", **SHORT},
    "r1": {"loss": "non-saturating", "penalty": "r1", **SHORT},
    "r2": {"loss": "non-saturating", "penalty": "r2", **SHORT},
}


def frames(name: str, folder: Path) -> list[Path]:
    """Train; the run's pictures of the plane at the three moments."""
    train_run(TrainConfig.recommended(model="mlp2d", data="ring", **PLAIN, **GAMES[name]), folder)
    drawn = sorted((folder / "samples").glob("epoch-*.png"))
    return [drawn[round((len(drawn) - 1) * moment)] for moment in MOMENTS]


def side_by_side(paths: list[Path], out: Path) -> None:
    """Pictures of one size in a row."""
    pictures = [Image.open(path).convert("RGB") for path in paths]
    height = round(SIDE * pictures[0].height / pictures[0].width)
    row = Image.new("RGB", (SIDE * len(pictures), height), "white")
    for place, picture in enumerate(pictures):
        row.paste(picture.resize((SIDE, height), Image.Resampling.LANCZOS), (SIDE * place, 0))
    with atomic_path(out) as temporary:
        row.quantize(128).save(temporary, optimize=True)


for chosen in sys.argv[1:] or GAMES:
    with tempfile.TemporaryDirectory() as folder:
        side_by_side(frames(chosen, Path(folder) / "run"), IMAGES / f"ring-{chosen}.png")
