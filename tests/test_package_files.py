"""The package as it is installed."""

from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_file_of_the_package_that_is_no_module_is_installed():
    """setuptools installs what the patterns of a package match: a folder without ``__init__.py`` is no package."""
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    installed = set()
    for package, patterns in settings["options.package_data"].items():
        folder = ROOT / package.replace(".", "/")
        assert (folder / "__init__.py").exists(), package
        for pattern in patterns.split(","):
            found = [path for path in folder.glob(pattern.strip()) if path.is_file()]
            assert found or "lab" in package, (package, pattern)
            installed |= set(found)
    files = {path for path in (ROOT / "minigan").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path for path in files if path.suffix != ".py"} - installed == set()
