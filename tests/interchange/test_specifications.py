"""Every option of every layer is exported, or refused by its name; what is exported computes the same elsewhere.

The other libraries themselves run what was exported, where they are installed. Without them the programs are compared
with one another: another value of an option makes another program.
"""

import inspect
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import minigan as mg
from minigan import edits
from minigan.errors import ConfigError
from minigan.interchange import export_onnx, export_weights, import_weights, keras_network, pytorch_network, source
from minigan.interchange.settings import hand_over, keywords, options, settings_of
from minigan.layers import (
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LeakyReLU,
    MaxPooling2D,
    MinibatchStdDev,
    ReLU,
    Reshape,
    Residual,
    Softmax,
    UpSampling2D,
)
from minigan.layers.residual import every_layer
from tests.interchange.small_networks import inputs, shake
from tests.interchange.specifications import (
    SPECIFICATIONS,
    Specification,
    comparable,
    kinds,
    network,
    numpy_values,
    refusal,
    required,
    settings_in,
    variations,
    varied,
)
from tests.loops import loop_over

pytestmark = pytest.mark.filterwarnings("ignore")  # of other libraries

#: Options that change nothing at inference, which is all that an ONNX file is for.
TRAINING = {"momentum", "power_iterations", "rate", "stddev"}

#: Options whose other value means the same: the last axis of an image is axis 3.
SAME = {("softmax-channels", "axis"), ("group-normalization-axis", "axis")}


def writers(library: str) -> dict:
    """What writes each class of layers for a library."""
    if library == "onnx":
        pytest.importorskip("onnx")
        from minigan.interchange import onnx_network

        return onnx_network.WRITERS
    return {"keras": keras_network.WRITERS, "pytorch": pytorch_network.WRITERS}[library]


def close(theirs: np.ndarray, ours: np.ndarray) -> bool:
    return theirs.shape == ours.shape and np.abs(theirs - ours).max() <= 1e-5 * max(1.0, np.abs(ours).max())


def labels_of(net: mg.Sequential, count: int) -> np.ndarray | None:
    """Labels, if a layer takes them."""
    classes = [layer.classes for layer in every_layer(net) if hasattr(layer, "classes")]
    return np.arange(count) % min(classes) if classes else None


def check(library: str, specification: Specification, run: Callable[[mg.Sequential, np.ndarray], np.ndarray]) -> None:
    """Export all networks with a layer: the library computes the same, or the layer is refused by name and reason."""
    ran = 0
    for net in settings_in(specification):
        layer = next(layer for layer in net if type(layer) is type(specification.make()))
        expected = refusal(library, layer)
        x = inputs(net)
        if expected:
            with pytest.raises(ConfigError, match=f"{re.escape(layer.title)}: {expected}.*the format safetensors"):
                run(net, x)
        else:
            labels = labels_of(net, len(x))
            y = run(net, x)
            assert close(y, net.predict(x, labels=labels)), (list(net), y.shape)
        ran += 1
    assert ran


# All options are there


def test_every_option_of_every_layer_has_a_specification_with_another_value_than_its_default():
    found = {(type(layer).__name__, name) for layer in layers_of_all() for name in varied(layer)}
    needed = {(kind.__name__, name) for kind in kinds() for name in options(kind).keys() - required(kind)}
    assert needed - found == set()
    assert {kind.__name__ for kind in kinds()} == {type(layer).__name__ for layer in layers_of_all()}


def layers_of_all() -> Iterator[mg.layers.Layer]:
    for specification in SPECIFICATIONS:
        yield specification.make()


@pytest.mark.parametrize("library", ["keras", "onnx", "pytorch"])
def test_a_writer_takes_the_options_of_its_layer_and_no_others(library):
    for kind, write in writers(library).items():
        assert keywords(write) == options(kind).keys() - {"activation"}, kind


@loop_over(specification=SPECIFICATIONS)
def test_the_settings_of_a_layer_make_the_same_layer(specification):
    layer = specification.make()
    settings = settings_of(layer)
    again = settings_of(type(layer)(**settings))
    assert {name: comparable(value) for name, value in again.items()} == {
        name: comparable(value) for name, value in settings.items()
    }


# Each library computes the same


@loop_over(specification=SPECIFICATIONS)
def test_onnxruntime_computes_the_same(specification):
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    from minigan.interchange.onnx_network import onnx_model

    def run(net: mg.Sequential, x: np.ndarray) -> np.ndarray:
        content = onnx_model(net).SerializeToString()
        session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
        labels = labels_of(net, len(x))
        feeds = {"x": x} if labels is None else {"x": x, "labels": labels.astype(np.int64)}
        return session.run(None, feeds)[0]

    check("onnx", specification, run)


def program_of(net: mg.Sequential, library: str, **options: object) -> object:
    """The model that the program makes."""
    names: dict = {}
    exec(source(net, library, **options), names)
    return names["model"]


@loop_over(specification=SPECIFICATIONS)
def test_pytorch_computes_the_same_and_gives_the_weights_back(specification, tmp_path):
    torch = pytest.importorskip("torch")

    def run(net: mg.Sequential, x: np.ndarray) -> np.ndarray:
        path = export_weights(net, tmp_path / "a.pt")
        model = program_of(net, "pytorch", file=path).eval()
        model.load_state_dict(torch.load(path, weights_only=True))
        with torch.no_grad():
            y = model(torch.from_numpy(np.moveaxis(x, -1, 1).copy() if x.ndim == 4 else x)).numpy()
        torch.save(model.state_dict(), path)
        comes_back(net, path)
        return np.moveaxis(y, 1, -1) if y.ndim == 4 else y

    check("pytorch", specification, run)


@loop_over(specification=SPECIFICATIONS)
def test_keras_computes_the_same_and_gives_the_weights_back(specification, tmp_path):
    os.environ.setdefault("KERAS_BACKEND", "torch")
    pytest.importorskip("h5py")
    if os.environ["KERAS_BACKEND"] == "torch":
        pytest.importorskip("torch")
    keras = pytest.importorskip("keras")

    def run(net: mg.Sequential, x: np.ndarray) -> np.ndarray:
        path = export_weights(net, tmp_path / "a.weights.h5")
        model = program_of(net, "keras", file=path)
        if net.state_dict():
            model.load_weights(path)
            model.save_weights(path)
            comes_back(net, path)
        return keras.ops.convert_to_numpy(model(x, training=False))

    check("keras", specification, run)


def comes_back(net: mg.Sequential, path: os.PathLike) -> None:
    """Import the file into the network after all its weights were moved: they are as before."""
    before = net.state_dict()
    shake(net, seed=7)
    import_weights(net, path)
    assert all(np.array_equal(value, before[name]) for name, value in net.state_dict().items())


@loop_over(specification=SPECIFICATIONS)
def test_the_format_safetensors_takes_all_layers(specification, tmp_path):
    pytest.importorskip("safetensors")
    net = network(specification.shape, specification.make())
    if not net.state_dict():
        return
    comes_back(net, export_weights(net, tmp_path / "a.safetensors"))


# An option changes what is written


def written(library: str, net: mg.Sequential) -> bytes:
    """The program or, for ONNX, the file."""
    if library != "onnx":
        return source(net, library).encode()
    pytest.importorskip("onnx")
    from minigan.interchange.onnx_network import onnx_model

    return onnx_model(net).SerializeToString(deterministic=True)


@pytest.mark.parametrize("library", ["keras", "onnx", "pytorch"])
@loop_over(specification=SPECIFICATIONS)
def test_another_value_of_an_option_changes_what_is_written(library, specification):
    net = network(specification.shape, specification.make())
    for name, other in variations(specification):
        if not any(refusal(library, *made) for made in (net, other)) and (specification.name, name) not in SAME:
            same = written(library, net) == written(library, other)
            assert same == (library == "onnx" and name in TRAINING), name


@pytest.mark.parametrize("library", ["keras", "onnx", "pytorch"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@loop_over(specification=SPECIFICATIONS)
def test_numpy_s_numbers_are_written_as_python_s(library, kind, specification):
    layer, other = specification.make(), with_numpy(specification.make(), kind)
    if refusal(library, layer):
        return
    text = written(library, network(specification.shape, other))
    assert b"np." not in text
    if kind is np.float64:
        assert text == written(library, network(specification.shape, layer))


def with_numpy(layer: mg.layers.Layer, kind: type) -> mg.layers.Layer:
    """The layer with NumPy's numbers in its options, also where its constructor makes Python's of them."""
    for name, value in settings_of(layer).items():
        if hasattr(layer, name):
            setattr(layer, name, numpy_values(value, kind))
    if hasattr(layer, "windows"):
        layer.windows = type(layer.windows)(*numpy_values(tuple(layer.windows), kind))
    return layer


def test_infinite_numbers_are_written_as_python_reads_them():
    net = network((5, 5, 1), MaxPooling2D(3, padding=1))
    assert 'nn.ConstantPad2d((1, 1, 1, 1), float("-inf"))' in source(net, "pytorch")
    assert 'Frame(((1, 1), (1, 1)), float("-inf"))' in source(net, "keras")


# The reported cases, as they were


def test_a_limited_rectifier_is_no_plain_one():
    net = network((6,), Dense(6), ReLU(max_value=0.5, negative_slope=0.1, threshold=0.2))
    assert "BoundedReLU(0.5, 0.1, 0.2)" in source(net, "pytorch")
    assert "layers.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.2)" in source(net, "keras")


def test_a_softmax_keeps_its_axis():
    assert "nn.Softmax(2)" in source(network((3, 4), Softmax()), "pytorch")
    assert "nn.Softmax(1)" in source(network((3, 4), Softmax(1)), "pytorch")
    assert "nn.Softmax(1)" in source(network((3, 4, 2), Softmax()), "pytorch")
    assert "nn.Softmax(2)" in source(network((3, 4, 2), Softmax(1)), "pytorch")


# Blocks


def test_a_block_is_exported_where_its_layers_are():
    net = network((4,), Residual([Dense(3), Residual([MinibatchStdDev(2), Dense(3)]), Dense(4)]))
    for library in ("keras", "onnx", "pytorch"):
        with pytest.raises(
            ConfigError, match=r"^MinibatchStdDev 'minibatch_std_dev': \w+ has no such layer; .*safetens"
        ):
            written(library, net)


def test_a_keras_program_with_blocks_names_what_is_added():
    net = network((4,), Dense(4), Residual([Dense(4), Residual([Dense(4)])]))
    assert """
inputs = x = keras.Input((4,))
x = layers.Dense(4, use_bias=True)(x)
kept_2 = x
x = layers.Dense(4, use_bias=True)(x)
kept_4 = x
x = layers.Dense(4, use_bias=True)(x)
x = layers.Add()([kept_4, x])
x = layers.Add()([kept_2, x])
model = keras.Model(inputs, x)
""" in source(net, "keras")


def test_a_block_is_a_module_in_pytorch_whose_weights_have_both_places(tmp_path):
    pytest.importorskip("safetensors")
    from safetensors.numpy import load_file

    net = network((4, 4, 2), Conv2D(2, 1), Residual([LeakyReLU(0.1), Conv2D(2, 3, padding="same"), BatchNorm()]))
    names = load_file(export_weights(net, tmp_path / "a.safetensors", "pytorch-safetensors"))
    inside = ("1.weight", "1.bias", "2.weight", "2.bias", "2.running_mean", "2.running_var", "2.num_batches_tracked")
    assert names.keys() == {"0.weight", "0.bias", *(f"1.{name}" for name in inside)}
    comes_back(net, tmp_path / "a.safetensors")


# The table of docs/interchange.md

PAGE = Path(__file__).parents[2] / "docs" / "interchange.md"


def table() -> dict[str, dict[str, str]]:
    """What the page says of each layer for each library."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(
        "| Layer | Keras | PyTorch | ONNX |\n| --- | --- | --- | --- |\n"
    )
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in rest.partition("\n\n")[0].splitlines()]
    found = [(name, cells) for names, *cells in rows for name in re.findall(r"`(\w+)`", names)]
    assert len(found) == len(dict(found))
    return {name: dict(zip(("keras", "pytorch", "onnx"), cells)) for name, cells in found}


def test_the_page_has_every_layer():
    assert table().keys() == {kind.__name__ for kind in kinds()}


@pytest.mark.parametrize("library", ["keras", "onnx", "pytorch"])
@loop_over(kind=kinds())
def test_the_page_says_what_is_refused(library, kind):
    cell = table()[kind.__name__][library]
    refused = []
    for specification in SPECIFICATIONS:
        if type(specification.make()) is kind:
            refused.append(refused_setting(library, network(specification.shape, specification.make())))
    if cell == "yes":
        assert not any(refused)
    elif cell == "no":
        assert set(refused) == {"all"}
    else:
        assert "" in refused
        assert set(refused) - {""} <= set(re.findall(r"`(\w+)", cell))


def refused_setting(library: str, net: mg.Sequential) -> str:
    """The setting that an error names, "all" for a layer as a whole, "" for none."""
    try:
        written(library, net)
    except ConfigError as error:
        found = re.search(r": (\w+)=.* has no counterpart", str(error))
        return found[1] if found else "all"
    return ""


# What is not as minigan was shipped


class Louder(ReLU):
    """A layer of somebody's own."""

    def forward(self, x, ctx=mg.layers.base.INFERENCE):
        y, cache = super().forward(x, ctx)
        return 2 * y, cache


@pytest.mark.parametrize("library", ["keras", "onnx", "pytorch"])
@pytest.mark.parametrize("net", [lambda: [Louder()], lambda: [Dense(6, Louder())]])
def test_a_class_of_one_s_own_is_refused(library, net):
    with pytest.raises(ConfigError, match=r"Louder 'louder': .* no such layer: Louder is no class of minigan.*saf"):
        written(library, network((6,), *net()))


@pytest.mark.parametrize("library", ["keras", "onnx", "pytorch"])
@pytest.mark.parametrize(
    ("file", "layer"),
    [
        ("layers/relu.py", ReLU()),
        ("layers/elementwise.py", LeakyReLU()),
        ("layers/relu.py", Dense(6, "relu")),
        ("kernels/reference/activations.py", ReLU()),
        ("kernels/reference/activations.py", Softmax()),
    ],
)
def test_a_layer_whose_file_was_edited_is_refused(monkeypatch, library, file, layer):
    net = network((6,), layer)
    written(library, net)
    monkeypatch.setattr(edits, "_edited", frozenset({file}))
    with pytest.raises(ConfigError, match=rf"minigan/{file} was edited.* python -m minigan.edits; the format safet"):
        written(library, net)
    written(library, network((4, 4, 2), Flatten(), Dense(3, "tanh" if "kernels" not in file else None)))


@pytest.mark.parametrize("library", ["keras", "onnx", "pytorch"])
@pytest.mark.parametrize("file", ["layers/minibatch_std_dev.py", "kernels/reference/optimizer.py"])
def test_an_edit_of_another_file_refuses_no_layer(monkeypatch, library, file):
    nets = [network(specification.shape, specification.make()) for specification in SPECIFICATIONS]
    exported = [net for net in nets if not refusal(library, net[0])]
    before = [written(library, net) for net in exported]
    monkeypatch.setattr(edits, "_edited", frozenset({file}))
    assert [written(library, net) for net in exported] == before


def test_a_setting_that_a_writer_does_not_list_is_refused():
    def write(layer, *, max_value, negative_slope):
        return "written"

    table = {ReLU: write, Dropout: write}
    with pytest.raises(ConfigError, match=r"ReLU 'mine': threshold=0\.5 has no counterpart in Lib; the format safe"):
        hand_over(table, "Lib", ReLU(threshold=np.float32(0.5), name="mine"))
    with pytest.raises(ConfigError, match=r"threshold=0\.0"):  # a default may do anything, too
        hand_over(table, "Lib", ReLU())


# The programs name their file and the facts


def test_a_program_loads_the_file_that_was_written():
    net = network((6,), Dense(2))
    assert "# model.load_state_dict(torch.load('deep/it\\'s.pt', weights_only=True))" in source(
        net, "pytorch", "deep/it's.pt"
    ).replace('"deep/it\'s.pt"', "'deep/it\\'s.pt'")
    program = source(net, "pytorch-safetensors", "g.safetensors")
    assert "# from safetensors.torch import load_file\n# model.load_state_dict(load_file('g.safetensors'))" in program
    assert "# model.load_weights('g.weights.h5')" in source(net, "keras", "g.weights.h5")
    for library, name in (("keras", "weights.weights.h5"), ("pytorch", "weights.pt")):
        assert f"'{name}'" in source(net, library)


@pytest.mark.parametrize("library", ["keras", "pytorch"])
def test_a_program_begins_with_what_a_user_must_know(library):
    program = source(network((6,), Dense(2)), library, facts={"noise": "uniform", "output_range": "-1\n1"})
    assert program.startswith("# noise: uniform\n# output_range: -1 1\nimport ")


@pytest.mark.parametrize("library", ["pytorch", "pytorch-safetensors", "keras"])
def test_the_lines_that_load_the_file_do_so(tmp_path, library):
    """The comments at the end of a program are its usage: run without the signs of comments, they work."""
    for package in {"pytorch": ["torch"], "keras": ["keras", "h5py"]}.get(library, ["torch", "safetensors"]):
        pytest.importorskip(package)
    net = network((4, 4, 2), Conv2D(3, 2), UpSampling2D(), Flatten(), Dense(4), Reshape((2, 2, 1)))
    name = {"keras": "a.weights.h5", "pytorch": "a.pt"}.get(library, "a.safetensors")
    path = export_weights(net, tmp_path / name, library)
    names: dict = {}
    exec(source(net, library, path).replace("# ", ""), names)
    x = inputs(net)
    if library == "keras":
        y = np.asarray(names["model"](x, training=False).detach())
    else:
        y = names["model"](names["torch"].from_numpy(np.moveaxis(x, -1, 1).copy())).detach().numpy()
        y = np.moveaxis(y, 1, -1)
    assert close(y, net.predict(x))


def test_a_bad_export_leaves_no_file(tmp_path):
    pytest.importorskip("onnx")
    net = network((6,), Louder())
    for name, export in (("a.onnx", export_onnx), ("a.weights.h5", export_weights)):
        with pytest.raises(ConfigError, match="Louder"):
            export(net, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_writers_are_functions_with_settings_by_name_only():
    """A positional setting would not be counted."""
    for library in ("keras", "pytorch"):
        for write in writers(library).values():
            positional = [
                p.name
                for p in inspect.signature(write).parameters.values()
                if p.kind is not inspect.Parameter.KEYWORD_ONLY
            ]
            assert positional == (["layer"] if library == "keras" else ["at", "layer"])
