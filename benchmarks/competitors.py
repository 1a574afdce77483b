"""The competitors that are measured: minigan, and libraries that can train the same networks."""

import json
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import typer

from benchmarks.game import BATCHES
from minigan.kernels.compiled import compiler

__all__ = [
    "MINIGAN",
    "MINIGAN_NUMPY",
    "PEERS",
    "Competitor",
    "Versions",
    "choose",
    "interpreters",
    "own",
    "versions",
]

#: The model that every peer has.
FIRST = "dcgan28"


class Competitor(NamedTuple):
    """One way to run a training step.

    Attributes
    ----------
    name : str
        Selects it in options; the part before the first dash is its family, which selects several.
    title : str
        Its name in tables and pictures.
    module : str
        The file in ``peers/`` that runs its steps.
    variant : str
        Which variant of the module.
    packages : tuple of str
        The packages it needs, whose versions are reported.
    environment : tuple of (str, str)
        Environment variables of its process.
    models : tuple of str
        The models that it can train.
    """

    name: str
    title: str
    module: str
    variant: str
    packages: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    models: tuple[str, ...] = (FIRST,)

    @property
    def family(self) -> str:
        """The name of its interpreter: ``torch`` for ``torch-compile``."""
        return self.name.partition("-")[0]


def keras(variant: str, title: str, backend: str) -> Competitor:
    """Keras on one of its backends."""
    environment = (("KERAS_BACKEND", backend), ("TF_CPP_MIN_LOG_LEVEL", "2"))
    return Competitor(f"keras-{variant}", title, "keras_step", variant, ("keras", backend), environment)


def torch(variant: str, title: str) -> Competitor:
    """PyTorch in one variant; points have no channels that could be last."""
    models = tuple(model for model in BATCHES if (variant, model) != ("channels_last", "mlp2d"))
    name = f"torch-{variant.replace('_', '-')}"
    return Competitor(name, f"PyTorch, {title}", "pytorch_step", variant, ("torch",), models=models)


def minigan(name: str, title: str, kernels: str, *packages: str) -> Competitor:
    """minigan with kernels of one kind."""
    environment = (("MINIGAN_KERNELS", kernels),)
    return Competitor(name, title, "minigan_step", "", ("numpy", *packages), environment, tuple(BATCHES))


MINIGAN = minigan("minigan", "minigan", "fast", "numba")
MINIGAN_NUMPY = minigan("minigan-numpy", "minigan, without Numba", "numpy")

#: The other libraries, by name.
PEERS: dict[str, Competitor] = {
    peer.name: peer
    for peer in (
        torch("eager", "eager"),
        torch("channels_last", "channels last"),
        torch("compile", "compiled"),
        keras("tensorflow", "Keras, TensorFlow", "tensorflow"),
        keras("tensorflow-jit", "Keras, TensorFlow XLA", "tensorflow"),
        keras("jax", "Keras, JAX", "jax"),
        keras("torch", "Keras, PyTorch", "torch"),
        Competitor("jax", "JAX", "jax_step", "", ("jax",)),
        Competitor("chainer", "Chainer", "chainer_step", "", ("chainer",)),
    )
}

FAMILIES = tuple(dict.fromkeys(peer.family for peer in PEERS.values()))


def own() -> list[Competitor]:
    """minigan, by which the others are measured: with compiled kernels where Numba works, and without."""
    return [MINIGAN_NUMPY] if compiler.problem() else [MINIGAN, MINIGAN_NUMPY]


def choose(text: str) -> list[Competitor]:
    """The peers that ``--peers`` names: all, none, or some by their names or families."""
    if text in ("all", "none"):
        return list(PEERS.values()) if text == "all" else []
    wanted = [name.strip() for name in text.split(",")]
    for name in wanted:
        if name not in PEERS and name not in FAMILIES:
            raise typer.BadParameter(
                f"--peers: expected all, none, or some of {', '.join(dict.fromkeys((*FAMILIES, *PEERS)))}, got {name!r}"
            )
    return [peer for peer in PEERS.values() if {peer.name, peer.family} & set(wanted)]


def interpreters(settings: Sequence[str], default: Path | None) -> dict[str, Path]:
    """The Python of every family, by ``--python NAME=PATH`` or ``--peer-python PATH``; else, and for minigan, this."""
    found = dict.fromkeys(FAMILIES, default or Path(sys.executable))
    for setting in settings:
        family, equals, path = setting.partition("=")
        if not equals or family not in FAMILIES:
            raise typer.BadParameter(
                f"--python: expected NAME=PATH with a name of {', '.join(FAMILIES)}, got {setting!r}"
            )
        found[family] = Path(path)
    for python in found.values():
        if not python.is_file():
            raise typer.BadParameter(f"expected the path of a Python interpreter, got {str(python)!r}")
    return {MINIGAN.family: Path(sys.executable), **found}


#: The version of each package, None where it is not installed.
Versions = dict[str, str | None]

PROBE = """
import importlib.metadata, importlib.util, json, sys
def version(package):
    if importlib.util.find_spec(package) is None:
        return None
    names = (package, package + "-cpu", package + "-cuda12x", package + "-cuda13x")
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return "unknown"
print(json.dumps({package: version(package) for package in sys.argv[1:]}))
"""


@cache
def versions(python: Path, packages: tuple[str, ...]) -> Versions:
    """The versions of these packages that an interpreter has, without importing any."""
    command = [str(python), "-c", PROBE, *packages]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise typer.BadParameter(f"{python}: expected a Python interpreter, but: {error}") from None
