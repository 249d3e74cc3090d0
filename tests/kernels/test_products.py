"""Matrix products split over threads: equal to NumPy's, and the same bits wherever they are computed."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from minidl import Sequential, layers, ops
from minidl.kernels.blas_threads import has_one_blas_thread, run_with_blas_threads
from minidl.kernels.products import _split, matmul
from minidl.kernels.threads import set_threads
from minidl.utils import set_random_seed


@pytest.fixture(autouse=True)
def _all_cores_afterwards():
    yield
    set_threads(None)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def limits():
    return {library.num_threads for library in ThreadpoolController().select(user_api="blas").lib_controllers}


SIZES = [(3, 4, 5), (0, 4, 5), (4, 0, 5), (130, 400, 100), (211, 307, 401), (1, 3000, 3001), (9, 3001, 1500), (3001, 1500, 7)]
SIZES += [(1030, 100, 130), (700, 60, 1), (300, 900, 900)]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize(("rows", "inner", "columns"), SIZES)
def test_the_product_is_that_of_numpy(rows, inner, columns, dtype, count, rng):
    set_threads(count)
    if dtype == "int64":  # integers do not use BLAS: small ones
        inner = min(inner, 100)
    a, b = (rng.integers(-2, 3, shape).astype(dtype) for shape in ((rows, inner), (inner, columns)))  # sums of these are exact
    expected = a.astype("float64") @ b.astype("float64")
    np.testing.assert_array_equal(matmul(a, b), expected, strict=False)
    assert matmul(a, b).dtype == dtype
    out = np.full((rows, columns), 7, dtype)
    assert matmul(a, b, out) is out
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(matmul(np.asfortranarray(a), b.T.copy().T), expected)
    np.testing.assert_array_equal(matmul(np.repeat(a, 2, axis=0)[::2], b), expected)


def test_vectors_and_operands_of_two_dtypes_work(rng):
    set_threads(2)
    ones, rows = np.ones(3000, "float32"), rng.integers(-2, 3, (3000, 1500)).astype("float32")
    np.testing.assert_array_equal(matmul(ones, rows), rows.sum(axis=0))
    assert matmul(rows.T, rows.astype("float64")).dtype == "float64"


def test_sizes_that_do_not_fit_are_an_error_as_in_numpy():
    set_threads(2)
    with pytest.raises(ValueError, match="mismatch in its core dimension"):
        matmul(np.ones((4000, 100)), np.ones((101, 100)))
    for inner in (3001, 2999):
        with pytest.raises(ValueError, match="mismatch in its core dimension"):
            matmul(np.ones((100, inner)), np.ones((3000, 100)))
    assert limits() == {2}


def test_blas_has_one_thread_during_a_product_and_afterwards_the_previous_number(monkeypatch):
    set_threads(2)
    seen, plain = [], np.matmul

    def watched(*args, **kwargs):
        seen.append(limits())
        return plain(*args, **kwargs)

    monkeypatch.setattr(np, "matmul", watched)
    for rows in (30, 1200):  # one part, two parts
        matmul(np.ones((rows, 200)), np.ones((200, 200)))
        assert limits() == {2}
    assert len(seen) >= 3
    assert all(one == {1} for one in seen)
    with threadpool_limits(1, user_api="blas"):
        matmul(np.ones((1200, 200)), np.ones((200, 200)))
        assert limits() == {1}


WITHOUT_LIMITS = """
import sys
sys.modules["threadpoolctl"] = None  # importing it is an error
import numpy as np
from minidl.kernels.products import matmul
from minidl.kernels.threads import set_threads
set_threads(2)
plain = np.matmul
np.matmul = lambda a, b, out: (print(a.shape), plain(a, b, out=out))[1]
print(matmul(np.ones((1200, 200)), np.ones((200, 200))).shape)
"""


def test_a_blas_that_cannot_be_limited_keeps_its_threads():
    done = subprocess.run([sys.executable, "-c", WITHOUT_LIMITS], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["(1200, 200)", "(1200, 200)"]


@pytest.mark.parametrize(("count", "parts"), [(32, 2), (33, 2), (100, 3), (784, 2), (5000, 8)])
def test_parts_cover_every_row_once_and_begin_at_multiples_of_eight(count, parts):
    pieces = _split(count, parts, 0.1)
    assert len(pieces) == parts
    assert [row for piece in pieces for row in range(count)[piece]] == list(range(count))
    assert all(piece.start % 8 == 0 < piece.stop - piece.start for piece in pieces)


def test_a_thread_knows_whether_its_products_use_one_blas_thread():
    set_threads(2)
    assert not has_one_blas_thread()
    assert run_with_blas_threads(1, has_one_blas_thread)
    assert not run_with_blas_threads(2, has_one_blas_thread)
    assert run_with_blas_threads(1, lambda: run_with_blas_threads(1, lambda: None) is None and has_one_blas_thread())
    with ThreadPoolExecutor(1) as other:
        assert not run_with_blas_threads(1, lambda: other.submit(has_one_blas_thread).result())
    assert not has_one_blas_thread()


def wide_model():
    set_random_seed(0)
    model = Sequential([layers.Input((300,)), layers.Dense(400, activation="tanh"), layers.Dense(200), layers.Dense(1)])
    model.compile("adam", "mse")
    return model


def test_the_same_sizes_give_the_same_bits_in_fit_in_predict_in_direct_calls_and_in_any_thread(rng):
    set_threads(2)
    x, y = rng.normal(size=(256, 300)).astype("float32"), rng.normal(size=(256, 1)).astype("float32")

    def results(model, by_hand):
        direct = model(x)
        np.testing.assert_array_equal(model.predict(x, batch_size=256, verbose=0), direct)
        model.fit(x, y, epochs=2, batch_size=256, shuffle=False, verbose=0)
        for _ in range(2):
            by_hand.train_on_batch(x, y)
        for one, other in zip(model.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        return [direct, *by_hand.get_weights()]

    models = [(wide_model(), wide_model()) for _ in range(6)]  # made here, as the seed is that of the process
    first = results(*models[0])
    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(results, *pair) for pair in models[2:]]
        for again in [results(*models[1]), *(task.result() for task in tasks)]:
            for one, other in zip(first, again, strict=True):
                np.testing.assert_array_equal(one, other)
    assert limits() == {2}


def test_ops_matmul_multiplies_stacks_by_one_matrix_at_once(rng):
    x, w = rng.integers(-2, 3, (4, 70, 90)).astype("float32"), rng.integers(-2, 3, (90, 50)).astype("float32")
    np.testing.assert_array_equal(ops.matmul(x, w), np.matmul(x, w))
    np.testing.assert_array_equal(ops.matmul(x.tolist(), w.tolist()), np.matmul(x, w))
    np.testing.assert_array_equal(ops.matmul(x[0], w), np.matmul(x[0], w))
    assert ops.matmul(np.ones((2, 3, 0)), np.ones((0, 4))).tolist() == np.zeros((2, 3, 4)).tolist()
    assert ops.matmul(np.ones((0, 3, 2)), np.ones((2, 4))).shape == (0, 3, 4)
