"""Vectors of length 1: against one vector after the other."""

import numpy as np
import pytest

from minidl.kernels.l2_normalize import l2_normalize, l2_normalize_backward


@pytest.mark.parametrize("axes", [-1, 1, (1, 2)])
def test_every_vector_and_its_gradient_follow_the_formula(axes):
    generator = np.random.default_rng(0)
    x, dy = generator.normal(size=(2, 3, 4)), generator.normal(size=(2, 3, 4))
    y, factor = l2_normalize(x, axes, 1e-7)
    dx = l2_normalize_backward(dy, y, factor, axes)
    np.testing.assert_allclose(np.sqrt((y**2).sum(axis=axes)), 1)
    moved = [-1] if isinstance(axes, int) else list(axes)
    for out, back, one, gradient in zip(
        *(np.moveaxis(array, axes, moved).reshape(-1, np.prod(np.take(x.shape, axes))) for array in (y, dx, x, dy)), strict=True
    ):
        length = np.linalg.norm(one)
        np.testing.assert_allclose(out, one / length)
        np.testing.assert_allclose(back, (np.eye(len(one)) / length - np.outer(one, one) / length**3) @ gradient)


def test_a_zero_vector_has_no_gradient():
    x = np.array([[0.0, 0.0], [1e-9, 0.0], [0.0, 2.0]], "float32")
    y, factor = l2_normalize(x, 1, 1e-7)
    np.testing.assert_allclose(y, [[0, 0], [0.01, 0], [0, 1]])
    np.testing.assert_array_equal(factor, [[0], [0], [0.5]])
    assert y.dtype == factor.dtype == "float32"
