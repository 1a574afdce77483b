"""How do the time and the memory of a step grow with its sizes, and what would more processors bring?

::

    python -m benchmarks scaling

===========  ==================================================
`sizes`      the batch, the image, its channels, the threads: measured in separate processes
`trace`      what runs inside and outside of parallel sections, and what follows for more processors
`cores`      traces of models, and too many threads for the processors
`command`    ``python -m benchmarks scaling``
===========  ==================================================
"""

from benchmarks.scaling.command import scaling

__all__ = ["scaling"]
