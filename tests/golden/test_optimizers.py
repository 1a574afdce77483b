"""Three steps of every optimizer lead where Keras's lead."""

import json

import numpy as np
import pytest

from minigan import Sequential, backend, optimizers
from minigan.layers import Dense
from tests.golden.golden import load

pytestmark = pytest.mark.usefixtures("each_backend")

GOLDEN = load("optimizers")
CASES = sorted({key.partition("/")[0] for key in GOLDEN} - {"start", "gradients"})

#: The weights are near 1, so their own rounding is what the absolute tolerance has to allow.
TOLERANCES = {"float64": {"rtol": 1e-12, "atol": 1e-15}, "float32": {"rtol": 1e-5, "atol": 5e-7}}


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("case", CASES)
def test_three_steps_agree_with_keras(case: str, dtype: str) -> None:
    settings = json.loads(str(GOLDEN[f"{case}/settings"]))
    optimizer = getattr(optimizers, case.partition(",")[0])(**settings)
    start = GOLDEN["start"]
    network = Sequential([Dense(start.size, use_bias=False)])
    network.build((1,), dtype=dtype)
    network.flat_data[...] = backend.asarray(start)

    for gradient, expected in zip(GOLDEN["gradients"], GOLDEN[f"{case}/weights"], strict=True):
        network.flat_grad[...] = backend.asarray(gradient)
        optimizer.step(network)
        # The ways gone, entry by entry: the weights themselves, or a norm, would hide the steps of small gradients.
        way = backend.asnumpy(network.flat_data) - start
        np.testing.assert_allclose(way, expected - start, **TOLERANCES[dtype])
