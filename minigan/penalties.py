"""Penalties on the gradient of D with respect to its input, differentiated by hand.

With D's gradient at N points, ``g_n = dD(x_n)/dx_n``, a penalty is ``P = mean h(g_n)``. Its gradient with respect to
D's weights w contains a second derivative, since g depends on w. By the chain rule, with ``v_n = dP/dg_n``,

    dP/dw = sum_n <v_n, dg_n/dw> = d/dw sum_n <v_n, dD(x_n)/dx_n>    with v held fixed,

and ``<v, dD/dx>`` is the derivative of D along v, which one tangent pass computes (see `minigan.layers.Layer`). So

1. run D forward at the points;
2. run D backward, with ones for dy and ``param_grads=False``: the result is g;
3. compute P and v from g, by the penalty's formula;
4. run the tangent pass along v;
5. run the reverse pass through both passes, with zeros for dy and ones for dy_dot: it adds dP/dw to the gradients.

The points are held fixed: a penalty trains D only. No step divides by a small number, and no root needs an epsilon.

==========  =======================================  ==========================================
name        h(g)                                     points
==========  =======================================  ==========================================
wgan-gp     ``weight (||g|| - 1)^2``                 between real and generated images
dragan      ``weight (||g|| - 1)^2``                 around real images
r1          ``weight/2 ||g||^2``                     real images
r2          ``weight/2 ||g||^2``                     generated images
==========  =======================================  ==========================================
"""

from minigan import numbers
from minigan.backend import Array, array_module
from minigan.errors import ConfigError, ShapeError
from minigan.layers.base import Context, Layer
from minigan.layers.residual import every_layer
from minigan.layers.sigmoid import Sigmoid
from minigan.model.sequential import Sequential
from minigan.random import Stream

__all__ = ["DRAGAN", "PENALTIES", "R1", "R2", "WGANGP", "Penalty", "get"]


class Penalty:
    """The base of all penalties: the five passes.

    A subclass defines the `points` at which the gradient is taken, and the `value` of the gradients with its
    derivative.

    Parameters
    ----------
    weight : float
        The factor of the penalty.

    Raises
    ------
    ConfigError
        The weight is negative or not finite.
    """

    def __init__(self, weight: float = 10.0) -> None:
        factor = numbers.finite(weight)
        if factor is None or factor < 0:
            raise ConfigError(f"expected a penalty's weight to be at least 0 and finite, got {weight!r}")
        self.weight = factor

    def __repr__(self) -> str:
        return f"{type(self).__name__}(weight={self.weight!r})"

    def points(self, real: Array, fake: Array, rng: Stream) -> Array:
        """The points at which the gradient is taken."""
        raise NotImplementedError

    def value(self, g: Array) -> tuple[Array, Array]:
        """The penalty P of the gradients g (N, ...), one per example, and dP/dg."""
        raise NotImplementedError

    def labels_of_points(self, labels: Array | None, fake_labels: Array | None) -> Array | None:
        """The classes of the points for a conditional D: those of the real images."""
        return labels

    def __call__(
        self,
        discriminator: Sequential,
        real: Array,
        fake: Array,
        rng: Stream,
        labels: Array | None = None,
        fake_labels: Array | None = None,
    ) -> Array:
        """Add the penalty's gradient to those of D's parameters, and return its value.

        D runs in training mode, with dropout, and its moving averages are not updated.

        Parameters
        ----------
        discriminator : Sequential
            Gives logits (N, 1), each from its own example only: `minigan.Sequential.logits`.
        real, fake : array (N, ...)
            A batch of real and one of generated images.
        rng : Stream
            The points and D's dropout masks are drawn from it.
        labels, fake_labels : array of int (N,), optional
            The classes of the real and of the generated images, for a conditional D; without the latter both are
            the same. A point between a real and a generated image has the class of the real image.

        Returns
        -------
        scalar array

        Raises
        ------
        ConfigError
            A layer mixes the examples of a batch or has no tangent pass; D does not give one logit per example.
        """
        check_discriminator(discriminator)
        xp = array_module(real)
        classes = self.labels_of_points(labels, labels if fake_labels is None else fake_labels)
        ctx = Context(training=True, rng=rng, update_stats=False, labels=classes)
        z, caches = discriminator.forward(self.points(real, fake, rng), ctx)
        ones = xp.ones_like(z)
        g = discriminator.backward(ones, caches, param_grads=False)
        penalty, v = self.value(g)
        _, tangent_caches = discriminator.tangent(v, caches)
        discriminator.tangent_backward(xp.zeros_like(z), ones, caches, tangent_caches)
        return penalty


def check_discriminator(discriminator: Sequential) -> None:
    """Refuse a D that mixes examples, or that has no tangent pass and so no second derivative."""
    for layer in every_layer(discriminator):
        if layer.mixes_examples:
            raise ConfigError(
                f"a gradient penalty needs the gradient of each example by itself, and {layer.title} mixes the "
                "examples of a batch: use LayerNorm, or nothing, in its place, as --model wgan-gp28 does"
            )
        if type(layer).tangent is Layer.tangent:
            raise ConfigError(f"a gradient penalty needs the tangent pass of every layer: {layer.title} has none")
    if discriminator.output_shape != (1,):
        raise ConfigError(f"a gradient penalty needs one logit an example, got outputs {discriminator.output_shape}")
    last = discriminator[-1]
    if isinstance(last, Sigmoid) or isinstance(getattr(last, "activation", None), Sigmoid):
        raise ConfigError(f"a gradient penalty is on D's logits, and {last.title} is a sigmoid: give it D.logits")


# The penalties as functions of the gradients ----------------------------------------------------------------


def norms_and_directions(g: Array) -> tuple[Array, Array]:
    """``||g_n||`` (N, 1, ...), and ``g_n / ||g_n||`` like g: zero where the gradient is zero.

    There the norm has a kink, and zero is the only one of its slopes that prefers no direction. Each gradient is
    divided by its largest entry before it is squared, so that the squares neither underflow nor overflow: a gradient of
    1e-30 in float32 has its full direction.
    """
    xp = array_module(g)
    axes = tuple(range(1, g.ndim))
    largest = abs(g).max(axis=axes, keepdims=True)
    largest = xp.where(largest > 0, largest, 1)
    scaled = g / largest
    length = xp.sqrt((scaled * scaled).sum(axis=axes, keepdims=True))
    return largest * length, scaled / xp.where(length == 0, 1, length)


def distance_from_one(g: Array, weight: float) -> tuple[Array, Array]:
    """``weight mean (||g_n|| - 1)^2`` and its derivative, ``2 weight/N (||g_n|| - 1) g_n / ||g_n||``."""
    norms, directions = norms_and_directions(g)
    excess = norms - 1
    return weight * (excess * excess).mean(), (2 * weight / len(g)) * excess * directions


def half_square(g: Array, weight: float) -> tuple[Array, Array]:
    """``weight/2 mean ||g_n||^2`` and its derivative, ``weight/N g_n``."""
    return weight / 2 * (g * g).sum() / len(g), (weight / len(g)) * g


# WGAN-GP ----------------------------------------------------------------------------------------------------


class WGANGP(Penalty):
    """The gradient penalty of WGAN-GP: a critic's slope should be 1 between real and generated images.

    ``P = weight E (||dD(x)/dx|| - 1)^2`` at ``x = e x_real + (1 - e) x_fake``, with one uniform number e of [0, 1) for
    each pair. The slope of the best critic is 1 on the straight lines between the images that it pairs (proposition 1
    of the paper); so a slope above or below 1 is penalised.

    Parameters
    ----------
    weight : float
        lambda, in the paper 10.

    Notes
    -----
    Gulrajani et al., arXiv:1704.00028, equation 3 and algorithm 1.
    """

    def points(self, real: Array, fake: Array, rng: Stream) -> Array:
        """``e x_real + (1 - e) x_fake``.

        Raises
        ------
        ShapeError
            The batches differ in shape, so they cannot be paired.
        """
        if real.shape != fake.shape:
            raise ShapeError(f"expected as many generated as real images, got {fake.shape} for {real.shape}")
        e = one_for_each(real, rng)
        return e * real + (1 - e) * fake

    def value(self, g: Array) -> tuple[Array, Array]:
        """``weight mean (||g|| - 1)^2``."""
        return distance_from_one(g, self.weight)


def one_for_each(x: Array, rng: Stream) -> Array:
    """One uniform number per example, (N, 1, ...), to be broadcast over the example."""
    return rng.uniform((len(x), *(1,) * (x.ndim - 1)), dtype=x.dtype)


# DRAGAN -----------------------------------------------------------------------------------------------------


class DRAGAN(Penalty):
    """The gradient penalty of DRAGAN: D's slope should be 1 around real images.

    ``P = weight E (||dD(x)/dx|| - 1)^2`` at points near real images. They are drawn as in the paper's code:

    ``x_p = x_real + 0.5 s u``,  ``x = x_real + a (x_p - x_real) = x_real + 0.5 a s u``

    with s the standard deviation of all numbers of the batch, a uniform number u of [0, 1) for every pixel, and one
    uniform number a of [0, 1) for each image. So every pixel gets larger, by at most half a standard deviation.

    Parameters
    ----------
    weight : float
        lambda, in the paper 10.

    Notes
    -----
    Kodali et al., arXiv:1705.07215, algorithm 1, which has normal noise; the points here are those of
    github.com/kodalinaveen3/DRAGAN (get_perturbed_batch, and the interpolates after it). There, too, the penalty is
    on D's logits.
    """

    def points(self, real: Array, fake: Array, rng: Stream) -> Array:
        """``x_real + 0.5 a s u``."""
        u = rng.uniform(real.shape, dtype=real.dtype)
        return real + one_for_each(real, rng) * (0.5 * real.std() * u)

    def value(self, g: Array) -> tuple[Array, Array]:
        """``weight mean (||g|| - 1)^2``."""
        return distance_from_one(g, self.weight)


# R1 and R2 --------------------------------------------------------------------------------------------------


class R1(Penalty):
    """The penalty R1: D's slope should be 0 at real images.

    ``P = weight/2 E ||dD(x)/dx||^2`` at real x. Where G has found the data, D then gives it no gradient: with this
    penalty training converges near its equilibrium, even where both distributions lie on manifolds of low dimension
    (theorem 4.1 of the paper).

    Parameters
    ----------
    weight : float
        gamma, in the paper 10.

    Notes
    -----
    Mescheder, Geiger and Nowozin, arXiv:1801.04406, equation 9.
    """

    def points(self, real: Array, fake: Array, rng: Stream) -> Array:
        """The real images."""
        return real

    def value(self, g: Array) -> tuple[Array, Array]:
        """``weight/2 mean ||g||^2``."""
        return half_square(g, self.weight)


class R2(R1):
    """The penalty R2: as `R1`, at generated images.

    ``P = weight/2 E ||dD(x)/dx||^2`` at ``x = G(z)``, which are held fixed: G gets no gradient from it.

    Parameters
    ----------
    weight : float
        gamma, in the paper 10.

    Notes
    -----
    Mescheder, Geiger and Nowozin, arXiv:1801.04406, equation 10.
    """

    def points(self, real: Array, fake: Array, rng: Stream) -> Array:
        """The generated images."""
        return fake

    def labels_of_points(self, labels: Array | None, fake_labels: Array | None) -> Array | None:
        """The classes of the generated images."""
        return fake_labels


# By name ----------------------------------------------------------------------------------------------------

#: The penalties by name.
PENALTIES: dict[str, type[Penalty]] = {"wgan-gp": WGANGP, "dragan": DRAGAN, "r1": R1, "r2": R2}


def get(name: str, weight: float = 10.0) -> Penalty:
    """Make the penalty of that name.

    Raises
    ------
    ConfigError
        The name is unknown, or the weight is negative.
    """
    if name not in PENALTIES:
        raise ConfigError(f"unknown penalty {name!r}: expected one of {', '.join(PENALTIES)}")
    return PENALTIES[name](weight)
