"""What looks at all layers of a network also looks at those inside of a residual block."""

import numpy as np
import pytest

import minigan as mg
from minigan.errors import ConfigError
from minigan.kernels import registry
from minigan.layers import (
    BatchNorm,
    ConcatenateLabels,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LayerNorm,
    LeakyReLU,
    Residual,
    SelfAttention2D,
    SpectralNormalization,
    Tanh,
)
from minigan.layers.base import INFERENCE
from minigan.layers.residual import every_layer
from minigan.model import concurrent
from tests.loops import loop_over


class Plain(Tanh):
    """A layer of somebody's own, which has no tangent pass."""

    tangent = mg.layers.Layer.tangent


def nested(*layers: mg.layers.Layer) -> list[mg.layers.Layer]:
    return [Residual([Dense(3), Residual(layers)])]


def test_every_layer_is_found_at_any_depth():
    layers = [Dense(3), Residual([Tanh(), Residual([LayerNorm()]), Dense(3)]), Dense(1)]
    kinds = [type(layer).__name__ for layer in every_layer(layers)]
    assert kinds == ["Dense", "Tanh", "LayerNorm", "Residual", "Dense", "Residual", "Dense"]
    assert len({id(layer) for layer in every_layer(layers)}) == 7


@loop_over(kind=["wgan-gp", "dragan", "r1", "r2"])
def test_a_penalty_names_the_layer_inside_that_does_not_fit(kind):
    x = np.ones((4, 3), np.float32)
    cases = [
        (BatchNorm(), "BatchNorm 'batch_norm' mixes"),
        (Plain(), "tangent pass of every layer: Plain 'plain' has"),
    ]
    for layer, words in cases:
        judge = mg.Sequential([*nested(layer), Dense(1)], "judge")
        judge.build((3,))
        with pytest.raises(ConfigError, match=words):
            mg.penalties.get(kind)(judge, x, x, mg.Stream(0))


def test_a_block_that_mixes_examples_says_so():
    assert Residual([Dense(3), BatchNorm()]).mixes_examples
    assert not Residual([Dense(3), LayerNorm()]).mixes_examples
    assert nested(BatchNorm())[0].mixes_examples


def test_the_gradient_check_gives_labels_to_layers_inside():
    block = lambda: Residual([ConcatenateLabels(3, 2), Dense(4)])  # noqa: E731
    assert mg.gradcheck.check(block(), (5, 4)).ok


def test_the_gradient_check_of_a_block_without_all_tangent_passes_is_of_first_order():
    assert mg.gradcheck.check(Residual([Plain()]), (3, 4)).ok


@pytest.mark.parametrize("fuse", [True, False])
def test_two_passes_at_the_same_time_are_those_of_one_after_the_other(fuse, monkeypatch):
    """To the bit: with dropout's numbers, moving averages and the gradients inside of the block."""
    monkeypatch.setattr(concurrent, "ENOUGH", 0)
    block = [BatchNorm(), LeakyReLU(0.2), Conv2D(4, 3, padding="same"), Dropout(0.3)]
    layers = [Conv2D(4, 1), Residual(block), SelfAttention2D(gamma_initializer="ones"), Flatten(), Dense(1)]
    judge = mg.Sequential(layers, "judge", fuse=fuse)
    x, other = np.random.default_rng(0).standard_normal((2, 8, 6, 5, 2)).astype(np.float32)
    results = []
    threads = mg.backend.threads()
    monkeypatch.setattr(registry, "_kind", "fast")
    for count in (1, 2):
        mg.backend.threads(count)
        judge.build((6, 5, 2), seed=1)
        assert concurrent.is_faster(judge, [x, other]) == (count == 2)
        ctx = INFERENCE._replace(training=True, rng=mg.Stream(0))
        passes = concurrent.forward_both(judge, [x, other], [ctx, ctx])
        concurrent.backward_both(judge, [y for y, _ in passes], [caches for _, caches in passes])
        state = judge.state_dict()
        results.append([*(y for y, _ in passes), judge.flat_grad.copy(), *state.values(), ctx.rng.state])
    mg.backend.threads(threads)
    for one, two in zip(*results):
        np.testing.assert_array_equal(one, two)


def test_weights_inside_are_bounded():
    judge = mg.Sequential(nested(SpectralNormalization(Dense(3)), Dense(3, kernel_initializer="ones")), "judge")
    judge.build((3,))
    mg.constraints.max_norm(judge, 0.5)
    dense = judge.parameters()["residual.residual.dense_1.kernel"].data
    np.testing.assert_allclose(np.sqrt((dense**2).sum(axis=0)), 0.5, rtol=1e-6)
    mg.constraints.clip_weights(judge, 0.01)
    assert max(abs(p.data).max() for p in judge.parameters().values() if p.trainable) <= 0.01
