"""Gradient checks of a project's own functions: ``pytest test_my_gradients.py``."""

import numpy as np
import pytest

# The project's own code. In a real project: from my_project import soft_threshold, soft_threshold_backward, ...


def soft_threshold(x, t=0.5):
    """Shrink towards zero by t; returns the output and what the backward needs."""
    return np.sign(x) * np.maximum(abs(x) - t, 0), (x, t)


def soft_threshold_backward(dy, cache):
    x, t = cache
    return dy * (abs(x) > t)


def layer_norm(x, gamma, beta):
    mean, std = x.mean(axis=1, keepdims=True), x.std(axis=1, keepdims=True)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma)


def layer_norm_backward(dy, cache):
    x_hat, std, gamma = cache
    g = dy * gamma
    dx = (g - g.mean(axis=1, keepdims=True) - x_hat * (g * x_hat).mean(axis=1, keepdims=True)) / std
    return dx, (dy * x_hat).sum(axis=0), dy.sum(axis=0)


def squared_error(z):
    """A loss: its value and its gradient."""
    return (z**2).mean(), 2 * z / z.size


# The tests


def test_one_array(gradcheck):
    gradcheck(soft_threshold, (4, 5), backward=soft_threshold_backward)


@pytest.mark.parametrize("shape", [(1, 2), (3, 5), (8, 1024)])
def test_several_arrays(gradcheck, shape):
    columns = shape[1:]
    gradcheck(layer_norm, shape, columns, columns, backward=layer_norm_backward)


def test_a_loss(gradcheck):
    gradcheck(squared_error, (6, 1))


def test_a_chosen_point(gradcheck):
    report = gradcheck(soft_threshold, np.array([[-2.0, 0.5, 3.0]]), backward=soft_threshold_backward)
    assert report.rows[0].kinks == 1  # 0.5 is a kink: it is left out and counted


@pytest.mark.gradcheck(mode="full", seed=7)
def test_options(gradcheck):
    gradcheck(layer_norm, (3, 4), (4,), (4,), backward=layer_norm_backward)


def test_a_wrong_backward_is_found(gradcheck):
    def twice(z):
        return (z**2).mean(), 4 * z / z.size

    with pytest.raises(pytest.fail.Exception, match="everywhere by the factor 2"):
        gradcheck(twice, (6, 1))
