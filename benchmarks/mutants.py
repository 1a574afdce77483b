"""How much do the gradient checks notice? Every backward is damaged, one place at a time, and checked.

::

    python -m benchmarks mutants

A *mutant* is the package with one function damaged in one place: a sign flipped, a term dropped, an index off by one.
It is noticed if a case of `minigan.gradcheck.cases` that runs the function then finds something wrong, or raises. What
is not noticed survives; `REASONS` says why.

What forward and backward share (windows, padding, means, the interpolation matrix, a game's targets) is not damaged:
both change alike, and one stays the derivative of the other. Nor are the refusals of wrong arguments (``check_...``).
"""

import ast
import copy
import importlib
import multiprocessing
import os
import re
import signal
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Annotated, Any, NamedTuple, TypeAlias

import numpy as np
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

import minigan
from minigan.backend import set_threads
from minigan.gradcheck.cases import CASES, LAYERS, LOSSES, STEPS

PACKAGE = Path(minigan.__file__).parent

#: What is damaged: files of the package, and the functions and methods in them.
SOURCES = {
    "layers/*.py": r"\w+\.(backward|tangent|tangent_backward|\w+_grad|second|apply|scaled|add_gradients|to_winner)",
    "kernels/reference/*.py": r"\w+_(grad|second|tangent)|channel_sum|scatter|crop",
    "losses.py": r"binary_crossentropy\w*|Minimax\.\w+",
    "training/steps.py": r"\w+_step",
}

AT_THE_KINK = "differs on the kink alone, where either slope is as good and no random input lies"
NOT_USED = "the same gradient: the minimum only keeps an exponential that is not used from overflowing"
TIMES_ZERO = "the same gradient: dy * 0 for 0"
OVER_NO_AXES = "the same gradient: between its first and its last a matrix has no axes to sum over"
ONE_ENTRY = "the same gradient: the axis has one entry, and the last is the first"
TWO_SIZES = "the same gradient: two sizes are taken, and a third is not looked at"
ORDER_OF_AXES = "the same gradient: a sum over two axes that are named in the other order"
OF_ZEROS = "the same gradient: the zeros that all is added to, negated or doubled"
REPORTED = "the logits that the step reports, not what D learns; the golden arrays of dcgan28 hold them"

#: Why a mutant survives, by its function and the kind of damage.
REASONS = {
    ("kernels/reference/activations.py:relu_grad", "comparison made strict or not"): AT_THE_KINK,
    ("kernels/reference/activations.py:leaky_relu_grad", "comparison made strict or not"): AT_THE_KINK,
    ("kernels/reference/activations.py:elu_grad", "comparison made strict or not"): AT_THE_KINK,
    ("kernels/reference/activations.py:elu_second", "comparison made strict or not"): AT_THE_KINK,
    ("kernels/reference/activations.py:elu_grad", "arguments exchanged"): NOT_USED,
    ("kernels/reference/activations.py:elu_grad", "wrong constant"): NOT_USED,
    ("kernels/reference/activations.py:elu_second", "arguments exchanged"): NOT_USED,
    ("kernels/reference/activations.py:elu_second", "wrong constant"): NOT_USED,
    ("kernels/reference/activations.py:relu_grad", "condition dropped"): TIMES_ZERO,
    ("kernels/reference/normalization.py:channel_sum", "comparison made strict or not"): OVER_NO_AXES,
    ("kernels/reference/normalization.py:channel_sum", "condition dropped"): OVER_NO_AXES,
    ("kernels/reference/pooling.py:max_pool_tangent", "off by one"): ONE_ENTRY,
    ("kernels/reference/resizing.py:upsample_bilinear_grad", "off by one"): TWO_SIZES,
    ("kernels/reference/resizing.py:upsample_nearest_grad", "axes transposed"): ORDER_OF_AXES,
    ("kernels/reference/windows.py:scatter", "sign flipped"): OF_ZEROS,
    ("kernels/reference/windows.py:scatter", "factor 2"): OF_ZEROS,
    ("layers/average_pooling2d.py:AveragePooling2D.apply", "off by one"): TWO_SIZES,
    ("layers/global_average_pooling2d.py:GlobalAveragePooling2D.apply", "axes transposed"): ORDER_OF_AXES,
    ("layers/max_pooling2d.py:MaxPooling2D.tangent", "off by one"): TWO_SIZES,
    ("layers/maxout.py:Maxout.tangent", "off by one"): ONE_ENTRY,
    ("training/steps.py:discriminator_step", "arguments exchanged"): REPORTED,
}

#: Seconds that one case may take; they take at most a few.
TIMEOUT = 60.0

BY_NAME = {case.name: case for case in CASES}


class Mutant(NamedTuple):
    """One function, damaged in one place: the text there before and after, and the whole function's."""

    file: str
    function: str
    line: int
    kind: str
    before: str
    after: str
    source: str

    @property
    def place(self) -> str:
        """The function, as `REASONS` names it."""
        return f"{self.file}:{self.function}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}, {self.kind}: {self.before}  ->  {self.after}"


# Kinds of damage. Each function takes a node and yields what can be damaged there: the kind, the part of the node that
# is replaced, and the text that takes its place.

Damage: TypeAlias = tuple[str, ast.expr | ast.stmt, str]

OPPOSITES = {
    ast.Gt: "<", ast.Lt: ">", ast.GtE: "<=", ast.LtE: ">=", ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not",
    ast.IsNot: "is",
}  # fmt: skip
NEIGHBOURS = {ast.Gt: ">=", ast.Lt: "<=", ast.GtE: ">", ast.LtE: "<"}
TWINS = {"sum": "mean", "mean": "sum", "minimum": "maximum", "maximum": "minimum"}


def of_sums(node: ast.AST) -> Iterator[Damage]:
    """A sign flipped, a term doubled or dropped."""
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() as operator, right):
            a, b = ast.unparse(left), ast.unparse(right)
            sign, other = ("+", "-") if isinstance(operator, ast.Add) else ("-", "+")
            yield "sign flipped", node, f"({a}) {other} ({b})"
            yield "factor 2", node, f"2 * ({a}) {sign} ({b})"
            yield "factor 2", node, f"({a}) {sign} 2 * ({b})"
            yield "term dropped", node, a
            yield "term dropped", node, f"{sign}({b})"
        case ast.UnaryOp(ast.USub(), operand):
            yield "sign flipped", node, ast.unparse(operand)


def of_products(node: ast.AST) -> Iterator[Damage]:
    """A factor dropped, a transposition forgotten, the factors of a matrix product exchanged."""
    match node:
        case ast.BinOp(left, ast.Mult() | ast.MatMult() as operator, right):
            a, b = ast.unparse(left), ast.unparse(right)
            yield "factor dropped", node, a
            yield "factor dropped", node, b
            if isinstance(operator, ast.MatMult):
                yield "axes transposed", node, f"({b}) @ ({a})"
        case ast.BinOp(left, ast.Div() | ast.FloorDiv() | ast.Pow(), _):
            yield "factor dropped", node, ast.unparse(left)
        case ast.Attribute(array, "T"):
            yield "axes transposed", node, ast.unparse(array)


def of_calls(node: ast.AST) -> Iterator[Damage]:
    """A mean for a sum, another axis."""
    match node:
        case ast.Call(ast.Attribute(array, name) as function) if name in TWINS:
            yield f"{TWINS[name]} for {name}", function, f"({ast.unparse(array)}).{TWINS[name]}"
        case ast.Call(function, [argument]) if ast.unparse(function).endswith("_sum"):
            yield "mean for sum", node, f"{ast.unparse(node)} / len({ast.unparse(argument)})"
        case ast.keyword("axis", axes):
            for part in ast.walk(axes):
                if isinstance(part, ast.Constant) and isinstance(part.value, int):
                    yield "another axis", part, str(part.value - 1)


def of_orders(node: ast.AST) -> Iterator[Damage]:
    """Two neighbours exchanged: arguments, entries of a shape, axes."""
    match node:
        case ast.Call(function, arguments, keywords):
            for order in exchanged(arguments):
                yield "arguments exchanged", node, ast.unparse(ast.Call(function, order, keywords))
        case ast.Subscript(array, ast.Tuple(entries)):
            for order in exchanged(entries):
                yield "axes transposed", node, ast.unparse(ast.Subscript(array, ast.Tuple(order)))
        case ast.Tuple(entries, ast.Load()) if not any(isinstance(entry, ast.Slice) for entry in entries):
            for order in exchanged(entries):
                yield "axes transposed", node, ast.unparse(ast.Tuple(order))


def exchanged(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """The list with each two neighbours exchanged in turn."""
    for i in range(len(items) - 1):
        yield [*items[:i], items[i + 1], items[i], *items[i + 2 :]]


def of_indices(node: ast.AST) -> Iterator[Damage]:
    """A bound or an index off by one."""
    match node:
        case ast.Subscript(_, ast.Tuple(entries)):
            parts = entries
        case ast.Subscript(_, index):
            parts = [index]
        case ast.Call(ast.Name("slice" | "range"), arguments):
            parts = arguments
        case _:
            parts = []
    for part in parts:
        for bound in (part.lower, part.upper) if isinstance(part, ast.Slice) else (part,):
            match bound:
                case None | ast.Constant(None):
                    pass
                case ast.Constant(int() as value):
                    yield "off by one", bound, str(value + 1)
                    yield "off by one", bound, str(value - 1)
                case _:
                    yield "off by one", bound, f"({ast.unparse(bound)}) + 1"
                    yield "off by one", bound, f"({ast.unparse(bound)}) - 1"


def of_choices(node: ast.AST) -> Iterator[Damage]:
    """A comparison turned over or made strict, a condition that always or never holds."""
    match node:
        case ast.Compare(left, [operator], [right]):
            a, b = ast.unparse(left), ast.unparse(right)
            yield "comparison flipped", node, f"{a} {OPPOSITES[type(operator)]} {b}"
            if type(operator) in NEIGHBOURS:
                yield "comparison made strict or not", node, f"{a} {NEIGHBOURS[type(operator)]} {b}"
        case ast.If(test=test) | ast.IfExp(test=test):
            yield "condition dropped", test, "True"
            yield "condition dropped", test, "False"


def of_constants(node: ast.AST) -> Iterator[Damage]:
    """A wrong constant."""
    match node:
        case ast.Constant(bool() as value):
            yield "wrong constant", node, str(not value)
        case ast.Constant(int() | float() as value):
            yield "wrong constant", node, str(value + 1)


def of_statements(node: ast.AST) -> Iterator[Damage]:
    """A statement dropped, its value doubled or of the other sign, ``+=`` replaced by ``=``."""
    match node:
        case ast.AugAssign(target, ast.Add(), value):
            a, b = ast.unparse(target), ast.unparse(value)
            yield "sign flipped", node, f"{a} -= {b}"
            yield "factor 2", node, f"{a} += 2 * ({b})"
            yield "= for +=", node, f"{a} = {b}"
            yield "term dropped", node, "pass"
        case ast.Assign([ast.Name()], ast.BinOp() | ast.UnaryOp() | ast.Call(ast.Attribute()) as value):
            yield "sign flipped", value, f"-({ast.unparse(value)})"
            yield "factor 2", value, f"2 * ({ast.unparse(value)})"
        case ast.Expr(ast.Call()):
            yield "term dropped", node, "pass"


def of_results(node: ast.AST, function: ast.FunctionDef) -> Iterator[Damage]:
    """A returned array doubled, of the other sign, or just what the function was given."""
    match node:
        case ast.Return(ast.Tuple(values)):
            pass
        case ast.Return(ast.expr() as value) if not ast.unparse(function.returns or node).startswith("tuple"):
            values = [value]
        case _:
            return
    arguments = [argument.arg for argument in function.args.args if argument.arg != "self"]
    for value, argument in zip(values, arguments):
        if not is_record(value):
            yield "sign flipped", value, f"-({ast.unparse(value)})"
            yield "factor 2", value, f"2 * ({ast.unparse(value)})"
            yield "identity", value, argument


def is_record(value: ast.expr) -> bool:
    """A cache, or what a step reports: no array."""
    return isinstance(value, ast.Call) and ast.unparse(value.func)[0].isupper()


def of_variables(node: ast.AST, function: ast.FunctionDef) -> Iterator[Damage]:
    """A variable without its dot, where there is one of that name."""
    known = {name.arg for name in function.args.args} | {
        name.id for name in ast.walk(function) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    match node:
        case ast.Name(name, ast.Load()) if name.endswith("_dot") and name.removesuffix("_dot") in known:
            yield "wrong variable", node, name.removesuffix("_dot")


KINDS = (of_sums, of_products, of_calls, of_orders, of_indices, of_choices, of_constants, of_statements)


def damages(function: ast.FunctionDef) -> Iterator[Damage]:
    """All there is to damage in a function."""
    for statement in function.body:
        if not is_spared(statement):
            for node in ast.walk(statement):
                for of_kind in KINDS:
                    yield from of_kind(node)
                yield from of_results(node, function)
                yield from of_variables(node, function)


def is_spared(statement: ast.stmt) -> bool:
    """Docstrings, refusals of wrong arguments, and what raises."""
    match statement:
        case ast.Expr(ast.Constant()) | ast.Raise():
            return True
        case ast.Expr(ast.Call(ast.Attribute(_, name))):
            return name.startswith("check_")
    return False


# From kinds of damage to mutants.


def all_mutants() -> list[Mutant]:
    """Every mutant there is, in the order of the files and of the lines."""
    found: list[Mutant] = []
    for pattern, names in SOURCES.items():
        for path in sorted(PACKAGE.glob(pattern)):
            for name, function in functions(parsed(path)):
                if re.fullmatch(names, name):
                    found += mutants_of(path.relative_to(PACKAGE).as_posix(), name, function)
    return found


class NegativeNumbers(ast.NodeTransformer):
    """Makes one constant of a minus and a number."""

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
    seen = {ast.unparse(function)}
    for kind, old, text in damages(function):
        new: ast.AST = ast.parse(text).body[0]
        if isinstance(old, ast.expr) and isinstance(new, ast.Expr):
            new = new.value
        # A copy in which what is known as `old` already is `new`.
        source = ast.unparse(copy.deepcopy(function, {id(old): new}))
        if source not in seen:
            seen.add(source)
            yield Mutant(file, name, old.lineno, kind, ast.unparse(old), ast.unparse(new), source)


def find(mutant: Mutant) -> FunctionType:
    """The function that is to be damaged."""
    thing: Any = importlib.import_module("minigan." + mutant.file.removesuffix(".py").replace("/", "."))
    for name in mutant.function.split("."):
        thing = vars(thing)[name]
    return thing


@contextmanager
def installed(mutant: Mutant) -> Iterator[None]:
    """The package with the damage in it: whoever holds the function now runs other code."""
    function = find(mutant)
    healthy = function.__code__
    module = compile(mutant.source, mutant.place, "exec")
    function.__code__ = next(constant for constant in module.co_consts if isinstance(constant, CodeType))
    try:
        yield
    finally:
        function.__code__ = healthy


# Which cases run a function.


def concerned(mutant: Mutant) -> list[str]:
    """The names of the cases that a mutant can change."""
    if mutant.file == "losses.py":
        return [case.name for case in LOSSES]
    if mutant.file == "training/steps.py":
        return [case.name for case in STEPS]
    owner, _, name = mutant.function.rpartition(".")
    owners = {owner} if owner else users(name)
    return [case.name for case in LAYERS if owners & {base.__name__ for base in type(case.make()).__mro__}]


def users(kernel: str) -> set[str]:
    """The classes of layers that call a kernel, by themselves or through other kernels."""
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


# Running.


class Late(BaseException):
    """A case takes too long. Not an Exception, which the checks may catch."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise `Late` when a block takes too long."""

    def ring(*_: object) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, TIMEOUT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def prepare_worker() -> None:
    """One thread a worker; damaged code may overflow without a word."""
    set_threads(1)
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")


def trial(mutant: Mutant, names: Iterable[str]) -> str:
    """How the first of these cases notices the mutant; nothing where none does."""
    with installed(mutant):
        # Random directions see most, and are many times cheaper than every entry.
        for name in names:
            if found := complaint(name, mode="directional"):
                return found
        for name in names:
            if found := complaint(name):
                return found
    return ""


def complaint(name: str, **options: Any) -> str:
    """What a case finds wrong with the package as it is."""
    try:
        with time_limit():
            failures = BY_NAME[name].check(**options).failures
    except Late:
        return f"{name}: takes longer than {TIMEOUT:.0f} s"
    except Exception as error:
        return f"{name}: raised {type(error).__name__}: {error}"
    return failures[0].sentence() if failures else ""


def seconds(name: str) -> float:
    """How long a case takes with the package as it is, which has to be right."""
    start = time.perf_counter()
    if found := complaint(name):
        raise SystemExit(f"the undamaged package fails: {found}")
    return time.perf_counter() - start


def outcomes(found: list[Mutant], jobs: int, console: Console) -> list[str]:
    """How each mutant is noticed; the cheapest cases go first."""
    needed: dict[str, list[str]] = {mutant.place: concerned(mutant) for mutant in found}
    names = sorted(set().union(*needed.values()))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, prepare_worker) as pool:
        cost = dict(zip(names, pool.map(seconds, names)))
        order = [sorted(needed[mutant.place], key=lambda name: (cost[name], name)) for mutant in found]
        results = pool.map(trial, found, order)
        return list(track(results, f"{len(found)} mutants", len(found), console=console))


# Telling.


def mutants(
    only: Annotated[str, typer.Option(help="Mutants whose file:function matches this.", metavar="PATTERN")] = "",
    listing: Annotated[bool, typer.Option("--list", help="Print the mutants, run nothing.")] = False,
    bound: Annotated[float, typer.Option(help="The part that has to be noticed.", min=0, max=1)] = 0.98,
    jobs: Annotated[int, typer.Option(help="Processes; default: one a processor.", min=0)] = 0,
) -> None:
    """Damage every backward in turn: do the gradient checks notice? Exit status 1 when too few are noticed."""
    console = Console(highlight=False, markup=False)
    found = matching(only)
    if listing:
        for mutant in found:
            console.print(str(mutant), soft_wrap=True)
        console.print(f"{len(found)} mutants")
        return
    results = outcomes(found, jobs or os.cpu_count() or 1, console)
    console.print(table(found, results))
    for mutant, noticed in zip(found, results):
        if not noticed:
            reason = REASONS.get((mutant.place, mutant.kind), "no reason is known")
            console.print(f"{mutant}\n    {reason}", soft_wrap=True)
    count, raised = sum(map(bool, results)), sum(map(raises, results))
    part = count / len(found)
    console.print(f"{count} of {len(found)} mutants are noticed, {part:.1%}; {raised} of them raise")
    raise typer.Exit(0 if part >= bound else 1)


def matching(pattern: str) -> list[Mutant]:
    """The mutants whose file:function matches."""
    try:
        found = [mutant for mutant in all_mutants() if re.search(pattern, mutant.place)]
    except re.error as error:
        raise typer.BadParameter(f"--only: {pattern!r} is no regular expression: {error}") from None
    if not found:
        raise typer.BadParameter(f"--only: no mutant's file:function matches {pattern!r}")
    return found


def table(found: list[Mutant], results: list[str]) -> Table:
    """A line for each file."""
    table = Table(box=None, header_style="bold")
    table.add_column("file")
    for name in ("mutants", "noticed", "of them raise", "survivors"):
        table.add_column(name, justify="right")
    total = Counter(mutant.file for mutant in found)
    noticed = Counter(mutant.file for mutant, result in zip(found, results) if result)
    raised = Counter(mutant.file for mutant, result in zip(found, results) if raises(result))
    for file in total:
        figures = total[file], noticed[file], raised[file], total[file] - noticed[file]
        table.add_row(file, *(str(figure or "") for figure in figures))
    return table


def raises(noticed: str) -> bool:
    """Whether the damaged code ran into an error, so that any test would have noticed."""
    return re.search(r"\w+Error: ", noticed) is not None
