"""What `Sequential.plan` says runs is what runs, and costs what it says."""

from math import prod

import numpy as np
import pytest

from minigan import cli, kernels, models
from minigan.errors import NotBuiltError
from minigan.kernels.cpu import affine as cpu_affine
from minigan.kernels.cpu.algorithms import winograd
from minigan.layers import (
    BatchNorm,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    Maxout,
    Reshape,
    Residual,
    SelfAttention2D,
    SpectralNormalization,
    Tanh,
)
from minigan.layers.base import INFERENCE
from minigan.model.plan import PlanRow, rows
from minigan.model.sequential import Sequential
from tests.fusion.pairs import CASES, SAME, UP, Case, Spec, arrays, averages, counting, network
from tests.loops import loop_over

#: Shapes of every kind of map: few and many channels, odd sizes, one pixel.
MAPS = [
    *(case for case in CASES if "residual" not in case.name and "norm" not in case.name),
    Case("up-conv-wide", [UP, (Conv2D, {**SAME, "filters": 40})], (7, 7, 33)),
    Case("conv-wide", [(Conv2D, {**SAME, "filters": 64})], (8, 8, 64)),
    Case("conv-strided-wide", [(Conv2D, {**SAME, "filters": 64, "strides": 2})], (8, 8, 64)),
    Case("conv-one-pixel-wide", [(Conv2D, {"filters": 3, "kernel_size": 1})], (5, 7, 64)),
    Case("dense-to-one", [(Dense, {"units": 1})], (4096,)),
    Case("dense-to-many", [(Dense, {"units": 1000})], (20,)),
]


@pytest.fixture(autouse=True)
def _defaults(monkeypatch):
    monkeypatch.delenv("MINIGAN_FUSE", raising=False)
    with kernels.using("fast"):
        yield


def plan(*specs: Spec, shape: tuple[int, ...], fuse: bool = True, dtype: type = np.float32) -> list[PlanRow]:
    return rows(network(list(specs), shape, fuse, dtype))


@loop_over(n=[1, 3, 64])
@loop_over(case=MAPS)
def test_the_kernel_is_the_one_that_runs(case: Case, n: int, monkeypatch):
    model = case.model(np.float32)
    (row,) = rows(model, batch_size=n)
    calls: list = []
    monkeypatch.setattr(cpu_affine, "choose", counting(calls, cpu_affine.choose))
    model.forward(arrays(model, n)[0])
    ((_, (_, chosen)),) = calls
    assert row.kernel == chosen.title


@pytest.mark.parametrize("fuse", [True, False])
@loop_over(case=MAPS)
def test_products_are_the_multiply_adds_that_it_makes(case: Case, fuse: bool, monkeypatch):
    model, n = case.model(np.float32, fuse), 3
    told = rows(model, batch_size=n)
    calls: list = []
    monkeypatch.setattr(np, "matmul", counting(calls, np.matmul))
    model.forward(arrays(model, n)[0])
    made = sum(arguments[0].shape[-1] * result.size for arguments, result in calls)
    # A Dense layer by itself writes its product with @, and a depthwise convolution has no product of matrices.
    expected = sum(row.products for row in told if row.kernel not in ("its own", "depthwise"))
    assert made == n * expected


def test_a_transposed_convolution_s_products_are_those_of_its_convolution(monkeypatch):
    model = network([(Conv2DTranspose, {**SAME, "strides": 2})], (3, 4, 5), dtype=np.float32)
    (row,) = rows(model)
    assert row == PlanRow(("conv2d_transpose",), "im2col", (6, 8, 4), 3 * 4 * 9 * 5 * 4, 3 * 4 * 9 * 5 * 4, 768, 184)
    calls: list = []
    monkeypatch.setattr(np, "matmul", counting(calls, np.matmul))
    model.forward(arrays(model, 2)[0])
    assert sum(arguments[0].shape[-1] * result.size for arguments, result in calls) == 2 * row.products


@pytest.mark.parametrize("fuse", [True, False])
def test_direct_products_are_those_of_the_formulas(fuse):
    specs = [
        (Reshape, {"target_shape": (4, 3, 5)}),
        UP,
        (Conv2D, SAME),
        (BatchNorm, {}),
        (Conv2D, {"filters": 2, "kernel_size": (1, 3), "strides": (2, 1), "use_bias": False}),
        (Dense, {"units": 7}),
        (Flatten, {}),
        (Maxout, {"units": 3, "pieces": 2}),
    ]
    table = plan(*specs, shape=(60,), fuse=fuse)
    counts = [row.direct for row in table if row.direct]
    assert counts == [8 * 6 * 9 * 5 * 4, 4 * 4 * 3 * 4 * 2, 4 * 4 * 2 * 7, 4 * 4 * 7 * 3 * 2]


@pytest.mark.parametrize("fuse", [True, False])
def test_the_products_of_a_block_are_those_of_its_layers(fuse):
    inner = [Residual([Dense(5), SelfAttention2D(2, 3)]), Conv2D(5, 3, padding="same")]
    (row,) = plan((Residual, {"layers": inner}), shape=(4, 3, 5), fuse=fuse)
    attention = 12 * 5 * (2 + 2 + 3 + 3) + 12 * 12 * (2 + 3)
    assert row.direct == 12 * 25 + attention + 12 * 9 * 25
    assert row.products == row.direct
    assert row.kernel.split(", ") == (["product", "its own", "im2col"] if fuse else ["its own", "im2col"])


@pytest.mark.parametrize("fuse", [True, False])
def test_a_layer_of_one_s_own_inside_of_a_block_leaves_its_products_unknown(fuse):
    (row,) = plan((Residual, {"layers": [Dense(5), Own()]}), shape=(5,), fuse=fuse)
    assert row.products is row.direct is None


class Own(Tanh):
    """A layer of somebody's own."""


def test_nine_products_in_the_place_of_thirty_six():
    (row,) = plan(UP, (Conv2D, {**SAME, "filters": 6}), shape=(5, 7, 3))
    assert row.layers == ("up_sampling2d", "conv2d")
    assert row.kernel == "nine products"
    assert row.products == 9 * 5 * 7 * 3 * 6
    assert row.direct == 4 * row.products


def test_sixteen_products_in_the_place_of_thirty_six(monkeypatch):
    monkeypatch.setattr(winograd, "WIDE", 1)
    monkeypatch.setattr(winograd, "MANY", 1)
    (row,) = plan((Conv2D, {**SAME, "filters": 20}), shape=(5, 6, 3))
    assert row.kernel == "Winograd"
    assert (row.products, row.direct) == (16 * 3 * 3 * 3 * 20, 36 * 5 * 6 * 3 * 20 // 4)


def test_with_reference_kernels_it_says_so():
    model = network([UP, (Conv2D, SAME), (BatchNorm, {}), (Flatten, {}), (Dense, {"units": 2})], (4, 4, 3))
    with kernels.using("reference"):
        table = rows(model)
    assert [row.kernel for row in table] == ["reference", "reference", "its own", "reference"]
    assert all(row.products == row.direct for row in table)


def test_layers_by_themselves_have_their_own():
    layers = [
        (Conv2D, {**SAME, "strides": 2}),
        (BatchNorm, {}),
        (LeakyReLU, {}),
        (Dropout, {"rate": 0.2}),
        (Flatten, {}),
    ]
    assert [row.kernel for row in plan(*layers, shape=(4, 4, 2), fuse=False)] == ["im2col", *["its own"] * 4]


class Mine(Layer):
    """A product that nobody can see from outside."""

    def forward(self, x, ctx=INFERENCE):
        return x * 2, [{"kept": x + 1}, None, self.stamp(x)]


class MyDense(Dense):
    """Who knows what it does."""


def test_products_of_a_layer_of_somebody_else_s_are_unknown(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    model = network([(Mine, {}), (Dense, {"units": 3}), (MyDense, {"units": 2})], (5,), dtype=np.float32)
    mine, dense, derived = rows(model)
    assert (mine.products, mine.direct, mine.kernel) == (None, None, "its own")
    assert (derived.products, derived.direct, derived.parameters) == (None, None, 8)
    assert dense.products == 15
    assert mine.bytes == 40
    model.plan()
    out = capsys.readouterr().out
    assert "?" in out.split("mine")[1].split("\n")[0]
    assert (
        "Products: 15 for an image's forward, 15 by the layers' formulas, without those of the layers marked ?" in out
    )


# Memory


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bytes_are_outputs_and_what_is_kept_for_one_more_image(dtype):
    itemsize = np.dtype(dtype).itemsize
    specs = [
        (Dense, {"units": 64, "activation": "tanh"}),
        (Reshape, {"target_shape": (4, 4, 4)}),
        (LeakyReLU, {}),
        (Dropout, {"rate": 0.5}),
        (Dropout, {"rate": 0}),
        (Flatten, {}),
    ]
    table = plan(*specs, shape=(3,), dtype=dtype)
    # Views are free; a mask takes one bit a number.
    assert [row.bytes for row in table] == [64 * itemsize, 0, 64 * itemsize, 64 * itemsize + 8, 0, 0]


def test_a_layer_by_itself_keeps_more_than_a_step():
    specs = [(Conv2D, {**SAME, "filters": 8}), (Tanh, {}), UP, (Conv2D, {**SAME, "filters": 8, "activation": "relu"})]
    fused, plain = (plan(*specs, shape=(6, 6, 2), fuse=fuse) for fuse in (True, False))
    assert [row.bytes for row in fused] == [6 * 6 * 8 * 4, 12 * 12 * 8 * 4]
    # The input of tanh; the upsampled images; what relu was given.
    assert [row.bytes for row in plain] == [6 * 6 * 8 * 4, 6 * 6 * 8 * 4, 12 * 12 * 8 * 4, 2 * 12 * 12 * 8 * 4]


def test_what_a_batch_has_but_once_is_not_counted():
    (row,) = plan((BatchNorm, {}), shape=(2, 2, 512))
    assert row.bytes == 2 * 2 * 512 * 4
    assert row.parameters == 4 * 512


def test_planning_changes_nothing():
    model = network([(Dense, {"units": 4}), (BatchNorm, {}), (Dropout, {"rate": 0.3}), (Dense, {"units": 1})], (3,))
    x, dy = arrays(model)
    before, moved = model.state_dict(), averages(model)
    y, caches = model.forward(x)
    rows(model)
    assert not model.flat_grad.any()
    for name, values in model.state_dict().items():
        np.testing.assert_array_equal(values, before[name])
    assert moved.keys() == averages(model).keys()
    np.testing.assert_array_equal(model.forward(x)[0], y)
    model.backward(dy, caches)


# Whole networks, and the table


def test_dcgan28_s_plan():
    gan = models.build("dcgan28")
    for network_, layers in ((gan.generator, 9), (gan.discriminator, 18)):
        table = rows(network_)
        assert sum(len(row.layers) for row in table) == layers
        assert sum(row.parameters for row in table) == sum(p.data.size for p in network_.parameters().values())
        assert table[-1].output_shape == network_.output_shape
        for row, step in zip(table, network_.steps, strict=True):
            assert row.output_shape == step.output_shape
            assert row.bytes in (0, pytest.approx(4 * prod(step.output_shape), rel=1.2))
    with kernels.using("numpy"):
        generator = {row.layers: row for row in rows(gan.generator)}
    widest = generator["up_sampling2d_1", "conv2d_1"]
    assert (widest.kernel, widest.products, widest.direct) == ("nine products", 14_450_688, 57_802_752)


def test_the_table_shows_all_rows_and_their_sums(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    model = network([UP, (Conv2D, SAME), (Flatten, {}), (Dense, {"units": 2})], (4, 4, 3), dtype=np.float32)
    with kernels.using("numpy"):
        assert model.plan() is None
    out = capsys.readouterr().out
    lines = [[cell.strip() for cell in line.strip("│\n").split("│")] for line in out.splitlines() if "│" in line]
    assert lines == [
        ["up_sampling2d", "nine products", "(8, 8, 4)", "1,728", "1.00 KB", "112"],
        ["conv2d", "", "", "(6,912)", "", ""],
        ["flatten", "its own", "(256,)", "0", "0.00 B", "0"],
        ["dense", "product", "(2,)", "512", "8.00 B", "514"],
    ]
    for text in (
        "Plan: pair",
        " Kernels: numpy\n",
        " Products: 2,240 for an image's forward, 7,424 by the layers' formulas\n",
        " Memory: 1.01 KB for an image in training\n",
        " Total params: 626\n",
    ):
        assert text in out


def test_nothing_is_cut_off_in_a_narrow_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    gan = models.build("dcgan28")
    for network_ in (gan.generator, gan.discriminator):
        network_.plan()
    out = capsys.readouterr().out
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_use_before_build_is_refused():
    with pytest.raises(NotBuiltError, match="build"):
        Sequential([Dense(1)]).plan()
    with pytest.raises(NotBuiltError, match="build"):
        rows(Sequential([Dense(1)]))


def test_the_command_prints_both_plans(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    sizes = ["--image-size", "8", "--generator-filters", "4,4", "--discriminator-filters", "4,4,4"]
    assert cli.run(["summary", "dcgan28", "--plan", *sizes]) == 0
    out = capsys.readouterr().out
    generator, discriminator = out.split("Plan: discriminator")
    assert "Plan: generator" in generator
    assert "up_sampling2d_1" in generator
    assert "leaky_re_lu" in discriminator
    assert "Output Shape" not in out


def test_the_plan_of_a_conditional_network_and_of_a_normalised_one():
    gan = models.build("dcgan28", image_size=8, generator_filters=(4, 4), discriminator_filters=(4, 4), classes=3)
    assert len(rows(gan.discriminator)) == len(gan.discriminator.steps)
    plain, normalised = Sequential([Dense(5)]), Sequential([SpectralNormalization(Dense(5))])
    for model in (plain, normalised):
        model.build((7,))
    assert rows(normalised)[0].direct == rows(plain)[0].direct == 35
