"""How an explanation is printed, and that its text is true."""

import math
import re
import time

import numpy as np
import pytest

import minigan as mg
from minigan import layers
from tests.explaining.passes import COVERED, case_passes
from tests.loops import loop_over


def dense():
    """A layer with an activation, and a pass."""
    layer = layers.Dense(2, activation="leaky_relu")
    layer.build((3,))
    layer.kernel.data[...] = [[0.5, -1], [0.25, 2], [1, 0.5]]
    _, cache = layer.forward(np.array([[1, 2, -0.5], [0, 1, 1]], np.float32))
    return layer, cache, np.array([[1, -2], [3, 0.5]], np.float32)


def test_a_gradient_is_a_table_with_one_for_each_kind_of_intermediate_result():
    layer, cache, dy = dense()
    assert (
        str(mg.explain(layer, cache, "dkernel", (2, 1), dy=dy))
        == """\
dkernel[2, 1] of Dense 'dense' = 1.5
dkernel[d, u] = sum_n x[n, d] dz[n, u]

  term                   x   dz  value
  x[0, 2] * dz[0, 1]  -0.5   -2      1
  x[1, 2] * dz[1, 1]     1  0.5    0.5
  sum                              1.5

for example, dz[0, 1] = -2
dz = dy f'(z)
  term                    dy  f'(z)  value
  dy[0, 1] * f'(z)[0, 1]  -2      1     -2

for example, f'(z)[0, 1] = 1
f'(z) = 1 if z > 0 else negative_slope
  term                   z  value
  1, for z[0, 1] > 0  2.75      1"""
    )


def test_long_sums_are_cut_and_the_padding_is_named():
    layer = layers.Conv2D(1, 3, padding="same")
    layer.build((4, 4, 5))
    _, cache = layer.forward(np.ones((1, 4, 4, 5), np.float32))
    lines = str(mg.explain(layer, cache, "y", (0, 0, 0, 0))).splitlines()
    assert [line.strip() for line in lines if "more" in line] == [
        "... 9 more terms",
        "25 more terms fall on the padding",
    ]
    assert len(lines) == 3 + 1 + 12 + 1 + 1 + 1
    assert lines[-2].split()[0] == "sum"


def test_a_sum_without_terms_is_0():
    layer = layers.ZeroPadding2D(1)
    layer.build((1, 1, 1))
    x = np.ones((1, 1, 1, 1), np.float32)
    _, cache = layer.forward(x)
    assert (
        str(mg.explain(layer, cache, "y", (0, 0, 2, 0), x=x))
        == """\
y[0, 0, 2, 0] of ZeroPadding2D 'zero_padding2d' = 0
y[n, h + 1, w + 1, c] = x[n, h, w, c], 0 elsewhere

  term  value
  sum       0
  on the padding, which depends on nothing"""
    )


def test_python_and_notebooks_show_the_table():
    layer, cache, dy = dense()
    found = mg.explain(layer, cache, "dkernel", (2, 1), dy=dy)
    assert repr(found) == str(found)
    page = found._repr_html_()
    assert page.count("<table>") == page.count("</table>") == 3
    assert "dkernel[2, 1] of Dense &#x27;dense&#x27; = 1.5" in page
    assert '<tr style="font-weight:bold"><td style="text-align:left">sum</td>' in page


def test_the_lines_of_a_table_have_one_width():
    layer, cache, dy = dense()
    lines = str(mg.explain(layer, cache, "dx", (0, 1), dy=dy)).splitlines()[3:6]
    assert len({len(line) for line in lines}) == 1


#: How the texts of terms are computed.
NAMES = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh", "erf", "pi")} | {"min": min, "max": max}


def computed(term):
    """The value of a term's text, with the factors' values in the place of their names."""
    formula, _, condition = term.form.partition(", for ")
    values = [f"({factor.value!r})" for factor in term.factors]
    assert not condition or eval(condition.format(*values), dict(NAMES))
    return eval(formula.format(*values).replace("^", "**"), dict(NAMES))


@loop_over(case=COVERED)
def test_the_text_of_every_term_computes_its_value(case):
    for one in case_passes(case):
        for quantity, index in one.entries():
            if sum(index) % 3 == 0:
                for part in one.explain(quantity, index).walk():
                    for term in part.terms:
                        if term.form is not None:
                            assert computed(term) == pytest.approx(term.value, rel=1e-9, abs=1e-12), term.text
                        else:
                            assert re.fullmatch(r"[^*]+( \* [^*]+)*", term.text)


def test_an_entry_of_a_convolution_of_576_terms_takes_less_than_10_milliseconds():
    layer = layers.Conv2D(64, 3, padding="same")
    layer.build((14, 14, 64))
    _, cache = layer.forward(np.ones((8, 14, 14, 64), np.float32))
    seconds = []
    for _ in range(20):
        begin = time.perf_counter()
        found = mg.explain(layer, cache, "y", (3, 5, 5, 7))
        seconds.append(time.perf_counter() - begin)
    assert len(found.terms) == 64 * 9 + 1
    assert min(seconds) < 0.01
