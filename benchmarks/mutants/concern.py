"""The cases of `minigan.gradcheck.builtin.cases` that run a function."""

import ast
from functools import cache

from benchmarks.mutants.mutate import PACKAGE, Mutant, parsed
from minigan.gradcheck.builtin.cases import LAYERS, LOSSES, PENALTIES, STEPS


def concerned(mutant: Mutant) -> list[str]:
    """The names of the cases that can notice a mutant."""
    if mutant.file.startswith("losses/"):
        return [case.name for case in LOSSES]
    if mutant.file == "penalties.py":
        return [case.name for case in PENALTIES]
    if mutant.file == "training/simultaneous.py":
        return [case.name for case in STEPS if case.name.startswith("simultaneous")]
    if mutant.file == "training/steps.py":
        return [case.name for case in STEPS]
    owner, _, name = mutant.function.rpartition(".")
    owners = {owner} if owner else users(name)
    return [case.name for case in LAYERS if owners & {base.__name__ for base in type(case.make()).__mro__}]


def users(kernel: str) -> set[str]:
    """The layer classes that call a kernel, directly or through other kernels."""
    found: set[str] = set()
    more = {kernel}
    while more:
        found |= more
        more = {name for name, called in mentions("kernels/reference/*.py").items() if called & found} - found
    return {name for name, called in mentions("layers/*.py").items() if called & found}


@cache
def mentions(pattern: str) -> dict[str, set[str]]:
    """The names that each function and class in some files mentions, as they are or behind a dot."""
    items = [item for path in PACKAGE.glob(pattern) for item in parsed(path).body]
    return {item.name: names_in(item) for item in items if isinstance(item, ast.FunctionDef | ast.ClassDef)}


def names_in(tree: ast.AST) -> set[str]:
    """All names in a piece of code."""
    nodes = list(ast.walk(tree))
    plain = {node.id for node in nodes if isinstance(node, ast.Name)}
    return plain | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
