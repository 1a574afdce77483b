"""minigan: GANs from scratch, every gradient by hand and every gradient checked.

>>> import minigan as mg
>>> gan = mg.models.build("dcgan28", seed=0)
>>> gan.discriminator.predict(mg.data.load("digits").batch([0, 1, 2])).shape
(3, 1)
"""

from minigan import backend, data, errors, gradcheck, initializers, layers, losses, models, optimizers, training
from minigan.errors import MiniganError
from minigan.layers.base import Context
from minigan.models import GAN
from minigan.random import Stream
from minigan.sequential import Sequential
from minigan.training import TrainConfig, Trainer
from minigan.version import __version__

__all__ = [
    "GAN",
    "Context",
    "MiniganError",
    "Sequential",
    "Stream",
    "TrainConfig",
    "Trainer",
    "__version__",
    "backend",
    "data",
    "errors",
    "gradcheck",
    "initializers",
    "layers",
    "losses",
    "models",
    "optimizers",
    "training",
]
