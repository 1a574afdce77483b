"""The imports of the package, read from its source: by the test of its order and by the page that shows it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "minigan"

#: The rooms of the package. A module imports only from its own room and from those before it.
ORDER = [
    "errors",
    "numbers",
    "version",
    "edits",
    "io",
    "backend",
    "kernels",
    "random",
    "initializers",
    "losses",
    "layers",
    "explaining",
    "fusion",
    "model",
    "data",
    "models",
    "optimizers",
    "penalties",
    "constraints",
    "metrics",
    "plots",
    "benchmarking",
    "interchange",
    "training",
    "gradcheck",
    "runs",
    "learn",
    "lab",
    "cli",
]

#: The modules at the front door, which belong to no room: ``import minigan`` and ``python -m minigan``.
FRONT = ["minigan", "minigan.__main__"]


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name, a package by the name of its folder."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def room_of(module: str) -> str:
    """The room of a module: ``layers`` for ``minigan.layers.dense``, ``minigan`` for the modules in `FRONT`."""
    return "minigan" if module in FRONT else module.split(".")[1]


@cache
def imports_of(module: str) -> frozenset[str]:
    """The minigan modules that a module imports: at its top, inside functions, and for type checking only.

    A package counts where it is named: ``from minigan.kernels import conv2d`` imports ``minigan.kernels``, and
    ``from minigan.kernels import registry`` imports ``minigan.kernels.registry``.
    """
    path = modules()[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return frozenset(name for node in ast.walk(tree) for name in _names(node, package)) - {module}


def external_imports_of(module: str) -> frozenset[str]:
    """The top-level packages of other projects and of the standard library that a module imports."""
    tree = ast.parse(modules()[module].read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return frozenset(names) - {"minigan"}


def rooms() -> list[str]:
    """The rooms that exist, sorted by name."""
    return sorted({room_of(module) for module in modules()} - {"minigan"})


def rooms_imported_by(room: str) -> dict[str, list[tuple[str, str]]]:
    """The other rooms that a room imports, each with the pairs (importing module, imported module)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for module in modules():
        if room_of(module) == room:
            for imported in sorted(imports_of(module)):
                if room_of(imported) != room:
                    found.setdefault(room_of(imported), []).append((module, imported))
    return found


def circles() -> list[list[str]]:
    """The circles of modules that import one another: each as its modules, sorted; an empty list if there are none.

    Tarjan's algorithm (1972): the strongly connected components with more than one module.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for imported in sorted(imports_of(module)):
            if imported not in index:
                visit(imported)
                low[module] = min(low[module], low[imported])
            elif imported in stack:
                low[module] = min(low[module], index[imported])
        if low[module] == index[module]:
            component = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(component) > 1:
                found.append(sorted(component))

    for module in modules():
        if module not in index:
            visit(module)
    return found


def _names(node: ast.AST, package: list[str]) -> Iterator[str]:
    """The minigan modules that one import statement names."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".")[0] == "minigan":
                yield _module(alias.name)
    elif isinstance(node, ast.ImportFrom):
        base = package[: len(package) - node.level + 1] if node.level else []
        origin = ".".join([*base, *([node.module] if node.module else [])])
        if origin.split(".")[0] == "minigan":
            for alias in node.names:
                yield _module(f"{origin}.{alias.name}")


def _module(name: str) -> str:
    """The longest part of a dotted name that is a module."""
    while name not in modules():
        name = name.rpartition(".")[0]
    return name
