import numpy as np
import pytest

from minidl.losses import MeanSquaredError, mean_squared_error
from minidl.testing import check_loss


@pytest.mark.parametrize("shape", [(5, 3), (4, 1), (3, 2, 4), (2, 1, 1)])
def test_mean_squared_error_passes_all_checks(shape):
    random = np.random.default_rng(0)
    check_loss(MeanSquaredError(), random.normal(size=shape), random.normal(size=shape))


def test_mean_squared_error_is_the_mean_of_squared_differences():
    random = np.random.default_rng(0)
    y_true, y_pred = random.normal(size=(5, 3)), random.normal(size=(5, 3))
    expected = [sum((p - t) ** 2 for p, t in zip(*rows)) / 3 for rows in zip(y_pred, y_true)]
    np.testing.assert_allclose(mean_squared_error(y_true, y_pred), expected)
    np.testing.assert_allclose(MeanSquaredError()(y_true, y_pred), np.mean(expected))


@pytest.mark.parametrize(("target", "output"), [((4,), (4, 1)), ((4, 1), (4,)), ((4, 3), (4, 3, 1))])
def test_a_last_axis_of_one_is_squeezed_or_added_and_never_broadcast(target, output):
    y_true, y_pred = np.arange(np.prod(target)).reshape(target), np.zeros(output)
    MeanSquaredError().check_targets(y_true, output)
    value, gradient = MeanSquaredError().value_and_grad(y_true, y_pred)
    assert value == pytest.approx(np.mean(y_true**2))
    assert gradient.shape == output


def test_targets_of_another_shape_raise_an_error():
    loss = MeanSquaredError()
    with pytest.raises(
        ValueError, match=r'one number for each row.*"sparse_categorical_crossentropy".*to_categorical\(y, 10\)'
    ):
        loss.check_targets(np.zeros(4), (None, 10))
    with pytest.raises(ValueError, match=r"expects targets shaped like the outputs \(3,\), got \(2,\)"):
        loss(np.zeros((4, 2)), np.zeros((4, 3)))
    with pytest.raises(ValueError, match="as many targets as outputs"):
        loss(np.zeros((1, 3)), np.zeros((4, 3)))
    with pytest.raises(TypeError, match="targets that are numbers, got dtype <U1"):
        loss.check_targets(np.array([["a"], ["b"]]), (None, 1))


def test_sizes_that_are_not_known_yet_fit_any_target():
    loss = MeanSquaredError()
    loss.check_targets(np.zeros((4, 7)), (None, None, 1))
    loss.check_targets(np.zeros((4, 7, 2)), (None, None, 2))
    with pytest.raises(ValueError, match="shaped like"):
        loss.check_targets(np.zeros((4, 7, 3)), (None, None, 2))
