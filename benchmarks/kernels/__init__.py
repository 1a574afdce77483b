"""How fast is every kernel, by its definition and by its fast twin, and how fast could it be?

::

    python -m benchmarks kernels

The sizes are those of dcgan28's layers. The rates of a kernel are compared with the machine's peak rates in the same
run: operations a second in a large matrix product, bytes a second in a large copy (`benchmarks.machine`).

==========  ==================================================
`cases`     calls of every kernel, and the operations in them
`measure`   the definition, and then the twin
`report`    table and roofline
`command`   ``python -m benchmarks kernels``
==========  ==================================================
"""

from benchmarks.kernels.command import kernels

__all__ = ["kernels"]
