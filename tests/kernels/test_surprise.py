"""The surprise of logits at labels, beside softmax, logarithm and a loop."""

import numpy as np
import pytest

from minidl.kernels.surprise import label_surprise, label_surprise_backward
from minidl.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy

RNG = np.random.default_rng(0)


def slow(labels, logits):
    values = np.empty(labels.shape)
    for place in np.ndindex(labels.shape):
        z = logits[place]
        values[place] = -np.log(np.exp(z[labels[place]]) / np.exp(z).sum())
    return values


@pytest.mark.parametrize("shape", [(5,), (1,), (3, 4), (0,)])
@pytest.mark.parametrize("kind", ["int64", "uint8", "int32"])
def test_the_values_are_those_of_the_loop(shape, kind):
    labels, logits = RNG.integers(0, 3, shape).astype(kind), RNG.normal(size=(*shape, 3))
    before = logits.copy()
    np.testing.assert_allclose(label_surprise(labels, logits)[0], slow(labels, logits), rtol=1e-12)
    np.testing.assert_array_equal(logits, before)


def test_the_gradient_is_the_numeric_one():
    labels, logits, dvalues = RNG.integers(0, 4, (3, 2)), RNG.normal(size=(3, 2, 4)), RNG.normal(size=(3, 2))
    dz = label_surprise_backward(dvalues, label_surprise(labels, logits)[1])
    for direction in RNG.normal(size=(5, *logits.shape)):
        ends = [(label_surprise(labels, logits + side * 1e-6 * direction)[0] * dvalues).sum() for side in (1, -1)]
        np.testing.assert_allclose((dz * direction).sum(), (ends[0] - ends[1]) / 2e-6, rtol=1e-6)


def test_strides_do_not_matter():
    labels, logits, dvalues = RNG.integers(0, 4, (3, 2)), RNG.normal(size=(4, 3, 2)), RNG.normal(size=(2, 3)).T
    found = []
    for z, dvalue in ((np.moveaxis(logits, 0, -1), dvalues), (np.moveaxis(logits, 0, -1).copy("C"), dvalues.copy("C"))):
        values, cache = label_surprise(labels, z)
        found.append((values, label_surprise_backward(dvalue, cache)))
    for strided, plain in zip(*found, strict=True):
        np.testing.assert_allclose(strided, plain, rtol=1e-13, atol=1e-15)  # a strided sum may have another order


def test_two_backward_passes_on_one_cache_agree():
    cache = label_surprise(np.array([0, 1]), RNG.normal(size=(2, 3)))[1]
    np.testing.assert_array_equal(label_surprise_backward(np.ones(2), cache), label_surprise_backward(np.ones(2), cache))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_confidence_gives_finite_numbers_of_the_type_that_came(dtype):
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0]], dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        values, cache = label_surprise(np.array([0, 0]), logits)
        dz = label_surprise_backward(np.ones(2, dtype), cache)
    assert (values.dtype, dz.dtype) == (dtype, dtype)
    np.testing.assert_array_equal(values, [0, 2e4])
    np.testing.assert_array_equal(dz, [[0, 0, 0], [-1, 1, 0]])


def test_the_loss_is_the_same_as_on_one_hot_rows():
    labels, logits = RNG.integers(0, 5, 20), RNG.normal(size=(20, 5)).astype("float32")
    value, gradient = SparseCategoricalCrossentropy(from_logits=True).value_and_grad(labels, logits)
    expected, other = CategoricalCrossentropy(from_logits=True).value_and_grad(np.eye(5)[labels], logits)
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient, other, rtol=1e-5, atol=1e-8)
