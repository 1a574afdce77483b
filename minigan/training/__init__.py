"""Training: the two steps by hand, and the trainer that alternates them."""

from minigan.training.events import (
    DiscriminatorEnd,
    Diversity,
    EpochEnd,
    Evaluated,
    Event,
    LayerGradients,
    Listener,
    Notice,
    RunStart,
    Saved,
    StepEnd,
    Stopped,
)
from minigan.training.fit import History
from minigan.training.options import GameOptions
from minigan.training.simultaneous import simultaneous_step
from minigan.training.steps import (
    DiscriminatorResult,
    GeneratorResult,
    discriminator_step,
    generate,
    generator_step,
)
from minigan.training.trainer import Trainer

__all__ = [
    "DiscriminatorEnd",
    "DiscriminatorResult",
    "Diversity",
    "EpochEnd",
    "Evaluated",
    "Event",
    "GameOptions",
    "GeneratorResult",
    "History",
    "LayerGradients",
    "Listener",
    "Notice",
    "RunStart",
    "Saved",
    "StepEnd",
    "Stopped",
    "Trainer",
    "discriminator_step",
    "generate",
    "generator_step",
    "simultaneous_step",
]
