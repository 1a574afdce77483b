"""A formula from TeX to MathML. latex2mathml reads the TeX; what it writes is then changed as browsers need it.

Browsers follow MathML Core, which knows less than latex2mathml expects:

- letters of another kind are characters of their own (``\\mathcal{L}`` is U+2112), for Core knows no ``mathvariant``;
- columns are aligned by CSS;
- names of functions are upright words with the spaces of TeX, and a minus that begins a term stands close to it;
- a bar or a slash is no operator: there is no space at its sides.
"""

from __future__ import annotations

import html
import re
import unicodedata
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element
from latex2mathml.symbols_parser import convert_symbol

__all__ = ["mathml"]

#: TeX that latex2mathml does not know in this form.
REWRITTEN = (
    (re.compile(r"\\(begin|end)\{(?:aligned|gathered)\}"), r"\\\1{split}"),
    (re.compile(r"\\mathrm\s*\{\s*([A-Za-z])\s*\}"), r"\\mathrm{{\1}}"),
    (re.compile(r"\\arg(?![a-z])"), r"\\operatorname{arg}"),
)

#: Operators that latex2mathml takes for letters, and the right sign for each.
OPERATORS = {"~": "∼"} | {sign: sign for sign in ":⌊⌋⌈⌉⟨⟩±∓"}

#: Letters that latex2mathml takes for operators; as such they would have space at their sides.
LETTERS = "∂∇…⋯.∞∅"

#: Letters that are upright in TeX.
UPRIGHT = "ΓΔΘΛΞΠΣΥΦΨΩ"

#: The widths that only older MathML knew by name.
WIDTHS = {
    "negativethinmathspace": "-0.1667em",
    "negativemediummathspace": "-0.2222em",
    "negativethickmathspace": "-0.2778em",
}
THIN = "0.1667em"

#: The names that Unicode gives to the letters of each mathvariant.
VARIANTS = {
    "bold": "MATHEMATICAL BOLD",
    "italic": "MATHEMATICAL ITALIC",
    "bold-italic": "MATHEMATICAL BOLD ITALIC",
    "script": "MATHEMATICAL SCRIPT",
    "double-struck": "MATHEMATICAL DOUBLE-STRUCK",
    "fraktur": "MATHEMATICAL FRAKTUR",
    "sans-serif": "MATHEMATICAL SANS-SERIF",
    "monospace": "MATHEMATICAL MONOSPACE",
}

#: Letters that Unicode had before it had the alphabets: ℬ, ℂ and others.
OLDER = {
    "MATHEMATICAL SCRIPT": "SCRIPT",
    "MATHEMATICAL DOUBLE-STRUCK": "DOUBLE-STRUCK",
    "MATHEMATICAL FRAKTUR": "BLACK-LETTER",
}

#: Text has no characters of other kinds: it has styles.
TEXT_STYLES = {"bold": "font-weight: bold", "italic": "font-style: italic", "monospace": "font-family: monospace"}

BARS = {"|", "∥", "‖", "/"}
PRIMES = set("′″‴⁗")
SIGNS = {"+", "-", "−", "±", "∓"}
CLOSING = set(")]}⟩⌉⌋!.")
LIMITS = {"max", "min", "arg\u2009max", "arg\u2009min", "argmax", "argmin", "lim", "sup", "inf"}
INDEXED = {"msub", "msup", "msubsup"}
PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
ROWS = {"math", "mrow", "mtd", "mstyle", "mpadded"}


def mathml(tex: str, display: bool) -> str:
    """The formula as a ``<math>`` element. A `ValueError` says what is wrong, such as a command that is unknown."""
    source = tex.strip()
    for pattern, form in REWRITTEN:
        source = pattern.sub(form, source)
    try:
        math = convert_to_element(source, display="block" if display else "inline")
    except Exception as error:  # its own errors have names and no texts
        raise ValueError(str(error) or type(error).__name__) from error
    for element in math.iter():
        read(element)
    if unknown := [text for element in math.iter() if set(text := element.text or "") & set("\\$&")]:
        raise ValueError(f"unknown, or not allowed inside of text: {', '.join(unknown)}")
    if short := [element.tag for element in math.iter() if len(element) < PARTS.get(element.tag, 0)]:
        raise ValueError(f"something is missing in {', '.join(short)}")
    for parent in list(math.iter()):
        for place, child in enumerate(list(parent)):
            correct(child, parent, place)
    for change in (set_primes, align_columns, set_letters, join_names):
        for element in list(math.iter()):
            change(element)
    for element in list(math.iter()):
        space(element, display)
    math.attrib.pop("xmlns", None)
    math.set("alttext", " ".join(tex.split()))
    return tostring(math, encoding="unicode")


def read(element: Element) -> None:
    """Characters instead of entities, lengths instead of names, signs instead of TeX."""
    element.text = html.unescape(element.text) if element.text else None
    for name, value in element.attrib.items():
        element.set(name, WIDTHS.get(value, html.unescape(value)))
    if element.tag == "mo" and (symbol := convert_symbol(element.text or "")):
        element.text = chr(int(symbol, 16))  # the delimiter after \Big stays in TeX otherwise
    if element.get("minsize"):
        element.set("stretchy", "true")


def correct(child: Element, parent: Element, place: int) -> None:
    """What is a letter, what an operator, and what no sign at all."""
    text = child.text or ""
    if child.tag == "mi" and not len(child):
        if not text:
            child.tag = "mrow"
        elif text in OPERATORS:
            child.tag, child.text = "mo", OPERATORS[text]
            child.set("stretchy", "false")
            if text == ":":  # as in "x: (N, D)"
                child.attrib.update(lspace="0.2778em", rspace="0.2778em")
        elif text in UPRIGHT:
            child.set("mathvariant", "normal")
    elif child.tag == "mo" and not text:
        if parent.tag == "mrow":
            parent.remove(child)  # \right.
    elif child.tag == "mo" and text in LETTERS:
        child.tag = "mi"
        child.attrib.clear()
        child.set("mathvariant", "normal")
    elif child.tag == "mo" and text == "¯":
        child.text = "―"  # \bar is drawn as \overline: the short sign would be a dot
    elif child.tag == "mo" and parent.tag in INDEXED:
        if place == 0:
            parent[0] = group("mrow", child)  # )^2: a bracket that is alone does not get its size
        else:
            child.tag, child.text = "mi", text.replace("*", "∗")  # a star, or the T of a transposed matrix
            child.attrib.clear()
    elif child.tag == "mo" and parent.tag == "mrow" and len(parent) == 1 and text in ",;:":
        child.attrib.update(lspace="0", rspace="0")  # 1{,}000


def group(tag: str, *children: Element) -> Element:
    """An element with these children."""
    element = Element(tag)
    element.extend(children)
    return element


def set_primes(element: Element) -> None:
    """A prime stands beside its letter: the sign has its height already, and as a power it would be a dot."""
    if element.tag not in ("msup", "msubsup") or not element[-1].text or not set(element[-1].text) <= PRIMES:
        return
    if element.tag == "msubsup":
        element.tag = "msub"
        element[:] = [group("mrow", element[0], element[2]), element[1]]
    else:
        element.tag = "mrow"


def align_columns(table: Element) -> None:
    """Columns by CSS: Core knows neither ``columnalign`` nor ``columnspacing``."""
    if table.tag != "mtable":
        return
    equations = table.get("displaystyle") == "true"
    table.attrib.pop("columnspacing", None)
    for row in table:
        for column, cell in enumerate(row):
            align = cell.attrib.pop("columnalign", None)
            # Chromium aligns formulas by its own value only; Firefox knows the first.
            style = [f"text-align: {align}", f"text-align: -webkit-{align}"] if align else []
            if equations:  # no space between the two sides
                style += [f"padding-left: {'2em' if column and column % 2 == 0 else '0'}", "padding-right: 0"]
            else:
                style += ["padding-left: 0"] * (column == 0) + ["padding-right: 0"] * (column == len(row) - 1)
            if style:
                cell.set("style", "; ".join(style))


def set_letters(element: Element) -> None:
    """Letters of a mathvariant become the characters that Unicode has for them."""
    variant = element.get("mathvariant")
    if variant is None or (variant == "normal" and element.tag == "mi"):
        return
    del element.attrib["mathvariant"]
    if element.tag == "mtext" and variant in TEXT_STYLES:
        element.set("style", TEXT_STYLES[variant])
    elif variant in VARIANTS:
        element.text = "".join(letter(character, VARIANTS[variant]) for character in element.text or "")
    elif variant != "normal":
        raise ValueError(f"there are no letters that are {variant}")


def letter(character: str, alphabet: str) -> str:
    """The character of an alphabet: L of MATHEMATICAL SCRIPT is ℒ. One that the alphabet lacks stays as it is."""
    kind = unicodedata.name(character, "").replace("LATIN ", "").replace("GREEK ", "").replace(" LETTER", "")
    for name in (f"{alphabet} {kind}", f"{OLDER.get(alphabet)} {kind}"):
        try:
            return unicodedata.lookup(name)
        except KeyError:
            continue
    return character


def join_names(parent: Element) -> None:
    """Upright letters in a row are one name, such as the R, e, L and U of ``\\mathrm{ReLU}``."""
    for child in parent:
        if child.tag == "mo" and (child.text or "").replace("\u2009", "").replace("\u2006", "").isalpha():
            child.tag = "mi"  # \max, \operatorname{KL}: as an operator it would stand alone between spaces
            child.attrib.pop("movablelimits", None)
            child.set("mathvariant", "normal")
    if parent.tag not in ROWS:
        return
    before: Element | None = None
    for child in list(parent):
        if child.tag != "mi" or child.get("mathvariant") != "normal" or len(child.text or "") != 1:
            before = None
        elif before is None:
            before = child
        else:
            before.text = (before.text or "") + (child.text or "")
            parent.remove(child)
    if parent.tag == "mrow" and len(parent) == 1 and is_name(parent[0]) and parent[0].tag == "mi":
        name = parent[0]  # a group of one name is the name
        parent.tag, parent.text = "mi", name.text
        parent.attrib.update(name.attrib)
        parent.remove(name)


def is_name(element: Element) -> bool:
    """Whether it is the name of a function: log, max, KL, E, also with an index or a power."""
    if element.tag in INDEXED or element.tag == "munder":
        return is_name(element[0])
    text = element.text or ""
    upright = element.get("mathvariant") == "normal"
    return element.tag == "mi" and (upright or len(text) > 1) and text.isascii() and text.replace(" ", "").isalpha()


def space(parent: Element, display: bool) -> None:
    """The spaces of TeX around signs, bars and the names of functions; limits are below max and min."""
    if parent.tag not in ROWS:
        return
    before: Element | None = None  # the element to the left
    left: Element | None = None  # the same, over spaces
    row = []
    for child in parent:
        if child.tag == "mo" and child.text in BARS and child.get("stretchy") != "true":
            child.attrib.update(lspace="0", rspace="0")
        if child.tag == "mo" and child.text in SIGNS and (left is None or is_operator(left)):
            child.set("form", "prefix")
        if display and child.tag == "msub" and child[0].text in LIMITS:
            child.tag = "munder"
        if before is not None and needs_space(before, child):
            row.append(Element("mspace", width=THIN))
        row.append(child)
        before = child
        left = left if child.tag == "mspace" else child
    parent[:] = row


def is_operator(element: Element) -> bool:
    """Whether a sign after it is the sign of a number: after (, = or a comma, and not after )."""
    return element.tag == "mo" and element.text not in CLOSING and element.text not in BARS


def needs_space(before: Element, child: Element) -> bool:
    """Whether TeX has a thin space between them: at both sides of a function's name, but not at a bracket."""
    if "mspace" in (before.tag, child.tag) or (child.text or "") in PRIMES:
        return False
    if is_name(before):
        return child.tag != "mo" or child.text in BARS
    return is_name(child) and (before.tag not in ("mo", "mtext") or before.text in CLOSING)
