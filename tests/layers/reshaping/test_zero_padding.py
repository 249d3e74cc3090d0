"""Zero padding: where the zeros stand, and errors."""

import numpy as np
import pytest

from minidl.layers import ZeroPadding1D, ZeroPadding2D, ZeroPadding3D


def test_each_form_of_padding_adds_zeros_at_the_stated_ends():
    x = np.arange(1.0, 13.0, dtype="float32").reshape(1, 3, 4, 1)
    for padding, pairs in [(2, ((2, 2), (2, 2))), ((1, 0), ((1, 1), (0, 0))), (((0, 1), (2, 0)), ((0, 1), (2, 0)))]:
        np.testing.assert_array_equal(ZeroPadding2D(padding)(x), np.pad(x, ((0, 0), *pairs, (0, 0))))
    np.testing.assert_array_equal(ZeroPadding1D((1, 2))(np.ones((1, 1, 1)))[0, :, 0], [0, 1, 0, 0])
    assert ZeroPadding3D()(np.ones((1, 2, 3, 4, 2))).shape == (1, 4, 5, 6, 2)


def test_unknown_sizes_stay_unknown():
    assert ZeroPadding2D((1, 2)).compute_output_shape((None, 5, None, 3)) == (None, 7, None, 3)


def test_the_gradient_of_the_zeros_is_dropped():
    layer = ZeroPadding1D((1, 2))
    _, cache = layer.forward(np.ones((1, 2, 1), "float32"))
    dy = np.arange(5.0, dtype="float32").reshape(1, 5, 1)
    np.testing.assert_array_equal(layer.backward(dy, cache)[0, :, 0], [1, 2])


@pytest.mark.parametrize("padding", [-1, (1, 2, 3), ((1, 2), (3, -1)), 0.5, True, None])
def test_a_padding_of_another_form_raises_an_error(padding):
    with pytest.raises(ValueError, match="ZeroPadding2D expects padding"):
        ZeroPadding2D(padding)


def test_another_rank_raises_an_error():
    with pytest.raises(ValueError, match=r"\(batch, depth, height, width, channels\), got shape \(2, 5\)"):
        ZeroPadding3D()(np.ones((2, 5)))
