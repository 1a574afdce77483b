"""Damaged idx files, .npy and .npz files, and bombs."""

import gzip
import math
import struct
import zlib
from functools import cache

import numpy as np

from .damage import INTEGERS, Luck, blindly, integer, now_and_then, words

__all__ = ["array", "idx", "maybe_packed", "npy", "npz", "zeros", "zipped"]

DTYPES = ("u1", "u1", "u1", "<f4", ">f4", "<f8", "<f2", "i1", "<i2", ">i8", "<u8", "?", "<c8", "S3", "<U2", "<M8[s]")
#: What may stand for a dtype in a header.
DESCRIPTIONS = (
    *("'|O'", "'|V2147483647'", "'<f16'", "'<U536870911'", "[('a', '<f4'), ('b', '|O')]", "''", "'|u9'", "None", "1"),
    *("('<f4', (1000000, 1000000))", "[" * 200 + "]" * 200, "__import__('os')", "'<f4,' * 9", "'<M8[9999999999s]'"),
)

SHAPES = ("(10L, 2L)", "(" * 300, "[3]", "None", "(True,)", "(1.5,)", "()", "(0, 9223372036854775807)")


def idx(rng: Luck, ndim: int, shape: tuple[int, ...]) -> bytes:
    """An idx file whose header may lie."""
    values = rng.randbytes(math.prod(shape))
    sizes = [integer(rng, size, 0.1) % 2**32 for size in shape]
    header = bytes([0, 0, integer(rng, 8, 0.05) % 256, integer(rng, ndim, 0.05) % 256])
    return blindly(rng, header + struct.pack(f">{len(sizes)}I", *sizes) + values)


@cache
def zeros(mebibytes: int) -> bytes:
    """A gzip file that becomes so many mebibytes of zeros."""
    return gzip.compress(bytes(2**20), mtime=0) * mebibytes


def maybe_packed(rng: Luck, content: bytes) -> bytes:
    """Plain, or gzipped: in one part or more, with a name, followed by something, or by a bomb."""
    if rng.random() < 0.4:
        return content
    half = rng.randrange(len(content) + 1) if now_and_then(rng) else len(content)
    packed = b"".join(gzip.compress(part, 1, mtime=0) for part in (content[:half], content[half:]) if part)
    if now_and_then(rng):
        packed = packed[:3] + bytes([rng.randrange(32)]) + packed[4:]
    if now_and_then(rng, 0.05):
        packed += rng.choice((bytes(100), b"\x1f\x8b", b"more", packed))
    if rng.random() < 0.005 and rng.bad:
        packed += zeros(rng.choice((1, 300, 2000)))
    return blindly(rng, packed)


def array(rng: Luck, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
    """Numbers from 0 to 1 or all bytes; a NaN or an infinity among them now and then."""
    kind = np.dtype(dtype or rng.choice(DTYPES))
    values = np.frombuffer(rng.randbytes(math.prod(shape)), np.uint8).reshape(shape)
    if kind.kind == "f":
        values = values / 255
        if values.size and now_and_then(rng):
            values.flat[rng.randrange(values.size)] = rng.choice((np.nan, np.inf, -np.inf, 1e300, -1))
    with np.errstate(over="ignore"):
        return values.astype(kind)


def npy(rng: Luck, values: np.ndarray) -> bytes:
    """An .npy file whose header may lie."""
    shape = tuple(integer(rng, size, 0.05) for size in values.shape)
    if now_and_then(rng, 0.05):
        shape = (*shape, rng.choice(INTEGERS))[rng.randrange(2) :]
    fields = {"descr": repr(np.lib.format.dtype_to_descr(values.dtype)), "fortran_order": "False", "shape": str(shape)}
    others = {"descr": DESCRIPTIONS, "fortran_order": ("True", "2", "None"), "shape": SHAPES}
    told = {name: rng.choice(others[name]) if now_and_then(rng, 0.05) else usual for name, usual in fields.items()}
    header = "{" + "".join(f"'{name}': {value}, " for name, value in told.items()) + "}"
    if now_and_then(rng, 0.05):
        header = rng.choice((header[:-1], header + "\x00", words(rng), header.replace("shape", "form"), "1if 1else 1"))
    text = header.encode("utf-8").ljust(117) + b"\n"
    version = rng.choice((0, 2, 3, 9)) if now_and_then(rng) else 1
    length = struct.pack("<H" if version == 1 else "<I", integer(rng, len(text), 0.05) % 2**16)
    if version > 1 and now_and_then(rng):
        length = struct.pack("<I", 2**32 - 1)
    return blindly(rng, b"\x93NUMPY" + bytes([version, 0]) + length + text + values.tobytes())


@cache
def deflated_zeros(mebibytes: int) -> tuple[bytes, int, int]:
    """So many mebibytes of zeros, deflated; how many bytes they become; and their CRC."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    crc = 0
    for _ in range(mebibytes):
        crc = zlib.crc32(bytes(2**20), crc)
    return piece * mebibytes + b"\x03\x00", mebibytes << 20, crc


def npz(rng: Luck, arrays: dict[str, np.ndarray]) -> bytes:
    """An .npz file: its members, their names and the archive itself may all be damaged."""
    members = {f"{name}.npy": npy(rng, values) for name, values in arrays.items()}
    if now_and_then(rng):
        name = rng.choice(list(members))
        members[name] = rng.choice((b"", b"no array", b"\x80\x04K\x01.", b"cos\nsystem\n(S'true'\ntR."))
    if now_and_then(rng):
        other = rng.choice((words(rng)[:60_000], "../../a.npy", "/a.npy", "images", "labels.npy.npy", ".npy"))
        members[other] = members.pop(rng.choice(list(members)))
    return blindly(rng, zipped(rng, members))


def zipped(rng: Luck, members: dict[str, bytes]) -> bytes:
    """A zip file as the format's description says, but for what its headers tell."""
    packed, directory = bytearray(), bytearray()
    for name, content in members.items():
        size, crc, method = len(content), zlib.crc32(content), rng.choice((0, 8))
        data = content
        if method == 8:
            packer = zlib.compressobj(6, zlib.DEFLATED, -15)
            data = packer.compress(content) + packer.flush()
        if rng.random() < 0.004 and rng.bad:
            data, size, crc = deflated_zeros(rng.choice((1, 300, 2000)))
            method = 8
        flags = integer(rng, 0x800, 0.02) % 2**16
        method = rng.choice((1, 12, 14, 99)) if now_and_then(rng, 0.02) else method
        sizes = [integer(rng, value, 0.02) % 2**32 for value in (crc, len(data), size)]
        extra = rng.randbytes(rng.randrange(40)) if now_and_then(rng, 0.03) else b""
        label = name.encode("utf-8")
        place = integer(rng, len(packed), 0.02) % 2**32
        common = struct.pack("<HHHHH3IHH", 20, flags, method, 0, 33, *sizes, len(label), len(extra))
        packed += b"PK\x03\x04" + common + label + extra + data
        rest = struct.pack("<HHHII", 0, 0, 0, 0, place)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + common + rest + label + extra
    if now_and_then(rng, 0.03):
        directory *= rng.choice((2, 50))
    count = integer(rng, len(members), 0.03) % 2**16
    place, size = (integer(rng, value, 0.03) % 2**32 for value in (len(packed), len(directory)))
    return bytes(packed + directory) + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, count, count, size, place, 0)
