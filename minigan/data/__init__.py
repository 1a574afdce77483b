"""Data sets: by name, from NumPy files, from folders of images, and points drawn from known distributions.

`load` finds a data set by its name. A `Dataset` keeps images as they are stored (bytes stay bytes) and scales them
batch by batch; `Points` are for sets in one or two dimensions, and store the modes they were drawn from.

Examples
--------
>>> from minigan import data
>>> digits = data.load("digits")
>>> digits
Dataset('digits': 5000 images of 28x28x1, uint8 from 0 to 255, labelled)
>>> batch = digits.batch([0, 1, 2])
>>> batch.shape, str(batch.dtype)
((3, 28, 28, 1), 'float32')
>>> data.load("grid")
Points('grid': 50000 points of 2 coordinates, 25 modes, labelled)
"""

from minigan.data import toy
from minigan.data.dataset import Dataset
from minigan.data.points import Points
from minigan.data.registry import NAMES, load

__all__ = ["NAMES", "Dataset", "Points", "load", "toy"]
