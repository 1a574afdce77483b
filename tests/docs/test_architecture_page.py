"""The architecture page: its picture of the imports is that of the code, and its walks are those of a round."""

import re
import sys
from pathlib import Path
from types import FrameType

import pytest

import minigan as mg
from docs.figures import architecture
from minigan import kernels

PACKAGE = Path(mg.__file__).parent
TEXT = architecture.PAGE.read_text(encoding="utf-8")


def test_the_imports_on_the_page_are_those_of_the_code():
    assert architecture.block() in TEXT, "run python -m docs.figures.architecture"


def files_in(heading: str) -> list[str]:
    """The files of the package that the numbered list of a section names, each once, in order."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    steps = re.search(r"^1\. .*?(?=\n\n)", section + "\n\n", re.MULTILINE | re.DOTALL)
    return list(dict.fromkeys(re.findall(r"`(minigan/[\w/]+\.py)`", steps[0])))


def files_of_a_round() -> list[str]:
    """The files that a round of a small dcgan28 enters, in the order of the first call."""
    gan = mg.models.build("dcgan28", generator_filters=(8, 8), discriminator_filters=(8, 8))
    trainer = mg.Trainer(gan, mg.data.load("digits"), batch_size=4, seed=0)
    entered: dict[str, None] = {}

    def note(frame: FrameType, event: str, argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE):
            entered[f"minigan/{path.relative_to(PACKAGE).as_posix()}"] = None

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        for _ in trainer.train(steps=1):
            pass
    finally:
        sys.setprofile(before)
    return list(entered)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that runs, runs in the thread that is traced; fused, with fast kernels."""
    for name in ("MINIGAN_FUSE", "MINIGAN_KERNELS"):
        monkeypatch.delenv(name, raising=False)
    threads = mg.backend.threads()
    mg.backend.threads(1)
    yield
    mg.backend.threads(threads)


def test_a_round_in_textbook_mode_enters_the_files_in_the_order_of_the_walk():
    walk = files_in("A step in textbook mode")
    with mg.backend.textbook():
        entered = files_of_a_round()
    assert len(walk) > 20
    assert [file for file in entered if file in walk] == walk
    assert not [file for file in entered if "kernels/cpu/" in file]


def test_a_round_by_default_enters_the_files_of_the_walk_and_not_those_of_fused_layers():
    walk = files_in("A step by default")
    with mg.backend.textbook(False), kernels.using("numpy"):
        entered = files_of_a_round()
    assert set(walk) <= set(entered)
    fused = {f"minigan/layers/{name}.py" for name in ("dense", "relu", "leaky_relu", "up_sampling2d", "tanh")}
    assert not fused & set(entered)
