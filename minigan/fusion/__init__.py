"""Neighbouring layers as one faster step with the same result.

A network runs its steps. A layer is a step by itself; `fuse` puts others in the place of neighbours that it knows
how to join. Layers, weights and summary stay as they are, and ``fuse=False`` (or ``MINIGAN_FUSE=0``) runs them one by
one.
"""

from minigan.fusion.rewrite import enabled, fuse
from minigan.fusion.step import Step

__all__ = ["Step", "enabled", "fuse"]
