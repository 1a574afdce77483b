"""The state of a trainer and its monitor as a checkpoint, and back.

It is all that a training step reads and an earlier step wrote; what follows from the settings is made again:

- both networks' values, with the moving averages of their layers and the vectors of spectral normalisation;
- the optimizers' slots, their numbers of steps, and their current learning rates and momenta;
- the moving average of the generator's weights;
- every random stream, as a key and a counter, and the place in the order of the images;
- how far the round has come, and how far the instance noise has faded;
- the monitor's statistics, and what its detectors have reported (`Monitor.state`).

Schedules are functions of the step, and need nothing. The rest of a run, its folder, is in `minigan.runs.resume`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minigan.backend import Array, array_module, asarray, asnumpy
from minigan.errors import CheckpointError
from minigan.model.sequential import Sequential
from minigan.optimizers import Optimizer
from minigan.random import Stream
from minigan.training.averaging import MovingAverage
from minigan.training.checkpoint.file import Checkpoint
from minigan.training.monitor.monitor import Monitor
from minigan.training.steps import DiscriminatorResult
from minigan.training.trainer_like import Round, TrainerLike

__all__ = ["capture", "restore"]


def capture(
    trainer: TrainerLike,
    monitor: Monitor | None = None,
    run: Mapping[str, Any] | None = None,
    score: float | None = None,
) -> Checkpoint:
    """Everything that training needs to go on, bit for bit: between two events, when no events are pending.

    Two trainings at the same step make the same checkpoint, to the last byte, whether or not they were interrupted; as
    long as the caller's `run` is the same.

    Parameters
    ----------
    trainer : Trainer
    monitor : Monitor, optional
    run : mapping, optional
        Plain values of the caller's: settings, lengths of tables.
    score : float, optional
        How good the run is, by which `CheckpointFolder` knows the best; the lower, the better.

    Raises
    ------
    ValueError
        Events are pending: on a GPU the rest of a block, whose steps were taken already.
    """
    if trainer.pending_events:
        raise ValueError(f"expected no pending events, got {trainer.pending_events}")
    state = {
        "trainer": numbers_of(trainer),
        "monitor": None if monitor is None else monitor.state(),
        "run": dict(run or {}),
    }
    return Checkpoint({name: asnumpy(array) for name, array in arrays_of(trainer).items()}, state, score)


def restore(checkpoint: Checkpoint, trainer: TrainerLike, monitor: Monitor | None = None) -> None:
    """Restore a trainer with the same settings, and its monitor, to the state when the checkpoint was made.

    Values are written into the existing arrays, so that recorded addresses stay valid.

    Raises
    ------
    CheckpointError
        Something is missing or does not fit; nothing is changed.
    """
    check_form("trainer", numbers_of(trainer), checkpoint.state.get("trainer"))
    if monitor is not None:
        check_form("monitor", monitor.state(), checkpoint.state.get("monitor"))
    numbers, arrays = checkpoint.state["trainer"], checkpoint.arrays
    if numbers["batches"]["images"] != len(trainer.batches.data):
        raise misfit("data", f"{len(trainer.batches.data)} images", numbers["batches"]["images"])
    check_arrays(places_of(trainer, numbers), arrays)

    trainer.gan.generator.load_state_dict(part(arrays, "generator"))
    trainer.gan.discriminator.load_state_dict(part(arrays, "discriminator"))
    for name, optimizer, network in optimizers_of(trainer):
        restore_optimizer(optimizer, network, numbers[name], part(arrays, name))
    if trainer.average is not None:
        restore_average(trainer.average, numbers["average"], part(arrays, "average"))
    for name, stream in streams_of(trainer).items():
        stream.state = tuple(numbers["streams"][name])
    low_key, high_key, low, high = numbers["batches"]["stream"]
    trainer.batches.state = (low_key, high_key, low, high), numbers["batches"]["place"]
    if trainer.options.instance_noise is not None:
        trainer.options.instance_noise.taken = numbers["instance_noise"]
    trainer.step = numbers["step"]
    trainer.round = restored_round(trainer, numbers["round"], part(arrays, "round"))
    if monitor is not None:
        monitor.load_state(checkpoint.state["monitor"])


# The state


def optimizers_of(trainer: TrainerLike) -> list[tuple[str, Optimizer, Sequential]]:
    """Each optimizer with its name in the checkpoint and its network."""
    return [
        ("g_optimizer", trainer.g_optimizer, trainer.gan.generator),
        ("d_optimizer", trainer.d_optimizer, trainer.gan.discriminator),
    ]


def streams_of(trainer: TrainerLike) -> dict[str, Stream]:
    """Every stream that a step draws from; the shuffle stream is stored by `RealBatches`."""
    streams = {
        "noise": trainer.noise_stream,
        "labels": trainer.label_stream,
        "dropout": trainer.dropout_stream,
        "flips": trainer.batches.flips,
        "label flips": getattr(trainer.loss, "rng", None),
        "instance noise": None if trainer.options.instance_noise is None else trainer.options.instance_noise.rng,
    }
    return {name: stream for name, stream in streams.items() if stream is not None}


def numbers_of(trainer: TrainerLike) -> dict[str, Any]:
    """All except the arrays, as plain values."""
    judged, (stream, place) = trainer.round.judged, trainer.batches.state
    return {
        "step": trainer.step,
        "round": {
            "d_done": trainer.round.d_done,
            "g_done": trainer.round.g_done,
            "judged": judged is not None,
            "loss": 0.0 if judged is None else float(judged.loss),
        },
        "streams": {name: list(stream.state) for name, stream in streams_of(trainer).items()},
        # The order of a pass is drawn from the stream as it was when the pass began, so the order is not stored.
        "batches": {"images": len(trainer.batches.data), "stream": list(stream), "place": place},
        "instance_noise": None if trainer.options.instance_noise is None else trainer.options.instance_noise.taken,
        "average": None if trainer.average is None else trainer.average.updates,
        **{name: numbers_of_optimizer(optimizer) for name, optimizer, _ in optimizers_of(trainer)},
    }


def numbers_of_optimizer(optimizer: Optimizer) -> dict[str, Any]:
    """The kind of an optimizer, and its numbers."""
    momentum = None if optimizer.momentum_name is None else float(getattr(optimizer, optimizer.momentum_name))
    return {
        "kind": type(optimizer).__name__,
        "iterations": optimizer.iterations,
        "learning_rate": float(optimizer.learning_rate),
        "momentum": momentum,
    }


def arrays_of(trainer: TrainerLike) -> dict[str, Array]:
    """All arrays by name, such as ``generator/dense.kernel``."""
    gan, judged = trainer.gan, trainer.round.judged
    arrays: dict[str, Array] = {
        **named("generator", gan.generator.state_dict()),
        **named("discriminator", gan.discriminator.state_dict()),
    }
    for name, optimizer, _ in optimizers_of(trainer):
        if optimizer.iterations:
            arrays |= named(name, {slot: optimizer.slots[slot] for slot in optimizer.slot_names})
    if trainer.average is not None and trainer.average.updates:
        arrays["average/values"] = trainer.average.values
    if judged is not None:
        # G's further steps report D's gradients again.
        logits = {"real_logits": judged.real_logits, "fake_logits": judged.fake_logits}
        arrays |= named("round", {**logits, "d_grad": gan.discriminator.flat_grad})
    return arrays


def places_of(trainer: TrainerLike, numbers: Mapping[str, Any]) -> dict[str, Array | None]:
    """For each array of a checkpoint with these numbers, one of the same shape and dtype; None for any shape."""
    places: dict[str, Array | None] = {}
    for name, network in (("generator", trainer.gan.generator), ("discriminator", trainer.gan.discriminator)):
        places |= named(name, {parameter: p.data for parameter, p in network.parameters().items()})
    for name, optimizer, network in optimizers_of(trainer):
        if numbers[name]["iterations"]:
            places |= named(name, dict.fromkeys(optimizer.slot_names, network.flat_data))
    if numbers["average"]:
        places["average/values"] = trainer.gan.generator.flat_data
    if numbers["round"]["judged"]:
        logits = {"real_logits": None, "fake_logits": None}
        places |= named("round", {**logits, "d_grad": trainer.gan.discriminator.flat_grad})
    return places


def named(prefix: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The same under longer names."""
    return {f"{prefix}/{name}": array for name, array in arrays.items()}


def part(arrays: Mapping[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose names have the prefix, under their names without it."""
    start = f"{prefix}/"
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


# Whether it fits


def check_form(place: str, expected: Any, got: Any) -> None:
    """Refuse a state with other parts than the expected one has; only the numbers may differ."""
    if isinstance(expected, dict):
        if not isinstance(got, dict) or got.keys() != expected.keys():
            raise misfit(place, sorted(expected), sorted(got) if isinstance(got, dict) else got)
        for name, value in expected.items():
            check_form(f"{place}, {name}", value, got[name])
    elif isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            raise misfit(place, f"{len(expected)} numbers", got)
        for value, item in zip(expected, got):
            check_form(place, value, item)
    elif isinstance(expected, str) or expected is None:
        if got != expected:
            raise misfit(place, expected, got)
    elif not isinstance(got, int | float):
        raise misfit(place, "a number", got)


def check_arrays(places: Mapping[str, Array | None], arrays: Mapping[str, np.ndarray]) -> None:
    """Refuse arrays of other names, shapes or dtypes than the places that they are for."""
    missing, unknown = places.keys() - arrays.keys(), arrays.keys() - places.keys()
    if missing or unknown:
        absent, surplus = (", ".join(sorted(names)) or "none" for names in (missing, unknown))
        raise CheckpointError(f"the checkpoint does not fit the run: missing {absent}; unknown {surplus}")
    for name, place in places.items():
        array = arrays[name]
        if place is not None and (array.shape, array.dtype) != (place.shape, place.dtype):
            raise misfit(name, f"{place.shape} {place.dtype}", f"{array.shape} {array.dtype}")


def misfit(place: str, expected: Any, got: Any) -> CheckpointError:
    """The error for a part that does not fit."""
    return CheckpointError(f"the checkpoint does not fit the run: {place}: expected {expected}, got {got}")


# Back


def restore_optimizer(
    optimizer: Optimizer, network: Sequential, numbers: Mapping[str, Any], slots: Mapping[str, np.ndarray]
) -> None:
    """Write the slots into their arrays, if there are any; before the first step all are zero."""
    w = network.flat_data
    if slots and not optimizer.slots:
        zeros = array_module(w).zeros_like
        optimizer.slots = {name: zeros(w) for name in optimizer.slot_names}
    for name in optimizer.slot_names if optimizer.slots else ():
        optimizer.slots[name][...] = asarray(slots[name]) if slots else 0
    optimizer.iterations = numbers["iterations"]
    optimizer.learning_rate = numbers["learning_rate"]
    if optimizer.momentum_name is not None:
        optimizer.set_momentum(numbers["momentum"])


def restore_average(average: MovingAverage, updates: int, arrays: Mapping[str, np.ndarray]) -> None:
    """Restore the average after this number of updates."""
    if updates and not hasattr(average, "values"):
        average.update()  # makes its memory
    if updates:
        average.values[...] = asarray(arrays["values"])
    average.updates = updates


def restored_round(trainer: TrainerLike, numbers: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Round:
    """How far the round had come; with D's gradients, if they are still to be reported."""
    if not numbers["judged"]:
        return Round(numbers["d_done"], numbers["g_done"])
    trainer.gan.discriminator.flat_grad[...] = asarray(arrays["d_grad"])
    judged = DiscriminatorResult(numbers["loss"], asarray(arrays["real_logits"]), asarray(arrays["fake_logits"]))
    return Round(numbers["d_done"], numbers["g_done"], judged)
