"""A folder of mixed files: each is read to the right pixels or named; and so are the whole ones among damaged ones."""

import os
import time
import warnings
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from random import Random

import numpy as np
import pytest

from minigan import data
from minigan.data.folder import FolderDataset
from minigan.errors import DataError

from .mixed import SHAPE, Tree, damaged, plant

if os.name == "nt":
    pytest.skip("needs links and names of any bytes", allow_module_level=True)

#: Seconds in which a folder must be read, on a machine that is busy with other things.
SECONDS = 120


@pytest.fixture(autouse=True)
def no_cache_and_no_warning(monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("MINIGAN_CACHE", "0")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        yield
    assert not warned


def grown(home: Path, count: int) -> Tree:
    try:
        return plant(home, count, seed=1)
    except OSError:
        pytest.skip("this file system has names of UTF-8 only")


def load(tree: Tree, **settings) -> FolderDataset:
    begun = time.monotonic()
    dataset = data.load(f"folder:{tree.folder}", image_size=SHAPE, channels=3, **settings)
    assert time.monotonic() - begun < SECONDS
    assert isinstance(dataset, FolderDataset)
    return dataset


def check(tree: Tree, dataset: FolderDataset, changed: AbstractSet[str] = frozenset()) -> None:
    """All files are in one of the two lists, in order; whole ones have their pixels."""
    skipped = {name for name, _ in dataset.skipped}
    assert list(dataset.files) == sorted(dataset.files)
    assert not skipped.intersection(dataset.files)
    assert skipped.union(dataset.files) == tree.bad.union(tree.pictures)
    assert skipped - changed == tree.bad - changed
    assert dataset.pictures.others == {".txt": tree.others}
    assert dataset.pictures.links == ["round"]
    for name, image in zip(dataset.files, dataset.images):
        if name not in changed:
            pixels, error = tree.pictures[name]
            assert abs(image - pixels).max() < error + 0.5 + 1e-6, name
    assert all(reason and reason.isprintable() for _, reason in dataset.skipped)


@pytest.mark.parametrize("count", [400, pytest.param(2000, marks=pytest.mark.slow)])
def test_each_file_of_a_mixed_folder_is_read_rightly_or_named(count, tmp_path):
    tree = grown(tmp_path, count)
    assert len(tree.pictures) > 0.8 * count
    assert len(tree.bad) > 0.1 * count
    check(tree, load(tree, skip_bad=True))
    with pytest.raises(DataError) as caught:
        load(tree)
    assert "\n" not in str(caught.value)
    assert "--skip-bad leaves out bad files" in str(caught.value)


@pytest.mark.parametrize(("rounds", "count"), [(3, 200), pytest.param(50, 2000, marks=pytest.mark.slow)])
def test_damage_ends_in_a_named_file_and_leaves_the_others_alone(rounds, count, tmp_path):
    tree = grown(tmp_path, count)
    whole = {name: path.read_bytes() for name, path in tree.paths.items()}
    random = Random(0)
    for _ in range(rounds):
        changed = set()
        for name, path in tree.paths.items():
            if random.random() < 0.5:
                path.write_bytes(damaged(random, whole[name]))
                changed.add(name)
        check(tree, load(tree, skip_bad=True), changed)
        with pytest.raises(DataError) as caught:
            load(tree)
        assert str(caught.value).isprintable()
        for name in changed:
            tree.paths[name].write_bytes(whole[name])


def test_without_bad_files_none_is_named(tmp_path):
    tree = grown(tmp_path, 100)
    for name in tree.bad:
        (tree.folder / name).unlink()
    tree.bad.clear()
    dataset = load(tree)
    check(tree, dataset)
    np.testing.assert_array_equal(load(tree, skip_bad=True).images, dataset.images)
