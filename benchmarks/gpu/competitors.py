"""Who takes steps on a GPU: minigan and its peers, each in the forms in which it is fast there."""

from collections.abc import Sequence

import typer

from benchmarks.competitors import Competitor

__all__ = ["BASELINE", "CPU", "GPU", "PRECISIONS", "choose"]

#: Of the products of float32 numbers: in full, or with factors rounded to the 10 bits of TensorFloat-32.
PRECISIONS = ("float32", "tf32")

#: JAX would take three quarters of the GPU's memory at once.
FRUGAL = (("XLA_PYTHON_CLIENT_PREALLOCATE", "false"),)


def torch(variant: str, title: str) -> Competitor:
    """PyTorch in one of its forms."""
    return Competitor(f"torch-{variant}", f"PyTorch, {title}", "pytorch_gpu", variant, ("torch",))


#: minigan on the CPU: what its losses are compared with, and what a GPU has to be faster than.
CPU = Competitor("minigan-cpu", "minigan on the CPU", "minigan_gpu", "cpu", ("numpy",))

#: minigan in its fastest form, with which others are compared.
BASELINE = Competitor("minigan-graph", "minigan, CUDA graph", "minigan_gpu", "graph", ("cupy",))

#: All, in the order in which they are measured: those that compile for long come last.
GPU: dict[str, Competitor] = {
    competitor.name: competitor
    for competitor in (
        BASELINE,
        Competitor("minigan-launches", "minigan, launches", "minigan_gpu", "launches", ("cupy",)),
        torch("eager", "eager"),
        torch("channels-last", "channels last"),
        torch("graph", "CUDA graph"),
        Competitor("jax", "JAX, jit", "jax_gpu", "", ("jax",), FRUGAL),
        torch("compile", "compiled, reduce-overhead"),
    )
}


def choose(text: str) -> list[Competitor]:
    """minigan, and the peers that ``--peers`` names: all, none, or some by their names or families."""
    own = [competitor for competitor in GPU.values() if competitor.family == BASELINE.family]
    peers = [competitor for competitor in GPU.values() if competitor not in own]
    if text in ("all", "none"):
        return own + (peers if text == "all" else [])
    wanted = [name.strip() for name in text.split(",")]
    known: Sequence[str] = list(dict.fromkeys(name for peer in peers for name in (peer.family, peer.name)))
    for name in wanted:
        if name not in known:
            raise typer.BadParameter(f"--peers: expected all, none, or some of {', '.join(known)}, got {name!r}")
    return own + [peer for peer in peers if {peer.name, peer.family} & set(wanted)]
