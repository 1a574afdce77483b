"""Files of weights: what is written is read, and what is damaged, foreign or hostile is refused.

Every test of a format is skipped where its package is not installed.
"""

import json
import pickle
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

import minigan as mg
from minigan.errors import CheckpointError, ConfigError, RunError
from minigan.interchange import export_weights, import_weights
from minigan.interchange.formats import FORMATS
from tests.faults import full_disk
from tests.interchange.small_networks import GOLDEN, MODELS, NETWORKS, golden_network, network_of, same, shake
from tests.loops import loop_over

#: What each format needs.
PACKAGES = {"safetensors": "safetensors", "keras": "h5py", "pytorch": "torch", "pytorch-safetensors": "safetensors"}

#: A golden file of each: those of PyTorch and Keras are theirs.
FILES = {"keras": "weights.h5", "pytorch": "pt", "pytorch-safetensors": "safetensors"}


@pytest.fixture(params=list(PACKAGES))
def format(request) -> str:
    """Each format whose package is there."""
    pytest.importorskip(PACKAGES[request.param])
    return request.param


@pytest.fixture
def written(tmp_path, format) -> Path:
    """A file of the golden generator, its weights shaken."""
    path = tmp_path / f"written{FORMATS[format].suffixes[0]}"
    return export_weights(shake(golden_network("generator")), path, format)


def refused(path: Path, *parts: str, format: str | None = None) -> str:
    """The file is refused with all the parts in the error, in little memory, and the network stays as it was."""
    network, before = golden_network("generator"), golden_network("generator")
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError) as error:
            import_weights(network, path, format)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    message = str(error.value)
    assert str(path) in message
    for part in parts:
        assert part in message
    assert "\n" not in message
    assert same(network, before)
    assert peak < 8 << 20
    return message


# There and back


@loop_over(model=MODELS)
@loop_over(name=NETWORKS)
def test_what_is_exported_is_imported_bit_for_bit(format, tmp_path, model, name):
    first, second = shake(network_of(model, name)), network_of(model, name, seed=1)
    path = export_weights(first, tmp_path / f"a{FORMATS[format].suffixes[0]}", format)
    assert not same(first, second)
    import_weights(second, path, format)
    assert same(first, second)


def test_the_same_weights_give_the_same_bytes(format, tmp_path):
    suffix = FORMATS[format].suffixes[0]
    one, two = (export_weights(golden_network("generator"), tmp_path / f"{n}{suffix}", format) for n in "ab")
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("format", list(FILES), indirect=True)
@loop_over(name=NETWORKS)
def test_a_file_of_another_library_gives_its_outputs(golden, format, name):
    network = golden_network(name)
    import_weights(network, GOLDEN / f"{name}.{FILES[format]}")
    library = format.partition("-")[0]
    x, y = (golden[f"{library}/{name}/{part}"] for part in "xy")
    assert np.abs(network.predict(x) - y).max() < 1e-5


@pytest.mark.parametrize("format", list(FILES), indirect=True)
def test_every_name_that_is_written_is_the_other_library_s(format, written):
    foreign = GOLDEN / f"generator.{FILES[format]}"
    with FORMATS[format].open(foreign) as theirs, FORMATS[format].open(written) as ours:
        assert ours.headers == theirs.headers


def test_a_replaced_file_is_whole_or_the_old_one(format, written):
    before = written.read_bytes()
    message = r"expected a file that can be written, got .*written.*: No space left"
    with full_disk(len(before) // 2), pytest.raises(RunError, match=message):
        export_weights(golden_network("generator", seed=5), written, format)
    assert written.read_bytes() == before
    assert [path.name for path in written.parent.iterdir()] == [written.name]


def test_a_place_that_cannot_be_written_is_named(format, tmp_path):
    suffix = FORMATS[format].suffixes[0]
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "none" / f"a{suffix}", tmp_path / "file" / f"a{suffix}"):
        with pytest.raises(RunError, match="expected a file that can be written"):
            export_weights(golden_network("generator"), place, format)


# Files that do not fit


def test_a_missing_file_is_refused(format, tmp_path):
    refused(tmp_path / f"none{FORMATS[format].suffixes[0]}", "found no such file", format=format)


def test_a_file_of_another_network_is_refused_by_names(format, tmp_path):
    path = tmp_path / f"a{FORMATS[format].suffixes[0]}"
    export_weights(golden_network("discriminator"), path, format)
    refused(path, "does not fit", format=format)


def test_an_array_of_another_shape_is_refused_by_name_and_both_shapes(format, tmp_path):
    wide = mg.Sequential(golden_network("generator").layers, "wide")
    wide.build((7,))
    path = export_weights(wide, tmp_path / f"a{FORMATS[format].suffixes[0]}", format)
    message = refused(path, "dense.kernel", format=format)
    assert ("expected 0.weight" in message) == format.startswith("pytorch")
    ours, theirs = ("(24, 6)", "(24, 7)") if format.startswith("pytorch") else ("(6, 24)", "(7, 24)")
    assert f"{ours} float32, got {theirs} float32" in message


def test_an_array_of_another_dtype_is_refused(format, tmp_path, monkeypatch):
    network = golden_network("generator")
    state = network.state_dict()
    monkeypatch.setattr(network, "state_dict", lambda: {**state, "dense.bias": state["dense.bias"].astype(float)})
    path = export_weights(network, tmp_path / f"a{FORMATS[format].suffixes[0]}", format)
    refused(path, "dense.bias", "(24,) float32, got (24,) float64", format=format)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused_by_name(format, tmp_path, value):
    network = golden_network("generator")
    network["conv2d"].bias.data[2] = value
    path = export_weights(network, tmp_path / f"a{FORMATS[format].suffixes[0]}", format)
    refused(path, "expected finite numbers in", "conv2d.bias", format=format)


def test_a_safetensors_file_without_one_array_or_with_one_more(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    state = golden_network("generator").state_dict()
    path = tmp_path / "a.safetensors"
    safetensors.save_file({**state, "more": np.zeros(2, np.float32)}, path)
    refused(path, "missing none; unknown more")
    safetensors.save_file({name: value for name, value in state.items() if name != "conv2d.bias"}, path)
    refused(path, "missing conv2d.bias; unknown none")


# Damaged files


def test_a_truncated_file_is_refused_wherever_it_ends(format, written):
    content = written.read_bytes()
    step = max(len(content) // 25, 1)
    for size in (*range(0, len(content), step), len(content) - 1):
        written.write_bytes(content[:size])
        refused(written, "damaged or foreign", format=format)


def test_a_file_of_something_else_is_refused(format, tmp_path):
    path = tmp_path / f"a{FORMATS[format].suffixes[0]}"
    for content in (
        b"",
        b"no weights at all\n" * 100,
        b"\xff" * 5000,
        b"PK\x03\x04" + bytes(3000),
        b"\x89HDF\r\n\x1a\n",
    ):
        path.write_bytes(content)
        refused(path, "damaged or foreign", format=format)


def test_flipped_bits_are_refused_or_change_only_numbers(format, written):
    """No format but PyTorch's has a checksum of the numbers."""
    content = written.read_bytes()
    rng = np.random.default_rng(0)
    before = golden_network("generator")
    import_weights(before, written, format)
    for _ in range(60):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= 1 << rng.integers(8)
        written.write_bytes(damaged)
        network = golden_network("generator")
        try:
            import_weights(network, written, format)
        except CheckpointError:
            continue
        assert all(np.isfinite(value).all() for value in network.state_dict().values())
        assert format != "pytorch" or same(network, before)


# Hostile files


def safetensors_file(path: Path, header: object, size: int = 100) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(size))
    return path


def test_a_safetensors_header_that_claims_terabytes(tmp_path):
    pytest.importorskip("safetensors")
    path = tmp_path / "a.safetensors"
    claim = {"dense.kernel": {"dtype": "F32", "shape": [10**6, 10**6], "data_offsets": [0, 4 * 10**12]}}
    refused(safetensors_file(path, claim), "damaged or foreign")
    claim["dense.kernel"]["data_offsets"] = [0, 100]
    refused(safetensors_file(path, claim), "damaged or foreign")
    path.write_bytes(struct.pack("<Q", 2**62) + b"{}")
    refused(path, "damaged or foreign")


def test_a_keras_file_that_claims_terabytes(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "a.weights.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/dense/vars/0", shape=(10**6, 10**6), dtype="f4")
    assert path.stat().st_size < 10_000
    refused(path, "compressed or not whole")
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/dense/vars/0", shape=(10**6, 10**6), dtype="f4", chunks=(10, 10), compression=9)
    refused(path, "compressed or not whole")


def test_a_keras_file_whose_arrays_are_in_another_file_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    path, other = tmp_path / "a.weights.h5", tmp_path / "secret"
    other.write_bytes(bytes(4 * 24))
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/dense/vars/0", (24,), "f4", external=[(str(other), 0, h5py.h5f.UNLIMITED)])
    refused(path, "is stored in another file")
    with h5py.File(path, "w") as file:
        file.create_group("layers/dense")["vars"] = h5py.ExternalLink(str(GOLDEN / "generator.weights.h5"), "/layers")
    refused(path, "vars is a link to another place")
    with h5py.File(path, "w") as file:
        file["layers"] = h5py.SoftLink("/elsewhere")
    refused(path, "layers is a link to another place")
    with h5py.File(path, "w") as file:
        file.create_group("layers/dense/vars/0")
    refused(path, "layers/dense/vars/0 is no array")
    with h5py.File(path, "w") as file:
        file["weights"] = np.zeros(3)
    refused(path, "holds no layers: expected what model.save_weights of Keras 3 writes")


def test_a_tensor_that_repeats_one_number_a_trillion_times(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "a.pt"
    state = {name: torch.from_numpy(value) for name, value in torch_state().items()}
    torch.save({**state, "0.weight": torch.zeros(1).expand(10**6, 10**6)}, path)
    assert path.stat().st_size < 20_000
    refused(path, "expected 0.weight (minigan's dense.kernel) (24, 6) float32, got (1000000, 1000000) float32")


def torch_state() -> dict[str, np.ndarray]:
    with np.load(GOLDEN / "golden.npz") as file:
        prefix = "pytorch/generator/"
        names = [name for name in file if name.startswith(prefix) and name[-2:] not in ("/x", "/y")]
        return {name.removeprefix(prefix): file[name] for name in names}


class Harm:
    """Unpickling this would write a file."""

    def __reduce__(self) -> tuple:
        return Path.write_text, (Path("harm"), "done")


def test_a_pickle_that_calls_something_is_refused_and_not_run(tmp_path):
    torch = pytest.importorskip("torch")
    path = tmp_path / "a.pt"
    torch.save({"0.weight": Harm()}, path)
    refused(path, "damaged or foreign")
    path.write_bytes(pickle.dumps(Harm()))
    refused(path, "damaged or foreign")
    assert not Path("harm").exists()


def test_a_compressed_torch_file_is_refused_before_it_is_decompressed(tmp_path):
    pytest.importorskip("torch")
    path = tmp_path / "a.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", bytes(50 << 20))
    refused(path, "compressed members")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda torch: [torch.zeros(3)], "expected a state dict, got a list"),
        (lambda torch: {3: torch.zeros(3)}, "expected a state dict of names, got a int"),
        (lambda torch: {"model": {"0.weight": torch.zeros(3)}}, "expected a tensor for model, got a dict"),
        (lambda torch: {"0.weight": torch.zeros(3, 3).to_sparse()}, "expected a plain tensor for 0.weight"),
        (lambda torch: {"0.weight": torch.zeros(3, device="meta")}, "expected a plain tensor for 0.weight"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_torch_file_that_is_no_state_dict(tmp_path, content, message):
    torch = pytest.importorskip("torch")
    path = tmp_path / "a.pt"
    torch.save(content(torch), path)
    refused(path, message)


# Packages that are not there


@pytest.mark.parametrize("format", list(PACKAGES))
def test_a_missing_package_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch, format):
    package = PACKAGES[format]
    monkeypatch.setitem(__import__("sys").modules, package, None)
    path = tmp_path / f"a{FORMATS[format].suffixes[0]}"
    message = f"needs the package {package}, which is not installed: pip install {package}"
    with pytest.raises(ConfigError, match=message):
        export_weights(golden_network("generator"), path, format)
    with pytest.raises(ConfigError, match=message):
        import_weights(golden_network("generator"), path, format)
    assert not path.exists()
