"""Windows of images against loops."""

import numpy as np
import pytest

from minidl.kernels.crop import (
    CropBox,
    center_box,
    crop_and_resize,
    largest_box,
    padding_around,
)

SIZES = [(h, w, nh, nw) for h in (1, 3, 8) for w in (1, 5, 6) for nh in (1, 4) for nw in (1, 3, 7)]


@pytest.mark.parametrize(("height", "width", "new_height", "new_width"), SIZES)
def test_the_largest_window_fits_has_the_aspect_ratio_and_is_centered(height, width, new_height, new_width):
    window = largest_box(height, width, new_height, new_width)
    assert 1 <= window.height <= height
    assert 1 <= window.width <= width
    assert window.height == height or window.width == width
    if window.height == height:
        assert window.width == max(1, height * new_width // new_height) or window.width == width
    assert window[:2] == center_box(height, width, window.height, window.width)[:2]
    assert abs((height - window.height - window.top) - window.top) <= 1


@pytest.mark.parametrize(("height", "width", "new_height", "new_width"), SIZES)
def test_padding_extends_one_axis_to_the_aspect_ratio(height, width, new_height, new_width):
    rows, columns = padding_around(height, width, new_height, new_width)
    assert rows == 0 or columns == 0
    tall, wide = height + 2 * rows, width + 2 * columns
    assert tall * new_width <= max(wide * new_height, height * new_width)  # never beyond the proportions


def test_a_window_of_the_size_is_cut_out():
    x = np.random.default_rng(0).normal(size=(2, 5, 6, 3))
    window = CropBox(1, 2, 3, 4)
    np.testing.assert_array_equal(crop_and_resize(x, window, 3, 4), x[:, 1:4, 2:6])
