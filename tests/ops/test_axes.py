"""Axes that a tensor does not have."""

import numpy as np
import pytest

from minidl import ops

X = np.ones((3, 4), "float32")


@pytest.mark.parametrize(
    "call",
    [
        lambda axis: ops.median(X, axis),
        lambda axis: ops.nanmedian(X, axis),
        lambda axis: ops.quantile(X, 0.5, axis),
        lambda axis: ops.percentile(X, 50, axis),
        lambda axis: ops.diff(X, axis=axis),
        lambda axis: ops.norm(X, axis=axis),
        lambda axis: ops.layer_normalization(X, axis=axis),
        lambda axis: ops.batch_normalization(X, X[0], X[0], axis),
    ],
)
@pytest.mark.parametrize("axis", [2, -3])
def test_an_axis_that_does_not_exist_raises_an_error(call, axis):
    with pytest.raises(ValueError, match="out of bounds"):
        call(axis)


@pytest.mark.parametrize("function", [ops.median, ops.nanmedian, lambda x, axis: ops.quantile(x, 0.5, axis)])
def test_there_is_no_median_of_nothing(function):
    for shape, axis in (((0, 3), 0), ((0, 3), None), ((2, 0), 1)):
        with pytest.raises(ValueError, match=r"no quantile or median of 0 elements, got an array of shape \("):
            function(np.ones(shape), axis)
