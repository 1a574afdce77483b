"""`mg.explain` adds up to the layer's own result: for every layer, quantity and entry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigan as mg
from minigan.backend import asnumpy
from minigan.explaining.registry import EXPLAINERS
from tests.devices.strict import strict_backend
from tests.explaining.drawn import FAMILIES, SUMS, passes
from tests.explaining.passes import COVERED, bound, case_passes, disagreements
from tests.loops import loop_over

NOT_COVERED = {"Residual", "SelfAttention2D", "SpectralNormalization"}


def test_every_layer_but_three_can_be_explained():
    classes = {kind for name in mg.layers.__all__ if isinstance(kind := getattr(mg.layers, name), type)}
    made = {kind for kind in classes if issubclass(kind, mg.layers.Layer)} - {mg.layers.Layer}
    assert {kind.__name__ for kind in made - set(EXPLAINERS)} == NOT_COVERED
    assert {type(case.make()) for case in COVERED} == made & set(EXPLAINERS)


@loop_over(case=COVERED)
def test_every_entry_of_every_result_is_the_total_in_training_and_at_inference(case):
    for one in case_passes(case):
        assert disagreements(one) == []


@loop_over(case=COVERED)
def test_the_entries_of_a_float32_pass_agree_to_its_precision(case):
    for one in case_passes(case, np.float32):
        for quantity, index in one.entries():
            found = one.explain(quantity, index)
            assert abs(found.total - one.results[quantity][index]) <= 2.0**29 * bound(found)


@pytest.mark.parametrize("family", FAMILIES)
def test_any_options_shapes_and_indices_agree_to_the_last_digits_of_float64(family):
    @settings(max_examples=30)
    @given(st.data())
    def check(data):
        one = data.draw(passes(FAMILIES[family]))
        quantity = data.draw(st.sampled_from(sorted(one.results)))
        shape = one.results[quantity].shape
        index = data.draw(st.tuples(*(st.integers(0, size - 1) for size in shape)))
        found = one.explain(quantity, index)
        assert abs(found.total - one.results[quantity][index]) <= bound(found)
        assert (found.quantity, found.index, found.layer) == (quantity, index, one.layer.title)

    check()


@pytest.mark.parametrize("family", SUMS)
def test_sums_of_whole_numbers_are_equal_without_rounding(family):
    @settings(max_examples=20)
    @given(st.data())
    def check(data):
        one = data.draw(passes(SUMS[family], whole=True))
        for quantity, index in one.entries():
            assert one.explain(quantity, index).total == one.results[quantity][index]

    check()


@loop_over(make=[
    lambda: (mg.layers.MaxPooling2D((3, 2), strides=(2, 1), padding="same"), (5, 6, 2)),
    lambda: (mg.layers.UpSampling2D((2, 3)), (3, 2, 2)),
    lambda: (mg.layers.ZeroPadding2D(((0, 1), (2, 0))), (3, 2, 2)),
    lambda: (mg.layers.Flatten(), (3, 2, 2)),
    lambda: (mg.layers.Reshape((4, -1)), (3, 2, 2)),
    lambda: (mg.layers.ReLU(), (3, 2, 2)),
    lambda: (mg.layers.Maxout(3, 2), (4,)),
    lambda: (mg.layers.ChannelMax(2), (3, 4)),
])  # fmt: skip
def test_layers_that_choose_and_copy_whole_numbers_are_equal_without_rounding(make):
    @settings(max_examples=10)
    @given(passes(st.builds(make), whole=True))
    def check(one):
        for quantity, index in one.entries():
            assert one.explain(quantity, index).total == one.results[quantity][index]

    check()


@loop_over(case=COVERED)
def test_the_total_is_the_sum_of_the_terms_and_each_product_that_of_its_factors(case):
    for one in case_passes(case):
        for quantity in one.quantities:
            for part in one.explain(quantity, tuple(size - 1 for size in one.results[quantity].shape)).walk():
                assert part.total == pytest.approx(sum(term.value for term in part.terms), rel=1e-12, abs=1e-12)
                for term in part.terms:
                    product = np.prod([factor.value for factor in term.factors])
                    assert term.form is not None or term.value == pytest.approx(product, rel=1e-14)
                    for factor in term.factors:
                        assert factor.explanation is None or factor.explanation.total == factor.value


def test_arrays_on_a_device_are_copied_before_their_numbers_are_read():
    with strict_backend():
        layer = mg.layers.Conv2D(2, 3, activation="relu")
        layer.build((4, 4, 2))
        y, cache = layer.forward(mg.backend.asarray(np.ones((1, 4, 4, 2), np.float32)))
        dy = mg.backend.asarray(np.ones(y.shape, np.float32))
        found = [mg.explain(layer, cache, "y", (0, 1, 1, 1)), mg.explain(layer, cache, "dx", (0, 2, 2, 1), dy=dy)]
        results = asnumpy(y)[0, 1, 1, 1], asnumpy(layer.backward(dy, cache))[0, 2, 2, 1]
    assert [one.total for one in found] == pytest.approx(results, rel=1e-5)


def test_infinities_and_nan_are_explained_too():
    for value in (np.inf, -np.inf, np.nan, 1e300, -1e300):
        for case in COVERED:
            for one in case_passes(case):
                one.x[(0,) * one.x.ndim] = one.dy[(0,) * one.dy.ndim] = value
                with np.errstate(all="ignore"):
                    labels = np.arange(len(one.x)) % 3
                    ctx = mg.Context(True, mg.Stream(0), update_stats=False, labels=labels)
                    one.cache = one.layer.forward(one.x, ctx)[1]
                for quantity in one.quantities:
                    str(one.explain(quantity, (0,) * one.results[quantity].ndim))
