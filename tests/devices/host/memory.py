"""Copies of arrays in memory whose surroundings cannot be touched."""

import ctypes
import mmap

import numpy as np

__all__ = ["Guarded"]

PAGE = mmap.PAGESIZE
FORBIDDEN = 1 << 26  #: bytes before and after; they take no memory
POISON = 0xFF  #: which makes NaN of numbers and -1 of integers

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

NONE, READ_WRITE = 0, 3
PRIVATE_ANONYMOUS_NORESERVE = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)


class Guarded:
    """A copy of an array that touches forbidden memory at its end or at its beginning.

    Reading or writing there is a SIGSEGV. At its other side the array's page may have some bytes left: they are
    poisoned, and `damaged` reports whether one of them was written.

    Parameters
    ----------
    array : array
        C-contiguous.
    at_end : bool
        Whether forbidden memory begins with the array's last byte, or ends with its first.
    alignment : int
        Of the array's first byte. Between an array and the forbidden memory at its end there are fewer bytes than this.
    """

    def __init__(self, array: np.ndarray, at_end: bool, alignment: int) -> None:
        room = -(-max(array.nbytes, 1) // PAGE) * PAGE
        self.mapped = room + 2 * FORBIDDEN
        self.base = libc.mmap(None, self.mapped, NONE, PRIVATE_ANONYMOUS_NORESERVE, -1, 0)
        if self.base in (None, ctypes.c_void_p(-1).value):
            raise MemoryError(f"no {self.mapped} bytes of addresses")
        if libc.mprotect(self.base + FORBIDDEN, room, READ_WRITE):
            raise MemoryError("mprotect failed")
        self.room = np.frombuffer((ctypes.c_char * room).from_address(self.base + FORBIDDEN), np.uint8)
        self.room[...] = POISON
        self.start = (room - array.nbytes) // alignment * alignment if at_end else 0
        self.stop = self.start + array.nbytes
        self.room[self.start : self.stop] = array.reshape(-1).view(np.uint8)
        self.pointer = self.base + FORBIDDEN + self.start
        self.nbytes = array.nbytes

    def bytes(self) -> np.ndarray:
        """The array's bytes, as they are now."""
        return self.room[self.start : self.stop]

    def damaged(self) -> bool:
        """Whether anything was written outside the array."""
        return bool((self.room[: self.start] != POISON).any() or (self.room[self.stop :] != POISON).any())

    def distance(self, address: int) -> int | None:
        """How many bytes an address is behind the array (negative: before it); None if it is not near."""
        if not self.base <= address < self.base + self.mapped:
            return None
        return address - self.pointer if address < self.pointer else address - (self.pointer + self.nbytes)

    def free(self) -> None:
        libc.munmap(self.base, self.mapped)
