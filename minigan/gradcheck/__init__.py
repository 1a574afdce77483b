"""Gradient verification: is this backward the derivative of that forward, and does it behave?

`check` runs every check that applies: central differences over a sweep of step sizes, complex steps, the adjoint
identity, the second order, and the behaviour that no derivative shows. Its `Report` prints, asserts, and draws.
"""

from minigan.gradcheck.checker import MODES, check
from minigan.gradcheck.report import Report, Row

__all__ = ["MODES", "Report", "Row", "check"]
