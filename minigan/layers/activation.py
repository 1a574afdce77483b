"""The argument ``activation=`` of layers that compute a product."""

from minigan.errors import ConfigError
from minigan.layers.base import Layer
from minigan.layers.elu import ELU
from minigan.layers.gelu import GELU
from minigan.layers.identity import Identity
from minigan.layers.leaky_relu import LeakyReLU
from minigan.layers.relu import ReLU
from minigan.layers.selu import SELU
from minigan.layers.sigmoid import Sigmoid
from minigan.layers.silu import SiLU
from minigan.layers.softmax import Softmax
from minigan.layers.softplus import Softplus
from minigan.layers.tanh import Tanh

__all__ = ["ACTIVATIONS", "get"]

#: Layers without parameters, by the names Keras gives them.
ACTIVATIONS: dict[str, type[Layer]] = {
    "elu": ELU,
    "gelu": GELU,
    "leaky_relu": LeakyReLU,
    "linear": Identity,
    "relu": ReLU,
    "selu": SELU,
    "sigmoid": Sigmoid,
    "silu": SiLU,
    "softmax": Softmax,
    "softplus": Softplus,
    "swish": SiLU,
    "tanh": Tanh,
}


def get(activation: str | Layer | None) -> Layer:
    """The activation layer for a name, a layer, or None (the identity).

    Raises
    ------
    ConfigError
        The name is unknown.
    """
    if isinstance(activation, Layer):
        return activation
    name = "linear" if activation is None else activation
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ConfigError(f"unknown activation {activation!r}: expected one of {', '.join(ACTIVATIONS)}, or a layer")
    # Keras's function leaky_relu has another slope than its layer LeakyReLU.
    return LeakyReLU(0.2) if name == "leaky_relu" else ACTIVATIONS[name]()
