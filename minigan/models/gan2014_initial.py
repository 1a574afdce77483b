"""Initial values of the GANs of the 2014 paper: weights, and the bias that gives the mean image."""

from math import prod
from typing import Any

import numpy as np

from minigan import backend
from minigan.backend import Array
from minigan.errors import ConfigError, ShapeError
from minigan.initializers import Initializer
from minigan.layers.affine import Affine
from minigan.models.gan import GAN
from minigan.random import Stream

__all__ = ["FROM_MARGINALS", "bias_from_marginals", "constant", "sparse", "uniform"]

#: The models whose generator begins with the mean image of its data: see `bias_from_marginals`.
FROM_MARGINALS = ("gan2014-mnist", "gan2014-tfd")


def uniform(limit: float) -> Initializer:
    """Uniform in [-limit, limit)."""
    return lambda shape, rng, dtype: rng.uniform(shape, -limit, limit, dtype)


def constant(value: float) -> Initializer:
    """The same number everywhere."""
    return lambda shape, rng, dtype: backend.xp().full(shape, value, dtype)


def sparse(count: int) -> Initializer:
    """``count`` weights of each unit from N(0, 1), at random inputs; the others are 0.

    Martens, "Deep learning via Hessian-free optimization", ICML 2010, section 5.
    """

    def initializer(shape: tuple[int, ...], rng: Stream, dtype: Any) -> Array:
        inputs, units = shape
        chosen = min(count, inputs)
        keys = backend.asnumpy(rng.child("places").uniform(shape))
        places = np.argpartition(keys, chosen - 1, axis=0)[:chosen]
        kernel = np.zeros(shape, dtype)
        np.put_along_axis(kernel, places, backend.asnumpy(rng.normal((chosen, units), dtype=dtype)), axis=0)
        return backend.asarray(kernel)

    return initializer


def bias_from_marginals(gan: GAN, mean: Array) -> None:
    """Set the last bias of the generator so that it begins with the mean image: ``b = log(m / (1 - m))``.

    Parameters
    ----------
    gan : GAN
        Its generator ends with a sigmoid Dense layer and a Reshape.
    mean : array (H, W, C)
        The mean of each pixel over the training images, scaled to [0, 1].

    Raises
    ------
    ShapeError, ConfigError
        The mean is of another shape; the generator has another end.

    Notes
    -----
    ``init_bias: init_sigmoid_bias_from_marginals`` in mnist.yaml and tfd_pretrain/pretrain.yaml.
    """
    last = gan.generator[-2] if len(gan.generator) > 1 else None
    if not isinstance(last, Affine) or last.output_shape != (prod(gan.image_shape),):
        raise ConfigError(f"{gan.name}: expected a generator that ends with Dense and Reshape")
    if mean.shape != gan.image_shape:
        raise ShapeError(f"{gan.name}: expected the mean image {gan.image_shape}, got {mean.shape}")
    # A pixel that is always 0 gets a bias of -16, from which training can still raise it.
    clipped = backend.asarray(mean.reshape(-1)).clip(1e-7, 1 - 1e-7)
    last.bias.data[...] = backend.xp().log(clipped / (1 - clipped))
    gan.generator.mark_updated()
