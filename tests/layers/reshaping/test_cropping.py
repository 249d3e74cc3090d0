"""Cropping: which numbers stay, and errors."""

import numpy as np
import pytest

from minidl.layers import Cropping1D, Cropping2D, Cropping3D


def test_each_form_of_cropping_removes_the_stated_elements():
    x = np.arange(2 * 5 * 6).reshape(2, 5, 6, 1).astype("float32")
    np.testing.assert_array_equal(Cropping2D(1)(x), x[:, 1:4, 1:5])
    np.testing.assert_array_equal(Cropping2D((2, 1))(x), x[:, 2:3, 1:5])
    np.testing.assert_array_equal(Cropping2D(((0, 1), (3, 0)))(x), x[:, :4, 3:])
    np.testing.assert_array_equal(Cropping1D((3, 1))(x[..., 0]), x[:, 3:4, :, 0])
    assert Cropping3D(((0, 1), (1, 1), (2, 0)))(np.ones((1, 2, 3, 4, 2))).shape == (1, 1, 1, 2, 2)


def test_unknown_sizes_stay_unknown():
    assert Cropping2D(1).compute_output_shape((None, None, 5, 3)) == (None, None, 3, 3)


def test_the_gradient_of_cropped_elements_is_zero():
    layer = Cropping1D((1, 2))
    _, cache = layer.forward(np.ones((1, 5, 1), "float32"))
    np.testing.assert_array_equal(layer.backward(np.full((1, 2, 1), 3.0, "float32"), cache)[0, :, 0], [0, 3, 3, 0, 0])


@pytest.mark.parametrize("shape", [(1, 2, 3), (1, 1, 3)])
def test_cropping_everything_raises_an_error(shape):
    with pytest.raises(ValueError, match=r'Cropping1D "cut" cuts .* nothing is left; use a smaller cropping'):
        Cropping1D(name="cut")(np.ones(shape))


@pytest.mark.parametrize("cropping", [-1, (1, 2, 3), ((1, 2), (3, -1)), ((1, 2, 3), 1), 1.5, True, None, "1"])
def test_a_cropping_of_another_form_raises_an_error(cropping):
    with pytest.raises(ValueError, match="Cropping2D expects cropping"):
        Cropping2D(cropping)


def test_another_rank_raises_an_error():
    with pytest.raises(ValueError, match=r"\(batch, height, width, channels\), got shape \(2, 5, 5\).*newaxis"):
        Cropping2D(1)(np.ones((2, 5, 5)))
