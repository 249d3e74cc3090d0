"""Images in other positions against scipy.ndimage, pixel by pixel."""

import numpy as np
import pytest
from scipy import ndimage

from minidl.kernels.affine import matrices, perspectives, positions, rotations, shears, shifts, zooms
from minidl.kernels.interpolation import (
    FILL_MODES,
    SAMPLING,
    interpolated,
    interpolated_backward,
    interpolation_matrix,
)

SCIPY = {"reflect": "reflect", "wrap": "grid-wrap", "constant": "grid-constant", "nearest": "nearest", "mirror": "mirror"}
TRANSFORMS = {
    "rotation": lambda h, w: rotations(np.array([0.3, -1.2]), h, w),
    "zoom": lambda h, w: zooms(np.array([0.37, 1.91]), np.array([2.3, 0.61]), h, w),
    "shift": lambda h, w: shifts(np.array([1.3, -7.2]), np.array([-0.4, 11.7])),
    "shear": lambda h, w: shears(np.array([0.3, -1.2]), np.array([0.0, 0.4])),
    "anything": lambda h, w: np.random.default_rng(4).normal(size=(2, 8)) * [1, 1, 1, 1, 1, 1, 0.02, 0.02],
}


def lookup_matrix(transforms, height, width, *options):
    return interpolation_matrix(*positions(transforms, height, width), *options)


def slowly(x, transforms, interpolation, fill_mode, fill_value):
    """Every pixel of every channel looked up by SciPy."""
    y = np.zeros_like(x)
    rows, columns = np.mgrid[: x.shape[1], : x.shape[2]]
    for n, (a0, a1, a2, b0, b1, b2, c0, c1) in enumerate(transforms):
        k = c0 * columns + c1 * rows + 1
        places = [(b0 * columns + b1 * rows + b2) / k, (a0 * columns + a1 * rows + a2) / k]
        for channel in range(x.shape[3]):
            order = SAMPLING.index(interpolation)
            y[n, ..., channel] = ndimage.map_coordinates(
                x[n, ..., channel], places, order=order, mode=SCIPY[fill_mode], cval=fill_value
            )
    return y


@pytest.mark.parametrize("kind", TRANSFORMS)
@pytest.mark.parametrize("fill_mode", [*FILL_MODES, "mirror"])
@pytest.mark.parametrize("interpolation", SAMPLING)
def test_every_pixel_equals_scipys(interpolation, fill_mode, kind):
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 3))
    transforms = TRANSFORMS[kind](5, 7)
    matrix = lookup_matrix(transforms, 5, 7, interpolation, fill_mode, "float64")
    np.testing.assert_allclose(interpolated(x, matrix, 0.7), slowly(x, transforms, interpolation, fill_mode, 0.7), atol=1e-12)


@pytest.mark.parametrize("fill_mode", [*FILL_MODES, "mirror"])
@pytest.mark.parametrize("interpolation", SAMPLING)
def test_the_backward_pass_is_the_transpose_of_the_slow_way_forward(interpolation, fill_mode):
    generator = np.random.default_rng(0)
    transforms = TRANSFORMS["rotation"](4, 3)
    dy = generator.normal(size=(2, 4, 3, 1))
    dx = interpolated_backward(dy, lookup_matrix(transforms, 4, 3, interpolation, fill_mode, "float64"))
    for place in np.ndindex(dx.shape):
        unit = np.zeros(dx.shape)
        unit[place] = 1.0
        np.testing.assert_allclose(dx[place], (dy * slowly(unit, transforms, interpolation, fill_mode, 0.0)).sum(), atol=1e-12)


def test_halves_are_rounded_away_from_zero():
    x = np.arange(1.0, 5.0).reshape(1, 1, 4, 1)
    moved = interpolated(x, lookup_matrix(shifts(np.zeros(1), np.full(1, 0.5)), 1, 4, "nearest", "constant", "float64"))
    np.testing.assert_array_equal(moved.ravel(), [0.0, 2.0, 3.0, 4.0])  # places -0.5, 0.5, 1.5, 2.5


def test_a_rotation_by_90_degrees_is_exact():
    x = np.random.default_rng(0).normal(size=(1, 5, 5, 2))
    matrix = lookup_matrix(rotations(np.array([np.pi / 2]), 5, 5), 5, 5, "bilinear", "constant", "float64")
    np.testing.assert_allclose(interpolated(x, matrix), np.rot90(x, axes=(1, 2)), atol=1e-12)


def test_float32_stays_float32():
    x = np.ones((2, 3, 4, 1), "float32")
    matrix = lookup_matrix(rotations(np.array([0.2, 0.4]), 3, 4), 3, 4, "bilinear", "constant", "float32")
    assert interpolated(x, matrix, 0.5).dtype == interpolated_backward(x, matrix).dtype == np.float32
    assert np.abs(interpolated(x, matrix, 1.0) - 1).max() < 1e-6  # what the matrix leaves out, the filling adds


def test_a_perspective_moves_four_points_to_four_others():
    generator = np.random.default_rng(0)
    start, end = np.array([[[0, 0], [6, 0], [0, 4], [6, 4]]] * 3, "float64"), generator.uniform(0, 7, (3, 4, 2))
    x, y, k = np.einsum("bij,bpj->ibp", matrices(perspectives(start, end)), np.insert(end, 2, 1.0, axis=-1))
    np.testing.assert_allclose(np.stack([x / k, y / k], axis=-1), start, atol=1e-9)


def test_a_perspective_of_an_image_of_one_row_or_with_points_at_infinity_has_positions():
    corners = np.array([[[0, 0], [6, 0], [0, 0], [6, 0]]], "float64")
    rows, columns = positions(perspectives(corners, corners * 0.5), 1, 7)
    np.testing.assert_allclose(rows, 0, atol=1e-9)
    np.testing.assert_allclose(columns[0, 0], 2 * np.arange(7), atol=1e-4)
    x = np.ones((1, 1, 7, 1))
    infinite = positions(np.array([[1.0, 0, 0, 0, 1, 0, -0.25, 0]]), 1, 7)  # k is 0 in column 4
    for mode in (*FILL_MODES, "mirror"):
        assert np.isfinite(interpolated(x, interpolation_matrix(*infinite, "bilinear", mode, "float64"))).all()
