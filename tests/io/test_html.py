"""Tables and images for notebooks: well-formed, and no text of a user's is read as HTML."""

import base64
import io
from html.parser import HTMLParser
from itertools import chain

import numpy as np
import pytest
from PIL import Image

import minigan as mg
from minigan.data import Dataset
from minigan.gradcheck import Report, Row, check
from minigan.io.html import image, table
from minigan.layers import Conv2D, Dense, Flatten

EVIL = '<script>alert("1 & 2")</script>'


class Reader(HTMLParser):
    """Collects the tags, the cells of tables and the text; checks that every tag is closed."""

    EMPTY = ("img", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict]] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.EMPTY:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data

    def names(self) -> set[str]:
        return {tag for tag, _ in self.tags}


def test_a_table_has_its_cells_and_its_caption():
    found = Reader(table(("name", "count"), [("a", "1"), ("b", "22")], caption="all", right=("count",)))
    assert found.rows == [["name", "count"], ["a", "1"], ["b", "22"]]
    assert found.text.strip().startswith("all")
    styles = [attributes["style"] for tag, attributes in found.tags if tag == "td"]
    assert styles == ["text-align:left", "text-align:right;white-space:nowrap"] * 2


def test_all_text_is_escaped():
    found = Reader(table((EVIL,), [(EVIL,)], caption=EVIL) + image(b"png", EVIL + "'"))
    assert "script" not in found.names()
    assert found.rows == [[EVIL], [EVIL]]
    assert found.tags[-1][1]["title"] == EVIL + "'"


def test_an_image_is_in_the_page_itself():
    (tag, attributes), *_ = Reader(image(b"\x89PNG", "a cat", height=50)).tags
    assert tag == "img"
    assert base64.b64decode(attributes["src"].removeprefix("data:image/png;base64,")) == b"\x89PNG"
    assert attributes["alt"] == attributes["title"] == "a cat"
    assert "50px" in attributes["style"]
    assert "pixelated" not in attributes["style"]


# What notebooks show


def network(name: str = "judge") -> mg.Sequential:
    return mg.Sequential([Conv2D(4, 3), Flatten(), Dense(1, activation="sigmoid", name="last")], name=name)


def test_a_network_is_its_summary(capsys):
    built = network()
    built.build((6, 6, 2), seed=0)
    found = Reader(built._repr_html_())
    assert found.rows == [
        ["Layer (type)", "Output Shape", "Param #"],
        ["conv2d (Conv2D)", "(None, 4, 4, 4)", "76"],
        ["flatten (Flatten)", "(None, 64)", "0"],
        ["last (Dense)", "(None, 1)", "65"],
    ]
    built.summary()
    printed = capsys.readouterr().out
    for cell in (*chain(*found.rows), "Total params: 141 (564.00 B)"):
        assert cell in printed
        assert cell in found.text


def test_a_network_that_is_not_built_is_its_layers():
    assert "Conv2D 'conv2d'" in Reader(network()._repr_html_()).text


def test_names_of_networks_and_data_are_escaped():
    built = network(EVIL)
    built.build((6, 6, 2))
    gan = mg.GAN(EVIL, built, built, output_range=None)
    data = Dataset(np.zeros((2, 3, 3), np.uint8), np.array([0, 1]), name=EVIL, class_names=[EVIL, "b"])
    report = Report([Row(EVIL, EVIL, EVIL, "WRONG", detail=EVIL)])
    for item in (network(EVIL), built, gan, data, report):
        found = Reader(item._repr_html_())
        assert EVIL in found.text
        assert "script" not in found.names()


def test_a_gan_is_both_networks():
    gan = mg.models.build("dcgan28", classes=10)
    found = Reader(gan._repr_html_())
    for network in (gan.generator, gan.discriminator):
        for row in Reader(network._repr_html_()).rows:
            assert row in found.rows
    assert found.text.startswith("dcgan28: 100 noise values to 28x28x1 in -1..1, 10 classes")


@pytest.mark.parametrize(
    ("shape", "count"), [((4, 3), 2), ((28, 28, 1), 40), ((90, 300, 3), 3), ((1, 1, 1), 1), ((2000, 1, 3), 1)]
)
def test_a_dataset_is_its_line_and_its_first_images(shape, count):
    pixels = np.random.default_rng(0).integers(0, 256, (count, *shape), dtype=np.uint8)
    data = Dataset(pixels, np.arange(count), name="some")
    found = Reader(data._repr_html_())
    assert repr(data) in found.text
    images = [attributes for tag, attributes in found.tags if tag == "img"]
    assert len(images) == min(count, 12)
    assert [attributes["title"] for attributes in images] == [str(number) for number in range(len(images))]
    for attributes, expected in zip(images, data.images):
        content = base64.b64decode(attributes["src"].partition(",")[2])
        shown = np.asarray(Image.open(io.BytesIO(content))).reshape(-1)
        if max(expected.shape) <= 64:
            np.testing.assert_array_equal(shown, expected.reshape(-1))
    assert all("pixelated" in attributes["style"] for attributes in images)
    assert len(data._repr_html_()) < 400_000


def test_a_dataset_of_another_range_is_shown_from_black_to_white():
    data = Dataset(np.array([[[-1.0, 0.0, 1.0]]], np.float32), value_range=(-1, 1))
    (attributes,) = (attributes for tag, attributes in Reader(data._repr_html_()).tags if tag == "img")
    content = base64.b64decode(attributes["src"].partition(",")[2])
    assert np.asarray(Image.open(io.BytesIO(content))).tolist() == [[0, 128, 255]]


def test_a_report_is_its_table_with_the_wrong_rows_in_bold():
    report = check(Dense(2), (3, 4))
    report.rows[1].verdict, report.rows[1].detail = "WRONG", "at (0, 1)"
    found = Reader(report._repr_html_())
    assert found.rows[0] == ["target", "quantity", "mode", "error", "tolerance", "kinks", "verdict"]
    assert len(found.rows) == len(report.rows) + 1
    assert found.rows[2][-1] == "WRONG"
    assert [attributes.get("style") for tag, attributes in found.tags if tag == "tr"][1:3] == [None, "font-weight:bold"]
    assert report.rows[1].sentence() in found.text
