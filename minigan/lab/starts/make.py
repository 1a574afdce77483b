"""Train the starts of the lab: ``python -m minigan.lab.starts.make [NAME ...]``.

The same machine and libraries give the same files, bit for bit; elsewhere roundings differ, and so does the last part
of a long training.
"""

import argparse
import math
from pathlib import Path

import numpy as np

from minigan.io.atomic_write import save_arrays
from minigan.lab.build import build_trainer
from minigan.lab.setup import SetUp
from minigan.lab.starts import STARTS, Start
from minigan.models import GAN

__all__ = ["train"]


def train(start: Start) -> GAN:
    """The networks of a start, trained."""
    trainer = build_trainer(SetUp.of({**start.setup, **start.training, "seed": start.seed, "start": ""}))
    # Rates that fall along half a cosine: the points come to rest.
    rates = [(optimizer, optimizer.learning_rate) for optimizer in (trainer.g_optimizer, trainer.d_optimizer)]
    for event in trainer.train(steps=start.rounds):
        for optimizer, rate in rates:
            optimizer.learning_rate = rate * max(1e-3, (1 + math.cos(math.pi * event.step / start.rounds)) / 2)
    return trainer.gan


def arrays_of(gan: GAN, dtype: type) -> dict[str, np.ndarray]:
    """The weights of both networks under their names in a file."""
    return {
        f"{network.name}/{name}": value.astype(dtype)
        for network in (gan.generator, gan.discriminator)
        for name, value in network.state_dict().items()
    }


def main() -> None:
    """Train, and write the files beside this one."""
    parser = argparse.ArgumentParser(description="Train the starts of the lab.")
    parser.add_argument("names", nargs="*", default=list(STARTS), metavar="NAME", help=", ".join(STARTS))
    for name in parser.parse_args().names:
        path = Path(__file__).with_name(f"{name}.npz")
        gan = train(STARTS[name])
        # Points need all digits of the weights; of images nobody sees the last ones.
        save_arrays(path, arrays_of(gan, np.float32 if gan.output_range is None else np.float16))
        print(f"Wrote {path.name}, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
