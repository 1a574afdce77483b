"""Every layer computes what Keras computes: output, all gradients, moving averages."""

import json
from typing import Any

import numpy as np
import pytest

from minigan import backend, layers
from tests.golden.golden import ARRAYS, load, relative_error
from tests.loops import loop_over

pytestmark = pytest.mark.usefixtures("each_backend")

#: Bounds of the relative error, in norm. Keras computed in float64, so float32 shows its own rounding.
TOLERANCES = {"float64": 1e-12, "float32": 1e-5}

FILES = {path.stem: load(path.stem) for path in sorted(ARRAYS.glob("layer_*.npz"))}
CASES = {file: [key.removesuffix("/case") for key in arrays if key.endswith("/case")] for file, arrays in FILES.items()}


def tuples(value: Any) -> Any:
    """JSON has lists where constructors take tuples."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("file", FILES)
def test_layer_agrees_with_keras(file: str) -> None:
    @loop_over(dtype=TOLERANCES)
    @loop_over(name=CASES[file])
    def check(name: str, dtype: str) -> None:
        check_case(file, name, dtype)

    check()


def check_case(file: str, name: str, dtype: str) -> None:
    golden = {key.removeprefix(f"{name}/"): array for key, array in FILES[file].items() if key.startswith(f"{name}/")}
    case = json.loads(str(golden.pop("case")))
    arguments = {key: tuples(value) for key, value in case["arguments"].items()}
    layer = getattr(layers, case["layer"])(**arguments)
    output_shape = layer.build(tuple(case["input_shape"]), dtype=dtype)
    # The same parameters by the same names in the same order, so that weights carry over.
    assert [f"parameter/{key}" for key in layer.parameters] == [key for key in golden if "parameter/" in key]
    for key, parameter in layer.parameters.items():
        assert parameter.data.shape == golden[f"parameter/{key}"].shape
        parameter.data[...] = backend.asarray(golden[f"parameter/{key}"])

    x, dy = (backend.asarray(golden[key].astype(dtype)) for key in ("x", "dy"))
    y, cache = layer.forward(x, layers.Context(training=case["training"]))
    dx = layer.backward(dy, cache)

    got = {"y": y, "dx": dx}
    for key, parameter in layer.parameters.items():
        if parameter.trainable:
            got[f"gradient/{key}"] = parameter.grad
        else:
            got[f"updated/{key}"] = parameter.data
    assert output_shape == golden["y"].shape[1:]
    assert {key: array.dtype for key, array in got.items()} == dict.fromkeys(got, np.dtype(dtype))
    errors = {
        key: relative_error(got[key], expected)
        for key, expected in golden.items()
        if key not in ("x", "dy") and not key.startswith("parameter/")
    }
    assert errors.keys() == got.keys()
    assert max(errors.values()) < TOLERANCES[dtype], errors


def test_every_layer_that_keras_has_is_compared() -> None:
    # These draw random numbers, or are not in Keras: nothing to compare. Dropout is in the dcgan28 step.
    not_compared = {"Dropout", "Residual", "GaussianNoise", "Identity", "Maxout", "ChannelMax", "MinibatchStdDev"}
    # Keras has no labels in a context, and its SpectralNormalization replaces the kernel by the divided one.
    not_compared |= {"ConcatenateLabels", "ProjectionHead", "SpectralNormalization"}
    # Its attention is another one: see tests/layers/test_self_attention2d.py.
    not_compared |= {"SelfAttention2D"}
    own = {
        name
        for name in layers.__all__
        if isinstance(getattr(layers, name), type) and issubclass(getattr(layers, name), layers.Layer)
    }
    assert own - {"Layer"} - {file.removeprefix("layer_") for file in FILES} <= not_compared
