"""How long does one step of GAN training take, in minigan and in other libraries?

::

    python -m benchmarks step

One step generates images once, updates D by its loss on real images and on these, and updates G by the new D's outputs
for the same images: dcgan28, Adam, dropout active. Every competitor runs in its own process, all on the same
processors, one at a time, in turns.

===========  ==================================================
`check`      the check of the losses
`measure`    the turns
`result`     the results of a competitor
`report`     table and picture
`command`    ``python -m benchmarks step``
===========  ==================================================
"""

from benchmarks.step.command import step

__all__ = ["step"]
