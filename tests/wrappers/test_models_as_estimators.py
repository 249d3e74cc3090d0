"""`SKLearnClassifier`, `SKLearnRegressor` and `SKLearnTransformer`, and all estimators inside scikit-learn's tools."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.ensemble import VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from minidl import Input, Sequential
from minidl.layers import Dense
from minidl.optimizers import Adam
from minidl.wrappers import MLPClassifier, MLPRegressor, SKLearnClassifier, SKLearnRegressor, SKLearnTransformer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, CODES = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])[CODES]
QUIET = {"verbose": 0, "epochs": 40, "batch_size": 16}


def softmax_model(units=16, loss="sparse_categorical_crossentropy"):
    model = Sequential([Dense(units, "relu"), Dense(3, "softmax")])
    model.compile(Adam(0.02), loss, metrics=["accuracy"])
    return model


def estimators():
    return {
        "wrapper": SKLearnClassifier(softmax_model(), fit_kwargs=QUIET, random_state=0),
        "mlp": MLPClassifier(16, max_iter=60, learning_rate_init=0.02, random_state=0),
    }


@pytest.mark.parametrize("kind", ["wrapper", "mlp"])
def test_pipelines_and_cross_validation_work(kind):
    pipeline = make_pipeline(StandardScaler(), estimators()[kind])
    scores = cross_val_score(pipeline, X, NAMES, cv=3)
    assert scores.mean() > 0.85
    assert set(clone(pipeline).fit(X, NAMES).predict(X)) == set(NAMES)


@pytest.mark.parametrize("kind", ["wrapper", "mlp"])
def test_voting_calibration_and_importance_work(kind):
    estimator = estimators()[kind]
    voting = VotingClassifier([("net", estimator), ("line", LogisticRegression())], voting="soft").fit(X, NAMES)
    assert voting.score(X, NAMES) > 0.9
    assert CalibratedClassifierCV(clone(estimator), cv=2).fit(X, NAMES).predict_proba(X).shape == (150, 3)
    fitted = clone(estimator).fit(X, NAMES)
    importance = permutation_importance(fitted, X, NAMES, n_repeats=2, random_state=0)
    assert importance.importances_mean[2] > importance.importances_mean[1]  # petals tell the species apart


def test_grid_search_works_in_two_processes():
    search = GridSearchCV(MLPClassifier(max_iter=20, random_state=0), {"hidden_layer_sizes": [4, 16]}, cv=2, n_jobs=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert search.fit(X, NAMES).best_params_["hidden_layer_sizes"] in (4, 16)


def test_grid_search_works_over_arguments_of_the_model():
    def build(X, y, units):  # noqa: N803  # scikit-learn's names
        return softmax_model(units)

    wrapper = SKLearnClassifier(build, model_kwargs={"units": 2}, fit_kwargs=QUIET, random_state=0)
    search = GridSearchCV(wrapper, {"model_kwargs": [{"units": 2}, {"units": 16}]}, cv=2).fit(X, NAMES)
    assert search.best_params_ == {"model_kwargs": {"units": 16}}


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"])
def test_targets_have_the_form_that_the_loss_needs(loss):
    wrapper = SKLearnClassifier(softmax_model(loss=loss), fit_kwargs=QUIET, random_state=0).fit(X, NAMES)
    assert wrapper.score(X, NAMES) > 0.9
    np.testing.assert_allclose(wrapper.predict_proba(X).sum(axis=1), 1, atol=1e-5)
    assert wrapper.history_.history["accuracy"][-1] > 0.8


def test_one_output_is_enough_for_two_classes():
    two = NAMES != "virginica"
    model = Sequential([Dense(8, "relu"), Dense(1, "sigmoid")])
    wrapper = SKLearnClassifier(model, fit_kwargs=QUIET, random_state=0).fit(X[two], NAMES[two])
    assert wrapper.score(X[two], NAMES[two]) == 1
    assert wrapper.predict_proba(X[:5]).shape == (5, 2)
    assert (wrapper.decision_function(X[:5]) < 0).all()


def test_the_given_model_is_unchanged_and_warm_start_continues():
    model = Sequential([Input((4,)), Dense(1)])
    before = model.get_weights()
    wrapper = SKLearnRegressor(model, warm_start=True, fit_kwargs={"verbose": 0, "epochs": 1}, random_state=0)
    first = wrapper.fit(X, CODES).model_.get_weights()
    assert wrapper.fit(X, CODES).model_.get_weights()[0] == pytest.approx(first[0], abs=0.05)
    assert not np.array_equal(wrapper.model_.get_weights()[0], first[0])
    np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_transformers_pass_features_on():
    transformer = SKLearnTransformer(Sequential([Dense(3, "tanh"), Dense(4)]), fit_kwargs=QUIET, random_state=0)
    frame = make_pipeline(StandardScaler(), transformer).set_output(transform="pandas").fit_transform(X)
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape == (150, 4)
    supervised = SKLearnTransformer(softmax_model(), fit_kwargs=QUIET, random_state=0)
    assert make_pipeline(supervised, LogisticRegression()).fit(X, CODES).score(X, CODES) > 0.9


def test_sample_weights_reach_the_loss_through_metadata_routing():
    import sklearn

    weights = (CODES == 2).astype(float)
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False), estimators()["wrapper"].set_fit_request(sample_weight=True)
        )
        assert (pipeline.fit(X, NAMES, sample_weight=weights).predict(X) == "virginica").mean() > 0.9


@pytest.mark.parametrize("frames", [pd, pl], ids=["pandas", "polars"])
def test_frames_keep_their_column_names(frames):
    frame = frames.DataFrame(dict(zip("abcd", X.T, strict=True)))
    for estimator in estimators().values():
        fitted = estimator.fit(frame, NAMES)
        assert list(fitted.feature_names_in_) == ["a", "b", "c", "d"]
        with pytest.raises(ValueError, match="feature names"):
            fitted.predict(frame[["b", "a", "c", "d"]])


def test_columns_of_several_kinds_work():
    frame = pd.DataFrame({"size": X[:, 2], "color": np.where(X[:, 3] > 1, "red", "blue")})
    columns = ColumnTransformer([("numbers", StandardScaler(), ["size"]), ("words", OneHotEncoder(), ["color"])])
    assert make_pipeline(columns, estimators()["mlp"]).fit(frame, NAMES).score(frame, NAMES) > 0.85


@pytest.mark.parametrize("kind", ["wrapper", "mlp"])
def test_pickled_estimators_predict_the_same_and_can_be_trained_further(kind):
    fitted = estimators()[kind].fit(X, NAMES)
    copied = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copied.predict_proba(X), fitted.predict_proba(X))
    copied.set_params(warm_start=True).fit(X, NAMES)
    assert np.abs(copied.predict_proba(X) - fitted.predict_proba(X)).max() > 0


def test_a_plain_model_says_which_wrapper_makes_it_an_estimator():
    model = softmax_model()
    with pytest.raises(AttributeError, match=r"minidl.wrappers.SKLearnClassifier\(model\)"):
        cross_val_score(model, X, CODES)
    with pytest.raises(TypeError, match=r"minidl.wrappers.SKLearnClassifier\(model\)"):
        model.score(X, CODES)
    for name in ("predict_proba", "get_params", "set_params", "decision_function"):
        with pytest.raises(AttributeError, match=r"SKLearnClassifier\(model\)"):
            getattr(model, name)
    with pytest.raises(TypeError, match="a model, or a function that returns one"):
        SKLearnRegressor("mlp").fit(X, CODES)
    with pytest.raises(TypeError, match="needs a model"):
        SKLearnRegressor(model=dict).fit(X, CODES)


def test_regression_with_several_targets_works():
    targets = np.stack([CODES, -CODES], axis=1).astype(float)
    for estimator in (
        SKLearnRegressor(Sequential([Dense(16, "relu"), Dense(2)]), fit_kwargs=QUIET, random_state=0),
        MLPRegressor(hidden_layer_sizes=16, max_iter=100, learning_rate_init=0.02, random_state=0),
    ):
        assert estimator.fit(X, targets).score(X, targets) > 0.5
        assert estimator.predict(X[:3]).shape == (3, 2)


def test_importing_minidl_and_its_wrappers_loads_no_sklearn():
    import subprocess
    import sys

    code = "import minidl, minidl.wrappers, sys; minidl.wrappers.__all__; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
    code = (
        "import sys; sys.modules['sklearn'] = None\nimport minidl.wrappers\n"
        "try: minidl.wrappers.MLPClassifier\nexcept ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "minidl.wrappers.MLPClassifier needs scikit-learn: pip install scikit-learn"
