"""A compiled fully connected layer agrees with the reference, and so do the ways to predict one row."""

import numpy as np
import pytest

from minidl import Input, Sequential, layers
from minidl.kernels.activations.relu import linear, relu
from minidl.kernels.activations.smooth import tanh
from minidl.kernels.activations.softmax import softmax
from minidl.kernels.compiled import set_compiled
from minidl.kernels.dense import dense
from tests.kernels.compiled.both import compiled_version, strange, switched_on

pytestmark = [pytest.mark.filterwarnings("ignore:(invalid value|overflow):RuntimeWarning")]
compiled_kernels = pytest.fixture(scope="module", autouse=True)(switched_on)


@pytest.mark.parametrize(("features", "units"), [(1, 1), (3, 5), (4, 1), (7, 130), (784, 10), (1100, 1000)], ids=str)
@pytest.mark.parametrize("rows", [0, 1, 2])
@pytest.mark.parametrize("activation", [linear, relu, softmax, tanh])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dense_agrees_with_the_reference(features, units, rows, activation, dtype):
    random = np.random.default_rng(0)
    x, kernel = random.normal(size=(rows, features)).astype(dtype), random.normal(size=(features, units)).astype(dtype)
    bias = random.normal(size=units).astype(dtype)
    fast, plain = compiled_version(dense)(x, kernel, bias, activation), dense(x, kernel, bias, activation)
    assert (fast.dtype, fast.shape) == (plain.dtype, plain.shape)
    np.testing.assert_allclose(fast, plain, rtol=1e-6, atol=1e-6 * features)
    np.testing.assert_array_equal(compiled_version(dense)(x, kernel, bias, activation), fast)


@pytest.mark.parametrize("activation", [linear, relu, softmax])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("place", ["x", "kernel", "bias"])
def test_nan_and_infinity_go_where_the_reference_puts_them(activation, value, place):
    random = np.random.default_rng(0)
    given = {"x": random.random((1, 9)), "kernel": random.random((9, 6)), "bias": random.random(6)}
    given = {name: array.astype("float32") for name, array in given.items()}
    given[place].reshape(-1)[5] = value
    np.testing.assert_allclose(
        compiled_version(dense)(**given, activation=activation), dense(**given, activation=activation), 1e-5
    )


def test_a_row_of_any_layout_has_the_same_output():
    random = np.random.default_rng(0)
    x, kernel = strange(random, (1, 12), "float32"), random.normal(size=(12, 4)).astype("float32")
    plain = dense(x, kernel, np.ones(4, "float32"), relu)
    read_only = x.copy()
    read_only.flags.writeable = False
    for laid_out in (read_only, np.repeat(x, 2, axis=1)[:, ::2], np.asfortranarray(np.repeat(x, 2, axis=0))[:1]):
        np.testing.assert_allclose(compiled_version(dense)(laid_out, kernel, np.ones(4, "float32"), relu), plain, 1e-5)


def test_an_activation_that_cannot_be_hashed_is_called():
    class Doubled:
        __hash__ = None

        def __call__(self, x):
            return 2 * x

    x, kernel, bias = np.ones((1, 2), "float32"), np.ones((2, 2), "float32"), np.ones(2, "float32")
    np.testing.assert_array_equal(compiled_version(dense)(x, kernel, bias, Doubled()), [[6, 6]])


@pytest.mark.parametrize("use_bias", [True, False])
def test_every_way_to_predict_one_row_has_the_same_bits(use_bias):
    hidden = layers.Dense(40, activation="relu", use_bias=use_bias)
    model = Sequential([Input((30,)), hidden, layers.Dense(3, activation="softmax")])
    x = np.random.default_rng(0).normal(size=(1, 30)).astype("float32")
    try:
        for compiled in (True, False):
            set_compiled(compiled)
            first = model(x)
            for other in (model.predict(x, verbose=0), model.predict_on_batch(x), model(x), model.infer(x)):
                np.testing.assert_array_equal(other, first)
            np.testing.assert_allclose(model.forward(x)[0], first, rtol=1e-5)
    finally:
        set_compiled(True)
