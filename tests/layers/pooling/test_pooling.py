"""Pooling layers, padding and cropping: what raises an error, and rows that are masked whole."""

import numpy as np
import pytest

from minidl.layers import AveragePooling1D, Cropping2D, GlobalAveragePooling1D, MaxPooling2D, UpSampling2D, ZeroPadding2D


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (MaxPooling2D(3), (2, 2, 5, 1), r"windows of \(3, 3\), larger than its inputs of \(2, 5\)"),
        (AveragePooling1D(2), (2, 5), r"\(batch, steps, channels\), got shape \(2, 5\).*newaxis"),
        (Cropping2D(2), (2, 4, 9, 1), "nothing is left"),
    ],
)
def test_inputs_that_do_not_fit_raise_an_error(layer, shape, message):
    with pytest.raises(ValueError, match=message):
        layer.build_for(shape)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaxPooling2D((2, 2, 2)), "pool_size to be an integer, or a tuple of 2"),
        (lambda: MaxPooling2D(2, padding="causal"), "padding to be one of"),
        (lambda: ZeroPadding2D((1, 2, 3)), "padding for 2 axes"),
        (lambda: ZeroPadding2D(-1), "at least 0"),
        (lambda: UpSampling2D(2, interpolation="cubic"), "interpolation to be one of"),
    ],
)
def test_invalid_arguments_raise_an_error(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_row_that_is_masked_whole_gives_zero_where_keras_gives_nan():
    x, mask = np.ones((2, 3, 4)), np.array([[True, False, True], [False] * 3])
    np.testing.assert_array_equal(GlobalAveragePooling1D()(x, mask=mask), [[1.0] * 4, [0.0] * 4])


def test_a_mask_of_another_shape_raises_an_error():
    with pytest.raises(ValueError, match=r"expects a mask of shape \(2, 3\) for inputs of shape \(2, 3, 4\), got \(2, 4\)"):
        GlobalAveragePooling1D()(np.ones((2, 3, 4)), mask=np.ones((2, 4), bool))
