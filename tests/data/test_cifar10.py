"""CIFAR-10 from its archive: what is in it, and what an archive can be that is not it."""

import gzip
import hashlib
import io
import os
import pickle
import struct
import tarfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from minigan import data
from minigan.data import cifar10
from minigan.errors import DataError

TRAIN = [f"cifar-10-batches-py/data_batch_{number}" for number in range(1, 6)]
TEST = "cifar-10-batches-py/test_batch"

Files = dict[str, bytes]


def as_batch(rows: np.ndarray, labels: list[int]) -> bytes:
    """A batch, instruction by instruction as in the published files, which Python 2 wrote."""
    names = b"".join(b"U\x0bpicture.png" for _ in labels)
    return (
        b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x15training batch 1 of 5q\x03U\x06labelsq\x04]q\x05("
        + b"".join(b"K" + bytes([label]) for label in labels)
        + b"eU\x04dataq\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\t("
        + (b"K\x01M" + struct.pack("<H", len(rows)) + b"M" + struct.pack("<H", rows.shape[1]) + b"\x86")
        + b"cnumpy\ndtype\nq\nU\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        + (b"\x89T" + struct.pack("<I", rows.size) + rows.tobytes())
        + (b"tbU\tfilenamesq\x0c](" + names + b"eu.")
    )


def as_tar(files: Files) -> bytes:
    """A folder of files as a tar archive, not yet packed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def as_archive(files: Files) -> bytes:
    return gzip.compress(as_tar(files), 1)


@pytest.fixture
def rows() -> np.ndarray:
    """Eighteen images as rows of bytes: three in each batch."""
    return np.random.default_rng(0).integers(0, 256, (18, 3072), np.uint8)


@pytest.fixture
def files(rows) -> Files:
    """The six batches, in the order they have in the published archive, with a file that is no batch."""
    batches = {name: as_batch(rows[3 * i : 3 * i + 3], [i, 9, 2 * i]) for i, name in enumerate(TRAIN)}
    batches = {name: batches[name] for name in sorted(batches, key=lambda name: name[-1] != "4")}
    page = {"cifar-10-batches-py/readme.html": b"<html>"}
    return {**batches, **page, TEST: as_batch(rows[15:], [0, 1, 2])}


@pytest.fixture
def put(tmp_path) -> Callable[[bytes], Path]:
    """Writes an archive and tells where it is."""

    def write(content: bytes) -> Path:
        path = tmp_path / "mine.tar.gz"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache, and nobody to download from."""
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr(cifar10, "MIRRORS", ())
    return tmp_path / "cache" / "cifar10"


def pixel(row: np.ndarray, y: int, x: int) -> list[int]:
    """As the page of the data set tells: 1,024 of red, 1,024 of green, 1,024 of blue, row by row."""
    return [int(row[colour * 1024 + y * 32 + x]) for colour in range(3)]


def test_images_and_labels_are_those_of_the_five_batches_in_order(files, rows, put):
    path = put(as_archive(files))
    dataset = data.load(f"cifar10:{path}")
    assert (dataset.shape, len(dataset), dataset.images.dtype) == ((32, 32, 3), 15, np.uint8)
    assert (dataset.name, dataset.value_range) == (f"cifar10:{path}", (0, 255))
    for index, y, x in [(0, 0, 0), (0, 0, 1), (4, 1, 0), (14, 31, 31), (7, 20, 5)]:
        assert dataset.images[index, y, x].tolist() == pixel(rows[index], y, x)
    assert dataset.labels.tolist() == [0, 9, 0, 1, 9, 2, 2, 9, 4, 3, 9, 6, 4, 9, 8]


def test_the_test_split_is_the_sixth_batch(files, rows, put):
    dataset = data.load(f"cifar10:{put(as_archive(files))}", split="test")
    assert dataset.labels.tolist() == [0, 1, 2]
    assert dataset.images[2, 3, 4].tolist() == pixel(rows[17], 3, 4)


def test_a_batch_of_the_test_is_what_python_unpickles(rows):
    batch = pickle.loads(as_batch(rows, list(range(9)) * 2), encoding="bytes")
    assert list(batch) == [b"batch_label", b"labels", b"data", b"filenames"]
    np.testing.assert_array_equal(batch[b"data"], rows)


def test_a_folder_may_be_named_instead_of_the_archive_in_it(files, tmp_path):
    (tmp_path / cifar10.ARCHIVE).write_bytes(as_archive(files))
    assert len(data.load(f"cifar10:{tmp_path}", image_size=32, channels=3)) == 15


def test_names_may_begin_with_a_dot(files, put):
    path = put(as_archive({f"./{name}": content for name, content in files.items()}))
    assert len(data.load(f"cifar10:{path}")) == 15


def test_nothing_is_written_to_the_disk(files, put, tmp_path):
    path = put(as_archive(files))
    data.load(f"cifar10:{path}")
    assert list(tmp_path.rglob("*")) == [path]


# The published archive


def test_the_archive_in_the_cache_is_found_by_its_checksum(files, cache, monkeypatch):
    content = as_archive(files)
    monkeypatch.setattr(cifar10, "SHA256", hashlib.sha256(content).hexdigest())
    cache.mkdir(parents=True)
    (cache / cifar10.ARCHIVE).write_bytes(content)
    dataset = data.load("cifar10")
    assert (dataset.name, len(dataset)) == ("cifar10", 15)


def test_an_archive_with_another_checksum_is_not_the_published_one(files, cache, refuses):
    content = as_archive(files)
    cache.mkdir(parents=True)
    (cache / cifar10.ARCHIVE).write_bytes(content)
    found = hashlib.sha256(content).hexdigest()
    with refuses("cifar10: cannot download", f"expected sha256 {cifar10.SHA256}, got {found}", f"into {cache} by hand"):
        data.load("cifar10")


def test_a_download_is_verified_before_it_is_kept(files, cache, monkeypatch, tmp_path):
    requests = pytest.importorskip("requests")
    content = as_archive(files)
    sent = []

    class Answer:
        status_code, headers = 200, {"content-length": str(len(content))}
        raise_for_status = close = staticmethod(lambda: None)

        def __enter__(self):
            return self

        __exit__ = staticmethod(lambda *error: None)
        iter_content = staticmethod(lambda chunk_size: iter([content]))

    monkeypatch.setattr(requests, "get", lambda url, **options: sent.append(url) or Answer())
    monkeypatch.setattr(cifar10, "MIRRORS", ("http://mirror.invalid/",))
    with pytest.raises(DataError, match="expected sha256"):
        data.load("cifar10")
    assert not list(cache.iterdir())
    monkeypatch.setattr(cifar10, "SHA256", hashlib.sha256(content).hexdigest())
    assert len(data.load("cifar10")) == 15
    assert sent == [f"http://mirror.invalid/{cifar10.ARCHIVE}"] * 2
    assert [path.name for path in cache.iterdir()] == [cifar10.ARCHIVE]


# Hostile and damaged archives


def test_code_in_an_archive_is_never_run(files, put, tmp_path, refuses):
    class Hostile:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'run'}",)

    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        hostile = pickle.dumps({b"data": Hostile(), b"labels": [1]}, protocol)
        path = put(as_archive({**files, TRAIN[2]: hostile}))
        with refuses(f"cifar10:{path}: data_batch_3: refused: the pickle"):
            data.load(f"cifar10:{path}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda rows: as_batch(rows[:, :3071], [1] * 18), "'data' to be bytes (N, 3072), got bytes (18, 3071)"),
        (lambda rows: as_batch(rows[:0], []), "'data' to be bytes (N, 3072), got bytes (0, 3072)"),
        (lambda rows: as_batch(rows, [1] * 17), "'labels' to be a list of 18, got 17"),
        (lambda rows: as_batch(rows, [1] * 17 + [10]), "labels from 0 to 9"),
        (lambda rows: as_batch(rows, [1] * 18).replace(b"U\x06labels", b"U\x06Labels"), "a list of 18, got NoneType"),
        (lambda rows: as_batch(rows, [1] * 18).replace(b"K\x01K\x01", b"K\x01N"), "labels from 0 to 9"),
        (lambda rows: as_batch(rows, [1] * 18).replace(b"U\x04data", b"U\x04Data"), "got NoneType"),
        (lambda rows: as_batch(rows, [1] * 18).replace(b"U\x02u1", b"U\x02f8"), "refused: the pickle asks for"),
        (lambda rows: as_batch(rows, [1] * 18)[:-20_000], "a damaged pickle"),
        (lambda rows: b"](K\x01e.", "expected a dictionary, got list"),
        (lambda rows: b"}U\x04dataK\x01s.", "'data' to be bytes (N, 3072), got int"),
        (lambda rows: b"", "a damaged pickle"),
    ],
)
def test_a_batch_of_another_kind_is_refused(change, part, files, rows, put, refuses):
    path = put(as_archive({**files, TRAIN[0]: change(rows)}))
    with refuses(f"cifar10:{path}: data_batch_1: ", part):
        data.load(f"cifar10:{path}")


def test_a_batch_that_is_missing_is_named(files, put, refuses):
    del files[TRAIN[1]]
    path = put(as_archive(files))
    with refuses(f"cifar10:{path}: expected {TRAIN[1]} in the archive, found 4 of 5"):
        data.load(f"cifar10:{path}")
    assert len(data.load(f"cifar10:{path}", split="test")) == 3


def test_a_link_is_no_batch(files, put, refuses):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo(TEST)
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    with refuses(f"expected {TEST} in the archive"):
        data.load(f"cifar10:{put(buffer.getvalue())}", split="test")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.99999])
def test_an_archive_cut_short_is_refused(share, files, put, refuses):
    content = as_archive(files)
    path = put(content[: int(share * len(content))])
    with refuses(f"cifar10:{path}: "):
        data.load(f"cifar10:{path}")


def test_a_tar_cut_short_within_a_whole_gzip_file_is_refused(files, put, refuses):
    path = put(gzip.compress(as_tar(files)[:20_000], 1))
    with refuses(f"cifar10:{path}: a damaged archive"):
        data.load(f"cifar10:{path}")


def test_a_pixel_that_changed_on_the_way_is_noticed(files, put, refuses):
    content = bytearray(gzip.compress(as_tar(files), 0))  # stored as it is, so that only the checksum can tell
    content[len(content) // 2] ^= 1
    with refuses("a damaged archive", "CRC"):
        data.load(f"cifar10:{put(bytes(content))}")


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08" + bytes(30)])
def test_what_is_no_archive_is_refused(content, put, refuses):
    path = put(content)
    with refuses(f"cifar10:{path}: "):
        data.load(f"cifar10:{path}")


def test_a_batch_larger_than_any_is_not_read(files, put, monkeypatch, refuses):
    monkeypatch.setattr(cifar10, "BATCH", len(files[TRAIN[0]]))
    assert len(data.load(f"cifar10:{put(as_archive(files))}")) == 15
    monkeypatch.setattr(cifar10, "BATCH", len(files[TRAIN[0]]) - 1)
    with refuses("expected cifar-10-batches-py/data_batch_4 to have at most 9,", "got 9,"):
        data.load(f"cifar10:{put(as_archive(files))}")


def test_an_archive_that_unpacks_to_more_than_any_is_not_read_to_its_end(files, put, monkeypatch, refuses):
    monkeypatch.setattr(cifar10, "UNPACKED", 1_000_000)
    bomb = as_archive({"cifar-10-batches-py/filler": bytes(5_000_000), **files})
    assert len(bomb) < 100_000
    with refuses("expected at most 1,000,000 bytes unpacked, got more"):
        data.load(f"cifar10:{put(bomb)}")


def test_a_header_that_claims_to_be_large_is_bounded_too(put, monkeypatch, refuses):
    """A tar's long names and extended headers are read into memory whole."""
    monkeypatch.setattr(cifar10, "UNPACKED", 1_000_000)
    member = tarfile.TarInfo("pax")
    member.type, member.size = tarfile.XHDTYPE, 50_000_000
    with refuses("expected at most 1,000,000 bytes unpacked, got more"):
        data.load(f"cifar10:{put(gzip.compress(member.tobuf() + bytes(50_000_000), 1))}")


def test_an_archive_larger_than_any_is_not_opened(files, put, monkeypatch, refuses):
    content = as_archive(files)
    monkeypatch.setattr(cifar10, "PACKED", len(content) - 1)
    path = put(content)
    with refuses(f"{path}: cannot be read: Expected at most {len(content) - 1:,} bytes, got {len(content):,}"):
        data.load(f"cifar10:{path}")


def test_a_path_without_an_archive_is_refused(tmp_path, refuses):
    with refuses(f"no such file: {tmp_path / cifar10.ARCHIVE}"):
        data.load(f"cifar10:{tmp_path}")
    with refuses(f"no such file: {tmp_path / 'none.tar.gz'}"):
        data.load(f"cifar10:{tmp_path / 'none.tar.gz'}")


def test_the_limits_hold_the_published_archive():
    assert cifar10.PACKED > 170_498_071
    assert cifar10.BATCH > 31_035_999
    assert cifar10.UNPACKED > 6 * 31_035_999 + 7 * 1024 + 10_240
    assert len(cifar10.SHA256) == 64


def test_a_file_of_two_to_the_88_bytes_is_not_looked_through_for_ever(put, refuses):
    """The size of a tar's file may have 95 bits, and `tarfile` reads on where there is nothing more to read."""
    header = bytearray(tarfile.TarInfo("cifar-10-batches-py/readme.html").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\x80" + b"\xff" * 11
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    with refuses("bytes unpacked, got more"):
        data.load(f"cifar10:{put(gzip.compress(bytes(header) + bytes(2048)))}")


def test_odd_texts_in_a_pickle_are_not_warned_of(files, put, refuses):
    files[TRAIN[0]] = b"\x80\x02S'\\|'\n."
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with refuses("the pickle has the instruction STRING, which such data do not need"):
            data.load(f"cifar10:{put(as_archive(files))}")
    assert not warned
