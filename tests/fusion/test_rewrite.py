"""Which neighbours are joined, which are not, and how to switch it off."""

import pkgutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from minigan import edits, fusion, kernels
from minigan.errors import ConfigError
from minigan.fusion import Step
from minigan.fusion.affine import AffineStep
from minigan.fusion.maxout import MaxoutStep
from minigan.fusion.normalization import NormalizationStep
from minigan.fusion.residual import ResidualStep
from minigan.fusion.rewrite import REWRITES
from minigan.io.messages import listed
from minigan.kernels import registry
from minigan.kernels.cpu import algorithms
from minigan.layers import (
    ELU,
    BatchNorm,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    GaussianNoise,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
    UpSampling2D,
)
from minigan.layers.base import INFERENCE
from minigan.model.sequential import Sequential
from tests.fusion.pairs import CASES, SAME, UP, Case, Spec, arrays, network


def steps(*specs: Spec, shape: tuple[int, ...] = (4, 4, 3)) -> list[str]:
    """The names of the steps; a star marks a layer that runs by itself."""
    model = network(list(specs), shape)
    return [step.name if isinstance(step, Step) else f"{step.name}*" for step in model.steps]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_is_one_step(case: Case):
    step = case.step()
    assert step.name == "+".join(layer.name for layer in step.layers)
    kinds = {"norm": NormalizationStep, "maxout": MaxoutStep, "residual": ResidualStep}
    assert type(step) is next((kind for word, kind in kinds.items() if word in case.name), AffineStep)
    assert step.built
    assert (step.input_shape, step.output_shape) == (case.shape, step.layers[-1].output_shape)


def test_every_rule_has_a_case():
    for rule in REWRITES:
        fitting = [case for case in CASES if rule(case.model(fuse=False).layers) is not None]
        assert fitting, rule


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        # An activation that a layer has already, or that is none of those whose output tells the derivative.
        ([(Dense, {"units": 2, "activation": "tanh"}), (Tanh, {})], ["dense", "tanh*"]),
        ([(Dense, {"units": 2}), (Softplus, {})], ["dense", "softplus*"]),
        ([(Dense, {"units": 2}), (ELU, {})], ["dense", "elu*"]),
        ([(Dense, {"units": 2}), (Softmax, {})], ["dense", "softmax*"]),
        ([(Dense, {"units": 2, "activation": "softplus"})], ["dense*"]),
        ([(Dense, {"units": 2, "activation": "softmax"}), (ReLU, {})], ["dense*", "re_lu*"]),
        # Rectifiers whose output does not tell on which piece the input lay.
        ([(Dense, {"units": 2}), (LeakyReLU, {"negative_slope": -0.1})], ["dense", "leaky_re_lu*"]),
        ([(Dense, {"units": 2}), (LeakyReLU, {"negative_slope": 1.1})], ["dense", "leaky_re_lu*"]),
        ([(Dense, {"units": 2}), (ReLU, {"max_value": 6})], ["dense", "re_lu*"]),
        ([(Dense, {"units": 2}), (ReLU, {"threshold": 0.1})], ["dense", "re_lu*"]),
        ([(Dense, {"units": 2}), (ReLU, {"negative_slope": 0.1})], ["dense+re_lu"]),
        # One activation, and no more.
        ([(Dense, {"units": 2}), (Tanh, {}), (Sigmoid, {})], ["dense+tanh", "sigmoid*"]),
        ([(Dense, {"units": 2}), (Dense, {"units": 2})], ["dense", "dense_1"]),
        # Upsampling, in all but one case.
        ([UP, (Conv2D, SAME), (ReLU, {})], ["up_sampling2d+conv2d+re_lu"]),
        ([(UpSampling2D, {"size": 3}), (Conv2D, SAME)], ["up_sampling2d*", "conv2d"]),
        ([(UpSampling2D, {"size": (2, 1)}), (Conv2D, SAME)], ["up_sampling2d*", "conv2d"]),
        ([(UpSampling2D, {"interpolation": "bilinear"}), (Conv2D, SAME)], ["up_sampling2d*", "conv2d"]),
        ([UP, (Conv2D, {**SAME, "strides": 2})], ["up_sampling2d*", "conv2d"]),
        ([UP, (Conv2D, {**SAME, "kernel_size": 5})], ["up_sampling2d*", "conv2d"]),
        ([UP, (Conv2D, {**SAME, "padding": "valid"})], ["up_sampling2d*", "conv2d"]),
        ([UP, (Conv2D, {**SAME, "dilation_rate": 2})], ["up_sampling2d*", "conv2d"]),
        ([UP, (Conv2D, {**SAME, "dilation_rate": (1, 2), "padding": 1})], ["up_sampling2d*", "conv2d"]),
        ([UP, (Conv2D, {**SAME, "filters": 3, "groups": 3})], ["up_sampling2d*", "conv2d"]),
        ([UP, (Conv2D, {**SAME, "padding": 1})], ["up_sampling2d+conv2d"]),
        ([UP, (Conv2D, {**SAME, "activation": "softplus"})], ["up_sampling2d*", "conv2d*"]),
        ([UP, (BatchNorm, {}), (Conv2D, SAME)], ["up_sampling2d*", "batch_norm", "conv2d"]),
        ([UP], ["up_sampling2d*"]),
        # Normalisation.
        ([(BatchNorm, {}), (Tanh, {}), (Dropout, {"rate": 0.1})], ["batch_norm", "tanh*", "dropout*"]),
        ([(BatchNorm, {}), (Dropout, {"rate": 0.1}), (ReLU, {})], ["batch_norm+dropout", "re_lu*"]),
        ([(BatchNorm, {"scale": False}), (ReLU, {})], ["batch_norm*", "re_lu*"]),
        ([(BatchNorm, {"center": False})], ["batch_norm*"]),
        ([(BatchNorm, {}), (GaussianNoise, {"stddev": 0.1})], ["batch_norm", "gaussian_noise*"]),
        # Layers of which no rule knows.
        ([(Dropout, {"rate": 0.5}), (ReLU, {}), (Identity, {})], ["dropout*", "re_lu*", "identity*"]),
        ([(Conv2DTranspose, {"filters": 2, "kernel_size": 2}), (ReLU, {})], ["conv2d_transpose*", "re_lu*"]),
    ],
)
def test_what_is_joined(specs: list[Spec], expected: list[str]):
    assert steps(*specs) == expected


# Classes of somebody else's


class Halved(Conv2D):
    """Does more than a Conv2D."""

    def forward(self, x, ctx=INFERENCE):
        y, cache = super().forward(x, ctx)
        return y / 2, cache

    def backward(self, dy, cache, param_grads=True):
        return super().backward(dy / 2, cache, param_grads)


class Doubled(Tanh):
    """Does more than a Tanh."""

    def forward(self, x, ctx=INFERENCE):
        y, cache = super().forward(x, ctx)
        return 2 * y, cache

    def backward(self, dy, cache, param_grads=True):
        return super().backward(2 * dy, cache, param_grads)


@pytest.mark.parametrize(
    ("specs", "expected"),
    [
        ([(Halved, SAME), (ReLU, {})], ["halved*", "re_lu*"]),
        ([UP, (Halved, SAME)], ["up_sampling2d*", "halved*"]),
        ([(Conv2D, SAME), (Doubled, {})], ["conv2d", "doubled*"]),
        ([(BatchNorm, {}), (Doubled, {}), (Dropout, {"rate": 0})], ["batch_norm", "doubled*", "dropout*"]),
        ([(Conv2D, {**SAME, "activation": Doubled()})], ["conv2d*"]),
    ],
)
def test_a_derived_class_is_run_as_it_is(specs: list[Spec], expected: list[str], gradcheck):
    assert steps(*specs) == expected
    fused, plain = network(specs, (4, 4, 3)), network(specs, (4, 4, 3), fuse=False)
    x, dy = arrays(fused)
    (y, caches), (other, other_caches) = fused.forward(x), plain.forward(x)
    np.testing.assert_allclose(y, other, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(fused.backward(dy, caches), plain.backward(dy, other_caches), rtol=1e-11, atol=1e-13)


# The switches


@pytest.mark.parametrize(("setting", "expected"), [(None, True), ("1", True), ("0", False)])
def test_the_environment_switches_fusion(monkeypatch, setting, expected):
    monkeypatch.delenv("MINIGAN_FUSE", raising=False)
    if setting is not None:
        monkeypatch.setenv("MINIGAN_FUSE", setting)
    assert fusion.enabled() is expected
    model = Sequential([Dense(2), ReLU()])
    model.build((3,))
    assert model.fuse is expected
    assert len(model.steps) == (1 if expected else 2)
    # What is said of one network goes before what is said of all.
    for fuse in (True, False):
        model = Sequential([Dense(2), ReLU()], fuse=fuse)
        model.build((3,))
        assert len(model.steps) == (1 if fuse else 2)


@pytest.mark.parametrize("setting", ["", "no", "true", "2"])
def test_another_value_of_minigan_fuse_is_refused(monkeypatch, setting):
    monkeypatch.setenv("MINIGAN_FUSE", setting)
    with pytest.raises(ConfigError, match=f"^MINIGAN_FUSE: expected 0 or 1, got {setting!r}"):
        Sequential([Dense(2)])


@pytest.mark.parametrize("setting", kernels.KINDS)
def test_the_environment_chooses_the_kernels(monkeypatch, setting):
    monkeypatch.setattr(registry, "_kind", None)
    monkeypatch.setenv("MINIGAN_KERNELS", setting)
    assert kernels.kind() == setting


@pytest.mark.parametrize("setting", ["", "slow", "Fast"])
def test_another_value_of_minigan_kernels_is_refused(monkeypatch, setting):
    model = network([(Dense, {"units": 2})], (3,))
    monkeypatch.setattr(registry, "_kind", None)
    monkeypatch.setenv("MINIGAN_KERNELS", setting)
    message = f"unknown kernels {setting!r}: expected one of fast, numpy, reference"
    with pytest.raises(ConfigError, match=message):
        model.forward(np.zeros((1, 3)))
    with pytest.raises(ConfigError, match=message):
        kernels.kind()


def test_using_is_over_at_the_end_of_its_block_and_refuses_unknown_kernels():
    before = kernels.kind()
    with kernels.using("reference"):
        assert kernels.kind() == "reference"
    assert kernels.kind() == before
    with pytest.raises(ConfigError, match="unknown kernels 'other'"), kernels.using("other"):
        pass
    assert kernels.kind() == before


# The page


def table(head: str) -> list[list[str]]:
    """The rows of the table of docs/fusion.md that begins so."""
    page = (Path(__file__).parents[2] / "docs" / "fusion.md").read_text(encoding="utf-8")
    _, _, rest = page.partition(head)
    return [line.strip("| ").split(" | ") for line in rest.split("\n\n")[0].splitlines()[2:]]


def test_the_page_shows_every_rewrite():
    rows = table("| Rewrite | What it joins |")
    assert rows == [[f"`{rule.__name__}`", (rule.__doc__ or "").split("\n")[0]] for rule in REWRITES]


def test_the_page_tells_every_fast_kernel():
    modules = [
        import_module(f"{algorithms.__name__}.{module.name}") for module in pkgutil.iter_modules(algorithms.__path__)
    ]
    titles = {
        item.title
        for module in modules
        for item in vars(module).values()
        if isinstance(item, type) and isinstance(vars(item).get("title"), str)
    }
    assert titles <= {word for word, _ in table("| Kernel | What it does |")}
    assert "nine products" in titles


# Edits


def test_a_network_says_once_what_an_edit_costs(monkeypatch, caplog):
    monkeypatch.setattr(edits, "refresh", lambda: frozenset())
    monkeypatch.setattr(edits, "_edited", frozenset({"layers/tanh.py", "kernels/reference/pooling.py"}))
    monkeypatch.setattr(edits, "_announced", frozenset())
    layers = [Dense(3), Tanh(), Dense(2, activation="tanh")]
    try:
        for _ in range(2):
            network = Sequential(layers, fuse=True)
            network.build((4,))
        assert network.steps[1:] == layers[1:]
    finally:
        monkeypatch.undo()
        kernels.follow_edits()
    names = "average_pool, average_pool_grad, max_pool, max_pool_grad, max_pool_tangent"
    assert caplog.messages == [
        "edited: minigan/kernels/reference/pooling.py, minigan/layers/tanh.py: no fused steps for Tanh; "
        f"no fast kernels for {names}"
    ]


def test_a_long_list_of_names_is_shortened():
    assert listed([*"abcdefgh"], most=6) == "a, b, c, d, e, f and 2 more"
