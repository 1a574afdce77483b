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
from minigan.lab.starts import STARTS, Start
from minigan.lab.suited import chosen
from minigan.models import GAN
from minigan.training.trainer import Trainer

__all__ = ["train"]


def train(start: Start) -> GAN:
    """The networks of a start, trained."""
    states: list[dict[str, np.ndarray]] = []
    for phase in start.phases:
        trainer = build_trainer(chosen({**start.setup, **phase.settings}))
        networks = (trainer.gan.generator, trainer.gan.discriminator)
        for network, state in zip(networks, states):
            network.load_state_dict(state)
        run_phase(trainer, phase.rounds)
        states = [network.state_dict() for network in networks]
    return trainer.gan


def run_phase(trainer: Trainer, rounds: int) -> None:
    """Train with rates that fall along half a cosine, so that the points come to rest, and with noise that fades."""
    if trainer.options.instance_noise is not None:
        trainer.options.instance_noise.steps = max(1, rounds // 2)
    rates = [(optimizer, optimizer.learning_rate) for optimizer in (trainer.g_optimizer, trainer.d_optimizer)]
    for event in trainer.train(steps=rounds):
        for optimizer, rate in rates:
            optimizer.learning_rate = rate * max(1e-3, (1 + math.cos(math.pi * event.step / rounds)) / 2)


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
