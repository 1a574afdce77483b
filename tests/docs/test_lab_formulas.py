"""The formulas of the lab are those of the TeX that they are made from."""

import pytest

pytest.importorskip("latex2mathml", reason="makes the formulas; it comes with the extra docs")

from docs.figures import lab_formulas


def test_the_file_in_the_package_is_up_to_date():
    assert lab_formulas.FILE.read_text(encoding="utf-8") == lab_formulas.text(), (
        "run python -m docs.figures.lab_formulas"
    )
