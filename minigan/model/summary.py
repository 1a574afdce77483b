"""The table of a network: layer, output shape, parameters, totals."""

from collections.abc import Iterable

from minigan.io.html import paragraph, table
from minigan.layers.parameter import Parameter
from minigan.model.network import Network

__all__ = ["memory", "print_summary", "summary_html"]

#: The headings of the columns, as in Keras.
HEADINGS = ("Layer (type)", "Output Shape", "Param #")

#: Columns that the frame takes; a terminal with less room gets the table without it.
FRAME = 10


def layer_rows(model: Network) -> list[tuple[str, str, str]]:
    """A row for each layer, with a cell for each of `HEADINGS`."""
    rows = []
    for layer in model:
        shape = ", ".join(["None", *map(str, layer.output_shape)])
        count = sum(parameter.data.size for parameter in layer.parameters.values())
        rows.append((f"{layer.name} ({type(layer).__name__})", f"({shape})", f"{count:,}"))
    return rows


def totals(model: Network) -> list[str]:
    """Lines with the number of all parameters, of those that are trained and of those that are not."""
    parameters = list(model.parameters().values())
    parts = {
        "Total params": parameters,
        "Trainable params": [p for p in parameters if p.trainable],
        "Non-trainable params": [p for p in parameters if not p.trainable],
    }
    return [f"{label}: {sum(p.data.size for p in part):,} ({memory(nbytes(part))})" for label, part in parts.items()]


def print_summary(model: Network) -> None:
    """Print `model` as Keras prints its models."""
    from rich.box import HEAVY_HEAD
    from rich.console import Console
    from rich.table import Table

    console, rows = Console(), layer_rows(model)
    names, shapes, counts = zip(HEADINGS, *rows)
    narrow = longest(names) + longest(shapes) + longest(counts) + FRAME > console.width
    first, second = (longest(word for text in texts for word in text.split()) for texts in (names, shapes))
    framed = first + second + longest(counts) + FRAME <= console.width
    box = HEAVY_HEAD if framed else None
    drawn = Table(box=box, show_lines=framed, title=f"Model: {model.name}", title_justify="left")
    drawn.add_column(HEADINGS[0], width=first if narrow else None)  # lines break between words
    drawn.add_column(HEADINGS[1], min_width=second)
    drawn.add_column(HEADINGS[2], justify="right", no_wrap=True)
    for row in rows:
        drawn.add_row(*row)
    console.print(drawn)
    for line in totals(model):
        console.print(f" {line}", highlight=False)


def summary_html(model: Network) -> str:
    """The same for a notebook."""
    found = table(HEADINGS, layer_rows(model), caption=f"Model: {model.name}", right=HEADINGS[-1:])
    return found + paragraph("; ".join(totals(model)))


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
