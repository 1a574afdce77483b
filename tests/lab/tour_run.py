"""Takes a tour without a browser, as the page does: minigan/lab/page/js/tours/course.js."""

from collections.abc import Iterator, Mapping
from typing import Any

from minigan.lab import Session, SetUp


def measured(session: Session, fact: Mapping[str, Any]) -> float:
    """The number of a fact, as it is now."""
    value: Any = session.view(fact["view"], fact.get("with"))
    for key in fact["path"].split("."):
        if isinstance(value, Mapping):
            value = value[key]
        else:
            value = value.flat[int(key)] if hasattr(value, "flat") else value[int(key)]
    return float(value)


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
