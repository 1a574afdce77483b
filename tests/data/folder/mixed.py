"""A folder as people have them: files of all formats, depths and orientations, broken ones, links, odd names."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
from PIL import Image, features

from .writers import netpbm, png, tiff

__all__ = ["SHAPE", "Tree", "damaged", "plant"]

#: Height and width of every upright picture.
SHAPE = (6, 8)


class Tree(NamedTuple):
    """What was planted.

    Attributes
    ----------
    folder : Path
    pictures : dict of str to (ndarray of shape SHAPE + (3,), int)
        By name: the pixels, and by how much they may differ.
    bad : set of str
        The names of bad files.
    paths : dict of str to Path
        Where the content of each file is: elsewhere if it is a link.
    others : int
        How many files of other kinds there are.
    """

    folder: Path
    pictures: dict[str, tuple[np.ndarray, int]]
    bad: set[str]
    paths: dict[str, Path]
    others: int


#: The stored picture for each number of the orientation, as a function of the upright one.
STORE: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: np.rot90(upright, 2).swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


def in_three(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def grey_of(random: Random, numpy: np.random.Generator) -> tuple[str, bytes, np.ndarray, int]:
    """A grey picture of any depth, in PNG, TIFF or PGM."""
    kind, number = random.choice(["png", "tiff", "inverted", "pgm", "plain pgm"]), random.randint(1, 8)
    bits = random.choice([1, 2, 4, 8, 16])
    most = 2**bits - 1 if "pgm" not in kind else random.choice([1, 7, 100, 255, 1000, 4095, 65535])
    upright = numpy.integers(0, most, SHAPE, endpoint=True)
    stored = STORE[number](upright)
    order, deflated = random.choice("<>"), random.random() < 0.5
    pixels = in_three(upright / most * 255)
    match kind:
        case "png":
            return ".png", png(stored, bits, orientation=number, notes_last=deflated), pixels, 1
        case "tiff":
            return ".tif", tiff(stored, bits, order=order, deflated=deflated, orientation=number), pixels, 1
        case "inverted":
            content = tiff(stored, bits, order=order, deflated=deflated, orientation=number, photometric=0)
            return ".TIFF", content, 255 - pixels, 1
    return random.choice([".pgm", ".pnm"]), netpbm(upright, most, kind == "plain pgm"), pixels, 1


def colour_of(random: Random, numpy: np.random.Generator) -> tuple[str, bytes, np.ndarray, int]:
    """A colour picture of 8 or 16 bits."""
    kind, number, bits = random.choice(["png", "tiff", "ppm"]), random.randint(1, 8), random.choice([8, 16])
    most = 2**bits - 1
    upright = numpy.integers(0, most, (*SHAPE, 3), endpoint=True)
    pixels = upright / most * 255
    if kind == "ppm":
        return ".ppm", netpbm(upright, most, random.random() < 0.3), pixels, 1
    if kind == "png":
        return ".png", png(STORE[number](upright), bits, orientation=number), pixels, 1
    deflated = random.random() < 0.5
    content = tiff(STORE[number](upright), bits, photometric=2, deflated=deflated, orientation=number)
    return ".tiff", content, pixels, 1


def transparent_of(random: Random, numpy: np.random.Generator) -> tuple[str, bytes, np.ndarray, int]:
    """A picture with opacity, over black."""
    bands, bits, number = random.choice([2, 4]), random.choice([8, 16]), random.randint(1, 8)
    most = 2**bits - 1
    upright = numpy.integers(0, most, (*SHAPE, bands), endpoint=True)
    pixels = upright[..., :-1] / most * 255 * (upright[..., -1:] / most)
    content = png(STORE[number](upright), bits, orientation=number)
    return ".apng", content, np.broadcast_to(pixels, (*SHAPE, 3)), 1


def palette_of(random: Random, numpy: np.random.Generator) -> tuple[str, bytes, np.ndarray, int]:
    """A picture with a palette."""
    bits, number = random.choice([1, 2, 4, 8]), random.randint(1, 8)
    palette = numpy.integers(0, 256, (2**bits, 3))
    upright = numpy.integers(0, 2**bits, SHAPE)
    return ".png", png(STORE[number](upright), bits, palette=palette, orientation=number), palette[upright], 0


def written_by_pillow(random: Random, numpy: np.random.Generator) -> tuple[str, bytes, np.ndarray, int]:
    """A smooth picture in a format that Pillow writes, with or without loss."""
    kinds = {".jpg": "JPEG", ".jfif": "JPEG", ".jpe": "JPEG", ".webp": "WEBP", ".bmp": "BMP", ".dib": "DIB"}
    if "avif" in features.get_supported_modules():
        kinds[".avif"] = "AVIF"
    suffix = random.choice(sorted(kinds))
    turns = suffix not in (".bmp", ".dib")
    mode = random.choice(["RGB", "L", "CMYK"] if kinds[suffix] == "JPEG" else ["RGB"])
    number = random.randint(1, 8) if turns else 1
    ends = numpy.integers(40, 200, 2)
    upright = np.broadcast_to(np.linspace(*ends, SHAPE[1]), SHAPE)
    image = Image.fromarray(STORE[number](upright).round().astype(np.uint8)).convert("RGB").convert(mode)
    file, notes = io.BytesIO(), Image.Exif()
    notes[0x0112] = number
    image.save(file, kinds[suffix], quality=100, **({"exif": notes} if turns else {}))
    return suffix, file.getvalue(), in_three(upright), 16 if turns else 1


GOOD = (grey_of, grey_of, colour_of, transparent_of, palette_of, written_by_pillow, written_by_pillow)


def bad_of(random: Random, numpy: np.random.Generator) -> tuple[str, bytes]:
    """A file that is no picture, half a picture, or one whose values mean nothing without a range."""
    suffix = random.choice(GOOD)(random, numpy)[0]
    match random.randrange(5):
        case 0:
            return suffix, b""
        case 1:
            return suffix, b"<!DOCTYPE html><title>404 Not Found</title>" * 10
        case 2:
            return ".png", png(np.zeros(SHAPE, int))[:40]
        case 3:
            return ".tif", tiff(numpy.normal(size=SHAPE).astype(np.float32), 32, sample_format=3)
    return ".jpg", b"\xff\xd8\xff\xe0" + random.randbytes(50)


def name_of(random: Random, number: int, suffix: str) -> str:
    """A name that a file system allows, unique by its number."""
    odd = ["", " ", "a b", "Ünï", "日本", "'\"", "$(x)", "-rf", "%s{}", "x" * 150, "line\nbreak", "\x1b[31m"]
    odd.append(os.fsdecode(b"\xff\xfe\x80"))
    folder = random.choice(["", "", "cats/", "dogs/", "dogs/deep/er/", "Ünï/", "linked/"])
    return f"{folder}{random.choice(odd)}{number}{suffix.upper() if random.random() < 0.2 else suffix}"


def plant(home: Path, count: int, seed: int) -> Tree:
    """Make the files, `count` of them and some more, in two folders below `home`."""
    random, numpy = Random(seed), np.random.default_rng(seed)
    folder, elsewhere = home / "pictures", home / "elsewhere"
    for place in (folder, elsewhere / "linked"):
        place.mkdir(parents=True)
    (folder / "linked").symlink_to(elsewhere / "linked")
    (folder / "round").symlink_to(folder)
    tree = Tree(folder, {}, set(), {}, count // 20)
    for number in range(count):
        if is_bad := random.random() < 0.1:
            suffix, content = bad_of(random, numpy)
        else:
            suffix, content, pixels, error = random.choice(GOOD)(random, numpy)
        name = name_of(random, number, suffix)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if random.random() < 0.1:
            target = elsewhere / f"blob{number}"
            path.symlink_to(target)
            path = target
        path.write_bytes(content)
        tree.paths[name] = path
        if is_bad:
            tree.bad.add(name)
        else:
            tree.pictures[name] = pixels, error
    for number in range(count // 20):
        (folder / f"{number}.txt").write_bytes(b"a text")
        (folder / f".{number}.png").write_bytes(b"what some system has left here")
        (folder / f"gone{number}.png").symlink_to(elsewhere / "nothing")
        tree.bad.add(f"gone{number}.png")
    return tree


def damaged(random: Random, content: bytes) -> bytes:
    """Some bytes changed, a part left out, or the end cut off."""
    changed = bytearray(content)
    for _ in range(random.choice([1, 1, 2, 8])):
        if not changed:
            break
        place = random.randrange(min(len(changed), random.choice([32, 10**6])))
        match random.randrange(5):
            case 0:
                changed[place] ^= 1 << random.randrange(8)
            case 1:
                changed[place] = random.choice([0, 1, 127, 128, 255])
            case 2:
                del changed[place:]
            case 3:
                del changed[place : place + random.randint(1, 20)]
            case 4:
                changed[place : place + 4] = random.randbytes(4)
    return bytes(changed)
