"""``python -m tests.bits``: record the digests of this machine's arithmetic."""

import json
import tempfile
from pathlib import Path

from tests.bits.cases import RUNS, arithmetic, run_digest

path = Path(__file__).parent / "digests.json"
digests = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
with tempfile.TemporaryDirectory() as folder:
    digests[arithmetic()] = {name: run_digest(name, Path(folder, name), threads=2) for name in RUNS}
path.write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")
