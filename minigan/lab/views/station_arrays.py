"""The numbers of each station of a round: what was recorded, or follows from it."""

from collections.abc import Callable, Iterator

import numpy as np

from minigan.backend import Array
from minigan.kernels import sigmoid
from minigan.lab.views.arrays import Shown
from minigan.lab.watching import Recording, Update
from minigan.penalties import Penalty
from minigan.plots.points import gives_probabilities

__all__ = ["ARRAYS"]


def noise(recording: Recording) -> Iterator[Shown]:
    yield Shown("noise", "random numbers, one row for each example", recording.passes["g_forward"].x, batch=True)


def g_forward(recording: Recording) -> Iterator[Shown]:
    yield from noise(recording)
    yield Shown("fake", "what G makes of the noise", recording.passes["g_forward"].y, batch=True)


def judged(recording: Recording, pass_id: str, name: str, probability: str) -> Iterator[Shown]:
    """What D was given in a pass, and what it gave."""
    given = recording.passes[pass_id]
    yield Shown(name, "what D is given", given.x, batch=True)
    yield from logits(recording, pass_id, f"{name}_logits" if pass_id != "d_again" else "logits", probability)


def logits(recording: Recording, pass_id: str, name: str, probability: str) -> Iterator[Shown]:
    """D's output, and the probability that it stands for with a loss of the GAN paper."""
    z = recording.passes[pass_id].y
    yield Shown(name, "D's output before the sigmoid", z, batch=True)
    if gives_probabilities(recording.loss):
        yield Shown(probability, "the probability of real", sigmoid(z), batch=True)


def d_real(recording: Recording) -> Iterator[Shown]:
    yield from judged(recording, "d_real", "real", "D(x)")


def d_fake(recording: Recording) -> Iterator[Shown]:
    yield from judged(recording, "d_fake", "fake", "D(G(z))")


def losses(recording: Recording) -> Iterator[Shown]:
    yield from logits(recording, "d_real", "real_logits", "D(x)")
    yield from logits(recording, "d_fake", "fake_logits", "D(G(z))")
    real_loss, fake_loss = recording.losses["real"], recording.losses["fake"]
    yield Shown("real_loss", "D's loss on real examples", np.asarray(real_loss))
    yield Shown("fake_loss", "D's loss on generated examples", np.asarray(fake_loss))
    yield Shown("total", "the sum, which D makes smaller", np.asarray(real_loss + fake_loss))


def dz(recording: Recording) -> Iterator[Shown]:
    yield Shown("dz_real", "the slope of the loss at each real logit", recording.passes["d_real"].dy, batch=True)
    yield Shown("dz_fake", "the slope of the loss at each generated logit", recording.passes["d_fake"].dy, batch=True)


def gradients(recording: Recording, *pass_ids: str) -> Iterator[Shown]:
    """The gradients of all parameters that these passes add up to."""
    passes = [recording.passes[pass_id] for pass_id in pass_ids]
    for layers in zip(*(item.layers for item in passes)):
        parts: list[dict[str, Array]] = [layer.gradients for layer in layers]
        for name in parts[0]:
            whole = sum(part[name] for part in parts)
            yield Shown(f"{layers[0].layer.name}.{name}", "its gradient", np.asarray(whole))


def d_backward(recording: Recording) -> Iterator[Shown]:
    yield from gradients(recording, "d_real", "d_fake")


def penalty(recording: Recording) -> Iterator[Shown]:
    g, formula = recording.passes["penalty"].dx, recording.options.penalty
    assert isinstance(formula, Penalty)
    value, v = formula.value(g)
    norms = np.sqrt((g * g).reshape(len(g), -1).sum(axis=1, keepdims=True))
    yield Shown("points", "where the slope of D is measured", recording.passes["penalty"].x, batch=True)
    yield Shown("g", "D's gradient at each point", g, batch=True)
    yield Shown("norms", "the length of each gradient", norms, batch=True)
    yield Shown("penalty", "what is added to D's loss", np.asarray(value))
    yield Shown("v", "the slope of the penalty at each gradient", v, batch=True)
    yield from gradients(recording, "penalty")


def updates(found: list[Update]) -> Iterator[Shown]:
    """Each parameter before and after, and what lies between."""
    for name, before, gradient, after in found:
        yield Shown(f"{name}.gradient", "its gradient", gradient)
        yield Shown(f"{name}.before", "before the update", before)
        yield Shown(f"{name}.after", "after the update", after)
        yield Shown(f"{name}.change", "after minus before", after - before)


def d_update(recording: Recording) -> Iterator[Shown]:
    yield from updates(recording.updates["D"])


def d_again(recording: Recording) -> Iterator[Shown]:
    yield from judged(recording, "d_again", "fake", "D(G(z))")
    yield Shown("value", "G's loss", np.asarray(recording.losses["generator"]))
    yield Shown("dz", "the slope of G's loss at each logit", recording.passes["d_again"].dy, batch=True)


def through_d(recording: Recording) -> Iterator[Shown]:
    yield Shown("dz", "the slope of G's loss at each logit", recording.passes["d_again"].dy, batch=True)
    yield Shown("dfake", "the slope of G's loss at each generated number", recording.passes["d_again"].dx, batch=True)


def into_g(recording: Recording) -> Iterator[Shown]:
    yield Shown("dfake", "the slope of G's loss at each generated number", recording.passes["g_forward"].dy, batch=True)
    yield from gradients(recording, "g_forward")


def g_update(recording: Recording) -> Iterator[Shown]:
    yield from updates(recording.updates["G"])


#: By the id of the station.
ARRAYS: dict[str, Callable[[Recording], Iterator[Shown]]] = {
    function.__name__: function
    for function in (
        noise,
        g_forward,
        d_real,
        d_fake,
        losses,
        dz,
        d_backward,
        penalty,
        d_update,
        d_again,
        through_d,
        into_g,
        g_update,
    )
}
