"""One round of training, station by station: what happens there, with its numbers, its formula and its code."""

from collections.abc import Callable
from typing import Any, NamedTuple

from minigan import losses, optimizers, penalties
from minigan.errors import ConfigError
from minigan.lab.session_like import SessionLike
from minigan.lab.views.arrays import Shown, cut
from minigan.lab.views.code import code_of
from minigan.lab.views.formulas import formula
from minigan.lab.views.options import choice_option
from minigan.lab.views.station_arrays import ARRAYS
from minigan.lab.watching import Recording
from minigan.losses import TargetLoss
from minigan.training.batch_steps import make_batch
from minigan.training.steps import discriminator_step, generate, generator_step

__all__ = ["STATIONS", "recording_of", "station", "stations"]


class Station(NamedTuple):
    """A station of the round.

    Attributes
    ----------
    id, network : str
        The network is that whose layers run: "G", "D", or none.
    title, text : str
    function : function
        Where it happens.
    statements : tuple of str
        A part of each statement that runs.
    passes : tuple of str
        The passes to look into.
    formula : str
        The name of the formula, where it is not the id.
    """

    id: str
    network: str
    title: str
    text: str
    function: Callable[..., Any]
    statements: tuple[str, ...]
    passes: tuple[str, ...] = ()
    formula: str = ""


#: In the order in which they happen.
STATIONS = (
    Station(
        "noise",
        "",
        "Noise",
        "Random numbers are drawn: one row for each example that G is to make.",
        make_batch,
        ("noise = draw_noise(",),
    ),
    Station(
        "g_forward",
        "G",
        "G forward",
        "G makes one example of each row of noise. Its layers keep what their backward passes need later.",
        generate,
        ("gan.generator.forward(",),
        ("g_forward",),
    ),
    Station(
        "d_real",
        "D",
        "D on real examples",
        "D gives each real example a number, its logit: the larger, the more real it looks to D.",
        discriminator_step,
        ("batches = options.seen(real)", "contexts = [", "forward_both("),
        ("d_real",),
    ),
    Station(
        "d_fake",
        "D",
        "D on generated examples",
        "The same D, with the same weights, gives each generated example a logit. The two batches are not mixed.",
        discriminator_step,
        ("batches = options.seen(real)", "contexts = [", "forward_both("),
        ("d_fake",),
    ),
    Station(
        "losses",
        "D",
        "D's loss",
        "The loss says how wrong D is, on the real and on the generated examples. D is to make the sum smaller.",
        discriminator_step,
        ("loss.real(", "loss.fake(", "total = check_finite(real_loss"),
    ),
    Station(
        "dz",
        "D",
        "From the loss to the logits",
        "For each logit: how much the loss grows if the logit grows a little. Here the way back begins.",
        discriminator_step,
        ("loss.real(", "loss.fake("),
    ),
    Station(
        "d_backward",
        "D",
        "D's gradients",
        "Both batches go back through D. Each layer adds up how the loss depends on each of its weights.",
        discriminator_step,
        ("discriminator.zero_grads()", "backward_both("),
        ("d_real", "d_fake"),
    ),
    Station(
        "penalty",
        "D",
        "The gradient penalty",
        "D's slope is measured at some points. A slope of the wrong size has a cost, which has a gradient, too.",
        discriminator_step,
        ("if options.penalty is not None",),
        ("penalty",),
    ),
    Station(
        "d_update",
        "D",
        "D's update",
        "The optimizer moves each weight of D a little against its gradient.",
        discriminator_step,
        ("optimizer.step(gan.discriminator)",),
        (),
        "update",
    ),
    Station(
        "d_again",
        "D",
        "D again",
        "The new D judges the same generated examples. G's loss is small if D takes them for real.",
        generator_step,
        ("ctx = Context(", "discriminator.forward(", "loss.generator(", "check_finite(value"),
        ("d_again",),
    ),
    Station(
        "through_d",
        "D",
        "Through D to the examples",
        "G's loss goes back through D to its input: how should each of its numbers change? D stays as it is.",
        generator_step,
        ("dfake = discriminator.backward(",),
        ("d_again",),
    ),
    Station(
        "into_g",
        "G",
        "Into G",
        "The gradient of the examples goes on back through G, and each layer adds up the gradients of its weights.",
        generator_step,
        ("gan.generator.zero_grads()", "gan.generator.backward("),
        ("g_forward",),
    ),
    Station(
        "g_update",
        "G",
        "G's update",
        "The optimizer moves each weight of G a little against its gradient. The next round begins with new noise.",
        generator_step,
        ("optimizer.step(gan.generator)",),
        (),
        "update",
    ),
)

#: The titles of the passes.
PASSES = {
    "g_forward": "G: from noise to examples, and back",
    "d_real": "D on real examples, and back",
    "d_fake": "D on generated examples, and back",
    "penalty": "D at the points of the penalty",
    "d_again": "The new D on generated examples, and back",
}


def recording_of(session: SessionLike) -> Recording:
    """The recorded round, refused where there is none."""
    if session.recording is None:
        raise ConfigError("no round is recorded yet: use the command look")
    return session.recording


def stations(session: SessionLike) -> dict[str, Any] | None:
    """The stations of the recorded round, and the passes with their layers; None where no round is recorded."""
    recording = session.recording
    if recording is None:
        return None
    return {
        "round": recording.round,
        "stations": [described(item, recording) for item in stations_of(recording)],
        "passes": [
            {
                "id": item.id,
                "title": PASSES[item.id],
                "network": item.network,
                "layers": [
                    {
                        "index": index,
                        "name": found.layer.name,
                        "type": type(found.layer).__name__,
                        "has_backward": found.dy is not None,
                    }
                    for index, found in enumerate(item.layers)
                ],
            }
            for item in recording.passes.values()
        ],
    }


def stations_of(recording: Recording) -> list[Station]:
    """Those of a round: without a penalty its station is left out."""
    return [item for item in STATIONS if item.id != "penalty" or recording.options.penalty is not None]


def described(item: Station, recording: Recording) -> dict[str, Any]:
    """A station as plain values."""
    note = note_of(item, recording)
    return {
        "id": item.id,
        "network": item.network,
        "title": item.title,
        "text": f"{item.text} {note}" if note else item.text,
        "formula": formula(item.formula or item.id, variant(item, recording)),
        "code": code_of(item.function, item.statements),
        "arrays": [array.description() for array in arrays_of(item.id, recording)],
        "passes": list(item.passes),
    }


def note_of(item: Station, recording: Recording) -> str:
    """What is to be known about this set-up; an empty text for nothing."""
    if item.id == "noise" and recording.d_steps > 1:
        return f"D takes {recording.d_steps} steps in a round, each with new noise: this is the last one."
    loss = loss_of(recording)
    if item.id in ("losses", "dz") and isinstance(loss, TargetLoss) and loss.label_smoothing:
        return f"Label smoothing: the target of the real examples is {loss.targets[0]:g}, not 1."
    if item.id == "d_update" and recording.options.d_constraint is not None:
        return "Then the weights are brought back within their bounds."
    return ""


def loss_of(recording: Recording) -> losses.GANLoss:
    """The loss itself, where some of its labels are exchanged."""
    return getattr(recording.loss, "loss", recording.loss)


def variant(item: Station, recording: Recording) -> str:
    """The name of the loss, the penalty, the optimizer or the noise that the formula is of."""
    tables: dict[str, tuple[dict[str, Any], Any]] = {
        "penalty": (penalties.PENALTIES, recording.options.penalty),
        "d_update": (optimizers.OPTIMIZERS, recording.optimizers["D"]),
        "g_update": (optimizers.OPTIMIZERS, recording.optimizers["G"]),
    }
    if item.id == "noise":
        return recording.noise
    table, thing = tables.get(item.id, (losses.GAN_LOSSES, loss_of(recording)))
    return next((name for name, kind in table.items() if type(thing) is kind), "")


def arrays_of(station_id: str, recording: Recording) -> list[Shown]:
    """The arrays of a station."""
    known = [item.id for item in stations_of(recording)]
    return list(ARRAYS[choice_option("station", station_id, known)](recording))


def station(
    session: SessionLike,
    station: str,
    name: str,
    example: int | None = 0,
    channel: int = 0,
    input: int = 0,
    row: int = 0,
    column: int = 0,
) -> dict[str, Any]:
    """One array of a station as a heat map: see `minigan.lab.views.arrays.cut`."""
    arrays = {item.name: item for item in arrays_of(station, recording_of(session))}
    found = arrays[choice_option("name", name, arrays)]
    return {"name": name, "text": found.text, **cut(found, example, channel, input, row, column)}
