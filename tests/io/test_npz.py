"""NumPy's files: a header must agree with the bytes that are there, and nothing is unpacked on its word."""

import io
import struct
import warnings
import zipfile

import numpy as np
import pytest

from minigan.errors import CheckpointError
from minigan.io import safe_read
from minigan.io.atomic_write import load_arrays
from minigan.io.npz import Archive, ObjectsError, read_array


def npy(shape: object, descr: str = "'|u1'", data: bytes = b"123456", version: int = 1) -> bytes:
    """An .npy file with any header before six bytes."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(header)) + header + data


def read(content: bytes) -> np.ndarray:
    return read_array(io.BytesIO(content), len(content))


@pytest.mark.parametrize("version", [1, 2])
def test_a_header_that_agrees_with_the_bytes_is_believed(version):
    assert read(npy((2, 3), version=version)).tolist() == [[49, 50, 51], [52, 53, 54]]
    assert read(npy((), "'<u2'", b"\1\0")) == 1
    assert read(npy((0, 5), data=b"")).shape == (0, 5)


@pytest.mark.parametrize(
    ("shape", "descr"),
    [
        ((7,), "'|u1'"),
        ((5,), "'|u1'"),
        ((2**60,), "'<f8'"),
        ((2**32, 2**32), "'|u1'"),  # 0 in 64 bits
        ((-2, -3), "'|u1'"),
        ((-6,), "'|u1'"),
        ((1,), "'|V2147483647'"),
        ((1,), "('<f4', (1000, 1000))"),
    ],
)
def test_a_header_that_claims_more_or_less_is_refused_before_memory_is_asked_for(shape, descr):
    with pytest.raises(ValueError, match=r"expected -?[\d,]+ bytes for .* got 6"):
        read(npy(shape, descr))


@pytest.mark.parametrize("descr", ["'|O'", "[('a', '<f4'), ('b', '|O')]"])
def test_objects_are_refused(descr):
    with pytest.raises(ObjectsError, match="holds Python objects: pickle is refused"):
        read(npy((1,), descr))


def test_a_version_that_numbers_do_not_need_is_refused():
    with pytest.raises(ValueError, match=r"expected version 1\.0 or 2\.0 of the format, got 3\.0"):
        read(npy((6,), version=3))


def test_a_header_that_is_longer_than_any_is_refused():
    content = b"\x93NUMPY\2\0" + struct.pack("<I", 2**32 - 1) + bytes(2**20)
    with pytest.raises(ValueError, match=r"EOF|header"):
        read(content)


def test_code_in_a_header_is_neither_run_nor_warned_of():
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(ValueError, match="malformed"):
            read(npy("(1if 1else 2,)"))
        assert read(npy("(6L,)")).shape == (6,)  # as Python 2 wrote it
    assert not warned


# Archives


def archive(path, method: int = zipfile.ZIP_DEFLATED, **members: bytes) -> str:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return str(path)


def test_an_archive_with_an_implausible_compression_ratio_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(safe_read, "UNPACKED", 1000)
    monkeypatch.setattr(safe_read, "RATIO", 3)
    path = archive(tmp_path / "a.npz", a=npy((5000,), data=bytes(5000)))
    with pytest.raises(CheckpointError, match=r"expected at most 1,000 bytes unpacked, got 5,0\d\d"):
        load_arrays(path)


def test_many_arrays_count_together(tmp_path, monkeypatch):
    monkeypatch.setattr(safe_read, "UNPACKED", 1000)
    monkeypatch.setattr(safe_read, "RATIO", 1)
    path = archive(tmp_path / "a.npz", **{f"a{number}": npy((600,), data=bytes(600)) for number in range(3)})
    with pytest.raises(CheckpointError, match=r"expected at most 1,000 bytes unpacked, got [12],\d\d\d"):
        load_arrays(path)


def test_no_more_is_unpacked_than_the_directory_says(tmp_path):
    path = archive(tmp_path / "a.npz", a=npy((6,)))
    content = bytearray((tmp_path / "a.npz").read_bytes())
    place = content.rindex(b"PK\1\2") + 24  # the size when unpacked
    content[place : place + 4] = struct.pack("<I", 70)
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(CheckpointError, match="found a damaged or foreign file"):
        load_arrays(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_that_numpy_does_not_use_is_refused(method, tmp_path):
    with pytest.raises(CheckpointError, match="expected arrays that are stored or deflated, as NumPy does"):
        load_arrays(archive(tmp_path / "a.npz", method, a=npy((6,))))


@pytest.mark.parametrize("name", ["\x1b[2J", "a\nb", "x" * 201])
def test_names_that_a_terminal_would_obey_or_that_fill_it_are_refused(name, tmp_path):
    with pytest.raises(CheckpointError, match="expected names of arrays, of at most 200 printable characters"):
        load_arrays(archive(tmp_path / "a.npz", **{name: npy((6,))}))


def test_names_that_climb_out_of_the_folder_write_nothing(tmp_path):
    (tmp_path / "in").mkdir()
    path = archive(tmp_path / "in" / "a.npz", **{"../../out": npy((6,)), "/out": npy((6,))})
    assert list(load_arrays(path)) == ["../../out", "/out"]
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["a.npz"]


def test_an_array_is_read_when_it_is_asked_for(tmp_path):
    path = archive(tmp_path / "a.npz", good=npy((6,)), bad=b"no array")
    with open(path, "rb") as file:
        arrays = Archive(file)
        assert arrays.names == ["good", "bad"]
        assert arrays["good"].shape == (6,)
        with pytest.raises(ValueError, match="magic"):
            arrays["bad"]
