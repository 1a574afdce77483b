"""The recording that the docs' page of the lab plays: ``python -m docs.figures.lab_recording``.

A small GAN of points trains on the ring. At some forty places of its training the session is asked what the page would
ask it, and the answers are kept; equal ones once. The first round can be looked into. The numbers are rounded, for the
recording must be small.
"""

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from minigan.errors import MiniganError
from minigan.io.atomic_write import write_pieces
from minigan.lab import Session, SetUp
from minigan.lab.wire import pack

FILE = Path(__file__).parents[1] / "_static" / "lab-recording.bin"

HIDDEN = 32

#: The rounds of the places: each of the first ones, then ever fewer.
ROUNDS = (*range(9), *(round(10 * 1.26**power) for power in range(26)))

#: After these rounds the next one is recorded, to be looked into: each takes much room.
LOOKS = (0,)

#: What the page asks at each place, with smaller pictures than those of a running lab.
VIEWS: dict[str, dict[str, int]] = {
    "points": {"count": 200},
    "field": {"size": 32},
    "arrows": {"count": 60},
    "bent_grid": {"lines": 9, "points": 20},
    "quality": {},
    "histogram": {},
    "curves": {"points": 50},
}

#: The bits of a float32 number's fraction that are kept, of 23; and the digits of plain numbers.
BITS, DIGITS = 7, 4

#: The sums of this many entries of each array are kept: the first ones.
ENTRIES = 2


def setup() -> SetUp:
    """Networks so small that all of their arrays fit into the recording."""
    hidden = {"type": "Dense", "units": HIDDEN, "kernel_initializer": "he_normal"}
    return SetUp.of(
        {
            "data": "ring",
            "generator": [{**hidden, "activation": "tanh"}, {**hidden, "activation": "tanh"}, dense(2)],
            "discriminator": [
                {**hidden, "activation": "leaky_relu"},
                {**hidden, "activation": "leaky_relu"},
                dense(1, activation="sigmoid"),
            ],
            "g_learning_rate": 0.002,
            "d_learning_rate": 0.002,
            "instance_noise": 0.2,
            "batch_size": 32,
        }
    )


def dense(units: int, **settings: Any) -> dict[str, Any]:
    """A layer of a set-up."""
    return {"type": "Dense", "units": units, **settings}


class Answers:
    """The answers, each once: rounded, and found by what they say."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self.places: dict[bytes, int] = {}

    def add(self, answer: Any) -> int:
        """The place of an answer, new or known."""
        short = rounded(answer)
        digest = hashlib.sha256(pack({"answer": short})).digest()
        if digest not in self.places:
            self.places[digest] = len(self.all)
            self.all.append(short)
        return self.places[digest]


def rounded(value: Any) -> Any:
    """The same with numbers that compress well."""
    if isinstance(value, np.ndarray):
        return shorter(value.astype(np.float32)) if value.dtype.kind == "f" else value
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float | np.floating) else value


def shorter(array: np.ndarray) -> np.ndarray:
    """The nearest numbers whose last bits are 0."""
    lost = 23 - BITS
    bits = np.ascontiguousarray(array).view(np.uint32)
    return ((bits + np.uint32(1 << (lost - 1))) & np.uint32(-(1 << lost) & 0xFFFFFFFF)).view(np.float32)


def record(rounds: tuple[int, ...] = ROUNDS, looks: tuple[int, ...] = LOOKS) -> dict[str, Any]:
    """The recording, before it is packed."""
    session, answers = Session(setup()), Answers()
    places, looked, waiting = [], [], list(looks)
    for step in rounds:
        while session.trainer.step < step:
            take_round(session, waiting, looked, answers)
        views = {name: answers.add(session.view(name, options)) for name, options in VIEWS.items()}
        places.append({"state": state_of(session), "look": max(0, len(looked) - 1), "views": views})
    return {"places": places, "looks": looked, "answers": answers.all}


def take_round(session: Session, waiting: list[int], looked: list[dict[str, int]], answers: Answers) -> None:
    """One round, looked into if it is time for that."""
    if waiting and session.trainer.step >= waiting[0]:
        waiting.pop(0)
        session.do("look")
        looked.append({key: answers.add(answer) for key, answer in look_answers(session)})
    else:
        session.do("round")


def state_of(session: Session) -> dict[str, Any]:
    """The state as a server sends it, without what differs between two recordings."""
    state = session.view("state")
    metrics = state["metrics"] and {**state["metrics"], "seconds": 0.0, "images_per_second": 0.0}
    return rounded({**state, "session": "recording", "metrics": metrics, "steering": True, "pages": 1})


def look_answers(session: Session) -> Iterator[tuple[str, Any]]:
    """What can be asked about the recorded round, by the keys of js/recorded.js."""
    found = session.view("stations")
    yield "stations", found
    for station in found["stations"]:
        for array in station["arrays"]:
            options = {"station": station["id"], "name": array["name"]}
            yield f"station {station['id']} {array['name']}", session.view("station", options)
    for passed in found["passes"]:
        for layer in passed["layers"]:
            yield from layer_answers(session, {"pass": passed["id"], "layer": layer["index"]})


def layer_answers(session: Session, place: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arrays of a layer in a pass, and the sums of some of their entries."""
    layer = session.view("layer", place)
    yield f"layer {place['pass']} {place['layer']}", layer
    shapes = {array["name"]: array["shape"] for array in layer["arrays"]}
    for quantity in layer["quantities"]:
        for index in list(np.ndindex(*shapes[quantity]))[:ENTRIES]:
            options = {**place, "quantity": quantity, "index": list(index)}
            key = f"entry {place['pass']} {place['layer']} {quantity} {','.join(map(str, index))}"
            try:
                yield key, session.view("entry", options)
            except MiniganError:
                return


def compressed(recording: dict[str, Any]) -> bytes:
    """The recording as one message, compressed."""
    return zlib.compress(pack(recording), 9)


def main() -> None:
    """Write the recording."""
    data = compressed(record())
    write_pieces(FILE, [data])
    print(f"{FILE.name}: {len(data):,} bytes")


if __name__ == "__main__":
    main()
