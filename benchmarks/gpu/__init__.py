"""How fast is a GPU, for kernels and whole steps, compared with the CPU and with other libraries on the same GPU?

::

    python -m benchmarks gpu --json gpu.json --plot pictures

One command measures everything, the most important first, and ends within the given minutes, so that a GPU is needed
for a short time only. Measurements without time left are listed. Without a GPU there is an error, and the status is 2.

=============  ==========================================================================
`competitors`  the competitors on a GPU
`problem`      the networks as a list of layers, weights and images, for every competitor
`measure`      their losses compared, their steps timed
`kernels`      every kernel on the CPU and on the GPU, at several sizes of batch
`report`       tables and pictures
`command`      ``python -m benchmarks gpu``
=============  ==========================================================================
"""

from benchmarks.gpu.command import gpu

__all__ = ["gpu"]
