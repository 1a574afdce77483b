"""Decoded images, kept for the next start.

Decoding 20,000 photographs takes minutes, reading them back a fraction of a second. A set of images is one file in
the folder ``images`` of the cache (``MINIGAN_DATA``, or the user's cache folder), found by a key: a digest of the
settings, of the versions of this code and of Pillow, and of every file's name, size, times of change and number on
the disk. Their content is not read: a file whose content changes gets another time. Two changes within the resolution
of the clock could get the same one (git calls such files "racily clean"), so that a set is kept only if its files are
older than `YOUNG` seconds. The time of the last change of status counts too, which programs that keep a file's old
time, as ``cp -p``, cannot set. A folder that is moved keeps its entry; a copy of it gets its own.

A checksum shows damage; a damaged entry counts as none. Entries are written under another name and then renamed: two
runs may start at once. The entries used last are kept, `LIMIT` bytes of them. What cannot be read or written is no
error: the pictures are decoded again. Only the user may look into the folder, for a picture's own file may be
private. ``MINIGAN_CACHE=0`` turns the cache off.
"""

import hashlib
import json
import mmap
import os
import shutil
import struct
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minigan.data.folder.dataset import Pictures
from minigan.data.folder.files import Found
from minigan.data.folder.settings import Settings
from minigan.io.atomic_write import PARTIAL, write_pieces
from minigan.io.cache_folder import cache_folder, is_on
from minigan.io.safe_read import open_file

__all__ = ["Key", "get", "is_on", "key_of", "put"]

#: To be raised when the same files give other images than before.
VERSION = 1

#: Maximum bytes of all entries, and bytes that stay free on the disk.
LIMIT, FREE = 4 * 2**30, 2**30

#: Entries that were used in as many seconds are not removed: a run on another computer may have them in its memory, and
#: only one computer of those that share a disk keeps a removed file for its own runs.
IN_USE = 24 * 3600

#: Sets that are decoded in fewer seconds are not kept.
WORTH = 0.5

#: Seconds for which a file counts as young: the coarsest clock of a file system (FAT) ticks every two seconds.
YOUNG = 3

MAGIC = b"minigan images\n\0"
FRAME = struct.Struct("<16sQII")  # magic, length of the notes, checksums of the notes and of the images


class Key(NamedTuple):
    """The name of an entry, and when the last of its files was changed."""

    digest: str
    newest: float


def key_of(folder: Path, found: Found, settings: Settings) -> Key | None:
    """The key of a set of files; None if one of them cannot be looked at."""
    import PIL

    digest = hashlib.sha256(json.dumps([VERSION, PIL.__version__, settings]).encode())
    newest, start = 0, os.path.join(folder, "")
    try:
        for name in found.names:
            state = os.stat(start + name)
            newest = max(newest, state.st_mtime_ns, state.st_ctime_ns)
            facts = f"\0{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}\n"
            digest.update(os.fsencode(name) + facts.encode())
    except (OSError, ValueError):
        return None
    return Key(digest.hexdigest()[:40], newest / 1e9)


def get(key: Key, found: Found) -> Pictures | None:
    """The entry; None if there is none, or if it is damaged."""
    path = place() / f"{key.digest}.images"
    try:
        with open_file(path) as file:
            magic, length, notes_sum, images_sum = FRAME.unpack(file.read(FRAME.size))
            if magic != MAGIC or zlib.crc32(notes := file.read(length)) != notes_sum:
                return None
            kept = json.loads(notes)
            # Mapped, not read: the pages are in the system's memory already if another run has used them.
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            images = np.frombuffer(mapped, np.uint8, offset=FRAME.size + length).reshape(kept["shape"])
            if zlib.crc32(images.data) != images_sum:
                return None
        os.utime(path)  # the entry was used
    except Exception:  # what is damaged can raise almost anything
        return None
    files = kept["files"]
    return Pictures(
        images=images,
        files=files,
        skipped=[(name, reason) for name, reason in kept["skipped"]],
        others=found.others,
        links=found.links,
        outside=len(found.outside.intersection(files)),
        sizes=(tuple(kept["sizes"][0]), tuple(kept["sizes"][1])),
        depths=kept["depths"],
    )


def put(key: Key, pictures: Pictures, began: float) -> None:
    """Keep the pictures, if their files were not young when reading them `began` (seconds since 1970)."""
    if key.newest > began - YOUNG:
        return
    images = np.ascontiguousarray(pictures.images)
    parts = {name: getattr(pictures, name) for name in ("files", "skipped", "sizes", "depths")}
    notes = json.dumps({"shape": images.shape, **parts}).encode()
    folder = place()
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        frame = FRAME.pack(MAGIC, len(notes), zlib.crc32(notes), zlib.crc32(images.data))
        if make_room(folder, len(frame) + len(notes) + images.nbytes):
            write_pieces(folder / f"{key.digest}.images", (frame, notes, images))


def place() -> Path:
    """The folder of all entries."""
    return cache_folder() / "images"


def make_room(folder: Path, needed: int) -> bool:
    """Remove the entries that were not used for the longest time; whether there is room then."""
    entries, now = [], time.time()
    for path in folder.iterdir():
        with suppress(OSError):  # another run may remove it at the same time
            state = path.stat()
            if path.suffix == ".images" and not path.name.startswith(PARTIAL):
                entries.append((state.st_mtime, state.st_size, path))
            elif path.name.startswith(PARTIAL) and state.st_mtime < now - 3600:  # of a run that was killed
                path.unlink()
    total = sum(size for _, size, _ in entries)
    for used, size, path in sorted(entries):
        if total + needed <= LIMIT or used > now - IN_USE:
            break
        with suppress(OSError):
            path.unlink()
            total -= size
    return total + needed <= LIMIT and shutil.disk_usage(folder).free - needed > FREE
