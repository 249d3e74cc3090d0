"""Arithmetic along channels against NumPy's broadcasting in float64, for sizes that divide into longer rows and others."""

import numpy as np
import pytest

from minidl.kernels.channels import (
    channel_products,
    channel_sums,
    combine_channels,
    fold,
    in_rows,
    repeated,
    scale_channels,
    subtract_channels,
)

SHAPES = [
    (3, 64, 4),
    (2, 67, 3),
    (1, 128, 1),
    (4, 1, 5),
    (2, 100, 600),
    (2, 4096, 16),
    (8, 3000, 7),
    (0, 6, 2),
    (2, 0, 2),
    (2, 6, 0),
    (1, 1, 1),
]
SMALL = {"float32": 1e-5, "float64": 1e-13}


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shared", [False, True], ids=["a vector for each part", "one for all"])
def test_channels_are_scaled_and_added_up_as_the_formulas_say(shape, dtype, shared, rng):
    a, b = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    f, g, h = (rng.normal(size=(1 if shared else shape[0], shape[2])).astype(dtype) for _ in range(3))
    wide_a, wide_b = a.astype("float64"), b.astype("float64")
    wide_f, wide_g, wide_h = (vector.astype("float64")[:, np.newaxis] for vector in (f, g, h))
    results = {
        "sums": (channel_sums(a), wide_a.sum(axis=1)),
        "products": (channel_products(a, b)[1], (wide_a * wide_b).sum(axis=1)),
        "first sums": (channel_products(a, b)[0], wide_a.sum(axis=1)),
        "difference": (subtract_channels(a, f), wide_a - wide_f),
        "scaled": (scale_channels(a, f, g), wide_a * wide_f + wide_g),
        "combined": (combine_channels(a, f, b, g, h), wide_a * wide_f + wide_b * wide_g + wide_h),
    }
    for name, (found, expected) in results.items():
        assert found.dtype == dtype, name
        assert found.shape == expected.shape, name
        np.testing.assert_allclose(found, expected, rtol=SMALL[dtype], atol=SMALL[dtype] * 10, err_msg=name)


@pytest.mark.parametrize("shape", [(1, 400003, 3), (1, 50021, 16), (2, 100003, 1), (1, 65536, 256), (1, 65537, 200)], ids=str)
def test_sums_of_many_positive_numbers_stay_precise_whether_or_not_they_divide_into_rows(shape, rng):
    a = (rng.exponential(size=shape) + 5).astype("float32")
    sums, products = channel_products(a, a)
    np.testing.assert_allclose(sums, a.sum(axis=1, dtype="float64"), rtol=5e-6)
    np.testing.assert_allclose(products, np.square(a, dtype="float64").sum(axis=1), rtol=5e-6)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rows_hold_whole_positions_and_vectors_are_repeated_along_them(shape, rng):
    x, vector = rng.normal(size=shape), rng.normal(size=(shape[0], shape[2]))
    rows = in_rows(x)
    assert rows.shape[2] <= max(512, shape[2])
    np.testing.assert_array_equal((rows - repeated(vector, x)).reshape(shape), x - vector[:, np.newaxis])
    np.testing.assert_allclose(fold(rows.sum(axis=1), x), x.sum(axis=1), atol=1e-12)
