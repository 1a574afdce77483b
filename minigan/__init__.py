"""minigan: GANs from scratch, every gradient by hand and every gradient checked."""

__version__ = "0.1.0"
