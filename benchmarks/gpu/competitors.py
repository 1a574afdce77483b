"""The competitors on a GPU: minigan and its peers, each in its fast variants."""

from collections.abc import Sequence

import typer

from benchmarks.competitors import Competitor

__all__ = ["BASELINE", "CPU", "GPU", "PRECISIONS", "choose"]

#: The precision of float32 products: full, or with factors rounded to the 10 bits of TensorFloat-32.
PRECISIONS = ("float32", "tf32")

#: Without it JAX allocates three quarters of the GPU's memory at once.
FRUGAL = (("XLA_PYTHON_CLIENT_PREALLOCATE", "false"),)


def torch(variant: str, title: str) -> Competitor:
    """PyTorch in one variant."""
    return Competitor(f"torch-{variant}", f"PyTorch, {title}", "pytorch_gpu", variant, ("torch",))


#: minigan on the CPU: the reference for losses and for the speed of a GPU.
CPU = Competitor("minigan-cpu", "minigan on the CPU", "minigan_gpu", "cpu", ("numpy",))

#: minigan's fastest variant, with which the others are compared.
BASELINE = Competitor("minigan-graph", "minigan, CUDA graph", "minigan_gpu", "graph", ("cupy",))

#: All competitors in the order of measurement; those that compile for long are last.
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
