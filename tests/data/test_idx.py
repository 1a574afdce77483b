"""The idx parser: right on whole files, and never content with a damaged one."""

import gzip

import numpy as np
import pytest

from minigan.data import idx
from minigan.io import safe_read


def test_images_and_labels_come_back(tmp_path, as_idx, images, labels):
    (tmp_path / "images").write_bytes(as_idx(images))
    (tmp_path / "labels").write_bytes(gzip.compress(as_idx(labels)))
    np.testing.assert_array_equal(idx.read(tmp_path / "images", 3), images)
    np.testing.assert_array_equal(idx.read(tmp_path / "labels", 1), labels)


def test_the_values_are_not_copied(as_idx, images):
    content = as_idx(images)
    assert np.shares_memory(idx.parse(content, 3, "it"), np.frombuffer(content, np.uint8))


def test_the_content_decides_whether_it_is_gzipped(tmp_path, as_idx, labels):
    unpacked, packed = tmp_path / "labels.gz", tmp_path / "labels"
    unpacked.write_bytes(as_idx(labels))
    packed.write_bytes(gzip.compress(as_idx(labels)))
    for path in (unpacked, packed):
        np.testing.assert_array_equal(idx.read(path, 1), labels)


@pytest.mark.parametrize(
    ("begin", "told"),
    [
        (b"\0\0\x08\x01", "got 00 00 08 01"),  # labels, not images
        (b"\0\0\x0a\x03", "got 00 00 0a 03"),  # no type
        (b"\x08\x03\0\0", "got 08 03 00 00"),
        (b"<htm", "got 3c 68 74 6d"),
    ],
)
def test_a_wrong_magic_number_is_refused(begin, told, as_idx, images, refuses):
    with refuses("it: expected an idx3 file, which begins with 00 00 08 03 for unsigned bytes", told):
        idx.parse(begin + as_idx(images)[4:], 3, "it")


def test_an_empty_file_is_refused(tmp_path, refuses):
    (tmp_path / "empty").touch()
    with refuses(tmp_path / "empty", "got an empty file"):
        idx.read(tmp_path / "empty", 3)


@pytest.mark.parametrize("length", [4, 15])
def test_a_header_cut_short_is_refused(length, as_idx, images, refuses):
    with refuses(f"it: expected an idx header of 16 bytes, got {length}"):
        idx.parse(as_idx(images)[:length], 3, "it")


@pytest.mark.parametrize("length", [16, 17, 155])
def test_values_cut_short_are_refused(length, as_idx, images, refuses):
    with refuses(f"it: expected 140 values for shape (7, 5, 4), got {length - 16}"):
        idx.parse(as_idx(images)[:length], 3, "it")


def test_values_left_over_are_refused(as_idx, images, refuses):
    with refuses("it: expected 140 values for shape (7, 5, 4), got 141"):
        idx.parse(as_idx(images) + b"\0", 3, "it")


def test_a_giant_shape_in_a_damaged_header_allocates_nothing(as_idx, images, refuses):
    content = as_idx(images)
    with refuses("shape (4294967295, 4294967295, 4294967295)", "got 140"):
        idx.parse(content[:4] + b"\xff" * 12 + content[16:], 3, "it")


def test_every_cut_of_a_gzip_file_is_found_out(as_idx, labels, refuses):
    packed = gzip.compress(as_idx(labels))
    for length in range(len(packed)):
        with refuses("it: "):
            idx.parse(idx.unpack(packed[:length], "it"), 1, "it")


def test_every_flipped_bit_of_gzipped_values_is_found_out(as_idx, labels, refuses):
    packed = gzip.compress(as_idx(labels))
    for position in range(10, len(packed)):  # after gzip's header: time and name carry no data
        broken = bytearray(packed)
        broken[position] ^= 1
        with refuses("it: the gzip data are damaged: "):
            idx.unpack(bytes(broken), "it")


def test_a_file_that_cannot_be_read_is_refused(tmp_path, refuses):
    with refuses(tmp_path / "none", "cannot be read", "No such file"):
        idx.read(tmp_path / "none", 3)


def test_a_gzip_file_with_an_implausible_compression_ratio_is_not_read_to_its_end(as_idx, monkeypatch, refuses):
    monkeypatch.setattr(safe_read, "UNPACKED", 1000)
    monkeypatch.setattr(safe_read, "RATIO", 2)
    monkeypatch.setattr(safe_read, "free_memory", lambda: 2000)
    bomb = gzip.compress(as_idx(np.zeros((10, 50, 50), np.uint8)))
    with refuses(
        f"it: expected at most 1,000 bytes unpacked from {len(bomb)}, got more, packed more than",
        "unpack it with gunzip",
    ):
        idx.unpack(bomb, "it")


def test_a_terabyte_of_holes_is_refused_by_its_header_alone(tmp_path, as_idx, images, refuses):
    (tmp_path / "images").write_bytes(as_idx(images))
    with (tmp_path / "images").open("rb+") as file:
        file.truncate(2**40)
    with refuses("expected 140 values for shape (7, 5, 4), got 1099511627760"):
        idx.read(tmp_path / "images", 3)


def test_an_honest_gzip_file_that_packs_hundreds_to_one_is_read_if_the_memory_holds_it(as_idx, monkeypatch):
    monkeypatch.setattr(safe_read, "UNPACKED", 1000)
    monkeypatch.setattr(safe_read, "RATIO", 2)
    masks = np.zeros((500, 20, 20), np.uint8)
    np.testing.assert_array_equal(idx.parse(idx.unpack(gzip.compress(as_idx(masks)), "it"), 3, "it"), masks)


@pytest.mark.parametrize(
    ("number", "dtype"), [(8, "u1"), (9, "i1"), (0x0B, "i2"), (0x0C, "i4"), (0x0D, "f4"), (0x0E, "f8")]
)
def test_every_type_of_values_is_read_in_the_machine_s_byte_order(number, dtype):
    values = np.arange(24).astype(dtype).reshape(2, 3, 4)
    header = bytes([0, 0, number, 3]) + b"".join(size.to_bytes(4, "big") for size in values.shape)
    content = header + values.astype(values.dtype.newbyteorder(">")).tobytes()
    read = idx.parse(content, 3, "it")
    assert read.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(read, values)
    for wrong in (content[:-1], content + bytes(1)):
        with pytest.raises(idx.DataError, match="expected 24 values for shape"):
            idx.parse(wrong, 3, "it")


def test_images_may_have_a_fourth_dimension_where_that_is_asked_for(as_idx):
    colour = np.arange(24, dtype=np.uint8).reshape(1, 2, 4, 3)
    content = bytes([0, 0, 8, 4]) + b"".join(size.to_bytes(4, "big") for size in colour.shape) + colour.tobytes()
    np.testing.assert_array_equal(idx.parse(content, (3, 4), "it"), colour)
    with pytest.raises(idx.DataError, match=r"expected an idx3 file, .* got 00 00 08 04"):
        idx.parse(content, 3, "it")
