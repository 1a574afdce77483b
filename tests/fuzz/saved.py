"""Damaged checkpoints, and damaged weights in the formats of other libraries."""

import hashlib
import json
import struct
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from minigan.interchange import export_weights
from minigan.model.sequential import Sequential

from .arrays import array, deflated_zeros
from .damage import INTEGERS, Luck, blindly, integer, now_and_then, words

__all__ = ["checkpoint", "foreign", "safetensors"]


def checkpoint(rng: Luck) -> bytes:
    """A checkpoint whose SHA-256 is right, whatever stands in its manifest; or is not."""
    values = array(rng, (3, 4), "<f4").tobytes() + array(rng, (5,), "<i8").tobytes()
    kernel = {"name": "kernel", "dtype": "<f4", "shape": [integer(rng, 3, 0.1), 4]}
    step = {"name": "step", "dtype": "<i8", "shape": [5]}
    manifest = {"arrays": [kernel, step], "figure": 0.5, "state": {"step": 7}, "versions": {"minigan": "1"}}
    for part in (kernel, step, manifest, manifest["state"]):
        if now_and_then(rng):
            part[rng.choice([*part, "more"])] = anything(rng)
    text = json.dumps(manifest).encode()
    if now_and_then(rng, 0.05):
        text = rng.choice((b"[" * 100_000, b"{}", b"[]", b"9" * 5000, json.dumps(words(rng)).encode()))
    number = words(rng).encode(errors="replace") if now_and_then(rng, 0.05) else b"1"
    head = b"minigan checkpoint " + number + b"\n"
    content = head + struct.pack("<Q", integer(rng, len(text), 0.1) % 2**64) + text + values
    content = blindly(rng, content, 0.1)
    return blindly(rng, content + hashlib.sha256(content).digest(), 0.1)


def anything(rng: Luck) -> Any:
    """What JSON can hold in the place of something else."""
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    numbers = (-1, 0.5, float("nan"), 10**400, [2**62, 0], [-1, -12], [2**31, 2**31])
    return rng.choice((None, True, *numbers, [], {}, ["3"], deep, words(rng)))


def safetensors(rng: Luck) -> bytes:
    """The weights of a Dense layer of 3 to 4, behind a header that may lie."""
    kernel, bias = array(rng, (3, 4), "<f4"), array(rng, (4,), "<f4")
    header: dict[str, Any] = {
        "dense.kernel": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]},
        "dense.bias": {"dtype": "F32", "shape": [4], "data_offsets": [48, 64]},
    }
    for entry in list(header.values()):
        if now_and_then(rng, 0.15):
            others = anything(rng), [rng.choice(INTEGERS), 48], "F64", "BF16", "I4"
            entry[rng.choice(list(entry))] = rng.choice(others)
    if now_and_then(rng):
        header[words(rng)[:9000]] = header.pop(rng.choice(list(header)))
    if now_and_then(rng, 0.05):
        header["__metadata__"] = anything(rng)
    text = json.dumps(header).encode()
    length = struct.pack("<Q", integer(rng, len(text), 0.1) % 2**64)
    return blindly(rng, length + text + kernel.tobytes() + bias.tobytes())


def foreign(rng: Luck, network: Sequential, suffix: str) -> bytes:
    """Whole weights as another library writes them, damaged blindly."""
    content = blindly(rng, whole(network, suffix), 0.9)
    if suffix == ".pt" and rng.random() < 0.01:
        content += deflated_zeros(1)[0]
    return content


@cache
def whole(network: Sequential, suffix: str) -> bytes:
    """Weights as another library writes them."""
    with tempfile.TemporaryDirectory() as folder:
        return export_weights(network, Path(folder) / f"net{suffix}").read_bytes()
