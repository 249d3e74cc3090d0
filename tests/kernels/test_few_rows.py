"""Products of a few rows at a time: equal to NumPy's, and as many rows as BLAS multiplies without copying the operands."""

import math

import numpy as np
import pytest

from minidl.kernels.few_rows import copies_no_small_operands, multiply, rows_at_once


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("rows", "inner", "columns"),
    [(255, 7, 9), (1030, 100, 130), (700, 60, 1), (300, 999, 9), (400, 0, 3), (0, 3, 4), (45, 300, 700), (500, 64, 300)],
)
def test_the_product_is_that_of_numpy(rows, inner, columns, dtype):
    random = np.random.default_rng(0)
    a, b = (random.integers(-2, 3, shape).astype(dtype) for shape in ((rows, inner), (inner, columns)))
    for first, second in [(a, b), (np.asfortranarray(a), b), (a, np.asfortranarray(b)), (np.repeat(a, 2, axis=0)[::2], b)]:
        for alone in (True, False):
            y = np.full((rows, 2 * columns), 7, dtype)[:, :columns]
            assert multiply(first, second, y, alone) is y
            np.testing.assert_array_equal(y, a @ b)


@pytest.mark.parametrize(("shape", "rows"), [((28, 512), 60), ((784, 128), 8), ((200, 1000), 4), ((1000, 300), 0)])
def test_as_many_rows_at_once_as_blas_multiplies_without_copying_the_operands(shape, rows):
    assert rows_at_once(math.prod(shape)) == (rows if copies_no_small_operands() else 0)
