"""How good are samples after how much training, in minigan and in PyTorch?

::

    python -m benchmarks quality

Both train the networks of dcgan28 from the same weights, on the same batches in the same order, with the same noise,
Adam and order of updates. Every few steps each draws samples of the same fixed noise, and the Fréchet distance of these
from real digits is measured, by the same code for both. Dropout has the same rate in both, but each draws its own
masks. So no two curves are the same, and several seeds are run.

===========  ==================================================
`run_plan`   the input of all trainings: weights, batches, noise
`measure`    the check of the losses, the turns, the distances
`report`     table and picture
`command`    ``python -m benchmarks quality``
===========  ==================================================
"""

from benchmarks.quality.command import quality

__all__ = ["quality"]
