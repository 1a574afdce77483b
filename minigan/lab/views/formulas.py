"""The formulas that the page shows, as MathML: made from TeX by docs/figures/lab_formulas.py."""

import json
from functools import lru_cache
from pathlib import Path

__all__ = ["formula"]


@lru_cache
def formulas() -> dict[str, str]:
    """All of them, by name."""
    found: dict[str, str] = json.loads((Path(__file__).parents[1] / "formulas.json").read_text(encoding="utf-8"))
    return found


def formula(name: str, variant: str = "") -> str:
    """The formula of a station or of a class of layers, and where it has variants, this one; empty if there is none."""
    return formulas().get(f"{name}/{variant}", "") or formulas().get(name, "")
