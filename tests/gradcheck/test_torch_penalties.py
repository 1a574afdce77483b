"""Our gradient penalties and those that PyTorch makes by differentiating twice: the same value, the same gradient.

For the extra ``peers``: skipped where torch is not installed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from minigan import penalties
from minigan.layers import (
    ELU,
    AveragePooling2D,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPooling2D,
    Sigmoid,
    Softplus,
    Tanh,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.model.sequential import Sequential
from minigan.random import Stream

torch = pytest.importorskip("torch")
F = torch.nn.functional

TOLERANCE = 1e-10


class Peer(NamedTuple):
    """A discriminator of ours, an input's shape, and what torch says it computes, of x and the parameters."""

    name: str
    layers: Callable[[], list[Layer]]
    shape: tuple[int, ...]
    function: Callable[..., Any]


def last(x: Any) -> Any:
    """Channels first to channels last, where our Flatten reads them."""
    return x.permute(0, 2, 3, 1)


def first(x: Any) -> Any:
    """Channels last to channels first."""
    return x.permute(0, 3, 1, 2)


def layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
    """Over the last axis."""
    return F.layer_norm(x, x.shape[-1:], gamma, beta, eps=1e-3)


def conv(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """With our kernel (KH, KW, C, F)."""
    return F.conv2d(x, w.permute(3, 2, 0, 1), b, **options)


def dense_peer(x: Any, w1: Any, b1: Any, gamma: Any, beta: Any, w2: Any, b2: Any, w3: Any, b3: Any) -> Any:
    """Softplus, LayerNorm, tanh, ELU."""
    x = layer_norm(F.softplus(x @ w1 + b1), gamma, beta)
    return F.elu(torch.tanh(x @ w2 + b2), 0.7) @ w3 + b3


def convolution_peer(x: Any, w1: Any, b1: Any, gamma: Any, beta: Any, w2: Any, b2: Any, w3: Any, b3: Any) -> Any:
    """Padding, a strided convolution, a kink, LayerNorm, a transposed convolution, sigmoid, pooling."""
    x = F.leaky_relu(conv(F.pad(first(x), (0, 1, 0, 1)), w1, b1, stride=2), 0.2)
    x = first(layer_norm(last(x), gamma, beta))
    x = torch.sigmoid(F.conv_transpose2d(x, w2.permute(3, 2, 0, 1), b2, stride=2))
    return last(F.max_pool2d(x, 2)).flatten(1) @ w3 + b3


def resizing_peer(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any) -> Any:
    """Upsampling in both ways, tanh, mean pooling."""
    x = torch.tanh(conv(F.interpolate(first(x), scale_factor=2.0), w1, b1, padding=1))
    x = F.interpolate(F.avg_pool2d(x, 2), scale_factor=2.0, mode="bilinear", align_corners=False)
    return F.softplus(conv(x, w2, b2)).mean((2, 3)) @ w3 + b3


PEERS = [
    Peer(
        "dense",
        lambda: [Dense(5), Softplus(), LayerNorm(), Dense(4, activation="tanh"), ELU(0.7), Dense(1)],
        (3,),
        dense_peer,
    ),
    Peer(
        "convolution",
        lambda: [
            ZeroPadding2D(((0, 1), (0, 1))),
            Conv2D(3, 3, strides=2),
            LeakyReLU(0.2),
            LayerNorm(),
            Conv2DTranspose(2, 3, strides=2),
            Sigmoid(),
            MaxPooling2D(2),
            Flatten(),
            Dense(1),
        ],
        (6, 6, 2),
        convolution_peer,
    ),
    Peer(
        "resizing",
        lambda: [
            UpSampling2D(2),
            Conv2D(3, 3, padding="same"),
            Tanh(),
            AveragePooling2D(2),
            UpSampling2D(2, interpolation="bilinear"),
            Conv2D(2, 3, activation="softplus"),
            GlobalAveragePooling2D(),
            Dense(1),
        ],
        (4, 3, 1),
        resizing_peer,
    ),
]


def torch_penalty(name: str, weight: float, function: Callable, x: Any, parameters: list[Any]) -> Any:
    """The penalty at the points x, as PyTorch's users write it."""
    x = torch.from_numpy(x).requires_grad_()
    (g,) = torch.autograd.grad(function(x, *parameters).sum(), x, create_graph=True)
    norms = g.flatten(1).norm(dim=1)
    return weight / 2 * (norms**2).mean() if name in ("r1", "r2") else weight * ((norms - 1) ** 2).mean()


@pytest.mark.parametrize("name", list(penalties.PENALTIES))
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_torch_s_double_backward_has_the_same_penalty_and_the_same_gradient(peer: Peer, name: str):
    network = Sequential(peer.layers(), name="judge")
    network.build(peer.shape, seed=1, dtype=np.float64)
    network.flat_data += Stream(2).normal(network.flat_data.shape, stddev=0.3, dtype=np.float64)
    network.mark_updated()
    rng = Stream(3)
    real, fake = (rng.normal((5, *peer.shape), dtype=np.float64) for _ in range(2))
    penalty = penalties.get(name, 3.0)
    points = penalty.points(real, fake, Stream(4))
    value = penalty(network, real, fake, Stream(4))

    parameters = [torch.from_numpy(p.data.copy()).requires_grad_() for p in network.parameters().values()]
    expected = torch_penalty(name, 3.0, peer.function, points, parameters)
    assert float(value) == pytest.approx(expected.item(), rel=TOLERANCE)
    gradients = torch.autograd.grad(expected, parameters, allow_unused=True)
    scale = abs(network.flat_grad).max()
    for (key, parameter), gradient in zip(network.parameters().items(), gradients, strict=True):
        # Of the last bias g does not know: torch has no gradient for it, we have zeros.
        theirs = np.zeros(parameter.data.shape) if gradient is None else gradient.numpy()
        assert abs(parameter.grad - theirs).max() < TOLERANCE * scale, key
