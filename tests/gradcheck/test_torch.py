"""Our layers inside PyTorch: its gradcheck passes them, and its own layers have the same derivatives.

For the extra ``peers``: skipped where torch is not installed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from minigan.gradcheck import check
from minigan.layers import (
    BatchNorm,
    Context,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPooling2D,
    Softmax,
    UpSampling2D,
)
from minigan.random import Stream

torch = pytest.importorskip("torch")
F = torch.nn.functional

TOLERANCE = 1e-6


class Peer(NamedTuple):
    """A layer of ours, an input's shape, and what torch says it computes, of x and the parameters."""

    name: str
    make: Callable[[], Layer]
    shape: tuple[int, ...]
    function: Callable[..., Any]


def channels_last(function: Callable) -> Callable:
    """A function of images (N, C, H, W) as one of images (N, H, W, C)."""
    return lambda x, *rest: function(x.permute(0, 3, 1, 2), *rest).permute(0, 2, 3, 1)


def batch_norm(x: Any, gamma: Any, beta: Any) -> Any:
    """By the moments of the batch."""
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3)


PEERS = [
    Peer("dense", lambda: Dense(4), (3, 5), lambda x, w, b: x @ w + b),
    Peer("dense-tanh", lambda: Dense(4, activation="tanh"), (3, 5), lambda x, w, b: torch.tanh(x @ w + b)),
    Peer(
        "conv2d-stride",
        lambda: Conv2D(3, 3, strides=2),
        (2, 7, 6, 2),
        channels_last(lambda x, w, b: F.conv2d(x, w.permute(3, 2, 0, 1), b, stride=2)),
    ),
    Peer(
        # Of 6 pixels 'same' takes one more at the end, of 5 one on either side.
        "conv2d-same-stride",
        lambda: Conv2D(3, 3, strides=2, padding="same", activation="softplus"),
        (2, 6, 5, 2),
        channels_last(lambda x, w, b: F.softplus(F.conv2d(F.pad(x, (1, 1, 0, 1)), w.permute(3, 2, 0, 1), b, stride=2))),
    ),
    Peer(
        "conv2d-transpose",
        lambda: Conv2DTranspose(3, 3, strides=2),
        (2, 3, 4, 2),
        channels_last(lambda x, w, b: F.conv_transpose2d(x, w.permute(3, 2, 0, 1), b, stride=2)),
    ),
    Peer("batch-norm", BatchNorm, (6, 3), batch_norm),
    Peer("batch-norm-images", BatchNorm, (3, 4, 3, 2), channels_last(batch_norm)),
    Peer(
        "layer-norm", LayerNorm, (3, 2, 5), lambda x, gamma, beta: F.layer_norm(x, x.shape[-1:], gamma, beta, eps=1e-3)
    ),
    Peer("leaky-relu", lambda: LeakyReLU(0.2), (3, 5), lambda x: F.leaky_relu(x, 0.2)),
    Peer("softmax", Softmax, (3, 5), lambda x: torch.softmax(x, -1)),
    Peer(
        "up-sampling",
        lambda: UpSampling2D((2, 3)),
        (2, 3, 2, 2),
        channels_last(lambda x: F.interpolate(x, scale_factor=(2.0, 3.0))),
    ),
    Peer("max-pooling", lambda: MaxPooling2D(2), (2, 5, 4, 2), channels_last(lambda x: F.max_pool2d(x, 2))),
]
every_peer = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)


class Ours(torch.autograd.Function):
    """A layer of ours as a function of torch tensors: x, and the parameters that it learns."""

    @staticmethod
    def forward(ctx: Any, layer: Layer, x: Any, *parameters: Any) -> Any:
        for parameter, tensor in zip(trainable(layer).values(), parameters, strict=True):
            parameter.data = tensor.detach().numpy().copy()
        y, ctx.cache = layer.forward(x.detach().numpy(), Context(True, Stream(0), update_stats=False))
        ctx.layer = layer
        return torch.from_numpy(y.copy())

    @staticmethod
    def backward(ctx: Any, dy: Any) -> tuple:
        parameters = trainable(ctx.layer)
        for parameter in parameters.values():
            parameter.grad = np.zeros_like(parameter.data)
        dx = ctx.layer.backward(dy.numpy().copy(), ctx.cache)
        return None, torch.from_numpy(dx.copy()), *(torch.from_numpy(p.grad) for p in parameters.values())


def trainable(layer: Layer) -> dict:
    return {name: parameter for name, parameter in layer.parameters.items() if parameter.trainable}


def point_of(peer: Peer) -> tuple[Layer, list[Any]]:
    """The layer built in float64, and x and its parameters as torch tensors."""
    layer = peer.make()
    layer.build(peer.shape[1:], Stream(0, peer.name), np.float64)
    rng = np.random.default_rng(1)
    arrays = [rng.standard_normal(peer.shape)]
    arrays += [p.data + 0.3 * rng.standard_normal(p.data.shape) for p in trainable(layer).values()]
    return layer, [torch.from_numpy(array).requires_grad_() for array in arrays]


def difference(got: np.ndarray, expected: np.ndarray) -> float:
    """The largest, in units of the largest number."""
    return float(abs(got - expected).max() / abs(expected).max())


@pytest.mark.parametrize("fast", [False, True], ids=["full Jacobian", "fast mode"])
@every_peer
def test_torch_s_gradcheck_passes_our_layers(peer: Peer, fast: bool):
    layer, point = point_of(peer)
    assert torch.autograd.gradcheck(lambda *tensors: Ours.apply(layer, *tensors), point, fast_mode=fast)


@every_peer
def test_torch_has_the_same_function_and_the_same_gradients(peer: Peer):
    layer, point = point_of(peer)
    ours, theirs = Ours.apply(layer, *point), peer.function(*point)
    dy = torch.from_numpy(np.random.default_rng(2).standard_normal(tuple(ours.shape)))
    assert difference(ours.detach().numpy(), theirs.detach().numpy()) < 1e-12
    for got, expected in zip(torch.autograd.grad(ours, point, dy), torch.autograd.grad(theirs, point, dy), strict=True):
        assert difference(got.numpy(), expected.numpy()) < 1e-12


@every_peer
def test_our_differences_are_torch_s_derivatives_at_the_same_inputs(peer: Peer):
    layer, point = point_of(peer)
    for parameter, tensor in zip(trainable(layer).values(), point[1:], strict=True):
        parameter.data = tensor.detach().numpy().copy()
    y = peer.function(*point)
    dy = np.random.default_rng(2).standard_normal(tuple(y.shape))
    report = check(layer, point[0].detach().numpy(), dy=dy, mode="full")
    report.assert_ok()
    rows = [row for row in report if row.mode == "differences, full"]
    expected = torch.autograd.grad(y, point, torch.from_numpy(dy))
    for row, gradient in zip(rows, expected, strict=True):
        assert row.kinks == 0
        numeric = row.sweep.numeric[row.sweep.best]
        assert difference(numeric, gradient.numpy().ravel()) < TOLERANCE
        assert difference(row.sweep.analytic, gradient.numpy().ravel()) < TOLERANCE


def test_both_find_the_same_wrong_entry():
    class Wrong(Dense):
        def backward(self, dy, cache, param_grads=True):
            dx = super().backward(dy, cache, param_grads)
            self.kernel.grad[2, 1] += 0.01
            return dx

    layer, point = point_of(Peer("wrong", lambda: Wrong(4), (3, 5), None))
    with pytest.raises(RuntimeError, match="Jacobian mismatch for output 0 with respect to input 1"):
        torch.autograd.gradcheck(lambda *tensors: Ours.apply(layer, *tensors), point)
    row = next(row for row in check(layer, (3, 5)).failures if row.mode == "differences, full")
    assert (row.quantity, row.index) == ("kernel", (2, 1))
