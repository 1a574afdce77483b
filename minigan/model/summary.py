"""The table of a network: layer, output shape, parameters, totals."""

from minigan.layers.parameter import Parameter
from minigan.model.network import Network

__all__ = ["memory", "print_summary"]


def print_summary(model: Network) -> None:
    """Print `model` as Keras prints its models."""
    from rich.box import HEAVY_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=HEAVY_HEAD, show_lines=True, title=f"Model: {model.name}", title_justify="left")
    table.add_column("Layer (type)")
    table.add_column("Output Shape")
    table.add_column("Param #", justify="right")
    for layer in model:
        shape = ", ".join(["None", *map(str, layer.output_shape)])
        count = sum(parameter.data.size for parameter in layer.parameters.values())
        table.add_row(f"{layer.name} ({type(layer).__name__})", f"({shape})", f"{count:,}")
    console = Console()
    console.print(table)
    parameters = list(model.parameters().values())
    for label, part in (
        ("Total params", parameters),
        ("Trainable params", [p for p in parameters if p.trainable]),
        ("Non-trainable params", [p for p in parameters if not p.trainable]),
    ):
        console.print(f" {label}: {sum(p.data.size for p in part):,} ({memory(nbytes(part))})", highlight=False)


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
