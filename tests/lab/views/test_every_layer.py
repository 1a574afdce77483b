"""Every layer that a network of the lab may have: its arrays, and every quantity as a sum that is the entry."""

import numpy as np
import pytest

from minigan import layers
from minigan.lab.views.code import methods_of
from minigan.lab.views.entry import explained
from minigan.lab.views.formulas import formula
from minigan.lab.views.layer import layer_arrays, quantities_of
from minigan.lab.views.layer_texts import TEXTS, text_of
from minigan.lab.watching import LayerPass
from minigan.layers import Context, Layer
from minigan.model.copies import frozen
from minigan.random import Stream
from tests.layers.cases import CASES, built, random_arrays, training
from tests.loops import loop_over

#: Those without classes, which need labels.
CASES_HERE = [case for case in CASES if "Label" not in case.name and "Projection" not in case.name]


def passed(layer: Layer, x: np.ndarray, dy: np.ndarray) -> LayerPass:
    """Both passes of a layer, recorded."""
    context: Context = training(x)
    y, cache = layer.forward(x, context._replace(rng=Stream(0, "test"), update_stats=False))
    dx = layer.backward(dy, cache, param_grads=False)
    return LayerPass(frozen(layer), x, context, y, cache, dy, dx, param_grads=True)


@loop_over(case=CASES_HERE)
def test_each_number_of_each_layer_is_a_sum_and_each_gradient_a_slope(case):
    layer = built(case)
    found = passed(layer, *random_arrays(layer, case))
    assert text_of(layer).endswith(".")
    arrays = layer_arrays(found)
    assert all(item.text for item in arrays.values())
    rng = np.random.default_rng(0)
    for quantity in quantities_of(found):
        array = arrays[quantity].values
        for _ in range(3):
            index = [int(rng.integers(size)) for size in array.shape]
            entry = explained(found, found, quantity, index)
            scale = max(1.0, float(abs(array).max()))
            assert entry["total"] == pytest.approx(float(array[tuple(index)]), abs=1e-12 * scale)
            if entry["moved"] and not entry["moved"]["kink"]:
                assert entry["moved"]["slope"] == pytest.approx(entry["total"], rel=1e-6, abs=1e-7 * scale)


@loop_over(name=[name for name in layers.__all__ if issubclass(getattr(layers, name), Layer) and name != "Layer"])
def test_every_layer_has_a_text_a_formula_and_its_source(name: str):
    kind = getattr(layers, name)
    assert name.replace("1D", "2D") in TEXTS
    assert formula(name).startswith("<math")
    assert methods_of(kind) is not None or any(methods_of(base) for base in kind.__mro__[1:])
