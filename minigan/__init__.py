"""minigan: GANs from scratch, every gradient by hand and every gradient checked.

>>> import minigan as mg
>>> gan = mg.models.build("dcgan28", seed=0)
>>> gan.discriminator.predict(mg.data.load("digits").batch([0, 1, 2])).shape
(3, 1)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from minigan import backend, constraints, errors, initializers, layers, losses, models, optimizers, penalties
from minigan.errors import MiniganError
from minigan.layers.base import Context
from minigan.model.sequential import Sequential
from minigan.models import GAN
from minigan.random import Stream
from minigan.version import __version__

if TYPE_CHECKING:
    from minigan import benchmarking, data, explaining, gradcheck, interchange, learn, metrics, plots, runs, training
    from minigan.benchmarking import benchmark
    from minigan.explaining import explain
    from minigan.runs import TrainConfig
    from minigan.training import Trainer

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
    "benchmark",
    "benchmarking",
    "constraints",
    "data",
    "errors",
    "explain",
    "explaining",
    "gradcheck",
    "initializers",
    "interchange",
    "layers",
    "learn",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "penalties",
    "plots",
    "runs",
    "training",
]

#: Names that are imported at their first use, to keep ``import minigan`` quick: where each comes from.
_LATER = {
    "TrainConfig": "minigan.runs",
    "Trainer": "minigan.training",
    "benchmark": "minigan.benchmarking",
    "benchmarking": "minigan",
    "data": "minigan",
    "explain": "minigan.explaining",
    "explaining": "minigan",
    "gradcheck": "minigan",
    "interchange": "minigan",
    "learn": "minigan",
    "metrics": "minigan",
    "plots": "minigan",
    "runs": "minigan",
    "training": "minigan",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'minigan' has no attribute {name!r}")
    home = _LATER[name]
    return import_module(f"minigan.{name}") if home == "minigan" else getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
