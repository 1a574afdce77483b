"""Damaged archives of CIFAR-10: pickles in a tar archive in a gzip file."""

import gzip
import io
import struct
import tarfile

from .arrays import zeros
from .damage import Luck, blindly, integer, now_and_then, words

__all__ = ["cifar"]

NAMES = (*(f"cifar-10-batches-py/data_batch_{number}" for number in range(1, 6)), "cifar-10-batches-py/test_batch")

#: Instructions of a pickle: of data, of calls, of strings whose lengths lie.
INSTRUCTIONS = (
    *(b".", b"(", b")", b"]", b"}", b"N", b"\x88", b"0", b"1", b"2", b"K\x05", b"M\xff\xff", b"J\xff\xff\xff\xff"),
    *(b"a", b"e", b"s", b"u", b"t", b"\x85", b"\x86", b"\x87", b"q\x01", b"h\x01", b"h\x05", b"R", b"b", b"o", b"\x81"),
    *(b"cos\nsystem\n", b"cnumpy\ndtype\n", b"cnumpy\nndarray\n", b"S'true'\n", b"U\xff", b"T\xff\xff\xff\x7f"),
    *(b"\x8e" + b"\xff" * 8, b"L9999999999999999L\n", b"\x8b\xff\xff\xff\x7f", b"I12\n", b"F1e999\n", b"V\\ud800\n"),
    *(b"]" * 3000, b"(" * 3000, b"\x85" * 3000, b"h\x01" * 500, b"\x80\x05", b"\x95" + b"\xff" * 8, b"\x98"),
    *(b"P0\n", b"Q", b"\x8e"),
)


def batch(rng: Luck, count: int) -> bytes:
    """A pickled batch of so many images, as Python 2 wrote it."""
    labels = b"".join(b"K" + bytes([integer(rng, rng.randrange(10), 0.02) % 256]) for _ in range(count))
    rows, columns = integer(rng, count, 0.05) % 2**16, integer(rng, 3072, 0.05) % 2**16
    size = integer(rng, 3072 * count, 0.05) % 2**31
    parts = [
        *(b"\x80\x02", b"}", b"q\x01", b"(", b"U\x06labels", b"q\x04", b"]", b"q\x05", b"(", labels, b"e"),
        *(b"U\x04data", b"cnumpy.core.multiarray\n_reconstruct\n", b"cnumpy\nndarray\n", b"K\x00\x85", b"U\x01b"),
        *(b"\x87", b"R", b"(", b"K\x01", b"M" + struct.pack("<H", rows), b"M" + struct.pack("<H", columns), b"\x86"),
        *(b"cnumpy\ndtype\n", b"U\x02u1", b"K\x00", b"K\x01", b"\x87", b"R"),
        *(b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00t", b"b"),
        *(b"\x89", b"T" + struct.pack("<I", size) + rng.randbytes(3072 * count), b"t", b"b", b"u", b"."),
    ]
    if now_and_then(rng, 0.3):
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(parts))
            if rng.randrange(3):
                parts.insert(place, rng.choice(INSTRUCTIONS))
            else:
                del parts[place]
    return blindly(rng, b"".join(parts), 0.05)


def cifar(rng: Luck) -> bytes:
    """An archive of six batches, or fewer."""
    archive = bytearray()
    for name in NAMES:
        if now_and_then(rng, 0.01):
            continue
        archive += member(rng, name, batch(rng, 1))
    content = blindly(rng, bytes(archive) + bytes(integer(rng, 1024, 0.05) % 5000), 0.1)
    packed = gzip.compress(content, 1, mtime=0)
    if rng.random() < 0.005 and rng.bad:
        packed += zeros(rng.choice((1, 300)))
    return blindly(rng, packed, 0.15)


def member(rng: Luck, name: str, content: bytes) -> bytes:
    """One file of a tar archive, its header as `tarfile` writes it but for a field or two."""
    info = tarfile.TarInfo(words(rng)[:90].replace("\0", "") if now_and_then(rng, 0.01) else name)
    info.size = len(content)
    if now_and_then(rng, 0.02):
        info.name = "../" * rng.choice((1, 5, 60)) + info.name
    if now_and_then(rng, 0.03):
        info.type = rng.choice(b"1 2 3 4 5 6 7 S L K x g D M".split())
        info.linkname = rng.choice(("/etc/passwd", "../../etc/passwd", name, "/dev/zero"))
    if now_and_then(rng, 0.02):
        info.pax_headers = {words(rng)[:99] or "a": words(rng)[:5000], "size": "9" * rng.choice((1, 30))}
    written = io.BytesIO()
    kind = rng.choice((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    with tarfile.open(fileobj=written, mode="w", format=kind) as archive:
        archive.addfile(info, io.BytesIO(content))
    raw = bytearray(written.getvalue()[: -(-written.tell() // 512) * 512].rstrip(b"\0"))
    raw += bytes(-len(raw) % 512)
    if now_and_then(rng, 0.05):  # a size in the header that is none; base 256 holds the largest
        sizes = b"7" * 11 + b"\0", b"\x80" + b"\xff" * 11, b"\xff" * 12, b"-1\0".ljust(12), bytes(12)
        raw[124:136] = rng.choice(sizes)
        raw[148:156] = b" " * 8
        raw[148:156] = b"%06o\0 " % sum(raw[:512])
    return bytes(raw)
