import numpy as np
import pytest
import sklearn.metrics

from minidl import metrics

RANDOM = np.random.default_rng(0)
Y_TRUE, Y_PRED, WEIGHTS = RANDOM.normal(size=(20, 3)), RANDOM.normal(size=(20, 3)), RANDOM.random(20)


@pytest.mark.parametrize("weights", [None, WEIGHTS])
@pytest.mark.parametrize(
    ("kind", "oracle"),
    [
        (metrics.MeanSquaredError, sklearn.metrics.mean_squared_error),
        (metrics.MeanAbsoluteError, sklearn.metrics.mean_absolute_error),
    ],
)
def test_regression_errors_equal_scikit_learns(kind, oracle, weights):
    assert kind()(Y_TRUE, Y_PRED, weights) == pytest.approx(oracle(Y_TRUE, Y_PRED, sample_weight=weights))


@pytest.mark.parametrize("kind", [metrics.MeanSquaredError, metrics.MeanAbsoluteError])
def test_a_column_and_a_vector_are_squeezed_and_never_broadcast(kind):
    assert kind()(np.arange(4), np.arange(4.0)[:, np.newaxis]) == 0.0
    assert kind()(np.arange(4)[:, np.newaxis], np.arange(4.0)) == 0.0
    with pytest.raises(ValueError, match="as many targets as outputs"):
        kind()(np.zeros((1, 3)), Y_PRED)


def test_unsigned_integers_do_not_wrap_around():
    assert metrics.MeanAbsoluteError()(np.uint8([[3]]), np.uint8([[1]])) == 2.0
