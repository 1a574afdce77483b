"""Run the tests with every Python that setup.cfg claims, with today's packages and with the lowest allowed ones.

    python .ci/versions.py                    # every interpreter found on this machine
    python .ci/versions.py 3.11 --lowest      # one of them, with the lowest versions only
    python .ci/versions.py --short            # a part of the tests

Each environment is made new by uv, in a temporary folder. The exit status is 1 if any of the runs fails.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: A part of the tests, which meets every package that minigan depends on.
SHORT = ["tests/cli", "tests/data", "tests/plots", "tests/runs/test_config.py", "docs/gradcheck"]

#: The resolutions of uv, by the word for them here. Lowest: of setup.cfg's own requirements, not of what they need.
RESOLUTIONS = {"newest": "highest", "lowest": "lowest-direct"}


def main() -> int:
    """Run what the command line asks for, and print one line for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("versions", nargs="*", metavar="X.Y", help="versions of Python; default: all that are found")
    parser.add_argument("--lowest", action="store_true", help="only the lowest allowed packages")
    parser.add_argument("--newest", action="store_true", help="only today's packages")
    parser.add_argument("--short", action="store_true", help="only a part of the tests")
    options = parser.parse_args()
    found = dict(interpreters())
    missing = [version for version in options.versions or claimed() if version not in found]
    if options.versions and missing:
        parser.error(f"expected versions among {', '.join(found)}, got {', '.join(missing)}")
    chosen = [name for name in RESOLUTIONS if getattr(options, name)] or list(RESOLUTIONS)
    results = {}
    for version in options.versions or found:
        for name in chosen:
            results[f"Python {version}, {name} packages"] = passes(found[version], name, options.short)
    for version in missing:
        print(f"Python {version}: not found on this machine")
    for run, passed in results.items():
        print(f"{run}: {'passed' if passed else 'FAILED'}")
    return 0 if all(results.values()) else 1


def claimed() -> list[str]:
    """The versions of Python that setup.cfg claims."""
    return re.findall(r"Python :: (3\.\d+)", (ROOT / "setup.cfg").read_text(encoding="utf-8"))


def interpreters() -> Iterator[tuple[str, Path]]:
    """The interpreters of claimed versions: on the search path, and those of pyenv."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    folders += sorted((Path.home() / ".pyenv" / "versions").glob("*/bin"), reverse=True)
    for version in claimed():
        for folder in folders:
            python = folder / f"python{version}"
            if python.is_file() and subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
                yield version, python
                break


def passes(python: Path, resolution: str, short: bool) -> bool:
    """Whether the tests pass in a new environment of this interpreter."""
    print(f"\n== {python.name}, {resolution} packages", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "env"
        install = ["--resolution", RESOLUTIONS[resolution], "--python", environment, "--editable", f"{ROOT}[test]"]
        steps = [
            [sys.executable, "-m", "uv", "venv", "--quiet", "--python", python, environment],
            [sys.executable, "-m", "uv", "pip", "install", "--quiet", *install],
            [environment / "bin" / "python", "-m", "pytest", *(SHORT if short else [])],
        ]
        clean = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
        return all(subprocess.run(step, cwd=ROOT, env=clean).returncode == 0 for step in steps)


if __name__ == "__main__":
    sys.exit(main())
