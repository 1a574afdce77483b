"""Whole numbers and numbers may be NumPy's; bools, halves and texts are refused by name, before anything begins."""

import numpy as np
import pytest

from minigan import backend
from minigan.errors import BackendError, ConfigError
from minigan.runs.checkpoint_interval import CheckpointInterval
from minigan.training.averaging import MovingAverage
from minigan.training.checkpoint.folder import CheckpointFolder

WHOLE = [4, np.int64(4), np.int8(4), np.uint8(4), np.uint64(4), np.array(4)]
NOT_WHOLE = [2.5, 2.0, np.float64(4), np.float32(2.5), True, np.True_, "4", 4j, float("nan"), [4]]


@pytest.mark.parametrize("value", WHOLE, ids=repr)
def test_numpy_s_whole_numbers_are_python_s(make_trainer, tmp_path, value):
    trainer = make_trainer(batch_size=value, d_steps=value, g_steps=value, seed=value)
    plain = make_trainer(batch_size=4, d_steps=4, g_steps=4, seed=4)
    assert type(trainer.batch_size) is type(trainer.d_steps) is type(trainer.g_steps) is int
    assert len(list(trainer.train(steps=value))) == len(list(plain.train(steps=4)))
    np.testing.assert_array_equal(trainer.gan.generator.flat_data, plain.gan.generator.flat_data)
    assert CheckpointFolder(tmp_path / "checkpoints", keep=value).keep == 4
    interval = CheckpointInterval(value)
    assert (interval.steps, interval.due(3), interval.due(4)) == (4, False, True)


@pytest.mark.parametrize("value", WHOLE, ids=repr)
def test_threads_may_be_numpy_s(value):
    before = backend.threads()
    try:
        assert type(backend.threads(value)) is int
        assert backend.threads() == 4
    finally:
        backend.threads(before)


@pytest.mark.parametrize("value", NOT_WHOLE, ids=repr)
@pytest.mark.parametrize("name", ["batch_size", "d_steps", "g_steps"])
def test_what_is_no_whole_number_is_refused_by_name(make_trainer, name, value):
    with pytest.raises(ConfigError, match=f"expected {name} to be a whole number, got "):
        make_trainer(**{name: value})


@pytest.mark.parametrize("value", [*NOT_WHOLE, -1, np.int64(-1)], ids=repr)
@pytest.mark.parametrize("length", ["steps", "epochs"])
def test_a_length_that_is_no_whole_number_is_refused(make_trainer, length, value):
    with pytest.raises(ConfigError, match=f"expected {length} to be "):
        next(make_trainer().train(**{length: value}))


@pytest.mark.parametrize("value", [value for value in NOT_WHOLE if not isinstance(value, str)], ids=repr)
def test_other_counts_are_refused_alike(tmp_path, value):
    with pytest.raises(ConfigError, match="expected every to be a whole number"):
        CheckpointInterval(value)
    with pytest.raises(ConfigError, match="expected keep to be a whole number"):
        CheckpointFolder(tmp_path, keep=value)
    with pytest.raises(BackendError, match="expected threads to be a whole number"):
        backend.threads(value)


@pytest.mark.parametrize("value", [0.5, np.float32(0.5), np.float64(0.5), np.float16(0.5)], ids=repr)
def test_a_decay_may_be_numpy_s(make_trainer, value):
    average = MovingAverage(make_trainer().gan.generator, value)
    assert (type(average.decay), average.decay) == (float, 0.5)


@pytest.mark.parametrize("value", [True, "0.5", float("nan"), 1, -0.1, np.float32(1.5), None], ids=repr)
def test_a_decay_that_is_none_is_refused(make_trainer, value):
    with pytest.raises(ConfigError, match="expected decay to be at least 0 and less than 1"):
        MovingAverage(make_trainer().gan.generator, value)
