"""How fast is a GPU, from kernels to whole steps, beside the CPU and beside other libraries on the same GPU?

::

    python -m benchmarks gpu --json gpu.json --plot pictures

One command measures all of it, the most important first, and ends within its minutes: a GPU that is at hand for a short
time is enough. What there was no time for is listed. Where there is no GPU, one line says so, and the status is 2.

=============  ==========================================================================
`competitors`  who takes steps on a GPU
`problem`      the networks as a list of layers, weights and images, for every competitor
`measure`      their losses compared, their steps timed
`kernels`      every kernel on the CPU and on the GPU, at several sizes of batch
`report`       tables and pictures
`command`      ``python -m benchmarks gpu``
=============  ==========================================================================
"""

from benchmarks.gpu.command import gpu

__all__ = ["gpu"]
