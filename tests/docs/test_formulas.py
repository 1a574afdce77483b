"""Formulas become MathML that browsers draw as TeX would, or an error."""

import re
from xml.etree import ElementTree

import pytest

pytest.importorskip("latex2mathml", reason="formulas are converted with the extra [docs]")

from docs.extensions.formulas import mathml


def parts(tex: str, display: bool = False) -> str:
    """The elements, without attributes and groups."""
    text = re.sub(r"<(/?\w+)[^>]*?(/?)>", r"<\1\2>", mathml(tex, display))
    return re.sub(r"</?(?:math|mrow)/?>", "", text)


def element(tex: str, tag: str, display: bool = False) -> ElementTree.Element:
    """The first element with a tag."""
    return next(ElementTree.fromstring(mathml(tex, display)).iter(tag))


def test_letters_numbers_and_signs():
    assert parts("y = 2x") == "<mi>y</mi><mo>=</mo><mn>2</mn><mi>x</mi>"


def test_signs_of_html_are_escaped():
    assert "<mo>&lt;</mo>" in parts("a < b")
    assert 'alttext="a &lt; b"' in mathml("a < b", False)


def test_an_unknown_command_is_refused_and_named():
    with pytest.raises(ValueError, match="nonsense"):
        mathml(r"\nonsense x", False)


@pytest.mark.parametrize("tex", [r"\frac{1}", r"\left( x", r"x_1_2", r"\text{with $x$ inside}"])
def test_what_is_no_formula_is_refused(tex: str):
    with pytest.raises(ValueError, match=r"\w"):
        mathml(tex, True)


def test_a_minus_after_a_bracket_or_a_sign_belongs_to_its_number():
    for tex in ("(-x)", "= -x", "a, -x", "-x"):
        assert [mo.get("form") for mo in ElementTree.fromstring(mathml(tex, False)).iter("mo") if mo.text == "−"] == [
            "prefix"
        ], tex
    assert element("a - x", "mo").get("form") is None
    assert element(r"a \, - x", "mo").get("form") is None


def test_names_are_one_word_with_the_space_of_tex():
    assert parts(r"\mathrm{ReLU}(x)") == "<mi>ReLU</mi><mo>(</mo><mi>x</mi><mo>)</mo>"
    assert parts(r"\log x") == "<mi>log</mi><mspace/><mi>x</mi>"
    assert parts(r"2 \log x") == "<mn>2</mn><mspace/><mi>log</mi><mspace/><mi>x</mi>"
    assert parts(r"\operatorname{KL}(p)").startswith("<mi>KL</mi><mo>(</mo>")


def test_a_lone_upright_letter_is_upright():
    assert element(r"\mathrm{E}", "mi").get("mathvariant") == "normal"


def test_limits_are_below_only_in_displays():
    assert "<munder>" in parts(r"\max_i x", display=True)
    assert "<msub>" in parts(r"\max_i x", display=False)


def test_a_prime_is_beside_its_letter():
    assert parts("f'(x)") == "<mi>f</mi><mi>′</mi><mo>(</mo><mi>x</mi><mo>)</mo>"
    assert parts("f'_n") == "<msub><mi>f</mi><mi>′</mi><mi>n</mi></msub>"


def test_bars_have_no_space():
    bars = list(ElementTree.fromstring(mathml("|x| / y", False)).iter("mo"))
    assert {(bar.get("lspace"), bar.get("rspace")) for bar in bars} == {("0", "0")}


def test_letters_of_other_alphabets_are_characters():
    assert parts(r"\mathcal{L}\mathbb{R}\mathbf{x}\boldsymbol{\mu}") == "<mi>ℒ</mi><mi>ℝ</mi><mi>𝐱</mi><mi>𝝁</mi>"


def test_large_brackets_stretch_also_with_a_power():
    brackets = list(ElementTree.fromstring(mathml(r"\big( x \big)^2", True)).iter("mo"))
    assert [(bracket.text, bracket.get("stretchy")) for bracket in brackets] == [("(", "true"), (")", "true")]
    assert "<msup><mo>" not in mathml(r"\big( x \big)^2", True)


def test_equations_are_aligned_by_css():
    cells = list(ElementTree.fromstring(mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", True)).iter("mtd"))
    assert [re.findall(r"-webkit-(\w+)", cell.get("style", ""))[0] for cell in cells] == ["right", "left"] * 2


def test_no_attribute_is_left_that_browsers_do_not_know():
    text = mathml(
        r"\begin{bmatrix} \mathbf{x} & \text{a} \\ \mathsf{b} & \texttt{c} \end{bmatrix} \! \mathrm{ab}", True
    )
    assert not re.search(r"columnalign|columnspacing|negative\w+space|mathvariant=\"(?!normal)", text)
