"""Images from a folder of picture files, by Pillow.

`load` finds the files, learns from each header what the values mean, decodes the pictures on all threads, and keeps the
result in a cache. One file is one step:

- `minigan.data.folder.settings`: what the user states, checked;
- `minigan.data.folder.files`: which files belong to the set, in which order, and which do not;
- `minigan.data.folder.limits`: how many pixels a picture may have, and how many are decoded at the same time;
- `minigan.data.folder.header`: opening a picture, and what its format says about its values;
- `minigan.data.folder.inverted`: TIFFs in which zero is white;
- `minigan.data.folder.values`: the values as they are in the file, with all their bits;
- `minigan.data.folder.orientation`: the orientation that a camera notes;
- `minigan.data.folder.picture`: one picture, upright, cropped, without transparency, scaled and resized;
- `minigan.data.folder.decode`: all pictures, on all threads;
- `minigan.data.folder.cache`: decoded images, kept for the next start;
- `minigan.data.folder.dataset`: the images with the names of their files, and what was left out;
- `minigan.data.folder.reader`: `load`, which puts these together.
"""

from minigan.data.folder.dataset import FolderDataset
from minigan.data.folder.reader import load

__all__ = ["FolderDataset", "load"]
