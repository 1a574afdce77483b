"""Makes the cases of the kernels importable: ``from kernel_cases import ...``."""

import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[1] / "kernels"))
