"""``minigan export`` and ``minigan import``: from a run to a file, and from a file to a run."""

import sys
from pathlib import Path

import numpy as np
import pytest

from minigan.errors import ConfigError
from minigan.interchange import export_weights
from minigan.io.atomic_write import load_arrays
from minigan.runs import exchange, import_run
from minigan.runs.config import TrainConfig
from minigan.runs.start import load_run
from tests.interchange.small_networks import everything_below, network_of, shake

SIZES = ["--image-size", 8, "--latent-size", 5, "--generator-filters", "4,4", "--discriminator-filters", "4,4,4"]


@pytest.fixture
def safetensors():
    return pytest.importorskip("safetensors")


# Export


def test_the_default_is_the_generator_with_minigan_s_names(minigan, finished, safetensors, tmp_path):
    outcome = minigan("export", finished, "--out", "g.safetensors")
    assert outcome == (0, "Wrote g.safetensors: 16 arrays of 461 numbers\n", "")
    from safetensors.numpy import load_file

    average = load_arrays(finished / "average.npz")
    assert {name: value.tolist() for name, value in load_file("g.safetensors").items()} == {
        name: value.tolist() for name, value in average.items()
    }


def test_without_out_the_file_is_in_the_run_folder(minigan, finished, safetensors, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    for name in ("config.toml", "average.npz", "generator.npz", "discriminator.npz"):
        (run / name).write_bytes((finished / name).read_bytes())
    assert minigan("export", "run").status == 0
    assert minigan("export", "run", "--network", "discriminator", "--format", "pytorch-safetensors").status == 0
    assert {path.name for path in run.glob("*.safetensors")} == {"generator.safetensors", "discriminator.safetensors"}


def test_what_a_user_must_know_is_kept_with_the_weights(minigan, finished, safetensors):
    minigan("export", finished, "--out", "g.safetensors")
    with safetensors.safe_open("g.safetensors", "numpy") as file:
        facts = file.metadata()
    expected = {"model": "dcgan28", "network": "generator", "noise": "uniform", "classes": "0", "output_range": "-1 1"}
    assert facts == expected


def test_an_onnx_file_is_checked_and_the_difference_printed(minigan, finished):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    status, out, err = minigan("export", finished, "--out", "g.onnx")
    assert (status, err) == (0, "")
    wrote, checked = out.splitlines()
    assert wrote.startswith("Wrote g.onnx: ")
    assert checked.startswith("Checked: onnxruntime's outputs differ from minigan's by ")
    assert float(checked.split(" by ")[1].split()[0]) <= 1e-5


def test_an_unchecked_onnx_file_says_so(minigan, finished, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert "Not checked: onnxruntime is not installed.\n" in minigan("export", finished, "--out", "g.onnx").out


def test_code_is_the_program_of_the_library(minigan, finished, tmp_path, safetensors):
    arguments = ("--format", "pytorch-safetensors", "--out", "g.safetensors", "--code", "model.py")
    outcome = minigan("export", finished, *arguments)
    assert outcome.out.endswith("Wrote model.py\n")
    assert "nn.Linear(5, 16)" in (tmp_path / "model.py").read_text()


def test_code_loads_the_file_that_was_written_and_says_what_its_user_must_know(minigan, finished, tmp_path):
    files = {"g.safetensors": "safetensors", "my.weights.h5": "h5py", "deep/g.pt": "torch"}
    (tmp_path / "deep").mkdir()
    for name, package in files.items():
        pytest.importorskip(package)
        format = ["--format", "pytorch-safetensors"] if package == "safetensors" else []
        assert minigan("export", finished, "--out", name, "--code", "model.py", *format).status == 0
        program = (tmp_path / "model.py").read_text()
        assert f"'{name}'" in program
        assert "weights.pt" not in program
        facts = ("model: dcgan28", "network: generator", "noise: uniform", "classes: 0", "output_range: -1 1")
        assert program.splitlines()[:5] == [f"# {fact}" for fact in facts]


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["export"], ["RUN"]),
        (["export", "none"], ["expected the folder of a run", "got none"]),
        (["export", "RUN", "--out", "a.keras"], ["ends with one of .safetensors, .weights.h5", "got a.keras"]),
        (["export", "RUN", "--out", "a.npz", "--format", "npz"], ["unknown format 'npz'", "keras, pytorch"]),
        (["export", "RUN", "--format", "npz"], ["unknown format 'npz'"]),
        (["export", "RUN", "--out", "a.pt", "--network", "both"], ["one of generator, discriminator, got 'both'"]),
        (["export", "RUN", "--out", "a.onnx", "--code", "a.py"], ["expected one of keras, pytorch", "got onnx"]),
        (["export", "RUN", "--out", "a.safetensors", "--code", "a.py"], ["expected one of keras", "got safetensors"]),
        (["export", "RUN", "--out", "a.safetensors", "--code", "no/a.py"], ["can be written, got no/a.py"]),
        (["import"], ["FILE"]),
        (["import", "a.onnx", "--out", "new"], ["expected a file name that ends with one of", "got a.onnx"]),
        (["import", "a.pt", "--like", "none", "--out", "new"], ["expected the folder of a run", "got none"]),
        (
            ["import", "a.pt", "--like", "RUN", "--model", "mlp2d"],
            ["expected --like or settings of its own", "--model"],
        ),
        (
            ["import", "a.pt", "--like", "RUN", "--out", "RUN"],
            ["expected a new or empty folder", "already holds a run"],
        ),
        (["import", "a.pt", "--model", "dcgan29", "--out", "new"], ["one of dcgan28", "'dcgan29'"]),
        (["import", "a.pt", "--latent-size", "x", "--out", "new"], ["expected a whole number", "'x'"]),
    ],
)
def test_bad_usage(refuses, finished, arguments, parts):
    refuses([finished if argument == "RUN" else argument for argument in arguments], *parts)


@pytest.mark.parametrize(
    ("suffix", "package", "command"),
    [
        (".safetensors", "safetensors", "pip install 'minigan[interchange]'"),
        (".weights.h5", "h5py", "pip install 'minigan[interchange]'"),
        (".pt", "torch", "pip install torch"),
        (".onnx", "onnx", "pip install 'minigan[interchange]'"),
    ],
)
def test_one_line_says_how_to_install_what_is_missing(
    refuses, finished, monkeypatch, tmp_path, suffix, package, command
):
    monkeypatch.setitem(sys.modules, package, None)
    expected = f"needs the package {package}, which is not installed: {command}"
    refuses(["export", finished, "--out", f"a{suffix}"], expected)
    if suffix != ".onnx":
        Path(f"a{suffix}").write_bytes(b"weights")
        refuses(["import", f"a{suffix}", "--like", finished, "--out", "new"], expected)


# Import


def test_an_exported_run_is_imported_and_draws_the_same(minigan, finished, safetensors, tmp_path):
    minigan("export", finished, "--out", "g.safetensors")
    minigan("export", finished, "--out", "d.safetensors", "--network", "discriminator")
    outcome = minigan("import", "g.safetensors", "--like", finished, "--out", "deep/new")
    assert outcome.out.splitlines() == [
        "Wrote deep/new: dcgan28 with the generator of g.safetensors",
        f"The discriminator is that of {finished}.",
        "Images: minigan sample deep/new",
    ]
    for folder, name in ((finished, "a.png"), ("deep/new", "b.png")):
        assert minigan("sample", folder, "--out", name).status == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    for name in ("config.toml", "generator.npz", "discriminator.npz"):
        assert (tmp_path / "deep" / "new" / name).is_file()
    assert (Path("deep/new") / "discriminator.npz").read_bytes() == (finished / "discriminator.npz").read_bytes()


def test_weights_of_a_model_become_a_run_that_sample_and_plot_take(minigan, safetensors, tmp_path):
    network = shake(network_of("dcgan28", "generator"))
    export_weights(network, "g.safetensors")
    flags = ["--latent-size", 7, "--generator-filters", "8,4", "--discriminator-filters", "4,4"]
    outcome = minigan("import", "g.safetensors", *flags)
    assert outcome.status == 0
    assert "The discriminator is new and untrained.\n" in outcome.out
    folder = "runs/dcgan28-imported-1"
    _, gan = load_run(folder)
    assert all(np.array_equal(value, network.state_dict()[name]) for name, value in gan.generator.state_dict().items())
    assert minigan("sample", folder).status == 0
    assert minigan("plot", folder, "samples", "histogram").status == 0
    assert minigan("import", "g.safetensors", *flags).out.startswith("Wrote runs/dcgan28-imported-2: ")


def test_both_networks_come_from_files(minigan, safetensors):
    generator, discriminator = (shake(network_of("mlp2d", name)) for name in ("generator", "discriminator"))
    export_weights(generator, "g.safetensors")
    export_weights(discriminator, "d.safetensors")
    flags = ["--model", "mlp2d", "--data", "ring", "--discriminator", "d.safetensors", "--out", "new"]
    outcome = minigan("import", "g.safetensors", *flags)
    assert "The discriminator is that of d.safetensors.\n" in outcome.out
    config, gan = load_run("new")
    assert (config.noise, config.average, config.data) == ("normal", None, "ring")
    assert np.array_equal(gan.discriminator["dense"].kernel.data, discriminator["dense"].kernel.data)
    assert minigan("plot", "new", "plane").status == 0


def test_a_conditional_run_stays_one(minigan, safetensors):
    export_weights(network_of("dcgan28", "generator", classes=3), "g.safetensors")
    flags = ["--latent-size", 7, "--generator-filters", "8,4", "--classes", 3, "--out", "new"]
    assert minigan("import", "g.safetensors", *flags).status == 0
    config, gan = load_run("new")
    assert (config.conditional, gan.classes) == (True, 3)
    assert minigan("sample", "new", "--class", 2).status == 0


@pytest.mark.parametrize("suffix", [".weights.h5", ".pt", ".safetensors"])
def test_any_format_makes_a_run(minigan, finished, suffix):
    pytest.importorskip({".weights.h5": "h5py", ".pt": "torch", ".safetensors": "safetensors"}[suffix])
    assert minigan("export", finished, "--out", f"g{suffix}").status == 0
    assert minigan("import", f"g{suffix}", "--like", finished, "--out", "new").status == 0
    expected = load_arrays(finished / "average.npz")
    imported = load_arrays("new/generator.npz")
    assert all(np.array_equal(imported[name], expected[name]) for name in expected)


def test_weights_that_do_not_fit_are_refused_by_name_and_shape(refuses, minigan, finished, safetensors):
    minigan("export", finished, "--out", "g.safetensors")
    minigan("export", finished, "--out", "d.safetensors", "--network", "discriminator")
    import_ = ["import", "g.safetensors", "--out", "deep/new"]
    message = "g.safetensors does not fit: expected dense.kernel (6, 16) float32, got (5, 16) float32"
    refuses([*import_, *SIZES, "--latent-size", 6], message)
    refuses([*import_, "--model", "mlp2d"], "does not fit: missing dense_1.kernel", "unknown batch_norm.beta", " more")
    refuses(
        [*import_, "--like", finished, "--discriminator", "g.safetensors"],
        "expected conv2d.kernel (3, 3, 1, 4) float32",
    )
    refuses(["import", "d.safetensors", "--like", finished, "--out", "deep/new"], "d.safetensors does not fit")


def test_damaged_files_are_refused_and_no_folder_is_left(refuses, minigan, finished, safetensors):
    minigan("export", finished, "--out", "g.safetensors")
    content = Path("g.safetensors").read_bytes()
    Path("g.safetensors").write_bytes(content[:-1])
    import_ = ["import", "g.safetensors", "--like", finished, "--out", "new"]
    refuses(import_, "expected weights in g.safetensors, found a damaged or foreign file")
    Path("g.safetensors").unlink()
    refuses(import_, "expected weights in g.safetensors, found no such file")


def test_a_folder_that_cannot_be_filled_is_not_left_half_full(safetensors, monkeypatch, minigan, finished, tmp_path):
    minigan("export", finished, "--out", "g.safetensors")
    before = everything_below(tmp_path)
    calls = []

    def full(path, arrays):
        calls.append(path)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        path.write_bytes(b"")

    monkeypatch.setattr(exchange, "save_arrays", full)
    outcome = minigan("import", "g.safetensors", "--like", finished, "--out", "new")
    assert outcome.status == 2
    assert outcome.err == "minigan: expected a folder that can be written, got new: No space left on device\n"
    assert everything_below(tmp_path) == before


def test_an_empty_folder_may_be_there_already(minigan, finished, safetensors):
    minigan("export", finished, "--out", "g.safetensors")
    Path("new").mkdir()
    assert minigan("import", "g.safetensors", "--like", finished, "--out", "new").status == 0
    assert load_run("new")[1].name == "dcgan28"


def test_import_needs_settings_or_a_run(finished, tmp_path):
    for config, like in ((None, None), (TrainConfig(), finished)):
        with pytest.raises(ConfigError, match="expected settings or a run to be like, and not both"):
            import_run("a.pt", tmp_path / "new", config, like=like)
