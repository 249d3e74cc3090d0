"""Up-sampling: repeated and interpolated values on numbers worked out by hand, and errors."""

import numpy as np
import pytest

from minidl.layers import UpSampling1D, UpSampling2D, UpSampling3D


def test_nearest_repeats_along_each_axis():
    x = np.array([[1.0, 2.0], [3.0, 4.0]], "float32").reshape(1, 2, 2, 1)
    np.testing.assert_array_equal(UpSampling2D((1, 3))(x)[0, ..., 0], [[1, 1, 1, 2, 2, 2], [3, 3, 3, 4, 4, 4]])
    np.testing.assert_array_equal(UpSampling1D(2)(x[..., 0])[0], [[1, 2], [1, 2], [3, 4], [3, 4]])
    assert UpSampling3D((1, 2, 3))(np.ones((2, 2, 2, 2, 5))).shape == (2, 2, 4, 6, 5)


def test_bilinear_interpolates_linearly_between_the_centers():
    x = np.array([0.0, 4.0], "float32").reshape(1, 1, 2, 1)
    np.testing.assert_allclose(UpSampling2D((1, 2), interpolation="bilinear")(x)[0, 0, :, 0], [0, 1, 3, 4])


def test_the_gradient_of_repeated_values_is_their_sum():
    layer = UpSampling1D(3)
    _, cache = layer.forward(np.ones((1, 2, 1), "float32"))
    np.testing.assert_array_equal(layer.backward(np.arange(6.0).reshape(1, 6, 1), cache)[0, :, 0], [3, 12])


def test_unknown_sizes_stay_unknown():
    assert UpSampling2D((2, 3)).compute_output_shape((None, None, 5, 3)) == (None, None, 15, 3)


@pytest.mark.parametrize("size", [0, -1, (2, 2, 2), 1.5, None])
def test_an_invalid_size_raises_an_error(size):
    with pytest.raises(ValueError, match="UpSampling2D expects size"):
        UpSampling2D(size)


def test_another_rank_raises_an_error():
    with pytest.raises(ValueError, match=r"\(batch, steps, channels\), got shape \(2, 5\)"):
        UpSampling1D()(np.ones((2, 5)))
