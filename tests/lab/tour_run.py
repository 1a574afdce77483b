"""Takes a tour without a browser, as the page does: minigan/lab/page/js/tours/course.js."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minigan.lab import Session, SetUp


def measured(session: Session, fact: Mapping[str, Any]) -> float:
    """The number of a fact, as it is now."""
    value: Any = session.view(fact["view"], fact.get("with"))
    for key in fact["path"].split("."):
        value = inside(value, key)
    return float(value)


def inside(value: Any, key: str) -> Any:
    """What a view has under one key of a path, as JavaScript reads it."""
    if isinstance(value, Mapping):
        return value[key]
    if key == "length":
        return len(value)
    return value.flat[int(key)] if isinstance(value, np.ndarray) else value[int(key)]


def take(tour: Mapping[str, Any]) -> Iterator[tuple[int, Session]]:
    """The session after each step of a tour; steps are counted from 1."""
    session = Session(SetUp.of(tour["setup"]))
    for number, step in enumerate(tour["steps"], 1):
        if "setup" in step:
            session.do("choose", {"setup": {**tour["setup"], **step["setup"]}})
        for command, settings, *times in step.get("do", []):
            for _ in range(*times or [1]):
                session.do(command, settings)
        yield number, session
