"""Print how many bytes packages have installed: ``python installed_size.py PACKAGE ...``.

`own` is the first one's distribution, `all` those of all, and every other one that they require, as far as they are
installed. Compiled bytecode is not counted: it depends on what has been imported.
"""

import importlib.metadata
import importlib.util
import json
import re
import sys
from pathlib import Path


def folder_bytes(package):
    """The files in an importable package's folder."""
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations or [] if spec else []
    files = (path for folder in folders for path in Path(folder).rglob("*") if path.suffix != ".pyc")
    return sum(path.stat().st_size for path in files if path.is_file())


def distribution_bytes(name):
    """The files of a distribution; where it only points to a folder, the files there."""
    files = importlib.metadata.files(name) or []
    paths = (Path(file.locate()) for file in files if file.suffix != ".pyc")
    recorded = sum(path.stat().st_size for path in paths if path.is_file())
    return max(recorded, folder_bytes(name)) if name.isidentifier() else recorded


def requirements(name):
    """The distributions that one requires, without its extras."""
    for line in importlib.metadata.requires(name) or []:
        if "extra ==" not in line:
            yield re.match(r"[\w.-]+", line).group()


def closure(name, found):
    """A distribution and all that it requires, as far as they are installed."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if key in found:
        return found
    try:
        found[key] = distribution_bytes(name)
    except importlib.metadata.PackageNotFoundError:
        return found
    for other in requirements(name):
        closure(other, found)
    return found


if __name__ == "__main__":
    sizes = {}
    for package in sys.argv[1:]:
        closure(package, sizes)
    own = next(iter(sizes.values()), folder_bytes(sys.argv[1]))
    print(json.dumps({"own": own, "all": sum(sizes.values()) or own}))
