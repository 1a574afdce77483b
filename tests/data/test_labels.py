"""Labels of pictures: from class folders, and from tables of names and labels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from minigan import data
from minigan.data.labels import by_folder, by_table, classes_of
from tests.loops import loop_over


@pytest.fixture
def tree(tmp_path) -> Callable[..., Path]:
    """A folder with a picture at each path; its grey value is its number."""

    def make(*names: str) -> Path:
        for number, name in enumerate(names):
            path = tmp_path / "photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (4, 4), number).save(path)
        return tmp_path / "photos"

    return make


def load(folder: Path, **settings) -> data.Dataset:
    return data.load(f"folder:{folder}", **settings)


# Class folders


def test_folders_are_the_classes_and_deeper_ones_belong_to_them(tree):
    photos = load(tree("dogs/a.png", "cats/b.png", "cats/2024/may/c.png", "birds/x/y.png"))
    assert photos.class_names == ("birds", "cats", "dogs")
    assert dict(zip(photos.files, photos.labels.tolist(), strict=True)) == {
        "birds/x/y.png": 0,
        "cats/2024/may/c.png": 1,
        "cats/b.png": 1,
        "dogs/a.png": 2,
    }


def test_numbers_as_folders_are_in_the_order_of_their_values(tree):
    photos = load(tree("10/a.png", "9/a.png", "2/a.png"))
    assert photos.class_names == ("2", "9", "10")


def test_linked_class_folders_count(tree, tmp_path):
    folder = tree("cats/a.png")
    (tmp_path / "elsewhere").mkdir()
    Image.new("L", (4, 4)).save(tmp_path / "elsewhere" / "b.png")
    (folder / "dogs").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert load(folder).class_names == ("cats", "dogs")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a.png", "b.png"], "expected a folder for each class"),
        (["a.png", "cats/b.png", "dogs/c.png"], "got 1 directly in"),
        (["all/cats/a.png", "all/dogs/b.png"], "expected two class folders or more, got only all"),
    ],
)
def test_a_folder_without_classes_loads_and_says_what_labels_would_need(tree, names, words):
    photos = load(tree(*names))
    assert photos.labels is None
    assert photos.class_names is None
    assert len(photos) == len(names)
    assert words in photos.without_labels


def test_only_class_folder_leads_to_those_below_it():
    assert "--data folder:photos/all" in by_folder(["all/cats/a.png", "all/dogs/a.png"], "photos")


# Tables


TABLES = {
    "with a header": "name,label\na.png,cat\nb.png,dog\nx/c.png,cat\n",
    "without a header": "a.png,cat\nb.png,dog\nx/c.png,cat\n",
    "other names of columns": "Image_ID;Breed\na.png;cat\nb.png;dog\nx/c.png;cat\n",
    "columns in another order": "split,label,filename\n1,cat,a.png\n1,dog,b.png\n2,cat,x/c.png\n",
    "tabs": "a.png\tcat\nb.png\tdog\nx/c.png\tcat\n",
    "names without suffixes": "id,breed\na,cat\nb,dog\nc,cat\n",
    "names without folders": "a.png,cat\nb.png,dog\nc.png,cat\n",
    "backslashes, blanks and quotes": '"a.png" , cat\n./b.png,"dog"\nx\\c.png,cat\n\n',
    "a byte order mark and other line ends": "\ufeffname,label\r\na.png,cat\r\nb.png,dog\r\nx/c.png,cat\r\n",
    "lines of other files": "name,label\nz.png,horse\na.png,cat\nb.png,dog\nx/c.png,cat\n",
    "a line twice": "a.png,cat\nb.png,dog\nx/c.png,cat\na.png,cat\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_gives_labels(name, tree, tmp_path):
    folder = tree("a.png", "b.png", "x/c.png")
    (tmp_path / "t.csv").write_bytes(TABLES[name].encode("utf-8"))
    photos = load(folder, labels=tmp_path / "t.csv")
    assert photos.class_names == ("cat", "dog")
    assert photos.labels.tolist() == [0, 1, 0]


def test_a_table_beside_the_pictures_is_used_and_is_no_file_of_another_kind(tree):
    folder = tree("a.png", "b.png")
    (folder / "labels.csv").write_text("a.png,7\nb.png,10\n")
    (folder / "notes.txt").touch()
    photos = load(folder)
    assert (photos.class_names, photos.labels.tolist()) == (("7", "10"), [0, 1])
    assert dict(photos.pictures.others) == {".txt": 1}


def test_a_table_goes_before_class_folders(tree):
    folder = tree("x/a.png", "y/b.png")
    (folder / "labels.csv").write_text("a.png,one\nb.png,one\n")
    assert load(folder).class_names == ("one",)


def test_a_bad_table_that_nobody_asked_for_stops_only_those_who_want_labels(tree, refuses):
    folder = tree("a.png", "b.png")
    (folder / "labels.csv").write_text("a.png,cat\n")
    photos = load(folder)
    assert photos.labels is None
    assert "expected a label for each of 2 pictures, got none for 1: b.png" in photos.without_labels
    with refuses("expected a label for each of 2 pictures, got none for 1: b.png"):
        load(folder, labels=folder / "labels.csv")


def test_a_file_that_was_left_out_may_have_a_label(tree, tmp_path):
    folder = tree("a.png", "b.png")
    (folder / "bad.png").write_text("no picture")
    (tmp_path / "t.csv").write_text("bad.png,cat\na.png,cat\nb.png,dog\n")
    assert load(folder, labels=tmp_path / "t.csv", skip_bad=True).labels.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "got none for 2: a.png, b.png"),
        ("name,label\n", "got none for 2"),
        ("a.png,cat\nb.png,dog\na.png,dog\n", "expected one label for each picture, got 'cat' and 'dog' for a.png"),
        ("a.png,cat\nb.png\n", "expected a file name and a label in line 2"),
        ("a.png,cat\nb.png,\n", "expected a file name and a label in line 2"),
        ("a.png\nb.png\n", "expected two columns"),
        ("one,two,three\na.png,cat,1\n", "expected columns called name and label in the first line, got one, two"),
        ("a.png,cat,1\nb.png,dog,1\n", "expected two columns, a file name and a label"),
    ],
)
def test_a_wrong_table_is_refused(text, words, tree, tmp_path, refuses):
    (tmp_path / "t.csv").write_text(text)
    with refuses(tmp_path / "t.csv", words):
        load(tree("a.png", "b.png"), labels=tmp_path / "t.csv")


def test_a_table_that_is_none_is_refused(tree, tmp_path, refuses):
    folder = tree("a.png")
    with refuses("--labels: no such file: "):
        load(folder, labels=tmp_path / "none.csv")
    with refuses(tmp_path, "expected a table in UTF-8"):
        load(folder, labels=tmp_path)
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00")
    with refuses("t.csv: expected a table in UTF-8"):
        load(folder, labels=tmp_path / "t.csv")


@loop_over(content=[b"\0,\0\n", b'"' * 99, b"," * 5000, b"\n" * 100, "\u2028,\x1b[2J\n".encode(), b"a" * 200_000])
def test_damaged_tables_are_refused_in_one_line(content, tmp_path, refuses):
    (tmp_path / "t.csv").write_bytes(content)
    with refuses(tmp_path / "t.csv"):
        by_table(tmp_path / "t.csv", ["a.png"])


def test_a_name_that_could_be_two_pictures_is_none(tmp_path, refuses):
    (tmp_path / "t.csv").write_text("x/a.png,cat\ny/a.png,dog\n")
    assert by_table(tmp_path / "t.csv", ["x/a.png", "y/a.png"]).labels.tolist() == [0, 1]
    (tmp_path / "t.csv").write_text("a.png,cat\nx/a.png,cat\n")
    with refuses("got none for 1: y/a.png"):
        by_table(tmp_path / "t.csv", ["x/a.png", "y/a.png"])


def test_classes_are_sorted_numbers_by_value_words_by_letters():
    assert classes_of(["10", "9", "10"]).class_names == ("9", "10")
    assert classes_of(["10", "9", "b"]).class_names == ("10", "9", "b")
    assert classes_of(["b", "a", "b"]).labels.tolist() == [1, 0, 1]


# Arrays


def test_an_npz_file_may_name_its_classes(tmp_path, refuses):
    images, labels = np.zeros((3, 4, 4), np.uint8), np.array([1, 0, 1])
    np.savez(tmp_path / "a.npz", images=images, labels=labels, class_names=np.array(["cat", "dög"]))
    assert data.load(str(tmp_path / "a.npz")).class_names == ("cat", "dög")
    np.savez(tmp_path / "a.npz", images=images, labels=labels, class_names=np.array([b"cat", "dög".encode()]))
    assert data.load(str(tmp_path / "a.npz")).class_names == ("cat", "dög")
    np.savez(tmp_path / "a.npz", images=images, class_names=np.array(["cat"]))  # nothing to name
    assert data.load(str(tmp_path / "a.npz")).class_names is None
    for names, words in (
        (np.array(["cat"]), "expected labels from 0 to 0, one for each name of a class, got 0 to 1"),
        (np.array(["cat", "cat"]), "expected different printable names of classes"),
        (np.array(["cat", "\x1b[2J"]), "expected different printable names of classes"),
        (np.array([1, 2]), "expected class_names as an array of texts"),
        (np.array([["cat", "dog"]]), "expected class_names as an array of texts"),
    ):
        np.savez(tmp_path / "a.npz", images=images, labels=labels, class_names=names)
        with refuses(tmp_path / "a.npz", words):
            data.load(str(tmp_path / "a.npz"))


def test_an_npy_file_may_have_its_labels_in_another(tmp_path, refuses):
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 4), np.uint8))
    np.save(tmp_path / "y.npy", np.array([2, 0, 1]))
    assert data.load(str(tmp_path / "a.npy"), labels=tmp_path / "y.npy").labels.tolist() == [2, 0, 1]
    np.save(tmp_path / "y.npy", np.array([2, 0]))
    with refuses("expected 3 labels"):
        data.load(str(tmp_path / "a.npy"), labels=tmp_path / "y.npy")


def test_published_sets_have_the_names_of_their_papers():
    assert data.mnist.SOURCES["fashion-mnist"].class_names[8:] == ("bag", "ankle boot")
    assert data.cifar10.CLASS_NAMES[3] == "cat"
    assert data.load("digits").class_names is None
