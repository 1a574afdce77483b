"""Training: the two steps by hand, the trainer that alternates them, and runs with a folder."""

from minigan.training.config import ModelConfig, TrainConfig
from minigan.training.events import (
    DiscriminatorEnd,
    Diversity,
    EpochEnd,
    Evaluated,
    Event,
    LayerGradients,
    Notice,
    RunStart,
    Saved,
    StepEnd,
    Stopped,
)
from minigan.training.run import load_run, resume_run, train_run
from minigan.training.steps import (
    DiscriminatorResult,
    GeneratorResult,
    Rules,
    discriminator_step,
    generate,
    generator_step,
    simultaneous_step,
)
from minigan.training.trainer import Trainer

__all__ = [
    "DiscriminatorEnd",
    "DiscriminatorResult",
    "Diversity",
    "EpochEnd",
    "Evaluated",
    "Event",
    "GeneratorResult",
    "LayerGradients",
    "ModelConfig",
    "Notice",
    "Rules",
    "RunStart",
    "Saved",
    "StepEnd",
    "Stopped",
    "TrainConfig",
    "Trainer",
    "discriminator_step",
    "generate",
    "generator_step",
    "load_run",
    "resume_run",
    "simultaneous_step",
    "train_run",
]
