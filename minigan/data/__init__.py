"""Data sets: by name, from NumPy files, and from folders of images.

`load` finds a data set by its name and returns a `Dataset`, which keeps the images as they are stored (bytes
stay bytes) and scales them batch by batch.

Examples
--------
>>> from minigan import data
>>> digits = data.load("digits")
>>> digits
Dataset('digits': 5000 images of 28x28x1, uint8 from 0 to 255, labelled)
>>> batch = digits.batch([0, 1, 2])
>>> batch.shape, str(batch.dtype)
((3, 28, 28, 1), 'float32')
"""

from minigan.data.dataset import Dataset
from minigan.data.names import NAMES, load

__all__ = ["NAMES", "Dataset", "load"]
