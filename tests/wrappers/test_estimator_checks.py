"""scikit-learn's own checks of estimators."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from minidl import Sequential
from minidl.layers import Dense
from minidl.wrappers import MLPClassifier, MLPRegressor, SKLearnClassifier, SKLearnRegressor, SKLearnTransformer


def classifier(X, y):  # noqa: N803  # scikit-learn's name
    model = Sequential([Dense(16, "relu"), Dense(y.shape[1], "softmax")])
    model.compile("adam", "categorical_crossentropy")
    return model


def regressor(X, y):  # noqa: N803
    model = Sequential([Dense(16, "relu"), Dense(y.shape[1] if y.ndim > 1 else 1)])
    model.compile("adam", "mse")
    return model


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
    xfail_strict=True,
)
def test_passes(estimator, check):
    check(estimator)
