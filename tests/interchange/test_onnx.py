"""Networks as ONNX: onnxruntime makes of the same inputs what minigan makes."""

import re

import numpy as np
import pytest

import minigan as mg
from minigan.errors import CheckpointError, ConfigError, DtypeError, RunError
from minigan.interchange import export_onnx, onnx_file, onnx_network
from minigan.layers import (
    ELU,
    AveragePooling2D,
    BatchNorm,
    ChannelMax,
    ConcatenateLabels,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePooling2D,
    LayerNorm,
    LeakyReLU,
    Maxout,
    MaxPooling2D,
    MinibatchStdDev,
    Reshape,
    Softmax,
    Softplus,
    SpectralNormalization,
    UpSampling2D,
    ZeroPadding2D,
)
from tests.interchange.small_networks import MODELS, NETWORKS, golden_network, inputs, network_of, shake

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")


def built(shape: tuple[int, ...], *layers: mg.layers.Layer) -> mg.Sequential:
    network = mg.Sequential(layers)
    network.build(shape)
    return shake(network)


def run(path, **feeds: np.ndarray) -> np.ndarray:
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (y,) = session.run(None, feeds)
    return y


def agrees(network: mg.Sequential, path, count: int) -> bool:
    x = inputs(network, count)
    y = network.predict(x)
    theirs = run(path, x=x)
    return theirs.shape == y.shape and np.abs(theirs - y).max() <= 1e-5 * max(1, np.abs(y).max())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_shipped_model_s_networks(tmp_path, model, name):
    network = shake(network_of(model, name))
    difference = export_onnx(network, tmp_path / "a.onnx")
    assert difference.small
    for count in (1, 5):
        assert agrees(network, tmp_path / "a.onnx", count)


def test_the_article_s_generator_at_its_full_size(tmp_path):
    network = mg.models.build("dcgan28").generator
    assert export_onnx(network, tmp_path / "a.onnx").difference < 1e-5
    assert agrees(network, tmp_path / "a.onnx", 3)


@pytest.mark.parametrize("image_size", [8, 28])
def test_a_conditional_generator_takes_labels_too(tmp_path, image_size):
    network = shake(network_of("dcgan28", "generator", classes=3, image_size=image_size))
    export_onnx(network, tmp_path / "a.onnx")
    x, labels = inputs(network, 6), np.array([2, 0, 1, 1, 0, 2])
    theirs = run(tmp_path / "a.onnx", x=x, labels=labels)
    assert np.abs(theirs - network.predict(x, labels=labels)).max() < 1e-5
    assert np.abs(theirs - network.predict(x, labels=(labels + 1) % 3)).max() > 1e-3


def test_a_conditional_discriminator_takes_labels_too(tmp_path):
    network = shake(network_of("dcgan28", "discriminator", classes=3))
    assert export_onnx(network, tmp_path / "a.onnx").small
    x, labels = inputs(network, 6), np.array([2, 0, 1, 1, 0, 2])
    theirs = run(tmp_path / "a.onnx", x=x, labels=labels)
    assert np.abs(theirs - network.predict(x, labels=labels)).max() < 1e-5


NETS = {
    "labels beside pixels": ((3, 4, 2), ConcatenateLabels(3, 2), Conv2D(2, 3)),
    "transposed": (
        (5, 4, 3),
        Conv2DTranspose(4, (5, 3), strides=(2, 1), padding="same"),
        BatchNorm(center=False, scale=False),
        Conv2DTranspose(3, 2, strides=3, activation="tanh"),
        Conv2DTranspose(3, 5, strides=2, padding=((2, 1), (1, 0)), use_bias=False),
    ),
    "upsampled": ((3, 4, 2), UpSampling2D((2, 3), "bilinear"), Conv2D(3, 3, padding=2), Softmax()),
    "pooled": ((9, 8, 4), AveragePooling2D(3, 2, "same"), MaxPooling2D(2, 1), ChannelMax(2), GlobalAveragePooling2D()),
    "dense on pixels": ((3, 4, 2), Conv2D(3, 1), Dense(4, ELU(0.5)), LayerNorm(scale=False), Softplus(), Flatten()),
    "reshaped": ((3, 4, 2), Conv2D(3, 2), Reshape((3, 3, 2)), ZeroPadding2D((1, 2)), Conv2D(2, 2), Reshape((-1,))),
    "maxout": ((6,), GaussianNoise(0.3), Maxout(5, 3), Dropout(0.5), LeakyReLU(0.1), Dense(2, use_bias=False)),
    "spectral": ((4, 4, 2), SpectralNormalization(Conv2D(3, 3, activation="relu")), Flatten()),
}


@pytest.mark.parametrize("name", list(NETS))
def test_every_other_layer_that_can_be_written(tmp_path, name):
    shape, *layers = NETS[name]
    network = built(shape, *layers)
    difference = export_onnx(network, tmp_path / "a.onnx")
    assert difference.small
    assert difference.largest > 0.01


def test_a_layer_without_operators_is_refused_by_name_and_nothing_is_written(tmp_path):
    network = built((4, 4, 2), Conv2D(2, 1), MinibatchStdDev(name="spread"))
    with pytest.raises(ConfigError, match="MinibatchStdDev 'spread': ONNX has no such layer"):
        export_onnx(network, tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


def test_all_layers_are_known_or_refused():
    left_out = {"Layer", "MinibatchStdDev"}
    kinds = {name for name in mg.layers.__all__ if isinstance(getattr(mg.layers, name), type)}
    layers = {name for name in kinds if issubclass(getattr(mg.layers, name), mg.layers.Layer)}
    assert {kind.__name__ for kind in onnx_network.WRITERS} == layers - left_out


def test_float64_is_refused(tmp_path):
    network = mg.Sequential([Dense(2)])
    network.build((3,), dtype=np.float64)
    with pytest.raises(DtypeError, match="expected float32 for ONNX, got float64"):
        export_onnx(network, tmp_path / "a.onnx")


def test_weights_beyond_what_the_format_holds_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_network, "LARGEST", 100)
    with pytest.raises(ConfigError, match=re.escape("expected at most 100 bytes of weights for ONNX, got")):
        export_onnx(golden_network("generator"), tmp_path / "a.onnx")


@pytest.mark.parametrize("wrong", [1e-3, np.nan])
def test_a_model_that_computes_something_else_is_not_written(tmp_path, monkeypatch, wrong):
    network = golden_network("generator")
    predict = network.predict
    monkeypatch.setattr(network, "predict", lambda x, labels=None: predict(x) + np.float32(wrong))
    with pytest.raises(CheckpointError, match="expected onnxruntime's outputs to be within 1e-05 of minigan's, got"):
        export_onnx(network, tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())


def test_without_onnxruntime_the_model_is_written_unchecked(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    assert export_onnx(golden_network("generator"), tmp_path / "a.onnx") is None
    with pytest.raises(ConfigError, match="needs the package onnxruntime, which is not installed"):
        onnx_file.compare(golden_network("generator"), (tmp_path / "a.onnx").read_bytes())


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(RunError, match="expected a file that can be written"):
        export_onnx(golden_network("generator"), tmp_path / "none" / "a.onnx")


def test_the_graph_has_an_old_version_and_named_inputs(tmp_path):
    network = network_of("dcgan28", "generator")
    export_onnx(network, tmp_path / "a.onnx", {"noise": "uniform"})
    model = onnx.load(tmp_path / "a.onnx")
    assert [(item.domain, item.version) for item in model.opset_import] == [("", 17)]
    assert model.ir_version == 8
    assert {item.key: item.value for item in model.metadata_props} == {"noise": "uniform"}
    (x,), (y,) = model.graph.input, model.graph.output
    assert [d.dim_param or d.dim_value for d in x.type.tensor_type.shape.dim] == ["N", 7]
    assert [d.dim_param or d.dim_value for d in y.type.tensor_type.shape.dim] == ["N", 28, 28, 1]
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Transpose") == 2
