"""A GAN: a generator and its discriminator, and the input of a generator."""

import math
from dataclasses import dataclass

import numpy as np

from minigan import backend
from minigan.backend import Array
from minigan.errors import ConfigError
from minigan.io.html import paragraph
from minigan.model.sequential import Sequential
from minigan.random import Stream

__all__ = ["GAN", "NOISE_KINDS", "classes_in_turn", "draw_classes", "draw_noise"]

#: Distributions of the generator's input, by name.
NOISE_KINDS = ("uniform", "normal", "unit-uniform")

#: The least truncation, in standard deviations: with less, nearly all normal numbers would be drawn again.
LEAST_TRUNCATION = 0.1


@dataclass
class GAN:
    """A generator and a discriminator, both built.

    Attributes
    ----------
    name : str
    generator : Sequential
        Noise (N, latent_size) to images (N, H, W, C).
    discriminator : Sequential
        Images to probabilities (N, 1), 1 for real.
    output_range : (float, float), or None
        The range of the generator's images, to which real images are scaled; None for points, which are not scaled.
    classes : int
        The number of classes of a conditional GAN, given as `Context.labels`; 0 for a GAN without classes.
    """

    name: str
    generator: Sequential
    discriminator: Sequential
    output_range: tuple[float, float] | None
    classes: int = 0

    def _repr_html_(self) -> str:
        """Both summaries, for a notebook."""
        size = "x".join(map(str, self.image_shape))
        values = "" if self.output_range is None else " in {:g}..{:g}".format(*self.output_range)
        classes = f", {self.classes} classes" if self.classes else ""
        line = paragraph(f"{self.name}: {self.latent_size} noise values to {size}{values}{classes}")
        return line + self.generator._repr_html_() + self.discriminator._repr_html_()

    def to(self, name: str) -> "GAN":
        """Copy both networks to another backend, "numpy" or "cupy", and return the GAN."""
        self.generator.to(name)
        self.discriminator.to(name)
        return self

    @property
    def latent_size(self) -> int:
        """The length of the generator's noise."""
        return self.generator.input_shape[0]

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The images' (H, W, C), or (D,) where the data are points."""
        return self.generator.output_shape


def draw_noise(
    rng: Stream, count: int, latent_size: int, kind: str = "uniform", truncation: float | None = None
) -> Array:
    """Noise for the generator, (count, latent_size) float32.

    ``uniform`` in [-1, 1); ``normal``, with mean 0 and variance 1; ``unit-uniform``, uniform with the same mean and
    variance, in [-sqrt(3), sqrt(3)), as the code of the 2014 paper draws it.

    Parameters
    ----------
    rng : Stream
    count, latent_size : int
    kind : str
        One of `NOISE_KINDS`.
    truncation : float, optional
        At least 0.1: numbers farther from 0 than this many standard deviations are drawn again. Samples become more
        typical and less diverse (Brock et al., arXiv:1809.11096, section 3.1).

    Raises
    ------
    ConfigError
        There is no such noise; the truncation is less than 0.1.
    """
    if kind not in NOISE_KINDS:
        raise ConfigError(f"unknown noise {kind!r}: expected one of {', '.join(NOISE_KINDS)}")
    if truncation is not None and not truncation >= LEAST_TRUNCATION:
        raise ConfigError(f"expected truncation to be at least {LEAST_TRUNCATION}, got {truncation!r}")
    if kind == "normal":
        return truncated_normal(rng, (count, latent_size), truncation)
    bound = 1.0 if kind == "uniform" else math.sqrt(3)
    if truncation is not None:  # truncated uniform numbers are uniform in a smaller interval
        bound = min(bound, truncation * bound / math.sqrt(3))
    return rng.uniform((count, latent_size), -bound, bound)


def truncated_normal(rng: Stream, shape: tuple[int, ...], truncation: float | None) -> Array:
    """Normal numbers; those beyond the truncation are drawn again."""
    z = rng.normal(shape)
    if truncation is not None:
        xp = backend.array_module(z)
        while (far := abs(z) > truncation).any():
            z = xp.where(far, rng.normal(shape), z)
    return z


def draw_classes(rng: Stream, count: int, classes: int) -> Array | None:
    """Draw classes to generate, all equally likely, (count,) from 0; None without classes."""
    if not classes:
        return None
    # Of 53 random bits: float32 numbers would round some classes of a thousand to their neighbours.
    return (rng.uniform((count,), 0, classes, np.float64)).astype(np.int64)


def classes_in_turn(count: int, classes: int) -> Array | None:
    """The classes 0, 1, 2 ..., repeated to (count,); None without classes."""
    return backend.asarray(np.arange(count) % classes) if classes else None
