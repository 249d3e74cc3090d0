"""Turned, zoomed and shifted images against scipy.ndimage, pixel by pixel."""

import numpy as np
import pytest
from scipy import ndimage

from minidl.kernels.affine import (
    AFFINE_INTERPOLATIONS,
    FILL_MODES,
    affine,
    affine_backward,
    lookup_matrix,
    rotations,
    shifts,
    zooms,
)

SCIPY = {"reflect": "reflect", "wrap": "grid-wrap", "constant": "grid-constant", "nearest": "nearest"}
TRANSFORMS = {
    "rotation": lambda h, w: rotations(np.array([0.3, -1.2]), h, w),
    "zoom": lambda h, w: zooms(np.array([0.37, 1.91]), np.array([2.3, 0.61]), h, w),
    "shift": lambda h, w: shifts(np.array([1.3, -7.2]), np.array([-0.4, 11.7])),
    "anything": lambda h, w: np.random.default_rng(4).normal(size=(2, 6)),
}


def slowly(x, transforms, interpolation, fill_mode, fill_value):
    """Every pixel of every channel looked up by SciPy."""
    y = np.zeros_like(x)
    rows, columns = np.mgrid[: x.shape[1], : x.shape[2]]
    for n, (a0, a1, a2, b0, b1, b2) in enumerate(transforms):
        places = [b0 * columns + b1 * rows + b2, a0 * columns + a1 * rows + a2]
        for channel in range(x.shape[3]):
            order = AFFINE_INTERPOLATIONS.index(interpolation)
            y[n, ..., channel] = ndimage.map_coordinates(
                x[n, ..., channel], places, order=order, mode=SCIPY[fill_mode], cval=fill_value
            )
    return y


@pytest.mark.parametrize("kind", TRANSFORMS)
@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("interpolation", AFFINE_INTERPOLATIONS)
def test_every_pixel_is_that_of_scipy(interpolation, fill_mode, kind):
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 3))
    transforms = TRANSFORMS[kind](5, 7)
    matrix = lookup_matrix(transforms, 5, 7, interpolation, fill_mode, "float64")
    np.testing.assert_allclose(affine(x, matrix, 0.7), slowly(x, transforms, interpolation, fill_mode, 0.7), atol=1e-12)


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("interpolation", AFFINE_INTERPOLATIONS)
def test_the_way_back_is_the_transpose_of_the_slow_way_forward(interpolation, fill_mode):
    generator = np.random.default_rng(0)
    transforms = TRANSFORMS["rotation"](4, 3)
    dy = generator.normal(size=(2, 4, 3, 1))
    dx = affine_backward(dy, lookup_matrix(transforms, 4, 3, interpolation, fill_mode, "float64"))
    for place in np.ndindex(dx.shape):
        unit = np.zeros(dx.shape)
        unit[place] = 1.0
        np.testing.assert_allclose(dx[place], (dy * slowly(unit, transforms, interpolation, fill_mode, 0.0)).sum(), atol=1e-12)


def test_a_half_goes_away_from_zero():
    x = np.arange(1.0, 5.0).reshape(1, 1, 4, 1)
    moved = affine(x, lookup_matrix(shifts(np.zeros(1), np.full(1, 0.5)), 1, 4, "nearest", "constant", "float64"))
    np.testing.assert_array_equal(moved.ravel(), [0.0, 2.0, 3.0, 4.0])  # places -0.5, 0.5, 1.5, 2.5


def test_a_quarter_turn_is_exact():
    x = np.random.default_rng(0).normal(size=(1, 5, 5, 2))
    matrix = lookup_matrix(rotations(np.array([np.pi / 2]), 5, 5), 5, 5, "bilinear", "constant", "float64")
    np.testing.assert_allclose(affine(x, matrix), np.rot90(x, axes=(1, 2)), atol=1e-12)


def test_float32_stays_float32():
    x = np.ones((2, 3, 4, 1), "float32")
    matrix = lookup_matrix(rotations(np.array([0.2, 0.4]), 3, 4), 3, 4, "bilinear", "constant", "float32")
    assert affine(x, matrix, 0.5).dtype == affine_backward(x, matrix).dtype == np.float32
    assert np.abs(affine(x, matrix, 1.0) - 1).max() < 1e-6  # what the matrix leaves out, the filling adds
