"""`UnitNormalization` and `RMSNormalization`: lengths, scales, rows of zeros."""

import numpy as np
import pytest

from minidl.layers import RMSNormalization, UnitNormalization


@pytest.mark.parametrize("axis", [-1, 1, [1, 2]])
def test_rows_get_norm_one(axis, rng):
    y = UnitNormalization(axis, dtype="float64")(rng.normal(size=(3, 4, 5)))
    np.testing.assert_allclose(np.linalg.norm(y.reshape(3, 20), axis=1) if axis == [1, 2] else np.linalg.norm(y, axis=axis), 1)


def test_a_row_of_zeros_is_unchanged_and_gets_no_gradient():
    layer, x = UnitNormalization(), np.array([[0.0, 0.0], [3.0, 4.0]], "float32")
    y, cache = layer.forward(x)
    np.testing.assert_allclose(y, [[0, 0], [0.6, 0.8]])
    dx = layer.backward(np.ones_like(x), cache)
    np.testing.assert_array_equal(dx[0], 0)
    assert dx[1].any()


@pytest.mark.parametrize("axis", [-1, 1, [2, 1]])
def test_rows_get_root_mean_square_one_times_the_scale(axis, rng):
    layer = RMSNormalization(axis, epsilon=0, dtype="float64")
    x = rng.normal(size=(3, 4, 5))
    y = layer(x)
    np.testing.assert_allclose(np.square(y).mean(axis=tuple(axis) if isinstance(axis, list) else axis), 1)
    layer.scale.assign(np.full(layer.scale.shape, -2.0))
    np.testing.assert_allclose(layer(x), -2 * y)


@pytest.mark.parametrize("axis", [-1, 1, [1, 2]])
def test_gradients_are_the_numeric_ones(axis, rng, check_gradients):
    x = rng.normal(size=(3, 4, 5))
    check_gradients(RMSNormalization(axis, dtype="float64"), x)
    check_gradients(UnitNormalization(axis, dtype="float64"), x)


def test_an_epsilon_below_zero_raises_an_error():
    with pytest.raises(ValueError, match="RMSNormalization expects epsilon to be a "):
        RMSNormalization(epsilon=-1e-6)
