"""Damage to bytes and to text that needs no knowledge of what they mean."""

import struct
from random import Random

__all__ = ["INTEGERS", "Luck", "blindly", "integer", "now_and_then", "words"]

#: Sizes and counts at which readers go wrong: none, one, the ends of every width, terabytes.
INTEGERS = (
    *(0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 28, 31, 32, 64, 100, 255, 256, 1000, 4096, 10_000, 32_767, 32_768, 65_535, 65_536),
    *(10**6, 2**24, 2**27, 2**30, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 10**10, 2**40, 2**53, 2**63 - 1, 2**63),
    *(2**64 - 1, -1, -2, -8, -(2**31), -(2**63)),
)

FORMS = "BHIQ"


class Luck(Random):
    """Random numbers, and how bad the luck is: with 1, hardly a file stays whole; with 0.1, many do."""

    def __new__(cls, seed: str, bad: float | None = None) -> "Luck":
        return super().__new__(cls)

    def __init__(self, seed: str, bad: float | None = None) -> None:
        super().__init__(seed)
        self.bad = self.choice((0.1, 0.3, 1.0)) if bad is None else bad


def now_and_then(rng: Luck, share: float = 0.1) -> bool:
    """True in this share of all cases where luck is worst, and in fewer where it is better."""
    return rng.random() < share * rng.bad


def integer(rng: Luck, usual: int, share: float = 0.15) -> int:
    """Mostly the usual number, else one that nobody expects."""
    return rng.choice(INTEGERS) if now_and_then(rng, share) else usual


def blindly(rng: Luck, content: bytes, share: float = 0.33) -> bytes:
    """`content`, in this share of all cases with one to four random changes."""
    if not now_and_then(rng, share):
        return content
    for _ in range(rng.randint(1, 4)):
        content = changed(rng, bytearray(content))
    return content


def changed(rng: Luck, content: bytearray) -> bytes:
    """One change: bytes that flip, vanish, come twice or in another place, a number in place of others, a cut."""
    # As often near the beginning, where headers are, as anywhere.
    place = rng.randrange(len(content) + 1) if rng.random() < 0.5 else min(rng.randrange(64), len(content))
    end = min(place + rng.choice((1, 2, 4, 8, 16, 100, 1000)), len(content))
    match rng.randrange(9):
        case 0 if place < len(content):
            content[place] ^= 1 << rng.randrange(8)
        case 1 if place < len(content):
            content[place] = rng.randrange(256)
        case 2:
            del content[place:]
        case 3:
            del content[place:end]
        case 4:
            content[place:place] = content[place:end]
        case 5:
            content[place:place] = rng.randbytes(rng.choice((1, 4, 100, 5000)))
        case 6:
            form = rng.choice(FORMS)
            size = struct.calcsize(form)
            value = rng.choice(INTEGERS) % 256**size
            content[place : place + size] = struct.pack(rng.choice("<>") + form, value)
        case 7:
            content[place:end] = bytes(end - place)
        case 8:
            content += bytes(content)
    return bytes(content)


def words(rng: Luck) -> str:
    """Text that is long, deep, foreign, or made to be mistaken for something else."""
    return rng.choice(
        (
            "",
            "x" * rng.choice((1, 300, 70_000)),
            "../" * 40 + "etc/passwd",
            "/dev/zero",
            "a\x00b",
            "a\nb\r\nc",
            "\x1b[2J\x07",
            "\u202egnp.exe",
            "\ufeff",
            "\U0001f600" * 100,
            "%s%n{0.__class__}$(id)`id`",
            "nan",
            "inf",
            "1e999",
            "-0",
            "0x" + "f" * 6000,
            "9" * 5000,
            "(" * 9000,
            "[" * 3000,
            "{" * 3000,
            "1_0",
            "٣",
        )
    )
