"""Small sessions of each kind of data, and all that a look must not change."""

from typing import Any

import minigan as mg
from minigan import data, models
from minigan.data import Dataset
from minigan.lab import Session, SetUp
from minigan.training.checkpoint.trainer_state import capture
from minigan.training.trainer import Trainer
from tests.tiny import TINY

DENSE = {"type": "Dense", "units": 16, "activation": "tanh"}


def points_session(**settings: Any) -> Session:
    """Points in the plane, with networks of one hidden layer, after two rounds."""
    dimensions = 1 if settings.get("data") == "gaussian" else 2
    generator = (DENSE, {"type": "Dense", "units": dimensions})
    discriminator = (DENSE, {"type": "Dense", "units": 1, "activation": "sigmoid"})
    session = Session(SetUp(generator=generator, discriminator=discriminator, batch_size=16, **settings))
    for _ in range(2):
        session.round()
    return session


def line_session(**settings: Any) -> Session:
    """Numbers on a line."""
    return points_session(**{"data": "gaussian", "latent_size": 1, **settings})


def images_session(**settings: Any) -> Session:
    """Images of 8 x 8, with convolutions, BatchNorm and Dropout."""
    session = Session(SetUp(**settings))
    digits = data.load("digits")
    small = Dataset(digits.images[:200, 6:22:2, 6:22:2], name="small digits")
    gan = models.build("dcgan28", 0, **TINY)
    trainer = Trainer(gan, small, loss=mg.losses.get(session.setup.loss), batch_size=8, noise=session.setup.noise)
    session.adopt(session.setup, trainer)
    for _ in range(2):
        session.round()
    return session


#: A session of each kind, by its name in the view "state".
KINDS = {"line": line_session, "points": points_session, "images": images_session}

#: The views that fit each kind.
EVERY = {"state", "choices", "curves", "histogram"}
FITTING = {
    "line": {*EVERY, "line", "quality"},
    "points": {*EVERY, "points", "field", "arrows", "bent_grid", "quality"},
    "images": {*EVERY, "samples", "walk", "nearest"},
}


def everything(session: Session) -> dict[str, Any]:
    """The whole state of training, down to the last bit, with the gradients and the versions of the weights."""
    trainer = session.trainer
    checkpoint = capture(trainer, session.monitor)
    networks = {"generator": trainer.gan.generator, "discriminator": trainer.gan.discriminator}
    return {
        "arrays": {name: array.tobytes() for name, array in checkpoint.arrays.items()},
        "numbers": checkpoint.state,
        "gradients": {name: network.flat_grad.tobytes() for name, network in networks.items()},
        "versions": {name: [p.version for p in network.parameters().values()] for name, network in networks.items()},
        "shuffle": trainer.shuffle_stream.state,
        "session": (session.revision, session.setup, len(session.history), len(session.past.actions)),
        "images": None if session.steps.images is None else session.steps.images.fake.tobytes(),
    }
