"""The file of a checkpoint: exact, the same bytes for the same state, and refused when anything in it has changed."""

import builtins
import errno
import hashlib
import json
import math
import os
import random
import struct
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigan.errors import CheckpointError, RunError
from minigan.io.atomic_write import system
from minigan.training.checkpoint.file import (
    HEAD,
    Checkpoint,
    DamagedCheckpointError,
    read_checkpoint,
    read_score,
    write_checkpoint,
)

DAMAGED = "found a damaged or foreign file"


@pytest.fixture
def checkpoint() -> Checkpoint:
    rng = np.random.default_rng(0)
    arrays = {
        "generator/dense.kernel": rng.normal(size=(10, 20)).astype(np.float32),
        "generator/dense.bias": np.zeros(20, np.float32),
        "round/judged": np.array(True),
        "nothing": np.empty((0, 7), np.int64),
    }
    return Checkpoint(arrays, {"step": 7, "streams": {"noise": [2**64 - 1, 2**128 + 1, 0, 5]}, "rate": 0.1}, score=1.25)


@pytest.fixture
def path(tmp_path, checkpoint):
    """A checkpoint's file."""
    write_checkpoint(tmp_path / "a.checkpoint", checkpoint)
    return tmp_path / "a.checkpoint"


@pytest.fixture
def no_sync(monkeypatch) -> None:
    """Do not wait for the disk."""
    monkeypatch.setattr(system, "sync", lambda handle: None, raising=False)


def same(a, b) -> bool:
    """Equal in kind and value, to the last bit; a NaN is equal to a NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or struct.pack("d", a) == struct.pack("d", b)
    return a == b


# What comes back

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
dtypes = st.sampled_from("?bBhHiIlLefdFD")
anything = hnp.arrays(dtypes, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrays=st.dictionaries(st.text(max_size=8), anything, max_size=4),
    state=st.dictionaries(st.text(max_size=5), plain, max_size=4),
    score=st.none() | st.floats(),
)
def test_every_state_comes_back_exactly(tmp_path, no_sync, arrays, state, score):
    write_checkpoint(tmp_path / "a", Checkpoint(arrays, state, score))
    loaded = read_checkpoint(tmp_path / "a")
    assert same(loaded.state, state)
    assert same(loaded.score, score)
    assert same(read_score(tmp_path / "a"), score)
    assert loaded.arrays.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (loaded.arrays[name].dtype, loaded.arrays[name].shape) == (array.dtype, array.shape)
        assert loaded.arrays[name].tobytes() == array.tobytes()


def test_arrays_that_come_back_can_be_written_to(path):
    read_checkpoint(path).arrays["generator/dense.bias"][...] = 1


def test_any_memory_order_and_byte_order_comes_back_as_this_machine_s(tmp_path):
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    write_checkpoint(
        tmp_path / "a", Checkpoint({"f": np.asfortranarray(x), "big": x.astype(">f4"), "cut": x[:, ::2]}, {})
    )
    arrays = read_checkpoint(tmp_path / "a").arrays
    for name, expected in {"f": x, "big": x, "cut": x[:, ::2]}.items():
        assert arrays[name].dtype == np.float32
        assert arrays[name].dtype.isnative
        np.testing.assert_array_equal(arrays[name], expected)


def test_the_same_state_makes_the_same_bytes_in_any_order_at_any_time(tmp_path, checkpoint, monkeypatch):
    write_checkpoint(tmp_path / "a", checkpoint)
    monkeypatch.setattr(time, "time", lambda: 1.5e9)
    turned = {name: checkpoint.arrays[name] for name in reversed(checkpoint.arrays)}
    state = {name: checkpoint.state[name] for name in reversed(checkpoint.state)}
    write_checkpoint(tmp_path / "b", Checkpoint(turned, state, checkpoint.score))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_file_names_the_versions_that_made_it(path):
    assert read_checkpoint(path).versions.keys() == {"minigan", "numpy", "python"}


def test_the_layout_is_the_one_that_is_documented(path, checkpoint):
    content = path.read_bytes()
    assert content[:21] == b"minigan checkpoint 2\n"
    end = 29 + int.from_bytes(content[21:29], "little")
    manifest = json.loads(content[29:end])
    assert manifest["state"] == checkpoint.state
    for entry in manifest["arrays"]:
        array = checkpoint.arrays[entry["name"]]
        assert content[end : end + array.nbytes] == array.tobytes()
        end += array.nbytes
    assert content[end:] == hashlib.sha256(content[:end]).digest()


# What is refused in writing


@pytest.mark.parametrize(
    "array",
    [np.array([{}]), np.array(["text"]), np.array([b"text"]), np.zeros(2, "M8[s]"), np.zeros(2, "f4,i4")],
    ids=["object", "text", "bytes", "date", "record"],
)
def test_arrays_without_numbers_are_not_written(tmp_path, array):
    with pytest.raises(ValueError, match="expected a to hold numbers of at most 64 bits each, got"):
        write_checkpoint(tmp_path / "a", Checkpoint({"a": array}, {}))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ((1, 2), r"state\.a\.b\[1\] to be a plain value, got \(1, 2\) of tuple"),
        (np.float64(1), r"state\.a\.b\[1\] to be a plain value"),
        (np.int32(1), r"state\.a\.b\[1\] to be a plain value"),
        ({1: 2}, r"the keys of state\.a\.b\[1\] to be text, got 1"),
        (b"text", "of bytes"),
    ],
)
def test_values_that_json_would_change_are_not_written(tmp_path, value, message):
    with pytest.raises(ValueError, match=message):
        write_checkpoint(tmp_path / "a", Checkpoint({}, {"a": {"b": [0, value]}}))
    assert not list(tmp_path.iterdir())


# Damage


def refused(path) -> bool:
    """Whether both ways of reading call it damaged."""
    with pytest.raises(DamagedCheckpointError, match=DAMAGED):
        read_checkpoint(path)
    with pytest.raises(DamagedCheckpointError, match=DAMAGED):
        read_score(path)
    return True


def test_every_truncation_is_found(tmp_path):
    path = tmp_path / "a"
    write_checkpoint(path, Checkpoint({"x": np.random.default_rng(0).normal(size=30_000)}, {"step": 1}))
    content = path.read_bytes()
    ends = {*range(0, len(content), 1000), *range(300), *range(len(content) - 100, len(content))}
    for end in sorted(ends, reverse=True):
        os.truncate(path, end)
        assert refused(path)


def test_3000_flipped_bits_are_found_one_by_one(path):
    content = path.read_bytes()
    with open(path, "r+b", buffering=0) as file:
        for place in random.Random(0).sample(range(8 * len(content)), 3000):
            byte = content[place // 8]
            put(file, place // 8, byte ^ 1 << place % 8)
            with pytest.raises(DamagedCheckpointError):
                read_checkpoint(path)
            put(file, place // 8, byte)
    read_checkpoint(path)


def put(file, place: int, byte: int) -> None:
    """Change one byte in place."""
    file.seek(place)
    file.write(bytes([byte]))


def test_bytes_too_many_are_found(path):
    path.write_bytes(path.read_bytes() + b"\0")
    assert refused(path)


@pytest.mark.parametrize("content", [b"", b"minigan checkpoint 2\n", b"weights\n" * 100, b"PK\3\4" + bytes(500)])
def test_a_foreign_file_is_refused(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    assert refused(tmp_path / "a")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    assert refused(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert refused(tmp_path / "pipe")


def test_a_missing_file_is_distinguished_from_a_damaged_one(tmp_path):
    with pytest.raises(CheckpointError, match="found no such file") as reported:
        read_checkpoint(tmp_path / "none")
    assert not isinstance(reported.value, DamagedCheckpointError)


@pytest.mark.parametrize(
    ("code", "error"), [(errno.EIO, DamagedCheckpointError), (errno.EACCES, RunError), (errno.EMFILE, RunError)]
)
def test_only_a_disk_that_has_lost_the_file_makes_it_damaged(path, monkeypatch, code, error):
    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(builtins, "open", fail)
    with pytest.raises(error, match=os.strerror(code)):
        read_checkpoint(path)


# Files that are whole, and lie


def forged(path, manifest, content: bytes = b"", length: int | None = None, head: bytes = HEAD):
    """A file with the right SHA-256 around anything."""
    text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    whole = head + (len(text) if length is None else length).to_bytes(8, "little") + text + content
    path.write_bytes(whole + hashlib.sha256(whole).digest())
    return path


def manifest_of(*arrays, **parts) -> dict:
    return {"arrays": list(arrays), "score": None, "state": {}, "versions": {}, **parts}


def entry(shape, dtype="<f4", name="a") -> dict:
    return {"name": name, "dtype": dtype, "shape": shape}


def test_a_forged_file_with_a_true_manifest_is_read(tmp_path):
    loaded = read_checkpoint(forged(tmp_path / "a", manifest_of(entry([2])), bytes(8)))
    assert loaded.arrays["a"].tolist() == [0, 0]


LIES = {
    "terabytes": manifest_of(entry([2**40])),
    "more than a number of 64 bits can say": manifest_of(entry([2**62, 2**62])),
    "less than there is": manifest_of(entry([1])),
    "nothing times very much": manifest_of(entry([2]), entry([0, 2**62], name="b")),
    "a hundred axes": manifest_of(entry([1] * 99 + [2])),
    "a negative size": manifest_of(entry([-2, -1])),
    "a broken size": manifest_of(entry([2.0])),
    "a truth value for a size": manifest_of(entry([2, True])),
    "a text for a shape": manifest_of(entry("2")),
    "a number for a shape": manifest_of(entry(2)),
    "objects": manifest_of(entry([1], "|O")),
    "big numbers": manifest_of(entry([2], ">f4")),
    "records": manifest_of(entry([1], "f4,f4")),
    "a list for a dtype": manifest_of(entry([1], ["<f8"])),
    "a number for a name": manifest_of(entry([2], name=5)),
    "more of an entry": manifest_of({**entry([2]), "more": 1}),
    "less of an entry": manifest_of({"name": "a", "shape": [2]}),
    "no entry": manifest_of(7),
    "more parts": manifest_of(entry([2]), more=1),
    "a list": [],
    "a number": 5,
    "a state of another kind": manifest_of(entry([2]), state=[]),
    "a score of another kind": manifest_of(entry([2]), score="best"),
    "no JSON": b"{",
    "no text": b"\xff\xfe",
    "a deep list": b"[" * 100_000,
    "a number of too many digits": b"9" * 10_000,
}


@pytest.mark.parametrize("manifest", LIES.values(), ids=LIES)
def test_a_false_manifest_is_refused_in_little_memory(tmp_path, manifest):
    forged(tmp_path / "a", manifest, bytes(8))
    tracemalloc.start()
    try:
        assert refused(tmp_path / "a")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20e6


@pytest.mark.parametrize("length", [2**64 - 1, 2**40, 1000])
def test_a_length_beyond_the_end_is_refused(tmp_path, length):
    assert refused(forged(tmp_path / "a", manifest_of(), length=length))


def test_a_newer_format_is_distinguished_from_damage(tmp_path):
    for number in (b"3", b"17"):
        forged(tmp_path / "a", b"whatever it may hold", head=b"minigan checkpoint " + number + b"\n")
        with pytest.raises(
            CheckpointError, match=f"found format {number.decode()}, which a newer minigan made"
        ) as reported:
            read_checkpoint(tmp_path / "a")
        assert not isinstance(reported.value, DamagedCheckpointError)
