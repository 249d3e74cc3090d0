"""Operations on integers and booleans: floats of the default type, with the values that the same floats give."""

import numpy as np
import pytest

from minidl import ops
from minidl.ops import activation_functions
from minidl.utils import set_floatx

X = np.array([[1, 2, -3, 0], [3, 4, -5, 1]])
KEEP_INTEGERS = ("hard_tanh", "relu")  # as in Keras
ARGUMENTS = {"threshold": (0.5, 0.0)}


@pytest.mark.parametrize("name", activation_functions.__all__)
@pytest.mark.parametrize("given", [X, X.tolist(), X > 0], ids=["integers", "list", "booleans"])
def test_activations_take_integers_as_floats(name, given):
    if name in KEEP_INTEGERS and np.asarray(given).dtype == bool:
        given = X  # Keras has no such booleans
    function, arguments = getattr(ops, name), ARGUMENTS.get(name, ())
    y = function(given, *arguments)
    assert y.dtype == (np.asarray(given).dtype if name in KEEP_INTEGERS else np.float32)
    np.testing.assert_allclose(y, function(np.array(given, "float32"), *arguments), rtol=1e-6)


def test_integers_become_floats_of_the_default_type():
    set_floatx("float64")
    assert ops.softmax([1, 2]).dtype == np.float64


def test_the_pseudoinverse_takes_integers():
    np.testing.assert_allclose(ops.pinv([[1], [1]]), [[0.5, 0.5]], rtol=1e-6)


@pytest.mark.parametrize("name", ["exp", "sqrt", "tanh", "sin", "log1p", "mean", "sigmoid"])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int64"])
def test_small_integers_give_floats_of_the_default_type_and_not_half_precision(name, dtype):
    y = getattr(ops, name)(np.array([1, 0, 1, 1], dtype))
    assert y.dtype == np.float32
    np.testing.assert_allclose(ops.exp(np.array([50], "uint8")), np.exp(np.float32(50)), rtol=1e-6)


def test_a_conversion_to_half_precision_stays_one():
    assert ops.cast(np.ones(2, "float32"), "float16").dtype == np.float16
    assert ops.exp(np.ones(2, "float16")).dtype == np.float16


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint64"])
def test_limits_that_the_type_cannot_hold_do_not_limit(dtype):
    x = np.array([0, 5, 100], dtype)
    result = ops.clip(x, -(10**30), 10**30)
    np.testing.assert_array_equal(result, x)
    assert result.dtype == dtype
    np.testing.assert_array_equal(ops.clip(x, -1, 3), [0, 3, 3])


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint32", "uint64"])
def test_the_logarithm_of_a_sum_of_exponentials_does_not_wrap_around(dtype):
    x = np.array([[1, 0, 1], [0, 1, 0]], "int64") * (1 if dtype == "bool" else 100)
    expected = np.log(np.exp(x.astype(float)).sum(axis=1))
    result = ops.logsumexp(x.astype(dtype), axis=1)
    np.testing.assert_allclose(result, expected, rtol=1e-6)
    assert result.dtype == "float32"
