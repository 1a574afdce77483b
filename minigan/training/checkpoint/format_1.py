"""Checkpoints of format 1, which minigan 0.1.0 wrote: their names, in those of format 2.

Format 1 held the monitor as the attributes of its objects. Values that follow from the settings, or from other values,
were stored as well; they are left out.
"""

from typing import Any

__all__ = ["as_format_2"]

#: The detectors in the order of the list that format 1 had.
KINDS = ("exploding", "oscillation", "D winning", "D beaten", "accuracy at 50%")

#: Format 1's names of the monitor's averages, by those of format 2.
AVERAGES = {"real_accuracy": "_real", "fake_accuracy": "_fake", "d_fake": "_d_fake", "log_gradient": "_log_gradient"}


def as_format_2(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest of a checkpoint of format 1, as format 2 would have it."""
    state = dict(manifest["state"])
    if isinstance(state.get("trainer"), dict):
        state["trainer"] = trainer(state["trainer"])
    if isinstance(state.get("monitor"), dict):
        state["monitor"] = monitor(state["monitor"])
    others = {name: value for name, value in manifest.items() if name != "figure"}
    return {**others, "score": manifest["figure"], "state": state}


def trainer(old: dict[str, Any]) -> dict[str, Any]:
    """The numbers of the trainer: ``blur`` became ``instance_noise``, and an optimizer's ``rule`` its ``kind``."""
    new = {**old, "instance_noise": old["blur"]}
    del new["blur"]
    for name in ("g_optimizer", "d_optimizer"):
        new[name] = {"kind" if key == "rule" else key: value for key, value in old[name].items()}
    return new


def monitor(old: dict[str, Any]) -> dict[str, Any]:
    """The state of the monitor."""
    course = old["course"]
    averages = {name: course[attribute] for name, attribute in AVERAGES.items()} | course["_sizes"]
    detectors = {**dict(zip(KINDS, old["watches"])), "mode collapse": old["collapse"]}
    return {
        "statistics": {
            "steps": course["steps"],
            "best_accuracy": course["best"],
            "highest_gradient": course["highest"],
            "diversity": course["diversity"],
            "first_sizes": course["first_sizes"],
            "averages": {name: average(of) for name, of in averages.items()},
            "oscillations": [
                {"blocks": swings["blocks"], "block": average(swings["block"]), "added": swings["added"]}
                for swings in course["swings"]
            ],
        },
        "detectors": {kind: {"lasted": of["held"], "reported": of["told"]} for kind, of in detectors.items()},
    }


def average(old: dict[str, Any]) -> dict[str, Any]:
    """The state of an average, without its window."""
    return {"count": old["count"], "value": old["value"]}
