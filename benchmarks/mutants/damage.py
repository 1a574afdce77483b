"""Kinds of damage: each function takes a node of a syntax tree and yields the possible damages."""

import ast
from collections.abc import Iterator
from typing import TypeAlias

#: The kind, the part of the node that is replaced, and the text that replaces it.
Damage: TypeAlias = tuple[str, ast.expr | ast.stmt, str]

OPPOSITES = {
    ast.Gt: "<", ast.Lt: ">", ast.GtE: "<=", ast.LtE: ">=", ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not",
    ast.IsNot: "is",
}  # fmt: skip
NEIGHBOURS = {ast.Gt: ">=", ast.Lt: "<=", ast.GtE: ">", ast.LtE: "<"}
RELATED = {"sum": "mean", "mean": "sum", "minimum": "maximum", "maximum": "minimum"}


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
        case ast.Call(ast.Attribute(array, name) as function) if name in RELATED:
            yield f"{RELATED[name]} for {name}", function, f"({ast.unparse(array)}).{RELATED[name]}"
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
    """A returned array doubled, with the other sign, or replaced by an argument."""
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
    """Whether a value is a cache or the result of a step, and no array."""
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
    """All damages of a function."""
    for statement in function.body:
        if not is_spared(statement):
            for node in ast.walk(statement):
                for of_kind in KINDS:
                    yield from of_kind(node)
                yield from of_results(node, function)
                yield from of_variables(node, function)


def is_spared(statement: ast.stmt) -> bool:
    """Whether a statement is not damaged: docstrings, checks of arguments, and raise."""
    match statement:
        case ast.Expr(ast.Constant()) | ast.Raise():
            return True
        case ast.Expr(ast.Call(ast.Attribute(_, name))):
            return name.startswith("check_")
    return False
