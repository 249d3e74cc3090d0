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
