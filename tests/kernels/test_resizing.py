"""Resizing equals loops over pixels, and its backward pass is the transposed map."""

import math

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

from minidl.kernels.resizing import INTERPOLATIONS, nearest_pixels, resize, resize_backward, weights

SIZES = st.integers(1, 9)


def cubic(t):
    """Keys's kernel, as he writes it, with a = -1/2."""
    a = -0.5
    if t <= 1:
        return (a + 2) * t**3 - (a + 3) * t**2 + 1
    return a * t**3 - 5 * a * t**2 + 8 * a * t - 4 * a if t < 2 else 0.0


def lanczos(radius):
    def sinc(t):
        return math.sin(math.pi * t) / (math.pi * t) if t else 1.0

    return lambda t: sinc(t) * sinc(t / radius) if t < radius else 0.0


FILTERS = {"bilinear": lambda t: max(0.0, 1 - t), "bicubic": cubic, "lanczos3": lanczos(3), "lanczos5": lanczos(5)}


def slow_line(line, size, interpolation, antialias):
    """One line of pixels, one output pixel after the other."""
    scale, result = len(line) / size, []
    for i in range(size):
        centre = (i + 0.5) * scale
        if interpolation == "nearest":
            result.append(line[(2 * i + 1) * len(line) // (2 * size)])
            continue
        wide = scale if antialias and scale > 1 else 1.0
        shares = [FILTERS[interpolation](abs(j + 0.5 - centre) / wide) for j in range(len(line))]
        result.append(sum(share * pixel for share, pixel in zip(shares, line)) / sum(shares))
    return result


def slow(x, height, width, interpolation, antialias):
    rows = np.apply_along_axis(slow_line, 1, x, height, interpolation, antialias)
    return np.apply_along_axis(slow_line, 2, rows, width, interpolation, antialias)


@hypothesis.given(SIZES, SIZES, SIZES, SIZES, st.sampled_from(INTERPOLATIONS), st.booleans())
def test_resizing_equals_loops_over_pixels(height, width, new_height, new_width, interpolation, antialias):
    x = np.random.default_rng(0).normal(size=(2, height, width, 2))
    y = resize(x, new_height, new_width, interpolation, antialias)
    np.testing.assert_allclose(y, slow(x, new_height, new_width, interpolation, antialias), atol=1e-9)


@hypothesis.given(SIZES, SIZES, SIZES, SIZES, st.sampled_from(INTERPOLATIONS), st.booleans())
def test_the_backward_pass_is_adjoint(height, width, new_height, new_width, interpolation, antialias):
    generator = np.random.default_rng(0)
    x, dy = generator.normal(size=(2, height, width, 3)), generator.normal(size=(2, new_height, new_width, 3))
    y = resize(x, new_height, new_width, interpolation, antialias)
    dx = resize_backward(dy, height, width, interpolation, antialias)
    assert dx.shape == x.shape
    np.testing.assert_allclose((y * dy).sum(), (x * dx).sum(), atol=1e-9)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_a_constant_image_stays_constant_and_keeps_its_dtype(interpolation):
    for dtype in ("float32", "float64"):
        y = resize(np.full((1, 5, 3, 2), 7.0, dtype), 8, 2, interpolation, True)
        assert y.dtype == dtype
        assert resize_backward(y, 5, 3, interpolation, True).dtype == dtype
        np.testing.assert_allclose(y, np.full((1, 8, 2, 2), 7.0), rtol=1e-6)


def test_nearest_keeps_integers_and_the_others_convert_them_to_floats():
    x = np.arange(6, dtype="uint8").reshape(1, 2, 3, 1)
    assert resize(x, 4, 6, "nearest").dtype == "uint8"
    y = resize(x, 4, 6, "bilinear")
    assert y.dtype == "float32"
    np.testing.assert_allclose(y, resize(x.astype("float32"), 4, 6, "bilinear"))


def test_nearest_pixels_are_computed_in_integers():
    assert nearest_pixels(3, 7).tolist() == [0, 0, 1, 1, 1, 2, 2]
    assert nearest_pixels(4, 2).tolist() == [1, 3]


def test_resizing_weights_are_cached_and_read_only():
    first = weights(5, 9, "bilinear", False, "<f4")
    assert weights(5, 9, "bilinear", False, "<f4") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1


def test_inputs_are_not_modified():
    x = np.random.default_rng(0).normal(size=(2, 6, 5, 3))[:, ::2, ::-1]
    before = x.copy()
    x.flags.writeable = False
    for interpolation in INTERPOLATIONS:
        resize(x, 3, 5, interpolation)
        resize_backward(x, 7, 2, interpolation)
    np.testing.assert_array_equal(x, before)
