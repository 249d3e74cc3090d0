"""Windows side by side hold what a loop over the windows finds, whichever way they are copied."""

import itertools

import numpy as np
import pytest

from minidl.kernels import im2col
from minidl.kernels.geometry import window_geometry
from minidl.kernels.threads import set_threads


def slow(x, geometry):
    """All windows, number by number; zeros outside."""
    rows = []
    for row, *window in itertools.product(range(len(x)), *map(range, geometry.outputs)):
        numbers = []
        for place in itertools.product(*map(range, geometry.kernel)):
            lined_up = zip(window, geometry.strides, place, geometry.dilation, geometry.before, strict=True)
            at = [w * stride + p * dilation - before for w, stride, p, dilation, before in lined_up]
            inside = all(0 <= a < size for a, size in zip(at, x.shape[1:-1], strict=True))
            numbers.extend(x[(row, *at)] if inside else np.zeros(x.shape[-1]))
        rows.append(numbers)
    return np.array(rows)


@pytest.mark.parametrize("channels", [1, 4, 40])  # few are copied across the windows, many window by window
@pytest.mark.parametrize("kernel", [(1, 1), (3, 2)])
@pytest.mark.parametrize(("strides", "dilation"), [((1, 1), (1, 1)), ((2, 3), (1, 1)), ((1, 1), (1, 2))])
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("chunk", "groups"), [(1, 1), (1 << 18, 1), (1 << 9, 3)])
def test_windows_as_matrix_are_the_windows(channels, kernel, strides, dilation, padding, chunk, groups):
    geometry = window_geometry((5, 6), kernel, strides, padding, dilation)
    x = np.random.default_rng(0).normal(size=(4, 5, 6, channels * groups))
    found = [(some, columns.copy()) for some, columns in im2col.im2col(x, geometry, slice(1, 4), groups, 2, chunk)]
    assert [row for some, _ in found for row in range(some.start, some.stop)] == [1, 2, 3]
    columns = np.concatenate([columns for _, columns in found], axis=1)
    for group, part in enumerate(np.split(x[1:], groups, axis=-1)):
        np.testing.assert_array_equal(columns[group], slow(part, geometry))


def test_every_row_is_in_one_part_and_small_work_is_not_split():
    set_threads(2)
    try:
        assert im2col.parts_for_threads(7, im2col._PARALLEL_FROM) == [slice(0, 3), slice(3, 7)]
        assert im2col.parts_for_threads(1, im2col._PARALLEL_FROM) == [slice(0, 1)]
        assert im2col.parts_for_threads(7, im2col._PARALLEL_FROM - 1) == [slice(0, 7)]
    finally:
        set_threads(None)
