"""A computational graph with what flows forward and what flows back on each edge."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.errors import ConfigError
from minigan.learn.floats import as_floats
from minigan.learn.sketch import BACKWARD, LINE, new_sketch, number_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_graph"]

#: Inches between two operations, between two lines of the graph, and the radius of a circle.
ACROSS, DOWN, RADIUS = 1.75, 0.95, 0.22

#: The width of a letter on an edge, in distances between operations.
LETTER = 0.041

#: Points of the letters of values.
SMALL = 9

#: A place in the graph: how far to the right, how far down.
Place = tuple[float, float]


def draw_graph(
    operations: Mapping[str, Sequence[str]],
    values: Mapping[str, Any],
    grads: Mapping[Any, Any] | None = None,
    *,
    digits: int = 3,
) -> "Figure":
    """Draw a computational graph: operations are circles, on each edge are a value and its gradient.

    Values are written in black above an edge, gradients in violet below it. Where a value goes into several operations,
    both are at its beginning, and what comes back along each edge is on that edge.

    Parameters
    ----------
    operations : mapping of str to sequence of str
        For each result the sign of its operation and the names of what goes in, such as
        ``{"q": ("+", "x", "y"), "f": ("*", "q", "z")}``, in the order of the computation. Names that are no result
        are inputs.
    values : mapping
        A number or a small array for each name.
    grads : mapping, optional
        The gradient for each name. With a pair as key, such as ``("x", "q")``, it is what comes back from the
        operation of ``q`` alone; where x goes into several operations, its own gradient is the sum of these.
    digits : int
        Digits after the point.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ConfigError
        If an operation uses a result that comes later, or a gradient is of an edge that does not exist.

    Examples
    --------
    >>> from minigan.learn import draw_graph
    >>> figure = draw_graph(
    ...     {"q": ("+", "x", "y"), "f": ("*", "q", "z")},
    ...     values={"x": -2, "y": 5, "z": -4, "q": 3, "f": -12},
    ...     grads={"x": -4, "y": -4, "z": 3, "q": -4, "f": 1},
    ... )
    """
    grads = grads or {}
    check(operations, grads)
    places = place_all(operations)
    uses = {name: [result for result, (_, *inputs) in operations.items() if name in inputs] for name in places}
    above = {name: value_text(name, operations, values, digits) for name in places}
    below = {key: text_of(value, digits) for key, value in grads.items()}
    ends = [name for name in places if not uses[name]]
    places = stretched(places, [text for key, text in [*above.items(), *below.items()] if key not in ends])
    wide = max(0.75, *(LETTER * len(texts.get(name, "")) for name in ends for texts in (above, below)))
    axes = new_axes(places, operations, wide)
    for name, place in places.items():
        begin = (place[0] + RADIUS / ACROSS, place[1]) if name in operations else place
        if name in operations:
            draw_circle(axes, place, operations[name][0])
        else:
            write(axes, place, f"{name} ", "right", "center", size=11, weight="bold")
        middles = draw_edges(axes, begin, place, [places[result] for result in uses[name]], places, wide)
        if len(middles) == 1:
            own = below.get((name, uses[name][0]), "") if uses[name] else ""
            label(axes, middles[0], "center", above[name], below.get(name, own))
            continue
        label(axes, (begin[0] + 0.02, begin[1]), "left", above[name], below.get(name, ""))
        for result, spot in zip(uses[name], middles):
            write(axes, spot, below.get((name, result), ""), colour=BACKWARD)
    return axes.figure


def draw_edges(
    axes: Any, begin: Place, place: Place, ends: list[Place], places: Mapping[str, Place], wide: float
) -> list[Place]:
    """Draw the edges of a name, or the last edge if it goes nowhere; where the text of each edge stands."""
    if not ends:
        end = (begin[0] + wide, begin[1])
        draw_edge(axes, begin, end, 0.0, to_circle=False)
        return [middle(begin, end)]
    texts = []
    for end in ends:
        height = lift(place, end, places)
        draw_edge(axes, begin, end, height, to_circle=True)
        texts.append(middle(begin, end, height, 0.5 if height or len(ends) == 1 else 0.62))
    return texts


def stretched(places: dict[str, Place], texts: list[str]) -> dict[str, Place]:
    """The places with edges as long as the longest text on them."""
    factor = max(1.0, LETTER * max(map(len, texts), default=0) + 2 * RADIUS / ACROSS)
    return {name: (x * factor, y) for name, (x, y) in places.items()}


def value_text(name: str, operations: Mapping[str, Sequence[str]], values: Mapping[str, Any], digits: int) -> str:
    """What is above an edge: the value, after the name of a result."""
    if name not in operations:
        return text_of(values.get(name), digits)
    return f"{name} = {text_of(values[name], digits)}" if name in values else name


def new_axes(places: Mapping[str, Place], operations: Mapping[str, Sequence[str]], wide: float) -> Any:
    """Axes in columns and lines, as large as the graph with its arcs and a last edge that is `wide`."""
    arcs = [
        places[name][1] - lift(places[name], places[result], places)
        for result, (_, *inputs) in operations.items()
        for name in inputs
    ]
    longest = max((len(name) for name in places if name not in operations), default=1)
    left, right = -0.1 - 0.06 * longest, max(x for x, _ in places.values()) + wide + 0.4
    top, bottom = min([0.0, *arcs]) - 0.45, max(y for _, y in places.values()) + 0.45
    axes = new_sketch((right - left) * ACROSS, (bottom - top) * DOWN).add_axes((0, 0, 1, 1))
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.axis("off")
    return axes


def check(operations: Mapping[str, Sequence[str]], grads: Mapping[Any, Any]) -> None:
    """Refuse operations in a wrong order and gradients of edges that do not exist."""
    done: set[str] = set()
    for result, (_, *inputs) in operations.items():
        if later := [name for name in inputs if name in operations and name not in done]:
            raise ConfigError(f"expected operations in the order of the computation, but {result} needs {later[0]}")
        done.add(result)
    for key in grads:
        if isinstance(key, tuple) and (key[1] not in operations or key[0] not in operations[key[1]][1:]):
            raise ConfigError(f"expected the gradient of an edge, got {key}: {key[0]} does not go into {key[1]}")


def place_all(operations: Mapping[str, Sequence[str]]) -> dict[str, Place]:
    """Where each input and each operation stands: an operation behind all that it needs, an input before its first use.

    Lines are given to the inputs in the order of their first use, from the result backwards; an operation is on the
    middle of the lines of its inputs, unless another one is there.
    """
    depth: dict[str, float] = {}
    for result, (_, *inputs) in operations.items():
        depth[result] = max((depth.get(name, 0) for name in inputs), default=0) + 1
    lines: dict[str, float] = {}
    count = 0

    def visit(name: str) -> None:
        nonlocal count
        if name in lines:
            return
        if name not in operations:
            lines[name] = count
            count += 1
            return
        inputs = list(dict.fromkeys(operations[name][1:]))
        for source in inputs:
            visit(source)
        lines[name] = sum(lines[source] for source in inputs) / max(len(inputs), 1)

    used = {name for _, *inputs in operations.values() for name in inputs}
    for result in operations:
        if result not in used:
            visit(result)
    for name in lines:
        if name not in operations:
            depth[name] = min(depth[result] for result, (_, *inputs) in operations.items() if name in inputs) - 1
    return separate({name: (depth[name], line) for name, line in lines.items()})


def separate(places: dict[str, Place]) -> dict[str, Place]:
    """Move what would be drawn over something else in the same column by one line down."""
    taken: set[Place] = set()
    for name, (x, y) in sorted(places.items(), key=lambda item: item[1]):
        while any(x == other and abs(y - line) < 0.9 for other, line in taken):
            y += 0.5
        taken.add((x, y))
        places[name] = (x, y)
    return places


def draw_circle(axes: Any, place: Place, sign: str) -> None:
    """An operation."""
    from matplotlib.patches import Ellipse

    size = (2 * RADIUS / ACROSS, 2 * RADIUS / DOWN)
    axes.add_patch(Ellipse(place, *size, facecolor="#F2F2F2", edgecolor=LINE, zorder=3))
    write(axes, place, sign, size=11 if len(sign) < 3 else 8)


def draw_edge(axes: Any, begin: Place, end: Place, height: float, to_circle: bool) -> None:
    """An arrow, up to the edge of a circle where there is one; an arc if it has a height."""
    x, y = end
    across, down = (x - begin[0]) * ACROSS, (y - begin[1]) * DOWN
    length = float(np.hypot(across, down))
    if to_circle and height:
        y -= RADIUS / DOWN
    elif to_circle:
        x, y = x - across / length * RADIUS / ACROSS, y - down / length * RADIUS / DOWN
    arrow = {"arrowstyle": "-|>", "color": LINE, "linewidth": 1, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9}
    arrow["connectionstyle"] = f"arc3,rad={-2 * height * DOWN / length}"
    axes.annotate("", xy=(x, y), xytext=begin, arrowprops=arrow, annotation_clip=False, zorder=1)


def lift(begin: Place, end: Place, places: Mapping[str, Place]) -> float:
    """The height, in lines, of the arc of an edge that would otherwise cross something between its ends; 0 for none."""
    for x, y in places.values():
        if begin[0] < x < end[0]:
            there = begin[1] + (x - begin[0]) / (end[0] - begin[0]) * (end[1] - begin[1])
            if abs(y - there) < 0.4:
                return 0.45 + 0.08 * (end[0] - begin[0])
    return 0.0


def middle(begin: Place, end: Place, height: float = 0.0, part: float = 0.5) -> Place:
    """A place on an edge."""
    return begin[0] + part * (end[0] - begin[0]), begin[1] + part * (end[1] - begin[1]) - height


def label(axes: Any, place: Place, align: str, value: str, grad: str) -> None:
    """A value above a place, its gradient below."""
    write(axes, (place[0], place[1] - 0.06), value, align, "bottom")
    write(axes, (place[0], place[1] + 0.06), grad, align, "top", colour=BACKWARD)


def write(
    axes: Any,
    place: Place,
    text: str,
    align: str = "center",
    vertical: str = "center",
    *,
    colour: str = "black",
    size: float = SMALL,
    weight: str = "normal",
) -> None:
    """Text in a white box, over an edge and under a circle; without a box if it is not a value."""
    box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6} if size == SMALL else None
    order = 2 if box else 4
    axes.text(*place, text, ha=align, va=vertical, color=colour, fontsize=size, weight=weight, bbox=box, zorder=order)


def text_of(value: Any, digits: int) -> str:
    """A number, or a small array in brackets; nothing for None."""
    if value is None:
        return ""
    array = as_floats(value)
    if array.ndim == 0:
        return number_text(array, digits)
    parts = [text_of(part, digits) for part in array]
    return ("[" + ", ".join(parts) + "]") if array.ndim == 1 else "\n".join(parts)
