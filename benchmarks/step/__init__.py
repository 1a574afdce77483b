"""How long does one step of GAN training take, in minigan and in other libraries?

::

    python -m benchmarks step

One step makes images of G once, moves D by its loss on real images and on these, and moves G by what the new D says of
the same images: dcgan28, Adam, dropout active. Every competitor runs in a process of its own, all on the same
processors, one at a time, turn by turn.

===========  ==================================================
`measure`    the check of the losses, the turns, the figures of a competitor
`report`     table and picture
`command`    ``python -m benchmarks step``
===========  ==================================================
"""

from benchmarks.step.command import step

__all__ = ["step"]
