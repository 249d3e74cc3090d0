"""`Softmax`: axes, masks, and the logits it offers."""

import numpy as np
import pytest

from minidl import activations
from minidl.layers import Softmax


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), [2]])
def test_probabilities_sum_to_one_along_the_axis(axis, rng):
    y = Softmax(axis)(rng.standard_normal((3, 4, 5)))
    np.testing.assert_allclose(y.sum(axis=tuple(axis) if isinstance(axis, list) else axis), 1.0, rtol=1e-5)


def test_masked_scores_have_probability_zero_and_the_others_sum_to_one(rng):
    x, mask = rng.standard_normal((3, 5)), np.array([[True, False, True, True, False]] * 3)
    mask[2] = False
    y = Softmax(dtype="float64")(x, mask=mask)
    assert (y[~mask] == 0).all()
    expected = np.exp(x[:2][mask[:2]]).reshape(2, 3)
    np.testing.assert_allclose(y[:2][mask[:2]].reshape(2, 3), expected / expected.sum(axis=1, keepdims=True))


def test_a_numeric_mask_counts_above_one_half(rng):
    x, mask = rng.standard_normal((2, 3)), np.array([[1.0, 0.5, 0.6]])
    np.testing.assert_array_equal(Softmax()(x, mask=mask), Softmax()(x, mask=mask > 0.5))


@pytest.mark.parametrize("axis", [-1, 1, (1, 2)])
@pytest.mark.parametrize("masked", [False, True])
def test_gradients_are_the_numeric_ones(axis, masked, rng, check_gradients):
    mask = rng.random((3, 4, 5)) > 0.4
    mask[0] = False
    check_gradients(Softmax(axis, dtype="float64"), rng.standard_normal((3, 4, 5)), mask if masked else None)


def test_large_scores_give_exact_zeros_and_ones():
    np.testing.assert_array_equal(Softmax()([[1e4, -1e4]]), [[1.0, 0.0]])


def test_only_a_softmax_over_the_last_axis_can_be_split(rng):
    x, mask = rng.standard_normal((3, 5)), rng.random((3, 5)) > 0.3
    layer = Softmax(dtype="float64")
    scores, activation = layer.split_activation()
    assert activation is activations.softmax
    assert scores.name == layer.name
    np.testing.assert_array_equal(scores(x), x)
    np.testing.assert_allclose(activation(scores(x, mask=mask)), layer(x, mask=mask))
    assert Softmax(1).split_activation() is None


def test_the_scores_have_the_numeric_gradient_under_a_mask(rng, check_gradients):
    x, mask = rng.standard_normal((3, 5)), rng.random((3, 5)) > 0.3
    scores = Softmax(dtype="float64").split_activation()[0]
    _, cache, _ = scores._forward(x, mask)
    dy = rng.standard_normal((3, 5))
    np.testing.assert_array_equal(scores._backward(dy, cache), np.where(mask, dy, 0))
    check_gradients(scores, x)


@pytest.mark.parametrize("shape", [(4,), (2, 5), (1, 3, 5)])
def test_a_mask_that_does_not_broadcast_raises_an_error(shape, rng):
    with pytest.raises(ValueError, match=r'Softmax "s" expects a mask of shape \(3, 5\) for inputs of shape \(3, 5\), got'):
        Softmax(name="s")(rng.standard_normal((3, 5)), mask=np.ones(shape, bool))


def test_a_missing_axis_raises_an_error(rng):
    with pytest.raises(ValueError, match="expects inputs that have an axis 2"):
        Softmax(2)(rng.standard_normal((3, 5)))


@pytest.mark.parametrize("axis", [None, "last", 1.0, True, (), [0.5], (1, None)])
def test_an_axis_of_anything_but_integers_raises_an_error(axis):
    with pytest.raises(ValueError, match="Softmax expects axis to be an integer or a tuple of integers, got"):
        Softmax(axis)


def test_an_axis_named_twice_raises_an_error(rng):
    with pytest.raises(ValueError, match=r'Softmax "s" has axis=\(1, -1\), which names an axis of shape \(3, 5\) twice'):
        Softmax((1, -1), name="s")(rng.standard_normal((3, 5)))
