"""Softmax cross-entropy of integer labels against softmax, logarithm and a loop."""

import numpy as np
import pytest

from minidl.kernels.softmax_crossentropy import mean_softmax_crossentropy, softmax_crossentropy
from minidl.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy

RNG = np.random.default_rng(0)


def slow(labels, logits):
    losses = np.empty(labels.shape)
    for index in np.ndindex(labels.shape):
        z = logits[index]
        losses[index] = -np.log(np.exp(z[labels[index]]) / np.exp(z).sum())
    return losses


@pytest.mark.parametrize("shape", [(5,), (1,), (3, 4), (0,)])
@pytest.mark.parametrize("kind", ["int64", "uint8", "int32", "uint64"])
def test_the_losses_equal_those_of_the_loop(shape, kind):
    labels, logits = RNG.integers(0, 3, shape).astype(kind), RNG.normal(size=(*shape, 3))
    before = logits.copy()
    np.testing.assert_allclose(softmax_crossentropy(labels, logits)[0], slow(labels, logits), rtol=1e-12)
    np.testing.assert_array_equal(logits, before)


def test_the_gradient_is_the_numeric_one():
    labels, logits, dloss = RNG.integers(0, 4, (3, 2)), RNG.normal(size=(3, 2, 4)), RNG.normal(size=(3, 2))
    dz = softmax_crossentropy(labels, logits)[1] * dloss[..., np.newaxis]
    for direction in RNG.normal(size=(5, *logits.shape)):
        ends = [(softmax_crossentropy(labels, logits + side * 1e-6 * direction)[0] * dloss).sum() for side in (1, -1)]
        np.testing.assert_allclose((dz * direction).sum(), (ends[0] - ends[1]) / 2e-6, rtol=1e-6)


def test_strides_do_not_matter():
    labels, logits = RNG.integers(0, 4, (3, 2)), np.moveaxis(RNG.normal(size=(4, 3, 2)), 0, -1)
    found = [softmax_crossentropy(labels, z) for z in (logits, logits.copy("C"))]
    for strided, plain in zip(*found, strict=True):
        np.testing.assert_allclose(strided, plain, rtol=1e-13, atol=1e-15)  # a strided sum may have another order


def test_two_backward_passes_on_one_cache_agree():
    loss = SparseCategoricalCrossentropy(from_logits=True)
    cache = loss.forward(np.array([0, 1]), RNG.normal(size=(2, 3)))[1]
    np.testing.assert_array_equal(loss.backward(np.ones(2), cache), loss.backward(np.ones(2), cache))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_any_confidence_gives_finite_numbers_of_the_inputs_dtype(dtype):
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0]], dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        losses, dz = softmax_crossentropy(np.array([0, 0]), logits)
    assert (losses.dtype, dz.dtype) == (dtype, dtype)
    np.testing.assert_array_equal(losses, [0, 2e4])
    np.testing.assert_array_equal(dz, [[0, 0, 0], [-1, 1, 0]])


def test_the_loss_is_the_same_as_on_one_hot_rows():
    labels, logits = RNG.integers(0, 5, 20), RNG.normal(size=(20, 5)).astype("float32")
    value, gradient = SparseCategoricalCrossentropy(from_logits=True).value_and_grad(labels, logits)
    expected, other = CategoricalCrossentropy(from_logits=True).value_and_grad(np.eye(5)[labels], logits)
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient, other, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("shape", [(5,), (3, 4)])
@pytest.mark.parametrize("kind", ["int64", "uint8", "uint64"])
def test_the_mean_and_its_gradient_are_those_of_the_losses(shape, kind):
    labels, logits = RNG.integers(0, 3, shape).astype(kind), RNG.normal(size=(*shape, 3))
    losses, dz = softmax_crossentropy(labels, logits)
    mean, gradient = mean_softmax_crossentropy(labels, logits)
    np.testing.assert_allclose(mean, losses.mean(), rtol=1e-12)
    np.testing.assert_allclose(gradient, dz / labels.size, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0], []], ids=str)
def test_no_mean_without_labels_or_with_one_out_of_range(labels):
    assert mean_softmax_crossentropy(np.array(labels, int), np.zeros((len(labels), 3))) is None


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean", "sum", "none", "mean_with_sample_weight"])
def test_weights_of_one_change_neither_the_loss_nor_its_gradient(reduction):
    labels, logits = RNG.integers(0, 5, 20), RNG.normal(size=(20, 5))
    loss = SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
    for one, other in zip(loss.value_and_grad(labels, logits), loss.value_and_grad(labels, logits, np.ones(20)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


def test_a_subclass_computes_its_own_losses():
    class Twice(SparseCategoricalCrossentropy):
        def forward(self, y_true, y_pred):
            losses, cache = super().forward(y_true, y_pred)
            return 2 * losses, cache

        def backward(self, dvalues, cache):
            return super().backward(2 * dvalues, cache)

    labels, logits = RNG.integers(0, 5, 20), RNG.normal(size=(20, 5))
    value, gradient = SparseCategoricalCrossentropy(from_logits=True).value_and_grad(labels, logits)
    twice, its_gradient = Twice(from_logits=True).value_and_grad(labels, logits)
    np.testing.assert_allclose(twice, 2 * value)
    np.testing.assert_allclose(its_gradient, 2 * gradient)
