"""The names and axes of a network's weights in other libraries; none of these libraries is needed here."""

import ast

import numpy as np
import pytest

import minigan as mg
from minigan.errors import CheckpointError, ConfigError
from minigan.interchange import arrays, source
from minigan.interchange.arrays import ArrayFile, Header
from minigan.interchange.formats import FORMATS, format_of, suffix_of
from minigan.interchange.layout import AxisPermutation, from_theirs, to_theirs
from minigan.interchange.pytorch_state import pytorch_names
from minigan.interchange.safetensors_file import by_number
from minigan.interchange.weights import is_pytorch
from minigan.layers import (
    BatchNorm,
    ConcatenateLabels,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MinibatchStdDev,
    SpectralNormalization,
)
from tests.interchange.small_networks import MODELS, NETWORKS, golden_network, network_of
from tests.loops import loop_over


@pytest.mark.parametrize("library", ["keras", "pytorch"])
@loop_over(name=NETWORKS)
def test_weights_of_another_library_give_its_outputs(golden, library, name):
    network = golden_network(name)
    prefix = f"{library}/{name}/"
    theirs = {key.removeprefix(prefix): value for key, value in golden.items() if key.startswith(prefix)}
    network.load_state_dict(from_theirs(theirs, FORMATS[library].entries(network)))
    assert np.abs(network.predict(theirs["x"]) - theirs["y"]).max() < 1e-5


@pytest.mark.parametrize("library", ["keras", "pytorch"])
@loop_over(name=NETWORKS)
def test_every_name_and_shape_is_the_other_library_s(golden, library, name):
    network = golden_network(name)
    prefix = f"{library}/{name}/"
    theirs = {key.removeprefix(prefix): value.shape for key, value in golden.items() if key.startswith(prefix)}
    ours = {item.theirs: item.permutation.theirs for item in FORMATS[library].entries(network)}
    left_out = {name for name in theirs if name in ("x", "y") or name.endswith("num_batches_tracked")}
    assert ours == {name: shape for name, shape in theirs.items() if name not in left_out}


@pytest.mark.parametrize("library", list(FORMATS))
@loop_over(model=MODELS)
@loop_over(name=NETWORKS)
def test_there_and_back_gives_the_same_weights(library, model, name):
    network = network_of(model, name)
    entries = FORMATS[library].entries(network)
    state = network.state_dict()
    there = to_theirs(state, entries)
    assert len(there) == len(entries) == len(state)
    assert all(there[item.theirs].shape == item.permutation.theirs for item in entries)
    back = from_theirs(there, entries)
    assert all(np.array_equal(back[key], state[key]) for key in state)


def test_a_permutation_reorders_the_rows_of_a_flat_image():
    permutation = AxisPermutation((12, 5), (5, 12), (2, 3, 2, 5), (3, 2, 0, 1))
    ours = np.arange(60.0).reshape(12, 5)
    theirs = permutation.to_other(ours)
    for row, column, channel, unit in np.ndindex(2, 3, 2, 5):
        assert theirs[unit, channel * 6 + row * 3 + column] == ours[(row * 3 + column) * 2 + channel, unit]
    assert np.array_equal(permutation.from_other(theirs), ours)


def test_a_permutation_returns_a_copy():
    ours = np.zeros((2, 3))
    permutation = AxisPermutation.identity((2, 3))
    assert not np.shares_memory(permutation.to_other(ours), ours)
    assert not np.shares_memory(permutation.from_other(ours), ours)


# Layers without a counterpart


class Mine(Layer):
    """A layer of somebody's own."""


def built(*layers: Layer, shape: tuple[int, ...] = (4, 4, 2)) -> mg.Sequential:
    network = mg.Sequential(layers, "net")
    network.build(shape)
    return network


@pytest.mark.parametrize("library", ["keras", "pytorch"])
@pytest.mark.parametrize("layer", [Mine(), ConcatenateLabels(3, 2), MinibatchStdDev(), SpectralNormalization(Dense(3))])
def test_a_layer_without_a_counterpart_is_refused_by_name(library, layer):
    network = built(layer)
    with pytest.raises(ConfigError, match=f"{type(layer).__name__} '{layer.name}'.*the format safetensors takes all"):
        FORMATS[library].entries(network)


def test_an_image_that_leaves_as_a_vector_is_brought_to_minigan_s_order():
    program = source(built(Conv2D(2, 1), Flatten()), "pytorch")
    assert "nn.Flatten(),\n    nn.Unflatten(1, (2, 4, 4)),\n    Reshape((32,)),\n)" in program
    for shape in ((4, 4, 1), (1, 1, 3)):
        assert "Reshape" not in source(built(Conv2D(shape[-1], 1), Flatten(), shape=shape), "pytorch")


def test_keras_counts_the_layers_of_a_class_whatever_their_names():
    network = built(Conv2D(2, 1, name="eye"), BatchNorm(), Conv2D(2, 1, name="ear"), Flatten(), Dense(1))
    stems = dict.fromkeys(item.theirs.rpartition("/vars/")[0] for item in FORMATS["keras"].entries(network))
    assert list(stems) == ["layers/conv2d", "layers/batch_normalization", "layers/conv2d_1", "layers/dense"]


@pytest.mark.parametrize("library", ["keras", "pytorch"])
@loop_over(name=NETWORKS)
def test_a_network_s_source_is_a_program(library, name):
    program = source(golden_network(name), library)
    ast.parse(program)
    assert program.count("Conv2D(" if library == "keras" else "nn.Conv2d(") == (1 if name == "generator" else 2)


def test_only_libraries_have_a_source():
    with pytest.raises(ConfigError, match=r"expected one of keras, pytorch, pytorch-safetensors .* got onnx"):
        source(golden_network("generator"), "onnx")


# Formats by name and suffix


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.safetensors", "safetensors"),
        ("a.weights.h5", "keras"),
        ("a.H5", "keras"),
        ("a.pt", "pytorch"),
        ("b.pth", "pytorch"),
        ("a.onnx", "onnx"),
    ],
)
def test_the_suffix_names_the_format(tmp_path, path, name):
    assert format_of(tmp_path / path, None, onnx=True) == name


def test_a_named_format_overrides_the_suffix(tmp_path):
    assert format_of(tmp_path / "a.bin", "pytorch") == "pytorch"
    assert suffix_of("keras") == ".weights.h5"
    assert suffix_of(None) == ".safetensors"


@pytest.mark.parametrize("onnx", [False, True])
def test_an_unknown_suffix_or_name_is_refused_with_those_there_are(tmp_path, onnx):
    with pytest.raises(ConfigError, match=r"\.safetensors, \.weights\.h5.* or --format, got .*model\.keras"):
        format_of(tmp_path / "model.keras", None, onnx)
    with pytest.raises(ConfigError, match="unknown format 'tf': expected one of safetensors, keras, pytorch") as error:
        format_of(tmp_path / "a.pt", "tf", onnx)
    assert str(error.value).endswith("onnx") == onnx


def test_an_onnx_file_is_no_file_of_weights(tmp_path):
    with pytest.raises(ConfigError, match="expected a file name that ends with"):
        format_of(tmp_path / "a.onnx", None)


# PyTorch's modules, by other names


def headers(*names: str) -> dict[str, Header]:
    return {name: Header((1,), "float32") for name in names}


def test_modules_of_other_names_are_taken_in_their_order():
    entries = FORMATS["pytorch"].entries(built(Conv2D(2, 1), BatchNorm(), Flatten(), Dense(1)))
    roles = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    found = headers("eye.weight", "eye.bias", *(f"net.norm.{role}" for role in roles), "judge.bias", "judge.weight")
    names = pytorch_names(found, entries, "a.pt")
    assert names == {
        "0.weight": "eye.weight",
        "0.bias": "eye.bias",
        "1.weight": "net.norm.weight",
        "1.bias": "net.norm.bias",
        "1.running_mean": "net.norm.running_mean",
        "1.running_var": "net.norm.running_var",
        "3.weight": "judge.weight",
        "3.bias": "judge.bias",
    }


def test_modules_that_do_not_pair_are_refused_by_name():
    entries = FORMATS["pytorch"].entries(built(Conv2D(2, 1), Flatten(), Dense(1)))
    with pytest.raises(CheckpointError, match="expected 2 modules with weights, got 1: eye"):
        pytorch_names(headers("eye.weight", "eye.bias"), entries, "a.pt")
    with pytest.raises(
        CheckpointError, match="expected weight, bias in judge, which should be minigan's dense, got weig"
    ):
        pytorch_names(headers("eye.weight", "eye.bias", "judge.weight"), entries, "a.pt")


def test_numbers_in_names_count_as_numbers():
    assert sorted(["10.bias", "9.weight", "9.bias", "a.2", "a"], key=by_number) == [
        "9.bias",
        "9.weight",
        "10.bias",
        "a",
        "a.2",
    ]


def test_pytorch_s_names_are_distinguished_from_minigan_s():
    assert is_pytorch(ArrayFile(headers("0.weight", "0.bias", "2.running_mean"), lambda name: np.zeros(1)))
    assert not is_pytorch(ArrayFile(headers("dense.kernel", "dense.bias"), lambda name: np.zeros(1)))
    assert not is_pytorch(ArrayFile(headers("dense.bias"), lambda name: np.zeros(1)))


# What errors tell of a file


def test_an_error_lists_a_few_short_names_in_ascii():
    text = arrays.shown(["\x1b[31mred", "a" * 10**6, *map(str, range(1000))])
    assert "\x1b" not in text
    assert len(text) < 200
    assert text.endswith("and 997 more")
    assert arrays.shown([]) == "none"


def test_nothing_is_read_before_names_shapes_and_dtypes_were_compared(tmp_path):
    network = golden_network("generator")
    entries = FORMATS["safetensors"].entries(network)
    good = {item.theirs: Header(item.permutation.theirs, "float32") for item in entries}

    def read(name):
        raise AssertionError("read too early")

    for bad, message in (
        ({**good, "more": Header((1,), "float32")}, "missing none; unknown more"),
        ({name: good[name] for name in list(good)[1:]}, "missing dense.kernel; unknown none"),
        ({**good, "dense.bias": Header((10**12,), "float32")}, r"expected dense.bias \(24,\) float32, got \(10+,\)"),
        ({**good, "dense.bias": Header((24,), "float64")}, r"expected dense.bias \(24,\) float32, got \(24,\) float64"),
    ):
        with pytest.raises(CheckpointError, match=message):
            arrays.select(tmp_path / "a", ArrayFile(bad, read), entries)


def test_golden_outputs_differ_from_input_to_input(golden):
    """A network whose outputs are all alike would hide wrong weights."""
    for library in ("keras", "pytorch"):
        for name in NETWORKS:
            assert golden[f"{library}/{name}/y"].std(axis=0).max() > 1e-2
