"""A run whose networks have residual blocks and attention: its tables and pictures, and how it resumes."""

import numpy as np
import pytest

import minigan as mg
from minigan import models
from minigan.errors import NonFiniteError
from minigan.layers import (
    BatchNorm,
    ConcatenateLabels,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    LayerNorm,
    LeakyReLU,
    ReLU,
    Reshape,
    Residual,
    SelfAttention2D,
    SpectralNormalization,
)
from minigan.runs import train_run
from minigan.runs.plot import draw_run
from minigan.runs.tables import read_gradients, read_metrics
from tests.runs.test_resume import contents, interrupt, resume_until_done


def build(
    seed: int = 0, *, latent_size: int = 5, image_size: int = 8, channels: int = 1, classes: int = 0, **options
) -> models.GAN:
    """A small GAN with a residual block and attention in both networks; the discriminator may meet a penalty."""
    labels = lambda: [ConcatenateLabels(classes, 2)] if classes else []  # noqa: E731
    generator = [
        Dense(8 * 8 * 4),
        Reshape((8, 8, 4)),
        Residual([BatchNorm(), ReLU(), *labels(), Conv2D(4, 3, padding="same"), Residual([Conv2D(4, 1)])]),
        SelfAttention2D(gamma_initializer="ones"),
        Conv2D(1, 3, padding="same", activation="tanh"),
    ]
    judge = [
        SpectralNormalization(Conv2D(4, 3, padding="same")),
        Residual(
            [
                LeakyReLU(0.2),
                *labels(),
                SpectralNormalization(Conv2D(4, 3, padding="same")),
                LayerNorm(),
                Dropout(0.3),
                GaussianNoise(0.1),
            ]
        ),
        SelfAttention2D(gamma_initializer="ones"),
        Flatten(),
        Dense(1),
    ]
    g, d = mg.Sequential(generator, "generator"), mg.Sequential(judge, "discriminator")
    g.build((latent_size,), seed)
    d.build((8, 8, 1), seed)
    return models.GAN("blocks", g, d, (-1.0, 1.0), classes)


@pytest.fixture
def config(monkeypatch, make_config):
    monkeypatch.setitem(models.MODELS, "dcgan28", build)
    return lambda **settings: make_config(**{"steps": 8, "latent_size": 5, **settings})


SETTINGS = {
    "plain": {"average": 0.9},
    "clipped": {"loss": "wasserstein", "clip": 0.5},
    "bounded": {"max_norm": 0.7, "d_steps": 2},
    "two threads": {"threads": 2, "updates": "simultaneous"},
    "textbook": {"textbook": True, "steps": 4},
}


@pytest.mark.parametrize("kind", sorted(SETTINGS))
def test_a_resumed_run_is_the_same_run(config, tmp_path, no_curves, kind):
    settings = config(**SETTINGS[kind])
    assert train_run(settings, tmp_path / "whole")
    listener = interrupt({1, 3, 5})
    assert not train_run(settings, tmp_path / "run", listener)
    assert resume_until_done(tmp_path / "run", listener) >= 1
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_the_norms_of_a_block_s_gradients_are_in_the_table_and_in_the_picture(config, tmp_path, no_curves):
    folder = tmp_path / "run"
    train_run(config(), folder)
    table = read_gradients(folder / "gradients.csv")
    for name in ("generator/residual", "generator/self_attention2d", "discriminator/residual"):
        assert len(table[name]) == 8
        assert (table[name] > 0).all()
    networks = ("generator", "discriminator")
    for network, column in zip(networks, ("g_grad_norm", "d_grad_norm")):
        squares = sum(table[name] ** 2 for name in table if name.startswith(network))
        np.testing.assert_allclose(np.sqrt(squares), read_metrics(folder / "metrics.csv")[column], rtol=1e-4)
    assert [path.name for path in draw_run(folder, kinds=["gradients"])] == ["gradients.png"]


def test_fused_steps_inside_of_the_blocks_change_no_more_than_rounding(config, tmp_path, no_curves, monkeypatch):
    losses = []
    for name, fuse in (("fused", "1"), ("plain", "0")):
        monkeypatch.setenv("MINIGAN_FUSE", fuse)
        train_run(config(), tmp_path / name)
        columns = read_metrics(tmp_path / name / "metrics.csv")
        losses.append(np.stack([columns["d_loss"], columns["g_loss"]]))
    np.testing.assert_allclose(*losses, rtol=1e-3)


def test_a_value_that_is_not_finite_inside_of_a_block_is_named(config, tmp_path, no_curves):
    def spoil(seed: int = 0, **options) -> models.GAN:
        gan = build(seed, **options)
        gan.discriminator.parameters()["residual.conv2d.kernel"].data[0, 0, 0, 0] = np.nan
        return gan

    models.MODELS["dcgan28"] = spoil  # taken back by the fixture
    words = "came from the discriminator's layer residual: its conv2d.kernel is not finite"
    with pytest.raises(NonFiniteError, match=words):
        train_run(config(), tmp_path / "run")


@pytest.mark.parametrize("settings", [{"penalty": "r1"}, {"penalty": "wgan-gp", "loss": "wasserstein", "d_steps": 2}])
def test_so_is_a_run_with_classes_and_a_penalty(config, tmp_path, no_curves, pixels, settings):
    """The labels, the random numbers and the tangent passes reach the layers inside."""
    np.savez(tmp_path / "labelled.npz", images=pixels, labels=np.arange(len(pixels)) % 3)
    settings = config(data=str(tmp_path / "labelled.npz"), conditional=True, steps=5, **settings)
    assert train_run(settings, tmp_path / "whole")
    listener = interrupt({2, 4})
    assert not train_run(settings, tmp_path / "run", listener)
    assert resume_until_done(tmp_path / "run", listener) >= 1
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")


def test_the_summary_counts_the_weights_inside(capsys):
    gan = build()
    gan.generator.summary()
    out = capsys.readouterr().out
    inside = 4 * 4 + (9 * 4 * 4 + 4) + (4 * 4 + 4)
    assert f" {inside} " in next(line for line in out.splitlines() if "residual (Residual)" in line)
