"""Thousands of damaged files of every format: each is refused by one error, or holds numbers that fit.

``python -m pytest -m slow tests/interchange/test_fuzz.py`` takes some minutes.
"""

import numpy as np
import pytest

from minigan.errors import CheckpointError
from minigan.interchange import export_weights, import_weights
from minigan.interchange.formats import FORMATS
from tests.interchange.small_networks import golden_network

resource = pytest.importorskip("resource")  # not on Windows

PACKAGES = {"safetensors": "safetensors", "keras": "h5py", "pytorch": "torch", "pytorch-safetensors": "safetensors"}

#: Damaged files of each format.
FILES = 1000

#: What 64 bits say that makes a size absurd.
ABSURD = [bytes(8), b"\xff" * 8, (2**40).to_bytes(8, "little"), (2**62).to_bytes(8, "little")]


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Cut off, with bits flipped, with bytes replaced near the beginning or anywhere, or with an absurd number."""
    kind = rng.integers(5)
    if kind == 0:
        return content[: rng.integers(len(content))]
    changed = bytearray(content)
    if kind == 1:
        changed[rng.integers(len(content))] ^= 1 << rng.integers(8)
    elif kind == 2:
        place = rng.integers(len(content) - 8)
        changed[place : place + 8] = ABSURD[rng.integers(len(ABSURD))]
    else:
        within = min(len(content), 2000) if kind == 3 else len(content)
        for place in rng.integers(within, size=rng.integers(1, 16)):
            changed[place] = rng.integers(256)
    return bytes(changed)


@pytest.mark.slow
@pytest.mark.parametrize("format", list(PACKAGES))
def test_damaged_files_are_refused_or_fit(tmp_path, format):
    pytest.importorskip(PACKAGES[format])
    path = tmp_path / f"a{FORMATS[format].suffixes[0]}"
    network = golden_network("generator")
    content = export_weights(network, path, format).read_bytes()
    import_weights(network, path, format)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rng, refused = np.random.default_rng(0), 0
    for _ in range(FILES):
        path.write_bytes(damaged(content, rng))
        try:
            import_weights(network, path, format)
        except CheckpointError:
            refused += 1
    assert refused > FILES // 4
    assert all(np.isfinite(value).all() for value in network.state_dict().values())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10  # KiB
