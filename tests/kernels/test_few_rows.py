"""Products of a few rows at a time: equal to NumPy's, and as many rows as BLAS multiplies without copying the operands."""

import math

import numpy as np
import pytest

from minidl.kernels.few_rows import (
    copies_no_small_operands,
    gains_from_few_rows,
    has_intel_processor,
    multiply,
    rows_at_once,
)


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


@pytest.mark.parametrize(
    ("shape", "dtype", "whole_on_intel"),
    [
        ((2048, 128, 512), "float32", True),
        ((2048, 64, 128), "float32", False),  # the matrix fits the first cache
        ((2048, 288, 64), "float32", False),  # short rows
        ((2048, 128, 512), "float64", False),
        ((32, 784, 128), "float32", False),  # copying the matrix takes longer than multiplying so few rows
    ],
)
def test_intel_multiplies_many_rows_by_a_large_matrix_at_once(shape, dtype, whole_on_intel):
    for intel in (True, False):
        gains = gains_from_few_rows(*shape, np.dtype(dtype).itemsize, True, True, intel)
        assert gains != (whole_on_intel and intel)


@pytest.mark.parametrize(("identifier", "expected"), [("Intel64 Family 6, GenuineIntel", True), ("AMD64, AuthenticAMD", False)])
def test_without_a_file_of_the_processor_a_variable_names_its_maker(identifier, expected, monkeypatch):
    def fail(*arguments, **options):
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", fail)
    monkeypatch.setenv("PROCESSOR_IDENTIFIER", identifier)
    assert has_intel_processor.__wrapped__() is expected
