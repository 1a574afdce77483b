"""The table of a network: layer, output shape, parameters, totals."""

from collections.abc import Iterable

from minigan.layers.parameter import Parameter
from minigan.model.network import Network

__all__ = ["memory", "print_summary"]

#: Columns that the frame takes; a terminal with less room gets the table without it.
FRAME = 10


def print_summary(model: Network) -> None:
    """Print `model` as Keras prints its models."""
    from rich.box import HEAVY_HEAD
    from rich.console import Console
    from rich.table import Table

    rows = []
    for layer in model:
        shape = ", ".join(["None", *map(str, layer.output_shape)])
        count = sum(parameter.data.size for parameter in layer.parameters.values())
        rows.append((f"{layer.name} ({type(layer).__name__})", f"({shape})", f"{count:,}"))
    console = Console()
    names, shapes, counts = zip(("Layer (type)", "Output Shape", "Param #"), *rows)
    narrow = longest(names) + longest(shapes) + longest(counts) + FRAME > console.width
    first, second = (longest(word for text in texts for word in text.split()) for texts in (names, shapes))
    framed = first + second + longest(counts) + FRAME <= console.width
    table = Table(
        box=HEAVY_HEAD if framed else None, show_lines=framed, title=f"Model: {model.name}", title_justify="left"
    )
    table.add_column(names[0], width=first if narrow else None)  # lines break between words
    table.add_column(shapes[0], min_width=second)
    table.add_column(counts[0], justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    parameters = list(model.parameters().values())
    for label, part in (
        ("Total params", parameters),
        ("Trainable params", [p for p in parameters if p.trainable]),
        ("Non-trainable params", [p for p in parameters if not p.trainable]),
    ):
        console.print(f" {label}: {sum(p.data.size for p in part):,} ({memory(nbytes(part))})", highlight=False)


def longest(texts: Iterable[str]) -> int:
    """The length of the longest text."""
    return max(map(len, texts))


def nbytes(parameters: list[Parameter]) -> int:
    """The bytes they take."""
    return sum(parameter.data.nbytes for parameter in parameters)


def memory(amount: float) -> str:
    """Bytes in the unit that reads best."""
    for unit in ("B", "KB", "MB"):
        if amount < 1024:
            return f"{amount:.2f} {unit}"
        amount /= 1024
    return f"{amount:.2f} GB"
