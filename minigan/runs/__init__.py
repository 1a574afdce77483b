"""Runs: training with a folder for settings, tables, pictures, weights and checkpoints, and the use of such a folder.

- `minigan.runs.config`: the settings; `minigan.runs.build` builds data, networks and trainer from them;
- `minigan.runs.start`: train, resume and load a run; `minigan.runs.folder` writes the files while it trains;
- `minigan.runs.resume`, `minigan.runs.lock`, `minigan.runs.checkpoint_interval`: going back to a checkpoint, one
  process at a time, when to save;
- `minigan.runs.tables`, `minigan.runs.epoch_metrics`: what steps and epochs write;
- `minigan.runs.sample`, `minigan.runs.plot`: images and pictures of a finished run;
- `minigan.runs.evaluate`: its metrics, computed by `minigan.runs.measures` on a `minigan.runs.comparison`;
- `minigan.runs.notebook`: the progress of a run in a notebook;
- `minigan.runs.exchange`: export to and import from other libraries.
"""

from minigan.runs.config import ModelConfig, TrainConfig
from minigan.runs.evaluate import Evaluation, evaluate, save_evaluation
from minigan.runs.exchange import Exported, ImportConfig, export_run, import_run
from minigan.runs.notebook import NotebookProgress
from minigan.runs.start import load_run, resume_run, train_run

__all__ = [
    "Evaluation",
    "Exported",
    "ImportConfig",
    "ModelConfig",
    "NotebookProgress",
    "TrainConfig",
    "evaluate",
    "export_run",
    "import_run",
    "load_run",
    "resume_run",
    "save_evaluation",
    "train_run",
]
