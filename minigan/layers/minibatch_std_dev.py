"""The minibatch standard deviation."""

from math import prod
from typing import NamedTuple

from minigan.backend import Array, array_module
from minigan.layers.base import INFERENCE, CacheStamp, Context, Layer, Shape
from minigan.layers.validation import positive_int, require_last_axis


class MinibatchStdDevCache(NamedTuple):
    """Each example's distance from its group's mean (N, D), and the standard deviations (M, D)."""

    centered: Array
    stddev: Array
    stamp: CacheStamp


class MinibatchStdDevTangent(NamedTuple):
    """The derivatives of both along the direction."""

    centered_dot: Array
    stddev_dot: Array
    stamp: CacheStamp


class MinibatchStdDev(Layer):
    """How much the examples of a group differ, as one more channel.

    So a discriminator sees it when a generator makes the same image again and again. The batch is dealt to M groups.
    Every one of an example's D numbers has a mean mu and a variance v over the G examples of its group m; the group's
    mean standard deviation is one number,

    ``s_md = sqrt(v_md + epsilon)``,  ``t_m = 1/D sum_d s_md``,

    and all its examples get it for a new channel, the same at every place.

    Backward: the last channel of dy, summed over the places and examples of group m, is ``dt_m``. On it follow
    ``ds_md = dt_m / D`` and ``dv_md = ds_md / (2 s_md)``. With ``c = x - mu``, v is the mean of ``c^2`` over the
    group, so that ``dc_nd = 2 c_nd dv_md / G``; the mean takes nothing away from it, for c adds up to 0 in a group:

    ``dx_nd = dy_nd + c_nd dt_m / (G D s_md)``.

    Tangent: ``c_dot = x_dot - mean(x_dot)``, ``s_dot_md = mean of c c_dot over the group / s_md``, and ``t_dot_m`` is
    its mean. Back from ``t_dot``, by the quotient in s_dot,
    ``ds_md = (dt_m - dt_dot_m s_dot_md / s_md) / D`` takes the place of the above, and c_dot, too, leads to x:

    ``dx_nd = dy_nd + c_nd ds_md / (G s_md) + c_dot_nd dt_dot_m / (G D s_md)``,
    ``dx_dot_nd = dy_dot_nd + c_nd dt_dot_m / (G D s_md)``.

    Shapes: x (N, ..., C), y (N, ..., C + 1).

    Parameters
    ----------
    group_size : int
        Of N examples ``M = N // group_size`` groups are made, at least one if there is an example: example n goes to
        group ``n % M``. Where N is no multiple, some groups have more.
    name : str, optional

    Notes
    -----
    Karras et al., "Progressive growing of GANs", arXiv:1710.10196, section 3, with the groups and the epsilon of the
    authors' code. An output depends on the whole batch, at inference too: penalties that take each example's gradient
    for itself do not fit.
    """

    #: One example's output depends on the others of the batch.
    mixes_examples = True

    #: Under the root, as in the paper's code.
    EPSILON = 1e-8

    def __init__(self, group_size: int = 4, name: str | None = None) -> None:
        super().__init__(name)
        self.group_size = positive_int(self, "group_size", group_size)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        *places, channels = require_last_axis(self, input_shape)
        return (*places, channels + 1)

    def members(self, x: Array) -> Array:
        """``B[n, m] = 1`` where example n is in group m, else 0; (N, M)."""
        count = len(x)
        groups = max(count // self.group_size, min(count, 1))
        numbers = array_module(x).arange(count)
        return (numbers[:, None] % groups == numbers[:groups]).astype(x.dtype)

    def center(self, x: Array) -> Array:
        """x without its group's mean, as rows (N, D)."""
        members = self.members(x)
        rows = x.reshape(len(x), prod(self.input_shape))
        return rows - members @ group_mean(members, rows)

    def joined(self, x: Array, means: Array) -> Array:
        """x with each group's number (M,) for the new channel of its examples."""
        xp = array_module(x)
        column = (self.members(x) @ means).reshape(-1, *(1 for _ in x.shape[1:]))
        return xp.concatenate([x, xp.broadcast_to(column, (*x.shape[:-1], 1))], axis=-1)

    def split(self, dy: Array) -> tuple[Array, Array]:
        """The part of dy that belongs to x, and ``dt / D`` (M, 1) from the new channel."""
        total = dy[..., -1].reshape(len(dy), prod(self.input_shape[:-1])).sum(axis=1, keepdims=True)
        return dy[..., :-1].copy(), self.members(dy).T @ total / prod(self.input_shape)

    def spread(self, per_group: Array, x: Array) -> Array:
        """What each example gets of ``per_group / G``: (M, D) to (N, D)."""
        members = self.members(x)
        return members @ (per_group / members.sum(axis=0)[:, None])

    def forward(self, x: Array, ctx: Context = INFERENCE) -> tuple[Array, MinibatchStdDevCache]:
        self.check_input(x)
        centered = self.center(x)
        variance = group_mean(self.members(x), centered * centered)
        stddev = array_module(x).sqrt(variance + self.EPSILON)
        y = self.joined(x, stddev.mean(axis=1))
        return y, MinibatchStdDevCache(centered, stddev, self.stamp(y))

    def backward(self, dy: Array, cache: MinibatchStdDevCache, param_grads: bool = True) -> Array:
        self.check_backward(dy, cache)
        dx, dt = self.split(dy)
        dx += (cache.centered * self.spread(dt / cache.stddev, dy)).reshape(dx.shape)
        return dx

    def tangent(self, x_dot: Array, cache: MinibatchStdDevCache) -> tuple[Array, MinibatchStdDevTangent]:
        self.check_tangent(x_dot, cache)
        centered_dot = self.center(x_dot)
        stddev_dot = group_mean(self.members(x_dot), cache.centered * centered_dot) / cache.stddev
        y_dot = self.joined(x_dot, stddev_dot.mean(axis=1))
        return y_dot, MinibatchStdDevTangent(centered_dot, stddev_dot, cache.stamp)

    def tangent_backward(
        self,
        dy: Array,
        dy_dot: Array,
        cache: MinibatchStdDevCache,
        tangent_cache: MinibatchStdDevTangent,
        param_grads: bool = True,
    ) -> tuple[Array, Array]:
        self.check_tangent_backward(dy, dy_dot, cache, tangent_cache)
        dx, dt = self.split(dy)
        dt_dot = self.split(dy_dot)[1]
        ds = dt - dt_dot * tangent_cache.stddev_dot / cache.stddev
        dc = cache.centered * self.spread(ds / cache.stddev, dy)
        dc += tangent_cache.centered_dot * self.spread(dt_dot / cache.stddev, dy)
        return dx + dc.reshape(dx.shape), self.backward(dy_dot, cache)


def group_mean(members: Array, rows: Array) -> Array:
    """The mean of each group's rows: (N, M) and (N, D) to (M, D)."""
    return members.T @ rows / members.sum(axis=0)[:, None]
