"""Bad usage and bad input: one line that says what was expected and what came, status 2, and nothing touched."""

import gzip
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from minigan import plots
from minigan.io.atomic_write import load_arrays, save_arrays


def everything_below(folder: Path) -> dict[str, tuple[int, bytes | None]]:
    """Every file and folder with its time and content."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def refuses(minigan, tmp_path):
    """A command line that must be refused in one line that holds all the parts."""

    def refuse(arguments, *parts: str, status: int = 2) -> str:
        before = everything_below(tmp_path)
        outcome = minigan(*arguments)
        assert outcome.status == status, outcome
        assert outcome.err.startswith("minigan: ")
        assert outcome.err.endswith("\n")
        assert outcome.err.count("\n") == 1, outcome.err
        assert "Traceback" not in outcome.err
        for part in parts:
            assert part in outcome.err
        assert everything_below(tmp_path) == before
        return outcome.err

    return refuse


# Usage


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["trian"], ["trian"]),
        (["train", "--stepz", "3"], ["--stepz"]),
        (["train", "digits"], ["digits"]),
        (["train", "--steps"], ["--steps", "argument"]),
        (["train", "--data-range", "0"], ["--data-range", "2 arguments"]),
        (["sample"], ["RUN"]),
        (["summary"], ["MODEL"]),
        (["info", "everything"], ["everything"]),
        (["--verbose"], ["--verbose"]),
    ],
)
def test_a_command_line_that_cannot_be_read(refuses, arguments, parts):
    refuses(arguments, *parts)


@pytest.mark.parametrize(
    ("flags", "expected", "got"),
    [
        (["--model", "dcgan29"], "one of dcgan28", "'dcgan29'"),
        (["--loss", "chess"], "one of non-saturating, minimax", "'chess'"),
        (["--optimizer", "lion"], "one of adam, momentum, rmsprop, sgd", "'lion'"),
        (["--noise", "pink"], "one of uniform, normal", "'pink'"),
        (["--backend", "torch"], "one of numpy, cupy, auto", "'torch'"),
        (["--output-activation", "softmax"], "one of tanh, sigmoid, relu", "'softmax'"),
        (["--epochs", "many"], "a whole number from 1 to 2147483647", "'many'"),
        (["--epochs", "1.5"], "a whole number from 1 to 2147483647", "'1.5'"),
        (["--epochs", "0"], "a whole number from 1 to 2147483647", "0"),
        (["--steps", "-3"], "a whole number from 1 to 2147483647", "-3"),
        (["--batch-size", "0"], "a whole number from 1 to 2147483647", "0"),
        (["--d-steps", ""], "a whole number from 1 to 2147483647", "''"),
        (["--threads", "0"], "a whole number from 1 to 2147483647", "0"),
        (["--seed", "dice"], "a whole number", "'dice'"),
        (["--lr", "fast"], "a schedule such as 0.1", "'fast'"),
        (["--lr", "0"], "a number above 0", "0.0"),
        (["--lr", "nan"], "a number above 0", "nan"),
        (["--lr", "inf"], "a number above 0", "inf"),
        (["--d-lr", "-1"], "a number above 0", "-1.0"),
        (["--momentum", "1"], "a number of at least 0 and less than 1", "1.0"),
        (["--label-smoothing", "0.5"], "at least 0 and less than 0.5", "0.5"),
        (["--label-smoothing", "-0.1"], "at least 0", "-0.1"),
        (["--generator-filters", "4,x"], "whole numbers from 1 to 2147483647", "'4,x'"),
        (["--generator-filters", "4,,4"], "whole numbers from 1 to 2147483647", "'4,,4'"),
        (["--generator-filters", "--5"], "whole numbers from 1 to 2147483647", "'--5'"),
        (["--generator-filters", ""], "whole numbers from 1 to 2147483647", "''"),
        (["--discriminator-filters", "4,0"], "whole numbers from 1 to 2147483647", "(4, 0)"),
        (["--image-size", "30"], "a multiple of 4", "30"),
        (["--data-range", "0", "x"], "two numbers", "('0', 'x')"),
        (["--data-range", "5", "5"], "LOW < HIGH", "5 5"),
        (["--data", "cifar"], "digits, mnist, fashion-mnist, cifar10, stacked-digits", "'cifar'"),
        (["--data", ""], "digits, mnist, fashion-mnist, cifar10, stacked-digits", "''"),
        (["--epochs", "1", "--steps", "2"], "epochs or steps", "both: 1 and 2"),
    ],
)
def test_an_unknown_setting_is_refused(refuses, flags, expected, got):
    message = refuses(["train", "--out", "run", *flags])
    expectation, _, rest = message.rpartition("got ")
    if "--data" not in flags:
        assert "expected" in expectation
        assert rest.startswith(got)
    assert expected in message
    assert got in message


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        (["dcgan29"], ["unknown model 'dcgan29'", "dcgan28"]),
        (["dcgan28", "--channels", "no"], ["channels: expected a whole number from 1 to 2147483647, got 'no'"]),
        (["dcgan28", "--image-size", "29"], ["multiple of 4", "got 29"]),
        (["dcgan28", "--batch-size", "3"], ["--batch-size"]),
    ],
)
def test_a_summary_of_what_there_is_not(refuses, flags, parts):
    refuses(["summary", *flags], *parts)


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        (["--count", "0"], ["expected count to be at least 1, got 0"]),
        (["--columns", "-2"], ["expected columns to be at least 1, got -2"]),
        (["--count", "many"], ["--count", "expected a whole number, got 'many'"]),
        (["--seed", "1.5"], ["--seed", "expected a whole number, got '1.5'"]),
    ],
)
def test_samples_that_cannot_be_counted(refuses, flags, parts):
    refuses(["sample", "run", *flags], *parts)


def test_cupy_where_it_is_missing(refuses, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    refuses(["train", "--backend", "cupy", "--out", "run"], "needs CuPy, which is not installed", "backend 'numpy'")


def test_an_unknown_backend_in_the_environment(refuses, monkeypatch):
    from minigan import backend

    monkeypatch.setattr(backend, "_active", None)
    monkeypatch.setenv("MINIGAN_BACKEND", "abacus")
    refuses(["train", "--out", "run"], "unknown backend 'abacus'", "numpy, cupy, auto")


def test_a_bad_number_of_threads_in_the_environment(refuses, monkeypatch):
    monkeypatch.setenv("MINIGAN_THREADS", "many")
    refuses(["train", "--out", "run"], "MINIGAN_THREADS: expected a whole number of at least 1, got 'many'")


def test_networks_too_large_for_the_memory(refuses):
    flags = ["--generator-filters", "1000000000,4", "--out", "run"]
    refuses(["train", *flags], "not enough memory", "Unable to allocate", status=1)


# Data


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture
def idx_folder(tmp_path) -> Path:
    """Twenty images of 8x8 with labels, as MNIST's files are."""
    folder = tmp_path / "idx"
    folder.mkdir()
    (folder / "train-images-idx3-ubyte").write_bytes(idx(np.zeros((20, 8, 8), np.uint8)))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(20, np.uint8)))
    return folder


def test_damaged_idx_files(refuses, idx_folder, tiny):
    arguments = ["train", *tiny, "--data", f"mnist:{idx_folder}", "--out", "run"]
    path = idx_folder / "train-images-idx3-ubyte"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    refuses(arguments, str(path), "expected 1280 values for shape (20, 8, 8), got 1279")
    path.write_bytes(b"\x00\x00\x0a" + whole[3:])
    refuses(arguments, str(path), "expected an idx3 or idx4 file", "got 00 00 0a 03")
    path.write_bytes(b"")
    refuses(arguments, str(path), "an empty file")
    packed = gzip.compress(whole)
    path.write_bytes(packed[:-9])
    refuses(arguments, str(path), "gzip data are damaged")
    path.unlink()
    refuses(arguments, "expected a file train-images-idx3-ubyte or train-images-idx3-ubyte.gz, also as train-images.")


@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_damaged_numpy_files(refuses, tiny, tmp_path, suffix):
    path = tmp_path / f"images.{suffix}"
    arguments = ["train", *tiny, "--data", path, "--out", "run"]
    refuses(arguments, "no such file", path.name)
    images = np.zeros((20, 8, 8), np.uint8)
    with path.open("wb") as file:
        np.save(file, images) if suffix == "npy" else np.savez(file, images=images)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    refuses(arguments, path.name, "damaged")
    path.write_bytes(b"")
    refuses(arguments, path.name, "damaged")
    path.write_text("no\narray\n")
    refuses(arguments, path.name, "no .npy or .npz file")
    with path.open("wb") as file:
        objects = np.array([{}], object)
        np.save(file, objects) if suffix == "npy" else np.savez(file, images=objects)
    refuses(arguments, path.name, "pickle is refused")


def test_an_archive_damaged_in_its_middle(refuses, tiny, tmp_path):
    np.savez(tmp_path / "images.npz", images=np.zeros((20, 8, 8), np.uint8))
    content = bytearray((tmp_path / "images.npz").read_bytes())
    content[700] ^= 1
    (tmp_path / "images.npz").write_bytes(content)
    refuses(["train", *tiny, "--data", "images.npz", "--out", "run"], "images.npz", "CRC")


@pytest.mark.parametrize(
    ("array", "parts"),
    [
        (np.zeros((20, 10, 10), np.uint8), ["makes grey images of 8x8", "has grey images of 10x10", "fewer of them"]),
        (np.zeros((20, 8, 4), np.uint8), ["has grey images of 8x4 (height x width): --image-size 8x4"]),
        (np.zeros((20, 8, 8, 3), np.uint8), ["makes grey images of 8x8", "has RGB images of 8x8: --channels 3"]),
        (np.zeros((20, 64), np.uint8), ["expected shape (N, H, W)", "got (20, 64)"]),
        (np.zeros((0, 8, 8), np.uint8), ["expected at least one image", "got (0, 8, 8)"]),
        (np.zeros((20, 8, 8)), ["float64", "--data-range LOW HIGH"]),
        (np.zeros((20, 8, 8), complex), ["real number type", "complex128"]),
        (np.zeros((7, 8, 8), np.uint8), ["expected a batch size of at most 7", "got 8"]),
    ],
)
def test_images_that_do_not_fit(refuses, tiny, array, parts):
    np.save("images.npy", array)
    refuses(["train", *tiny, "--data", "images.npy", "--out", "run"], "images.npy", *parts)


def test_values_outside_the_range_that_was_stated(refuses, tiny):
    np.save("images.npy", np.linspace(0, 2, 20 * 64).reshape(20, 8, 8))
    arguments = ["train", *tiny, "--data", "images.npy", "--out", "run", "--data-range", 0, 1]
    refuses(arguments, "expected values from 0 to 1, got 0 to 2")


def test_folders_without_usable_images(refuses, tiny, tmp_path):
    folder = tmp_path / "pictures"
    arguments = ["train", *tiny, "--data", f"folder:{folder}", "--out", "run"]
    refuses(arguments, "no such folder", "pictures")
    folder.mkdir()
    refuses(arguments, "no images in this folder")
    (folder / "notes.txt").write_text("none yet")
    refuses(arguments, "no images in this folder")
    (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    refuses(arguments, "a.png", "cannot be read as an image")


# Settings from a file


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("epochz = 3", ["unknown setting epochz", "expected one of"]),
        ("epochs = 'many'", ["epochs: expected a whole number from 1 to 2147483647, got 'many'"]),
        ("epochs = 1\nsteps = 1", ["expected epochs or steps, got both"]),
        ("epochs: 3", ["expected a TOML file in"]),
        (b"\xff\xfe\x00", ["expected a TOML file in"]),
        (None, ["expected a TOML file in", "No such file"]),
    ],
)
def test_a_bad_file_of_settings_is_refused(refuses, tmp_path, content, parts):
    path = tmp_path / "my.toml"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refuses(["train", "--config", path, "--out", "run"], "my.toml", *parts)


# The run's folder


@pytest.mark.parametrize("name", ["file", "file/run", "file/deeper/run"])
def test_a_place_where_no_folder_can_be(refuses, tiny, tmp_path, name):
    (tmp_path / "file").write_text("mine")
    refuses(["train", *tiny, "--out", name], "expected a", "folder", f"got {name}")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(refuses, tiny, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    refuses(["train", *tiny, "--out", "locked/run"], "expected a folder that can be written", "locked")


def test_a_folder_that_holds_something(refuses, tiny, tmp_path, finished):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("all of it")
    refuses(["train", *tiny, "--out", "mine"], "expected a new or empty folder", "already holds something")
    first, _ = finished
    before = everything_below(first)
    refuses(["train", *tiny, "--out", first], "expected a new or empty folder", "already holds a run")
    assert everything_below(first) == before


def test_a_disk_that_fills_up(minigan, tiny, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(plots, "save_losses", full)
    status, _, err = minigan("train", *tiny, "--steps", 1, "--out", "run")
    assert (status, err) == (1, "minigan: No space left on device\n")


# A run that failed


def test_a_loss_that_is_no_number(minigan, tiny, tmp_path):
    status, out, err = minigan("train", *tiny, "--epochs", 1, "--lr", "1e30", "--out", "run")
    assert status == 1
    assert "Finished" not in out
    assert err.count("\n") == 1
    assert err.startswith("minigan: step 1: the generator's loss is nan; it came from the discriminator's layer ")
    for name in ("generator", "discriminator"):
        for array in load_arrays(tmp_path / "run" / f"{name}.npz").values():
            assert np.isfinite(array).all()
    assert (tmp_path / "run" / "metrics.csv").read_text().startswith("epoch,step,")
    assert minigan("sample", "run").status == 0


# Samples of what is no run


@pytest.fixture
def copied(finished, tmp_path) -> Path:
    """The finished run, to be damaged."""
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("config.toml", "generator.npz", "discriminator.npz"):
        (folder / name).write_bytes((finished[0] / name).read_bytes())
    return folder


def test_samples_of_a_folder_that_is_no_run(refuses, tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("empty", "none"):
        refuses(["sample", name], f"expected the folder of a run, with a config.toml in it, got {name}")


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_samples_with_missing_or_damaged_weights(refuses, copied, network):
    path = copied / f"{network}.npz"
    content = bytearray(path.read_bytes())
    path.write_bytes(content[:-50])
    refuses(["sample", "run"], f"expected weights in run/{network}.npz, found a damaged or foreign file")
    content[len(content) // 3] ^= 0x10
    path.write_bytes(content)
    refuses(["sample", "run"], f"expected weights in run/{network}.npz, found a damaged or foreign file")
    with path.open("wb") as file:
        np.savez(file, a=np.array([{}], object))
    refuses(["sample", "run"], f"run/{network}.npz")
    path.unlink()
    refuses(["sample", "run"], f"expected weights in run/{network}.npz, found no such file")


def test_samples_with_weights_that_do_not_fit(refuses, copied):
    weights = load_arrays(copied / "generator.npz")
    save_arrays(copied / "generator.npz", weights | {"conv2d.bias": np.zeros(5, np.float32)})
    refuses(["sample", "run"], "do not fit generator", "expected conv2d.bias (4,) float32, got (5,) float32")
    save_arrays(copied / "generator.npz", {**weights, "more": np.zeros(1)})
    refuses(["sample", "run"], "do not fit generator", "unknown more")
    config = copied / "config.toml"
    config.write_text(config.read_text().replace("latent_size = 5", "latent_size = 6"))
    save_arrays(copied / "generator.npz", weights)
    refuses(["sample", "run"], "do not fit generator", "expected dense.kernel (6, 16) float32, got (5, 16) float32")


def test_samples_of_a_run_whose_settings_are_damaged(refuses, copied):
    with (copied / "config.toml").open("a") as file:
        file.write("colour = 'blue'\n")
    refuses(["sample", "run"], "run/config.toml", "unknown setting colour")


def test_samples_that_cannot_be_written(refuses, finished, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    for name in ("file/a.png", "none/a.png", "folder"):
        refuses(["sample", finished[0], "--out", name], f"expected a file that can be written, got {name}")


def test_an_error_of_the_system_is_said_in_words(minigan, finished, tmp_path, monkeypatch):
    import shutil

    from minigan import plots

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "somewhere/p.png")

    monkeypatch.setattr(plots, "save_losses", full)
    run = shutil.copytree(finished[0], tmp_path / "run")
    status, _, err = minigan("train", "--resume", run, "--steps", 9, "--accept", "steps")
    assert (status, err) == (1, "minigan: somewhere/p.png: No space left on device\n")


@pytest.mark.parametrize(
    ("flags", "begins"),
    [
        (("--lr", "-1"), "minigan: --lr: expected a number above 0"),
        (("--d-lr", "x"), "minigan: --d-lr: expected"),
        (("--batch-size", "0"), "minigan: --batch-size: expected"),
        (("--beta-2", "0.9", "--optimizer", "sgd"), "minigan: --beta-2: expected the optimizer adam"),
        (("--penalty-weight", "1"), "minigan: --penalty-weight: expected a penalty"),
        (("--checkpoint-every", "soon"), "minigan: --checkpoint-every: expected"),
        (("--on-usr1", "sleep"), "minigan: --on-usr1: expected one of save, stop"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_error_about_a_setting_names_its_flag(minigan, tiny, tmp_path, flags, begins):
    status, out, err = minigan("train", *tiny, *flags, "--steps", 1, "--out", tmp_path / "new")
    assert (status, out) == (2, "")
    assert err.startswith(begins), err
    assert not (tmp_path / "new").exists()
