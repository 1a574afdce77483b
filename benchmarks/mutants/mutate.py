"""Mutants: the functions that are damaged, and the replacement of a function by a damaged one."""

import ast
import copy
import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

import minigan
from benchmarks.mutants.damage import damages

PACKAGE = Path(minigan.__file__).parent

#: The files of the package that are damaged, and the functions and methods in them.
SOURCES = {
    "layers/*.py": r"\w+\.(backward|tangent|tangent_backward|(?!with_)\w+_grad|second_derivative|apply|scaled|"
    r"add_gradients)",
    "kernels/reference/*.py": r"\w+_(grad|second_derivative|tangent)|channel_sum|scatter|crop",
    "losses/*.py": r"binary_crossentropy\w*|half_squared_error|negative_mean|"
    r"(Minimax|Hinge|Wasserstein)\.(real|fake|generator)",
    "penalties.py": r"Penalty\.__call__|distance_from_one|half_square",
    "training/steps.py": r"generate|\w+_step",
    "training/simultaneous.py": r"\w+_step",
}


class Mutant(NamedTuple):
    """One function, damaged in one place: the text there before and after, and that of the whole function."""

    file: str
    function: str
    line: int
    kind: str
    before: str
    after: str
    healthy: str
    source: str

    @property
    def place(self) -> str:
        """The file and the function, as in `REASONS`."""
        return f"{self.file}:{self.function}"

    @property
    def lines(self) -> tuple[str, str]:
        """The line with the damage, before and after."""
        pairs = zip(self.healthy.splitlines(), self.source.splitlines())
        return next((old.strip(), new.strip()) for old, new in pairs if old != new)

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}, {self.kind}: {self.before}  ->  {self.after}"


def all_mutants() -> list[Mutant]:
    """All mutants, in the order of files and lines."""
    found: list[Mutant] = []
    for pattern, names in SOURCES.items():
        for path in sorted(PACKAGE.glob(pattern)):
            for name, function in functions(parsed(path)):
                if re.fullmatch(names, name):
                    found += mutants_of(path.relative_to(PACKAGE).as_posix(), name, function)
    return found


class NegativeNumbers(ast.NodeTransformer):
    """Replaces a minus and a number by one constant."""

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        match node:
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
                return ast.copy_location(ast.Constant(-value), node)
        return self.generic_visit(node)


def parsed(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return NegativeNumbers().visit(ast.parse(path.read_text(encoding="utf-8")))


def functions(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a module, and the methods of its classes, with their names."""
    for item in module.body:
        if isinstance(item, ast.FunctionDef):
            yield item.name, item
        elif isinstance(item, ast.ClassDef):
            yield from ((f"{item.name}.{part.name}", part) for part in item.body if isinstance(part, ast.FunctionDef))


def mutants_of(file: str, name: str, function: ast.FunctionDef) -> Iterator[Mutant]:
    """All mutants of one function; where two damages give the same text, the first."""
    healthy = ast.unparse(function)
    seen = {healthy}
    for kind, old, text in damages(function):
        new: ast.AST = ast.parse(text).body[0]
        if isinstance(old, ast.expr) and isinstance(new, ast.Expr):
            new = new.value
        # A deep copy in which `old` is replaced by `new`.
        source = ast.unparse(copy.deepcopy(function, {id(old): new}))
        if source not in seen:
            seen.add(source)
            yield Mutant(file, name, old.lineno, kind, ast.unparse(old), ast.unparse(new), healthy, source)


def find(mutant: Mutant) -> FunctionType:
    """The function of a mutant."""
    thing: Any = importlib.import_module("minigan." + mutant.file.removesuffix(".py").replace("/", "."))
    for name in mutant.function.split("."):
        thing = vars(thing)[name]
    return thing


@contextmanager
def installed(mutant: Mutant) -> Iterator[None]:
    """Put the damage into the package for a while: the function object gets other code."""
    function = find(mutant)
    healthy = function.__code__
    module = compile(mutant.source, mutant.place, "exec")
    function.__code__ = next(constant for constant in module.co_consts if isinstance(constant, CodeType))
    try:
        yield
    finally:
        function.__code__ = healthy
