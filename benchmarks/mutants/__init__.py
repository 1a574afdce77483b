"""How many errors do the gradient checks notice? Every backward is damaged in one place at a time, and checked.

::

    python -m benchmarks mutants

A *mutant* is the package with one function damaged in one place: a sign flipped, a term dropped, an index off by one.
It is noticed if a case of `minigan.gradcheck.builtin.cases` that runs the function then finds something wrong, or
raises. Other mutants survive; `reasons` says why.

What forward and backward share (windows, padding, means, norms, the interpolation matrix, the targets of losses, the
parts of a batch) is not damaged: both would change alike, and one would stay the derivative of the other. Nor are the
refusals of wrong arguments (``check_...``).

====================  =================================================
`damage`              kinds of damage to a syntax tree
`mutate`              the functions that are damaged; a mutant in the package
`concern`             the cases that run a function
`run`                 the trial of each mutant
`reasons`             why a mutant survives
`report`, `page`      the numbers, and the page of the documentation
`command`             ``python -m benchmarks mutants``
====================  =================================================
"""

from benchmarks.mutants.command import mutants

__all__ = ["mutants"]
