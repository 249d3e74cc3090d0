"""scikit-learn's own checks of estimators."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from minidl import Sequential
from minidl.layers import Dense
from minidl.wrappers import MLPClassifier, MLPRegressor, SKLearnClassifier, SKLearnRegressor, SKLearnTransformer


class Build:
    """Makes a model; its `repr` is the same in every process, as test names contain it."""

    def __init__(self, activation, loss):
        self.activation, self.loss = activation, loss

    def __call__(self, X, y):  # noqa: N803  # scikit-learn's name
        model = Sequential([Dense(16, "relu"), Dense(y.shape[1] if y.ndim > 1 else 1, self.activation)])
        model.compile("adam", self.loss)
        return model

    def __repr__(self):
        return f"Build({self.loss})"


classifier, regressor = Build("softmax", "categorical_crossentropy"), Build(None, "mse")
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
OPTIONS = {"fit_kwargs": {"verbose": 0, "epochs": 5}, "random_state": 0}


def expected_failures(estimator):
    if isinstance(estimator, (MLPClassifier, MLPRegressor)):
        return {}
    reason = "Keras's losses divide by the number of rows, not by the sum of the weights"
    return {"check_sample_weight_equivalence_on_dense_data": reason}


@parametrize_with_checks(
    [
        MLPClassifier(max_iter=50),
        MLPRegressor(max_iter=50),
        SKLearnClassifier(classifier, **OPTIONS),
        SKLearnRegressor(regressor, **OPTIONS),
        SKLearnTransformer(regressor, **OPTIONS),
    ],
    expected_failed_checks=expected_failures,
)
def test_the_estimator_check_passes(estimator, check):
    check(estimator)
