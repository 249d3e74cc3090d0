"""Axes to normalize over: any but the batch's, and what cannot be one raises an error."""

import numpy as np
import pytest

from minidl.layers import BatchNormalization, GroupNormalization, LayerNormalization, RMSNormalization, UnitNormalization

AXES = [LayerNormalization, RMSNormalization, UnitNormalization]


@pytest.mark.parametrize("kind", AXES)
@pytest.mark.parametrize("axis", [[1, 2], (2, 1), [-1, -2], [-2, 2]])
def test_the_same_axes_may_be_named_in_any_way(kind, axis, rng):
    x = rng.normal(size=(2, 3, 4)).astype("float32")
    flat = kind()(x.reshape(2, 12)).reshape(x.shape)
    np.testing.assert_allclose(kind(axis)(x), flat, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", AXES)
def test_an_axis_in_the_middle_equals_the_last_one_of_a_transposed_array(kind, rng):
    x = rng.normal(size=(2, 3, 4)).astype("float32")
    turned, plain = kind(1), kind()
    for layer, shape in ((turned, x.shape), (plain, (2, 4, 3))):
        layer.build(shape)
        layer.set_weights([np.arange(1.0, 4.0) + n for n, _ in enumerate(layer.weights)])
    np.testing.assert_allclose(turned(x), plain(x.swapaxes(1, 2)).swapaxes(1, 2), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [*AXES, GroupNormalization])
@pytest.mark.parametrize("axis", [0, "last", None, 1.0, True])
def test_anything_but_an_axis_raises_an_error(kind, axis):
    with pytest.raises(ValueError if axis == 0 else TypeError, match=f"{kind.__name__} expects axis to be an integer"):
        kind(axis=axis)


@pytest.mark.parametrize("kind", AXES)
@pytest.mark.parametrize("axis", [[], [1, 1], [1, "x"], [0, 1]])
def test_lists_with_invalid_axes_raise_an_error(kind, axis):
    with pytest.raises(
        TypeError if "x" in axis else ValueError, match=f"{kind.__name__} expects axis to be an integer or a list"
    ):
        kind(axis)


@pytest.mark.parametrize("kind", [*AXES, GroupNormalization])
def test_inputs_without_the_axis_raise_an_error(kind):
    layer = kind(axis=2, name="inner")
    for shape in ((2, 3), [(2, 3, 4), (2, 3, 4)], ()):
        with pytest.raises(ValueError, match=rf'{kind.__name__} "inner" expects one array that has axis 2 .* got shape \W'):
            layer.check_input(shape)


@pytest.mark.parametrize("kind", [LayerNormalization, RMSNormalization, GroupNormalization])
def test_other_sizes_than_at_build_time_and_unknown_ones_raise_an_error(kind):
    layer = kind(name="inner") if kind is not GroupNormalization else kind(2, name="inner")
    with pytest.raises(
        ValueError, match=r'"inner" needs to know the size of its input along axis -1, got shape \(None, None\)'
    ):
        layer.build((None, None))
    layer.build((None, 4))
    with pytest.raises(
        ValueError, match=r'"inner" expects 4 features along axis -1, got shape \(2, 6\); its weights were made'
    ):
        layer(np.ones((2, 6)))


def test_several_sizes_are_named_together():
    layer = LayerNormalization([1, 2])
    layer.build((None, 2, 3))
    with pytest.raises(ValueError, match=r"expects 2 by 3 features along axis \[1, 2\], got shape \(1, 3, 2\)"):
        layer(np.ones((1, 3, 2)))


@pytest.mark.filterwarnings("ignore:rms_scaling")
@pytest.mark.parametrize("axis", [-1, [1, 2], 1])
def test_gradients_with_rms_scaling_are_the_numeric_ones(axis, rng, check_gradients):
    check_gradients(LayerNormalization(axis, rms_scaling=True, dtype="float64"), rng.normal(size=(2, 3, 4)))


@pytest.mark.parametrize("kind", [GroupNormalization, BatchNormalization, RMSNormalization, UnitNormalization])
@pytest.mark.parametrize("axis", [-1, 1])
def test_arrays_of_any_layout_give_the_same_bits(kind, axis, rng):
    x, dy = rng.normal(size=(2, 4, 32, 32)).astype("float32")
    layer = kind(axis=axis, **({"groups": 2} if kind is GroupNormalization else {}))
    layer(x)
    y, cache = layer.forward(x, training=True)
    dx = layer.backward(dy, cache)
    strided, strided_dy = np.repeat(x, 2, axis=1)[:, ::2], np.repeat(dy, 2, axis=2)[:, :, ::2]
    for one, other in ((np.asfortranarray(x), np.asfortranarray(dy)), (strided, strided_dy)):
        found, cache = layer.forward(one, training=True)
        np.testing.assert_array_equal(found, y)
        np.testing.assert_array_equal(layer.backward(other, cache), dx)
