"""`GroupNormalization`: against a loop over rows and groups, its relatives, errors."""

import numpy as np
import pytest

from minidl.layers import GroupNormalization, LayerNormalization


def by_loops(x, groups, epsilon):
    """Channels last: each row, each group of channels, over all positions."""
    y, size = np.empty_like(x), x.shape[-1] // groups
    for row in range(len(x)):
        for group in range(groups):
            part = x[row, ..., group * size : (group + 1) * size]
            y[row, ..., group * size : (group + 1) * size] = (part - part.mean()) / np.sqrt(part.var() + epsilon)
    return y


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("axis", [-1, 1, -2, 3])
def test_every_group_of_every_row_is_normalized_alone(groups, axis, rng):
    x = rng.normal(3, 2, size=(2, 6, 6, 6))
    layer = GroupNormalization(groups, axis, dtype="float64")
    expected = np.moveaxis(by_loops(np.moveaxis(x, axis, -1), groups, 1e-3), -1, axis)
    np.testing.assert_allclose(layer(x), expected)


@pytest.mark.parametrize("axis", [-1, 1, -2])
@pytest.mark.parametrize("options", [{}, {"center": False}, {"scale": False}, {"groups": -1}])
def test_gradients_are_the_numeric_ones(axis, options, rng, check_gradients):
    check_gradients(
        GroupNormalization(**{"groups": 2, "axis": axis, "dtype": "float64"} | options), rng.normal(size=(3, 4, 6, 4))
    )


def test_one_group_is_layer_normalization_of_the_whole_row(rng):
    x = rng.normal(size=(3, 4, 6)).astype("float32")
    np.testing.assert_allclose(GroupNormalization(1)(x), LayerNormalization([1, 2])(x), rtol=1e-5, atol=1e-6)


def test_minus_one_is_a_group_for_each_channel(rng):
    x = rng.normal(size=(3, 4, 6)).astype("float32")
    np.testing.assert_array_equal(GroupNormalization(-1)(x), GroupNormalization(6)(x))
    assert GroupNormalization(-1).get_config()["groups"] == -1


def test_numbers_far_from_zero_stay_precise():
    x = np.array([[1.0, 2.0, 3.0, 5.0]]) * 0.25 + 1e4  # all of it fits in float32
    y = GroupNormalization(1, epsilon=0)(x)
    np.testing.assert_allclose(y, (x - x.mean()) / x.std(), rtol=1e-5)


@pytest.mark.parametrize("axis", [-1, 1, 2])
@pytest.mark.parametrize("groups", [1, 2, -1])
@pytest.mark.parametrize("positions", [(16, 16), (7, 9), (1, 1), (40, 50)])
def test_images_far_from_zero_stay_precise(axis, groups, positions, rng):
    x = (rng.normal(1e4, 1, size=(2, *positions, 4)) + 50 * np.arange(4)).astype("float32")  # every group has another mean
    expected = by_loops(x.astype("float64"), 4 if groups == -1 else groups, 1e-3)
    y = GroupNormalization(groups, axis)(np.moveaxis(x, -1, axis))
    np.testing.assert_allclose(np.moveaxis(y, axis, -1), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("groups", [1, 2, 3, -1])
def test_rows_without_positions_are_normalized_in_groups_too(groups, rng, check_gradients):
    x = rng.normal(1e4, 1, size=(5, 12))
    expected = by_loops(x, 12 if groups == -1 else groups, 1e-3)
    np.testing.assert_allclose(GroupNormalization(groups, dtype="float64")(x), expected)
    x = x.astype("float32")
    expected = by_loops(x.astype("float64"), 12 if groups == -1 else groups, 1e-3)
    np.testing.assert_allclose(GroupNormalization(groups)(x), expected, rtol=1e-5, atol=1e-5)
    if groups != -1:  # a single element is always beta, and its gradient 0
        check_gradients(GroupNormalization(groups, dtype="float64"), rng.normal(size=(5, 12)))


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("shape", [(0, 4, 4, 4), (2, 0, 3, 4), (3, 4), (2, 5, 4), (1, 1, 1, 4)])
def test_empty_batches_and_inputs_of_any_rank_have_outputs_and_gradients(axis, shape, rng):
    x = np.moveaxis(rng.normal(size=shape).astype("float32"), -1, axis)
    layer = GroupNormalization(2, axis)
    layer(np.ones((1, *x.shape[1:])))
    y, cache = layer.forward(x, training=True)
    dx = layer.backward(np.ones_like(y), cache)
    assert y.shape == dx.shape == x.shape
    assert np.isfinite(y).all()
    np.testing.assert_array_equal(layer.gamma.grad.shape, (4,))


@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_only_the_group_with_nan_or_infinity_is_nan(axis, value, rng):
    x = rng.normal(size=(2, 8, 8, 4)).astype("float32")
    x[1, 3, 4, 2] = value
    y = np.moveaxis(GroupNormalization(2, axis)(np.moveaxis(x, -1, axis)), axis, -1)
    expected = np.zeros_like(x, bool)
    expected[1, :, :, 2:] = True
    np.testing.assert_array_equal(np.isnan(y), expected)


@pytest.mark.parametrize("groups", [0, -2, 2.0, "2", True])
def test_anything_but_a_number_of_groups_raises_an_error(groups):
    with pytest.raises(ValueError, match="GroupNormalization expects groups to be a positive integer, or -1 for all, got"):
        GroupNormalization(groups)


@pytest.mark.parametrize("groups", [32, 3])
def test_channels_that_do_not_divide_into_the_groups_raise_an_error(groups):
    message = (
        rf'"inner" expects channels that divide into {groups} equal groups, got 8 on axis -1 of shape \(2, 8\); set groups'
    )
    with pytest.raises(ValueError, match=message):
        GroupNormalization(groups, name="inner")(np.ones((2, 8)))
