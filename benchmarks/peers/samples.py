"""Functions that all trainers (``*_train.py``) share: when samples are requested, and how they are returned.

A trainer's ``step(rows, noise)`` gets the numbers of the batch's images, not the images: they are rows of the problem's
`images`. Rows of -1 ask for samples of the problem's `fixed_noise` instead; the step then returns the path of a file.
"""

import os
from pathlib import Path

import numpy as np


def wanted(rows):
    """Whether samples are requested, and no training step."""
    return rows[0] < 0


def hand_over(images, job):
    """Write samples (N, H, W, C) to a file in the problem's folder, replacing earlier ones; its path as text."""
    path = Path(job["problem"]).with_name(f"samples-{os.getpid()}.npy")
    np.save(path, images)
    return str(path)
