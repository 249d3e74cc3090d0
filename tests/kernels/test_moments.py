"""Adam's step on one vector, beside the formula written plainly."""

import itertools
import threading

import numpy as np
import pytest

from minidl.kernels import moments
from minidl.kernels.moments import adam_step, parts, scratch
from minidl.kernels.threads import set_threads


@pytest.fixture(autouse=True)
def _as_many_threads_as_before():
    yield
    set_threads(None)


def vectors(size, dtype):
    rng = np.random.default_rng(0)
    made = [rng.normal(size=size).astype(dtype) for _ in range(3)]
    return [*made, *(rng.random(size).astype(dtype) for _ in range(2))]


def slow(w, g, m, v, largest, alpha, beta_1, beta_2, epsilon):
    m = beta_1 * m + (1 - beta_1) * g
    v = beta_2 * v + (1 - beta_2) * g * g
    largest = v if largest is None else np.maximum(largest, v)
    return w - alpha * m / (np.sqrt(largest) + epsilon), m, v, largest


@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("size", [0, 1, 7, 1000])
def test_a_step_follows_the_formula(size, amsgrad):
    w, g, m, v, largest = vectors(size, "float64")
    largest = largest if amsgrad else None
    expected = slow(w, g, m, v, largest, 0.1, 0.9, 0.99, 1e-7)
    gradient = g.copy()
    adam_step(w, g, m, v, largest, 0.1, 0.9, 0.99, 1e-7)
    for one, other in zip((w, m, v), expected[:3], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    np.testing.assert_array_equal(g, gradient)
    if amsgrad:
        np.testing.assert_allclose(largest, expected[3], rtol=1e-12)


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-5), ("float64", 1e-13)])
def test_a_vector_in_parts_on_two_threads_is_stepped_as_a_whole_one(monkeypatch, dtype, rtol):
    # Up to rounding: BLAS may compute the last elements of each part without the fused operation that it uses before them.
    results = []
    for shared, piece, count in ((1 << 40, 1 << 40, 1), (1, 100, 2), (500, 1 << 40, 2), (500, 1 << 40, 2)):
        monkeypatch.setattr(moments, "SHARED", shared)
        monkeypatch.setattr(moments, "PIECE", piece)
        set_threads(count)
        w, g, m, v, _ = vectors(1001, dtype)
        for _ in range(3):
            adam_step(w, g, m, v, None, 0.1, 0.9, 0.99, 1e-7)
        results.append((w, m, v))
    assert results[0][0].dtype == dtype
    for other in results[1:]:
        np.testing.assert_allclose(results[0], other, rtol=rtol, atol=rtol)
    np.testing.assert_array_equal(results[2], results[3])  # the same parts: the same bits


@pytest.mark.parametrize("size", [0, 1, 1 << 17, 1 << 20, 1_700_001, 5_000_003])
def test_parts_cover_every_element_once(size):
    set_threads(2)
    found = parts(size)
    assert sum(len(range(*part.indices(size))) for part in found) == size
    assert all(one.stop == other.start for one, other in itertools.pairwise(found))
    assert all(part.stop - part.start <= moments.PIECE for part in found)
    assert len(found) <= 1 or len(found) % 2 == 0


def test_scratch_is_kept_for_each_type_and_thread():
    like, wide = np.zeros(10, "float32"), np.zeros(4, "float64")
    assert np.shares_memory(scratch(like), scratch(like[:3]))
    assert scratch(wide).dtype == "float64"
    assert scratch(wide).shape == (4,)
    others = []
    thread = threading.Thread(target=lambda: others.append(scratch(like)))
    thread.start()
    thread.join()
    assert not np.shares_memory(scratch(like), others[0])
