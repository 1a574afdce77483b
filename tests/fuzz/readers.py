"""Every reader there is, what it reads, and the errors that are right."""

import os
import socket
from collections.abc import Callable
from enum import Enum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from minigan import data, layers, models
from minigan.errors import CheckpointError, ConfigError, DataError, MiniganError, RunError
from minigan.interchange import import_weights
from minigan.io import atomic_write
from minigan.model.sequential import Sequential
from minigan.runs import TrainConfig, load_run, tables
from minigan.runs.config import read_config
from minigan.training.checkpoint.file import read_checkpoint

from .archives import cifar
from .arrays import array, idx, maybe_packed, npy, npz
from .damage import Luck, now_and_then, words
from .pictures import picture
from .saved import checkpoint, foreign, safetensors
from .text import table, toml

__all__ = ["READERS", "Reader", "lay"]


class Thing(Enum):
    """What can lie in the place of a file."""

    PIPE = "a pipe that nobody writes to"
    FOLDER = "a folder"
    CIRCLE = "a link to itself"
    NO_STREAM = "a link to nothing"
    ENDLESS = "a link to a device that never ends"
    OUTSIDE = "a link to a file outside"
    SECRET = "a file that nobody may read"
    TERABYTE = "a file of a terabyte of holes"
    SOCKET = "a socket"


Files = dict[str, bytes | Thing]


class Reader(NamedTuple):
    """A way into minigan."""

    make: Callable[[Luck], Files]
    read: Callable[[Path], Any]
    refuses: tuple[type[MiniganError], ...]


def lay(folder: Path, files: Files) -> None:
    """Put files and other things into an empty folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        match content:
            case bytes():
                path.write_bytes(content)
            case Thing.PIPE:
                os.mkfifo(path)
            case Thing.FOLDER:
                path.mkdir()
            case Thing.CIRCLE:
                path.symlink_to(path.name)
            case Thing.NO_STREAM:
                path.symlink_to("nothing")
            case Thing.ENDLESS:
                path.symlink_to("/dev/zero")
            case Thing.OUTSIDE:
                path.symlink_to("/etc/passwd")
            case Thing.SECRET:
                path.touch(0)
            case Thing.TERABYTE:
                with path.open("wb") as file:
                    file.truncate(2**40)
            case Thing.SOCKET:
                before = os.getcwd()
                os.chdir(path.parent)  # the name of a socket must be short
                with socket.socket(socket.AF_UNIX) as end:
                    end.bind(path.name)
                os.chdir(before)


def with_things(make: Callable[[Luck], Files]) -> Callable[[Luck], Files]:
    """The same files; now and then another thing in the place of one, or none."""

    def made(rng: Luck) -> Files:
        files = make(rng)
        if now_and_then(rng, 0.03):
            name = rng.choice(list(files))
            files[name] = rng.choice((b"", *Thing))
        elif now_and_then(rng, 0.005):
            del files[rng.choice(list(files))]
        return files

    return made


# Data sets


def small_shape(rng: Luck, channels: bool) -> tuple[int, ...]:
    shape = tuple(rng.randint(1, 6) for _ in range(3))
    return (*shape, rng.choice((1, 3))) if channels and rng.randrange(2) else shape


def idx_folder(rng: Luck) -> Files:
    shape = small_shape(rng, channels=False)
    names = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
    contents = maybe_packed(rng, idx(rng, 3, shape)), maybe_packed(rng, idx(rng, 1, shape[:1]))
    return {name + rng.choice(("", ".gz")): content for name, content in zip(names, contents)}


def npy_file(rng: Luck) -> Files:
    return {"a.npy": npy(rng, array(rng, small_shape(rng, channels=True)))}


def npz_file(rng: Luck) -> Files:
    shape = small_shape(rng, channels=True)
    names = rng.choice((("images", "labels"), ("x_train", "y_train"), ("whatever",), ("a", "b", "c")))
    arrays = {name: array(rng, shape, None if rng.random() < 0.2 else "u1") for name in names}
    for name in ("labels", "y_train"):
        if name in arrays:
            arrays[name] = array(rng, shape[:1], "u1")
    return {"a.npz": npz(rng, arrays)}


def picture_folder(rng: Luck) -> Files:
    size = rng.randint(1, 9)
    files: Files = {}
    for number in range(rng.randint(1, 3)):
        suffix, content = picture(rng, size)
        place = rng.choice(("", "", "below/", "b/" * 90)) if now_and_then(rng) else ""
        name = f"{number}{words(rng)[:60]}" if now_and_then(rng, 0.02) else f"{number}"
        files[place + name.replace("/", "_").replace("\0", "0") + suffix] = content
    return files


def cifar_archive(rng: Luck) -> Files:
    return {"mine.tar.gz": cifar(rng)}


def usable(dataset: Any) -> None:
    """What was read can be trained on: a batch of it is finite."""
    batch = dataset.batch([0, len(dataset) - 1])
    if not np.isfinite(batch).all():
        raise AssertionError("a batch of what was read is not finite")


def read_pictures(folder: Path) -> None:
    usable(data.load(f"folder:{folder}"))


def read_resized_pictures(folder: Path) -> None:
    usable(data.load(f"folder:{folder}", image_size=8, channels=3))


def read_good_pictures(folder: Path) -> None:
    usable(data.load(f"folder:{folder}", image_size=(8, 5), value_range=(0, 255), background="white", skip_bad=True))


def read_npy(folder: Path) -> None:
    usable(data.load(f"{folder}/a.npy", value_range=(0, 255)))


def read_npz(folder: Path) -> None:
    usable(data.load(f"{folder}/a.npz"))


# Runs

SETTINGS = {
    "model": '"mlp1d"',
    "latent_size": "1",
    "data": '"gaussian"',
    "data_range": "[0, 1]",
    "label_smoothing": "0.1",
    "learning_rate": '"4e-4 -> 0 over 100"',
    "momentum": "0.5",
    "batch_size": "16",
    "steps": "3",
    "noise": '"normal"',
    "seed": "0",
    "metrics": "false",
    "threads": "1",
}


@cache
def weights() -> dict[str, dict[str, np.ndarray]]:
    """Those of a small GAN."""
    gan = models.build("mlp1d", 0)
    return {"generator": gan.generator.state_dict(), "discriminator": gan.discriminator.state_dict()}


@cache
def network() -> Sequential:
    """Three numbers to four."""
    net = Sequential([layers.Dense(4)], "net")
    net.build((3,))
    return net


def few_weights(rng: Luck) -> Files:
    return {"net.npz": npz(rng, {"dense.kernel": array(rng, (3, 4), "<f4"), "dense.bias": array(rng, (4,), "<f4")})}


def read_weights(folder: Path) -> None:
    network().load_state_dict(atomic_write.load_arrays(folder / "net.npz"))


def read_foreign(suffix: str) -> Callable[[Path], None]:
    return lambda folder: import_weights(network(), folder / f"net{suffix}")


def foreign_file(suffix: str) -> Callable[[Luck], Files]:
    return lambda rng: {f"net{suffix}": foreign(rng, network(), suffix)}


def config_file(rng: Luck) -> Files:
    return {"config.toml": toml(rng, SETTINGS)}


def read_settings(folder: Path) -> None:
    TrainConfig(**read_config(folder / "config.toml"))


def metrics_table(rng: Luck) -> Files:
    return {"metrics.csv": table(rng, tables.COLUMNS, rng.randrange(5))}


def read_metrics(folder: Path) -> None:
    figures = tables.read_metrics(folder / "metrics.csv")
    if {len(column) for column in figures.values()} != {len(figures["step"])}:
        raise AssertionError("the columns are not of one length")


def gradients_table(rng: Luck) -> Files:
    return {"gradients.csv": table(rng, ("step", "generator/dense", "discriminator/dense"), rng.randrange(5))}


def read_gradients(folder: Path) -> None:
    tables.read_gradients(folder / "gradients.csv")


def run_folder(rng: Luck) -> Files:
    """One of its files is damaged, the others are whole."""
    at_ease, unlucky = Luck("", bad=0), rng.choice(("config", *weights()))
    luck = {name: rng if name == unlucky else at_ease for name in ("config", *weights())}
    files: Files = {f"{name}.npz": npz(luck[name], arrays) for name, arrays in weights().items()}
    return {"config.toml": toml(luck["config"], SETTINGS), **files}


#: By name; each gets as many inputs. Those of other libraries' formats are there where the libraries are.
READERS: dict[str, Reader] = {
    "idx": Reader(with_things(idx_folder), lambda folder: usable(data.load(f"mnist:{folder}")), (DataError,)),
    "npy": Reader(with_things(npy_file), read_npy, (DataError,)),
    "npz": Reader(with_things(npz_file), read_npz, (DataError,)),
    "pictures": Reader(with_things(picture_folder), read_pictures, (DataError,)),
    "pictures, resized": Reader(with_things(picture_folder), read_resized_pictures, (DataError,)),
    "pictures, bad ones left out": Reader(with_things(picture_folder), read_good_pictures, (DataError,)),
    "CIFAR archive": Reader(
        with_things(cifar_archive), lambda folder: usable(data.load(f"cifar10:{folder}/mine.tar.gz")), (DataError,)
    ),
    "config.toml": Reader(with_things(config_file), read_settings, (ConfigError,)),
    "metrics.csv": Reader(with_things(metrics_table), read_metrics, (RunError,)),
    "gradients.csv": Reader(with_things(gradients_table), read_gradients, (RunError,)),
    "weights": Reader(with_things(few_weights), read_weights, (CheckpointError,)),
    "checkpoint": Reader(
        with_things(lambda rng: {"step.checkpoint": checkpoint(rng)}),
        lambda folder: read_checkpoint(folder / "step.checkpoint"),
        (CheckpointError, RunError),
    ),
    "run folder": Reader(with_things(run_folder), load_run, (RunError, ConfigError, CheckpointError)),
}

#: What the formats of other libraries need besides minigan.
FOREIGN = {".safetensors": "safetensors", ".weights.h5": "h5py", ".pt": "torch"}

for suffix, package in FOREIGN.items():
    if find_spec(package):
        make = (lambda rng: {"net.safetensors": safetensors(rng)}) if package == "safetensors" else foreign_file(suffix)
        READERS[f"weights, {suffix}"] = Reader(with_things(make), read_foreign(suffix), (CheckpointError,))
