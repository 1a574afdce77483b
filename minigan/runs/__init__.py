"""Runs: settings, a folder for all that a training writes, and what is done with it afterwards."""

from minigan.runs.config import ModelConfig, TrainConfig
from minigan.runs.evaluate import evaluate, save_evaluation
from minigan.runs.exchange import Exported, ImportConfig, export_run, import_run
from minigan.runs.start import load_run, resume_run, train_run

__all__ = [
    "Exported",
    "ImportConfig",
    "ModelConfig",
    "TrainConfig",
    "evaluate",
    "export_run",
    "import_run",
    "load_run",
    "resume_run",
    "save_evaluation",
    "train_run",
]
