"""What a game may have besides its loss: a penalty, noise on the discriminator's inputs, bounds of weights."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from minigan.backend import Array
from minigan.losses import InstanceNoise
from minigan.model.sequential import Sequential

__all__ = ["NO_OPTIONS", "Constraint", "GameOptions"]

#: Brings a network's weights back within bounds.
Constraint: TypeAlias = Callable[[Sequential], None]


class GameOptions(NamedTuple):
    """What a game has besides its loss.

    Attributes
    ----------
    penalty : callable, optional
        See `minigan.penalties`: called with D's logits, the images, a stream and both labels, adds its gradient to
        D's and returns its value.
    instance_noise : InstanceNoise, optional
        Noise on all images that D is given, in both networks' steps. It does not depend on the images, so the gradient
        passes through it unchanged.
    d_constraint, g_constraint : callable, optional
        Called with D and with G after each of its updates, to bring its weights back within bounds: see
        `minigan.constraints`.
    """

    penalty: Callable[..., Array] | None = None
    instance_noise: InstanceNoise | None = None
    d_constraint: Constraint | None = None
    g_constraint: Constraint | None = None

    def __repr__(self) -> str:
        given = {name: value for name, value in self._asdict().items() if value is not None}
        return f"GameOptions({', '.join(f'{name}={value!r}' for name, value in given.items())})"

    def seen(self, images: Array) -> Array:
        """The images as D sees them."""
        return images if self.instance_noise is None else self.instance_noise(images)


#: Nothing but the loss.
NO_OPTIONS = GameOptions()
