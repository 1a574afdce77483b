"""What a file of weights leaves open is said, and a file that its library could not read is not written."""

import logging

import numpy as np
import pytest

import minigan as mg
from minigan.errors import ConfigError
from minigan.interchange import export_weights, import_weights
from minigan.layers import BatchNorm, Dense, Layer, LayerNorm, Residual
from tests.interchange.small_networks import everything_below
from tests.loops import loop_over


def built(*layers: Layer) -> mg.Sequential:
    network = mg.Sequential(layers, "judge")
    network.build((4,))
    return network


@pytest.fixture
def notices(caplog):
    """The lines that a function logs, as a list."""

    def lines(function, *arguments) -> list[str]:
        caplog.clear()
        with caplog.at_level(logging.WARNING, "minigan"):
            function(*arguments)
        return [record.getMessage() for record in caplog.records]

    return lines


@loop_over(kind=[BatchNorm, LayerNorm])
def test_an_epsilon_that_is_not_pytorch_s_is_said(tmp_path, notices, kind):
    pytest.importorskip("safetensors")
    network = built(Dense(4), kind(name="first"), Dense(4), kind(epsilon=1e-5, name="second"), kind(name="third"))
    path = export_weights(network, tmp_path / "a.safetensors", "pytorch-safetensors")
    (line,) = notices(import_weights, network, path)
    assert f"{path} does not say the epsilon of its normalizations: here first, third have 0.001, the default" in line
    assert f"the default there is 1e-05; where the other network used that, make {kind.__name__} 'first' with " in line
    assert line.endswith("with epsilon=1e-05, or the outputs differ")


@loop_over(kind=[BatchNorm, LayerNorm])
def test_an_epsilon_that_is_not_keras_s_is_said(tmp_path, notices, kind):
    pytest.importorskip("h5py")
    network = built(kind(epsilon=1e-5), Dense(4))
    (line,) = notices(import_weights, network, export_weights(network, tmp_path / "a.weights.h5"))
    assert "have 1e-05, the default there is 0.001;" in line


def test_an_epsilon_inside_of_a_block_is_said(tmp_path, notices):
    pytest.importorskip("h5py")
    network = built(Residual([Dense(4), Residual([LayerNorm(epsilon=1e-5, name="deep")])]))
    (line,) = notices(import_weights, network, export_weights(network, tmp_path / "a.weights.h5"))
    assert "here deep have 1e-05, the default there is 0.001;" in line


@pytest.mark.parametrize(
    ("name", "format", "epsilon"),
    [
        ("a.safetensors", "safetensors", 1e-3),  # minigan's own names: written by the same network
        ("a.safetensors", "safetensors", 1e-5),
        ("a.safetensors", "pytorch-safetensors", 1e-5),
        ("a.safetensors", "pytorch-safetensors", np.float64(1e-5)),
        ("a.weights.h5", "keras", 1e-3),
    ],
)
def test_the_usual_epsilon_is_no_notice(tmp_path, notices, name, format, epsilon):
    pytest.importorskip({"keras": "h5py"}.get(format, "safetensors"))
    network = built(Dense(3), BatchNorm(epsilon=epsilon), LayerNorm(epsilon=epsilon))
    assert notices(import_weights, network, export_weights(network, tmp_path / name, format)) == []


def torch_like(path, **shapes: tuple[int, ...]):
    """A file of safetensors with a Linear of each name."""
    numpy = pytest.importorskip("safetensors.numpy")
    arrays = {}
    for number, (name, shape) in enumerate(shapes.items()):
        arrays[f"{name}.weight"] = np.full(shape, number, np.float32)
        arrays[f"{name}.bias"] = np.full(shape[:1], number, np.float32)
    numpy.save_file(arrays, path)
    return path


def test_modules_that_could_be_exchanged_are_named(tmp_path, notices):
    network = built(Dense(4), Dense(4), Dense(2))
    path = torch_like(tmp_path / "a.safetensors", a=(4, 4), b=(4, 4), c=(2, 4))
    (line,) = notices(import_weights, network, path)
    assert f"{path} has modules of the same shapes, which are taken in the order of the file" in line
    assert ": a to dense, b to dense_1; where your forward calls them in another order, define them in that" in line
    assert network["dense_1"].bias.data.tolist() == [1] * 4


def test_modules_that_cannot_be_exchanged_are_no_notice(tmp_path, notices):
    network = built(Dense(5), Dense(4), Dense(2))
    path = torch_like(tmp_path / "a.safetensors", a=(5, 4), b=(4, 5), c=(2, 4))
    assert notices(import_weights, network, path) == []
    alike = built(Dense(4), Dense(4))  # under the names of a Sequential, which has one order only
    assert notices(import_weights, alike, export_weights(alike, path, "pytorch-safetensors")) == []


@pytest.mark.parametrize("name", ["a.h5", "a.bin", "a.weights.H5"])
def test_a_name_under_which_keras_reads_something_else_is_refused(tmp_path, name):
    pytest.importorskip("h5py")
    with pytest.raises(ConfigError, match=r"expected a file name that ends with \.weights\.h5, as Keras needs it"):
        export_weights(built(Dense(2)), tmp_path / name, "keras")
    assert everything_below(tmp_path) == {}
