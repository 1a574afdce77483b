"""What all trainers share (``*_train.py``): when samples are asked for, and how they are handed over.

A trainer's ``step(rows, noise)`` gets the numbers of the batch's images, not the images: they are rows of the problem's
`images`. Rows of -1 ask for samples of the problem's `fixed_noise` instead; the step then returns the path of a file.
"""

import os
from pathlib import Path

import numpy as np


def wanted(rows):
    """Whether samples are asked for, and no training."""
    return rows[0] < 0


def hand_over(images, job):
    """Write samples (N, H, W, C) to a file beside the problem, over those before; its path, as JSON takes it."""
    path = Path(job["problem"]).with_name(f"samples-{os.getpid()}.npy")
    np.save(path, images)
    return str(path)
