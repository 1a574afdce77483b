"""Textbook mode: every layer file runs, one by one, on the reference kernels."""

import os
import subprocess
import sys

import numpy as np
import pytest

import minigan as mg
from minigan import backend, kernels, models
from minigan.errors import StaleCacheError
from minigan.layers.base import Layer
from tests.bits.cases import SMALLER

OPTIONS = {
    "dcgan28": {"generator_filters": (8, 4), "discriminator_filters": (4, 8)},
    "dcgan64": {"generator_filters": (8, 8, 4, 4), "discriminator_filters": (4, 4, 8, 8)},
    "dcgan64-small": {"image_size": 16, "generator_filters": (8, 4), "discriminator_filters": (4, 8)},
    "wgan-gp28": {"generator_filters": (8, 4), "discriminator_filters": (4, 8)},
    **SMALLER,
}


@pytest.fixture(autouse=True)
def _restored(monkeypatch: pytest.MonkeyPatch):
    """The fast kernels and fused steps outside of textbook mode, and the mode as it was afterwards."""
    monkeypatch.delenv("MINIGAN_FUSE", raising=False)
    with kernels.using("fast"), backend.textbook(False):
        yield


def classes_in(gan: models.GAN) -> set[type[Layer]]:
    """The classes of the layers that a training step runs: those of the generator and of D's logits."""
    return {type(layer) for network in (gan.generator, gan.discriminator.logits) for layer in network.layers}


@pytest.mark.parametrize("name", models.MODELS)
def test_one_step_calls_forward_and_backward_of_every_layer_class(name: str, monkeypatch: pytest.MonkeyPatch):
    gan = models.build(name, 0, **OPTIONS.get(name, {}))
    called: set[tuple[type[Layer], str]] = set()

    def noting(cls: type[Layer], method: str):
        original = getattr(cls, method)

        def call(self, *args, **options):
            called.add((type(self), method))
            return original(self, *args, **options)

        return call

    for cls in classes_in(gan):
        for method in ("forward", "backward"):
            monkeypatch.setattr(cls, method, noting(cls, method))
    shape = gan.image_shape
    images = np.random.default_rng(0).integers(0, 256, (8, *shape), dtype=np.uint8)
    data = mg.data.load("ring" if shape == (2,) else "gaussian") if len(shape) == 1 else mg.data.Dataset(images)
    with backend.textbook():
        list(mg.Trainer(gan, data, batch_size=4).train(steps=1))
    assert called == {(cls, method) for cls in classes_in(gan) for method in ("forward", "backward")}


FUSED = ("Conv2D", "Dense", "UpSampling2D", "Maxout", "BatchNorm", "Dropout", "Identity", "LeakyReLU", "ReLU", "Tanh")


@pytest.mark.parametrize("name", [*FUSED, "Conv2DTranspose", "Sigmoid"])
def test_the_docstring_of_a_layer_that_something_faster_replaces_says_so(name: str):
    assert "`minigan.backend.textbook` runs" in getattr(mg.layers, name).__doc__


def test_it_switches_networks_that_are_built_and_kernels():
    network = mg.Sequential([mg.layers.Dense(8, activation="relu"), mg.layers.Dense(1), mg.layers.LeakyReLU(0.2)])
    network.build((3,), seed=0)
    x = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    fused, _ = network.forward(x)
    assert len(network.steps) == 2
    with backend.textbook():
        assert network.steps == network.layers
        assert kernels.kind() == "reference"
        plain, caches = network.forward(x)
        assert len(caches) == 3
    assert kernels.kind() == "fast"
    np.testing.assert_allclose(plain, fused, rtol=1e-5)
    with pytest.raises(StaleCacheError, match="expected the caches of 2 steps, got 3; run forward again"):
        network.backward(np.ones_like(plain), caches)


def test_as_a_function_it_lasts_and_a_block_restores_what_was_before():
    backend.textbook()
    assert backend.is_textbook()
    with backend.textbook(False):
        assert not backend.is_textbook()
    assert backend.is_textbook()
    backend.textbook(False)
    assert not backend.is_textbook()


@pytest.mark.parametrize(("value", "expected"), [("1", "True"), ("0", "False"), ("yes", "expected 0 or 1, got 'yes'")])
def test_the_environment_sets_it(value: str, expected: str):
    program = (
        "from minigan import backend\nfrom minigan.errors import ConfigError\n"
        "try:\n    print(backend.is_textbook())\nexcept ConfigError as error:\n    print(error)"
    )
    environment = {**os.environ, "MINIGAN_TEXTBOOK": value}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert expected in done.stdout
