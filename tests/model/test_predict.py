"""`predict`: any number of inputs, and the inputs that a network refuses."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from minigan import models
from minigan.errors import ConfigError, DtypeError, ShapeError
from minigan.layers import BatchNorm, ConcatenateLabels, Dense, Flatten
from minigan.model.sequential import Sequential
from tests.layers.test_input_checks import NO_ARRAYS, Foreign
from tests.loops import loop_over


def network(fuse: bool = True) -> Sequential:
    made = Sequential([Dense(5, activation="relu"), BatchNorm(), Dense(2)], "judge", fuse=fuse)
    made.build((3,))
    return made


def ways_in(made: Sequential) -> dict[str, tuple[str, Callable[[Any], Any]]]:
    """Everything of a network that takes an array, by the name of the array."""
    x = np.ones((4, 3), np.float32)
    y, caches = made.forward(x)
    _, tangent_caches = made.tangent(x, caches)
    return {
        "forward": ("x", made.forward),
        "predict": ("x", made.predict),
        "walk": ("x", lambda x: list(made.walk(x))),
        "logits": ("x", made.logits.predict),
        "backward": ("dy", lambda dy: made.backward(dy, caches)),
        "tangent": ("x_dot", lambda x_dot: made.tangent(x_dot, caches)),
        "tangent_backward": ("dy_dot", lambda dy_dot: made.tangent_backward(y, dy_dot, caches, tangent_caches)),
    }


@loop_over(fuse=[True, False])
@loop_over(foreign=NO_ARRAYS)
def test_what_is_no_array_is_refused_everywhere(foreign: Foreign, fuse: bool):
    for name, run in ways_in(network(fuse)).values():
        shape = (4, 3) if name.startswith("x") else (4, 2)
        with pytest.raises(DtypeError, match=f"expected {name} " + foreign.says.format(name)):
            run(foreign.make(np.ones(shape, np.float32)))


@loop_over(dtype=[np.float64, np.int64, np.uint8, object, bool])
def test_other_dtypes_are_refused_everywhere(dtype: Any):
    for name, run in ways_in(network()).values():
        shape = (4, 3) if name.startswith("x") else (4, 2)
        with pytest.raises(DtypeError, match=rf"use np\.asarray\({name}, np\.float32\)$"):
            run(np.ones(shape, dtype))


@pytest.mark.parametrize("empty", [[], (), [[]], None, ""])
def test_nothing_is_refused_too(empty: Any):
    with pytest.raises(DtypeError, match=r"^judge: expected x to be an array of NumPy or CuPy, got"):
        network().predict(empty)


def test_an_array_without_inputs_has_the_shape_of_an_input():
    assert network().predict(np.zeros((0, 3), np.float32)).shape == (0, 2)
    with pytest.raises(ShapeError, match=r"expected x \(N, 3\), got \(0, 4\)"):
        network().predict(np.zeros((0, 4), np.float32))


def test_a_generator_of_a_gan_refuses_lists_by_its_name():
    gan = models.build("mlp2d", seed=0)
    with pytest.raises(DtypeError, match=r"^generator: .* got list: use np\.asarray\(x, np\.float32\)$"):
        gan.generator.predict([[0.0] * gan.latent_size])


def test_a_float64_array_is_refused_by_the_first_layer_that_has_weights():
    made = Sequential([Flatten(), Dense(2)])
    made.build((2, 2))
    with pytest.raises(DtypeError, match=r"^Dense 'dense': expected x float32, .* use np\.asarray\(x, np\.float32\)$"):
        made.predict(np.ones((3, 2, 2)))


@loop_over(size=[np.int64(2), np.uint8(3), 1, 100])
def test_any_whole_number_of_inputs_at_a_time(size: Any):
    x = np.random.default_rng(0).standard_normal((7, 3)).astype(np.float32)
    np.testing.assert_allclose(network().predict(x, size), network().forward(x)[0], rtol=1e-5)


@loop_over(size=[0, -1, 2.5, True, None, "2", np.nan])
def test_other_sizes_are_refused(size: Any):
    with pytest.raises(ConfigError, match=r"^judge: expected batch_size to be a whole number of at least 1, got"):
        network().predict(np.ones((4, 3), np.float32), size)


@loop_over(count=[0, 3, 5, 8])
def test_as_many_labels_as_inputs_are_needed_even_where_batches_would_hide_it(count: int):
    made = Sequential([ConcatenateLabels(3, 2), Dense(1)], "judge")
    made.build((3,))
    with pytest.raises(ShapeError, match=rf"^judge: expected labels \(4,\), one for each input, got .* \({count},\)"):
        made.predict(np.ones((4, 3), np.float32), batch_size=4, labels=np.zeros(count, int))


@loop_over(caches=[None, [], {}, "caches"])
def test_what_are_no_caches_is_refused(caches: Any):
    made = network()
    y, _ = made.forward(np.ones((4, 3), np.float32))
    with pytest.raises(ConfigError, match=r"^judge: expected the caches that forward returned, got"):
        made.backward(y, caches)
