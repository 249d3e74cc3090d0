"""Two vectors combined in one pass by BLAS, beside the two passes of NumPy."""

import numpy as np
import pytest

from minidl.kernels import combining
from minidl.kernels.combining import combine

RNG = np.random.default_rng(0)


@pytest.fixture(params=["by BLAS", "in two passes"])
def way(request, monkeypatch):
    if request.param == "in two passes":
        monkeypatch.setattr(combining, "_axpby", lambda kind: None)
    return request.param


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(0,), (1,), (7,), (1001,), (300, 500), ()])
def test_y_becomes_the_combination_and_x_stays(way, shape, dtype):
    x, y = (RNG.normal(size=shape).astype(dtype).reshape(shape) for _ in range(2))
    before, expected = x.copy(), 0.3 * x.astype("float64") - 1.7 * y.astype("float64")
    combine(0.3, x, -1.7, y)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, expected, rtol=1e-12 if dtype == "float64" else 1e-5, atol=1e-6)
    np.testing.assert_array_equal(x, before)


def test_strided_reversed_mixed_and_foreign_arrays_are_combined_too(way):
    swapped = RNG.normal(size=10).astype(">f8")
    for x, y in (
        (RNG.normal(size=20)[::2], RNG.normal(size=10)),
        (RNG.normal(size=10), RNG.normal(size=20)[::2]),
        (RNG.normal(size=10)[::-1], RNG.normal(size=10)),
        (RNG.normal(size=(3, 4)).T, RNG.normal(size=(4, 3))),
        (RNG.normal(size=10).astype("float32"), RNG.normal(size=10)),
        (RNG.normal(size=10).astype(">f8"), RNG.normal(size=10)),
        (RNG.normal(size=10), RNG.normal(size=10).astype(">f8")),
        (swapped, swapped.copy()),
    ):
        expected = 2 * x + 0.5 * y
        combine(2, x, 0.5, y)
        np.testing.assert_allclose(y, expected, rtol=1e-12)


def test_what_may_not_be_written_is_not(way):
    y = np.ones(5)
    y.setflags(write=False)
    with pytest.raises(ValueError, match="read-only"):
        combine(1, np.ones(5), 1, y)
    assert (y == 1).all()


def test_another_length_is_refused(way):
    y = np.ones(5)
    with pytest.raises(ValueError, match="broadcast"):
        combine(1, np.ones(4), 1, y)


def test_numpys_wheels_have_the_routine():
    config = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    if "scipy-openblas" not in config["name"]:
        pytest.skip(f"NumPy was built with {config['name']}")
    assert combining._axpby("f") is not None
    assert combining._axpby("d") is not None
    assert combining._axpby("i") is None
