"""The libraries of others in the lab's page are those that its table names."""

import hashlib
import re
from pathlib import Path

import minigan.lab

VENDOR = Path(minigan.lab.__file__).parent / "page" / "vendor"
DIGESTS = dict(re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", (VENDOR / "README.md").read_text("utf-8"), re.MULTILINE))


def test_every_file_has_the_digest_of_the_table() -> None:
    for name, digest in DIGESTS.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_the_table_names_every_file() -> None:
    assert {path.name for path in VENDOR.iterdir()} - {"README.md"} == DIGESTS.keys()
