import numpy as np
import pytest

from minidl.losses import Loss, MeanSquaredError
from minidl.losses.sample_weights import align_weights
from minidl.testing import check_loss


class Absolute(Loss):
    """A user's loss: two methods."""

    def forward(self, y_true, y_pred):
        error = y_pred - y_true
        return np.abs(error).sum(axis=-1), error

    def backward(self, dvalues, cache):
        return np.sign(cache) * dvalues[..., np.newaxis]


Y_TRUE, Y_PRED = np.zeros((4, 2)), np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 4.0], [3.0, 3.0]])  # values 2, 2, 4, 6
WEIGHTS = np.array([1.0, 0.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("reduction", "plain", "weighted"),
    [
        ("sum_over_batch_size", 3.5, 4.0),
        ("mean", 3.5, 4.0),
        ("sum", 14.0, 16.0),
        ("mean_with_sample_weight", 3.5, 4.0),
        ("none", [2, 2, 4, 6], [2, 0, 8, 6]),
        (None, [2, 2, 4, 6], [2, 0, 8, 6]),
    ],
)
def test_each_reduction_gives_its_formula(reduction, plain, weighted):
    loss = Absolute(reduction=reduction)
    np.testing.assert_allclose(loss(Y_TRUE, Y_PRED), plain)
    np.testing.assert_allclose(loss(Y_TRUE, Y_PRED, WEIGHTS), weighted)


def test_a_users_loss_of_two_methods_passes_the_checker():
    check_loss(Absolute(), Y_TRUE, Y_PRED + 0.1)


def test_means_differ_in_their_divisor():
    weights = 3 * WEIGHTS
    assert Absolute()(Y_TRUE, Y_PRED, weights) == pytest.approx(12.0)
    assert Absolute(reduction="mean_with_sample_weight")(Y_TRUE, Y_PRED, weights) == pytest.approx(4.0)


def test_weights_of_zero_everywhere_give_zero():
    value, gradient = Absolute(reduction="mean_with_sample_weight").value_and_grad(Y_TRUE, Y_PRED, np.zeros(4))
    assert value == 0
    assert not gradient.any()


def test_weights_may_be_given_per_row_per_value_or_as_a_column():
    y_true, y_pred = np.zeros((2, 3, 1)), np.ones((2, 3, 1))
    rows = np.array([1.0, 2.0])
    expected = MeanSquaredError()(y_true, y_pred, rows)
    assert MeanSquaredError()(y_true, y_pred, rows[:, np.newaxis]) == expected
    assert MeanSquaredError()(y_true, y_pred, np.repeat(rows, 3).reshape(2, 3)) == expected


@pytest.mark.parametrize("shape", [(3,), (2, 2), (1, 2, 1), (2, 3, 4)])
def test_weights_that_do_not_fit_raise_an_error(shape):
    with pytest.raises(ValueError, match="one per row is expected"):
        align_weights(np.ones(shape), (2, 3))


def test_integers_and_lists_are_computed_in_floatx():
    value, gradient = MeanSquaredError().value_and_grad([[1, 2]], [[3, 4]])
    assert value == 4
    assert value.dtype == gradient.dtype == "float32"


def test_an_unknown_reduction_raises_an_error():
    with pytest.raises(ValueError, match="expects reduction to be one of"):
        MeanSquaredError(reduction="average")


def test_a_loss_without_its_two_methods_says_so():
    with pytest.raises(TypeError, match="defines no forward"):
        Loss()(Y_TRUE, Y_PRED)
    with pytest.raises(TypeError, match="defines no backward"):
        Loss().backward(Y_TRUE, None)
