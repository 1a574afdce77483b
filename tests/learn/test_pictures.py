"""The drawings of the lessons: what is written in them, and where."""

import numpy as np
import pytest

from minigan.errors import ConfigError, ShapeError
from minigan.learn import draw_arrays, draw_graph
from minigan.learn.sketch import number_text

PRODUCT = {"q": ("+", "x", "y"), "f": ("*", "q", "z")}
VALUES = {"x": -2, "y": 5, "z": -4, "q": 3, "f": -12}


def texts(figure) -> list[str]:
    return [text.get_text().strip() for axes in figure.axes for text in axes.texts if text.get_text()]


def place(figure, wanted: str) -> tuple[float, float]:
    (found,) = [text.get_position() for axes in figure.axes for text in axes.texts if text.get_text().strip() == wanted]
    return found


def test_a_graph_has_its_inputs_operations_values_and_gradients():
    figure = draw_graph(PRODUCT, VALUES, {"x": -4, "y": -4, "z": 3, "q": -4, "f": 1})
    assert sorted(texts(figure)) == sorted(
        ["x", "y", "z", "+", "*", "-2", "5", "-4", "q = 3", "f = -12", "-4", "-4", "3", "-4", "1"]
    )


def test_an_operation_stands_to_the_right_of_what_it_needs():
    figure = draw_graph(PRODUCT, VALUES)
    assert place(figure, "x")[0] < place(figure, "+")[0] < place(figure, "*")[0]
    assert place(figure, "+")[0] == place(figure, "z")[0]


def test_where_a_value_is_used_twice_each_edge_has_its_part_of_the_gradient():
    square = {"a": ("*2", "x"), "f": ("*", "a", "x")}
    figure = draw_graph(square, {"x": 3, "a": 6, "f": 18}, {"x": 12, ("x", "a"): 6.5, ("x", "f"): 5.5, "a": 3, "f": 1})
    assert {"12", "6.5", "5.5"} <= set(texts(figure))


def test_an_edge_that_would_cross_an_operation_is_an_arc_over_it():
    figure = draw_graph({"m": ("mean", "x"), "c": ("-", "x", "m")}, {"x": 1}, {("x", "c"): 0.25})
    assert place(figure, "0.25")[1] < place(figure, "mean")[1] - 0.4


@pytest.mark.parametrize(
    ("operations", "grads", "message"),
    [
        ({"f": ("*", "q", "z"), "q": ("+", "x", "y")}, {}, "f needs q"),
        (PRODUCT, {("x", "f"): 1}, "x does not go into f"),
        (PRODUCT, {("x", "g"): 1}, "x does not go into g"),
    ],
)
def test_a_graph_that_cannot_be_is_refused(operations, grads, message):
    with pytest.raises(ConfigError, match=message):
        draw_graph(operations, VALUES, grads)


def test_arrays_have_their_numbers_in_cells_under_their_names():
    figure = draw_arrays({"x * w": 2.5}, x=np.array([[1.0, -0.25]]), b=np.array([3, 4]))
    assert texts(figure) == ["2.5", "1", "-0.25", "3", "4"]
    assert [axes.get_title() for axes in figure.axes] == ["x * w", "x", "b"]


def test_the_largest_entries_have_the_strongest_colours_and_zero_is_white():
    (axes,) = draw_arrays(x=np.array([-2.0, 0.0, 2.0])).axes
    image = axes.images[0]
    violet, white, orange = image.to_rgba(image.get_array())[0, :, :3]
    assert white.min() > 0.99
    assert violet[2] > violet[1]
    assert orange[0] > orange[2]


def test_arrays_that_have_no_room_begin_a_new_row():
    figure = draw_arrays(a=np.ones(9), b=np.ones(9), c=np.ones(2))
    tops = [axes.get_position().y1 for axes in figure.axes]
    assert tops[0] > tops[1] == pytest.approx(tops[2])


@pytest.mark.parametrize("array", [np.ones((2, 2, 2)), np.ones(0)])
def test_an_array_that_is_no_grid_is_refused_with_the_remedy(array):
    with pytest.raises(ShapeError, match="x: expected a number, a vector or a matrix"):
        draw_arrays(x=array)


def test_a_notebook_gets_an_svg():
    assert draw_graph(PRODUCT, VALUES)._repr_svg_().startswith("<svg")


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "3"), (-0.25, "-0.25"), (-0.0, "0"), (10, "10"), (1 / 3, "0.333"), (1.5e-5, "1.5e-05"), (2e7, "2e+07")],
)
def test_numbers_are_short(value, text):
    assert number_text(value) == text
