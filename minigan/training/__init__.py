"""Training: the two steps by hand, the trainer that alternates them, and runs with a folder."""

from minigan.training.config import ModelConfig, TrainConfig
from minigan.training.events import EpochEnd, Event, RunStart, Saved, StepEnd
from minigan.training.run import load_run, train_run
from minigan.training.steps import DiscriminatorResult, GeneratorResult, discriminator_step, generate, generator_step
from minigan.training.trainer import Trainer

__all__ = [
    "DiscriminatorResult",
    "EpochEnd",
    "Event",
    "GeneratorResult",
    "ModelConfig",
    "RunStart",
    "Saved",
    "StepEnd",
    "TrainConfig",
    "Trainer",
    "discriminator_step",
    "generate",
    "generator_step",
    "load_run",
    "train_run",
]
