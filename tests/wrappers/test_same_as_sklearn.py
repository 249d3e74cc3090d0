"""minidl's multi-layer perceptrons and scikit-learn's train the same network from the same `random_state`."""

import warnings

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.datasets import load_breast_cancer, load_digits, make_multilabel_classification, make_regression

from minidl import wrappers


def digits():
    x, y = load_digits(return_X_y=True)
    return x[:600] / 16, y[:600]


def two_classes():
    x, y = load_breast_cancer(return_X_y=True)
    return (x - x.mean(0)) / x.std(0), np.array(["benign", "malignant"])[y]


def numbered_classes():
    x, y = two_classes()
    return x, np.unique(y, return_inverse=True)[1]


def several_labels():
    return make_multilabel_classification(200, random_state=0)


def numbers(targets=1, dtype=np.float64):
    x, y = make_regression(300, 20, n_targets=targets, random_state=0)
    return x.astype(dtype), y / 100


def counts():
    x, y = numbers()
    return x, np.abs(y).round()


CASES = {
    "adam": ("MLPClassifier", digits, {}),
    "sgd invscaling": ("MLPClassifier", digits, {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.5}),
    "sgd adaptive": (
        "MLPClassifier",
        digits,
        {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.3, "tol": 1},
    ),
    "plain sgd": ("MLPClassifier", digits, {"solver": "sgd", "momentum": 0, "shuffle": False}),
    "no nesterov": ("MLPClassifier", digits, {"solver": "sgd", "nesterovs_momentum": False}),
    "early stopping": ("MLPClassifier", digits, {"early_stopping": True, "n_iter_no_change": 2}),
    "two classes, stratified": ("MLPClassifier", numbered_classes, {"early_stopping": True, "activation": "logistic"}),
    "odd batches": ("MLPClassifier", two_classes, {"batch_size": 13, "alpha": 1, "max_iter": 3}),
    "two layers, tanh": ("MLPClassifier", two_classes, {"hidden_layer_sizes": (20, 7), "activation": "tanh"}),
    "lbfgs": ("MLPClassifier", two_classes, {"solver": "lbfgs", "max_iter": 20}),
    "several labels": ("MLPClassifier", several_labels, {"activation": "identity"}),
    "regression": ("MLPRegressor", numbers, {}),
    "regression, early stopping": ("MLPRegressor", numbers, {"early_stopping": True}),
    "three targets": ("MLPRegressor", lambda: numbers(3), {}),
    "float32": ("MLPRegressor", lambda: numbers(dtype=np.float32), {}),
    "regression, lbfgs": ("MLPRegressor", numbers, {"solver": "lbfgs"}),
    "poisson": ("MLPRegressor", counts, {"loss": "poisson"}),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_weights_losses_and_predictions_agree(case, weighted):
    kind, load, settings = CASES[case]
    x, y = load()
    weights = np.random.default_rng(0).uniform(0.2, 3, len(x)) if weighted else None
    settings = {"max_iter": 8, "random_state": 3} | settings
    theirs = getattr(neural_network, kind)(**settings).fit(x, y, sample_weight=weights)
    ours = getattr(wrappers, kind)(**settings).fit(x, y, sample_weight=weights)
    tolerance = 1e-4 if x.dtype == np.float32 or case in ("poisson", "regression, lbfgs") else 1e-7
    for one, other in zip([*ours.coefs_, *ours.intercepts_], [*theirs.coefs_, *theirs.intercepts_], strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=tolerance, atol=tolerance)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    if settings.get("solver") != "lbfgs":
        np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=tolerance, atol=tolerance)
        assert (ours.validation_scores_ is None) == (theirs.validation_scores_ is None)
        if ours.validation_scores_ is not None:
            np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-6)
    if hasattr(theirs, "predict_proba"):
        np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=tolerance)
        np.testing.assert_array_equal(ours.classes_, theirs.classes_)
        np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
    else:
        np.testing.assert_allclose(ours.predict(x), theirs.predict(x), rtol=10 * tolerance, atol=10 * tolerance)


def test_arguments_and_defaults_are_those_of_sklearn():
    for kind in ("MLPClassifier", "MLPRegressor"):
        ours, theirs = (getattr(module, kind)().get_params() for module in (wrappers, neural_network))
        assert theirs == {name: ours[name] for name in theirs}
        assert set(ours) - set(theirs) == {"hidden_layers"}


@pytest.mark.parametrize("learning_rate", ["constant", "invscaling"])
def test_a_second_fit_with_warm_start_continues_with_the_learning_rate_of_sklearn(learning_rate):
    rates = []
    for package in (wrappers, neural_network):
        settings = {"learning_rate": learning_rate, "max_iter": 1, "power_t": 0.25, "warm_start": True}
        estimator = package.MLPClassifier(4, solver="sgd", **settings)
        for _ in range(2):
            with warnings.catch_warnings(action="ignore"):
                estimator.fit([[3, 2], [1, 6], [5, 6], [-2, -4]], [1, 1, 1, 0])
            rates.append(float(estimator._optimizer.learning_rate))
    assert rates[:2] == pytest.approx(rates[2:])


def test_partial_fit_continues_as_in_sklearn():
    x, y = two_classes()
    ours, theirs = (module.MLPClassifier(random_state=1) for module in (wrappers, neural_network))
    for _ in range(4):
        for estimator in (ours, theirs):
            estimator.partial_fit(x, y, classes=np.unique(y))
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-9)
    assert (ours.t_, ours.n_iter_, len(ours.loss_curve_)) == (theirs.t_, theirs.n_iter_, len(theirs.loss_curve_))


LABELS = {
    "strings": np.array(["b", "c", "a"]),
    "objects": np.array(["long", "er", ""], object),
    "floats": np.array([2.0, -1.0, 0.0]),
    "large": np.array([2**60, 2**60 + 1, 2**60 + 2]),
    "dates": np.array(["2020-01-01", "2021-01-01", "1999-01-01"], "M8[D]"),
    "two": np.array([False, True]),
    "one": np.array([7]),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_kind_are_learned_as_in_sklearn(kind):
    x, y = np.random.default_rng(0).normal(size=(30, 3)), LABELS[kind][np.arange(30) % len(LABELS[kind])]
    ours, theirs = (module.MLPClassifier(max_iter=3, random_state=0).fit(x, y) for module in (wrappers, neural_network))
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    assert ours.n_outputs_ == theirs.n_outputs_
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], atol=1e-7)
    np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))


def test_several_labels_a_row_after_a_single_one_are_an_error():
    x, y = np.zeros((6, 2)), np.arange(6) % 3
    estimator = wrappers.MLPClassifier().partial_fit(x, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="multilabel"):
        estimator.partial_fit(x, np.eye(3, dtype=int)[y])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_changed_coefs_are_used():
    x, y = two_classes()
    estimator = wrappers.MLPClassifier(max_iter=2, random_state=0).fit(x, y)
    before = estimator.predict_proba(x)
    estimator.coefs_ = [np.zeros_like(coef) for coef in estimator.coefs_]
    estimator.intercepts_[1] = np.array([2.0])
    np.testing.assert_allclose(estimator.predict_proba(x)[:, 1], 1 / (1 + np.exp(-2.0)))
    assert np.abs(before[:, 1] - 1 / (1 + np.exp(-2.0))).max() > 0.1
    estimator.coefs_[0][:] = 1.0
    assert estimator.model_.layers[0].kernel.value.min() == 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_layer_sizes": (5, 0)}, "hidden_layer_sizes must be > 0"),
        ({"activation": "relu6"}, "'activation' parameter of MLPClassifier must be one of 'identity'"),
        ({"alpha": -1}, "'alpha' .* must be a number in"),
        ({"batch_size": 0}, "'batch_size' .* 'auto' or an integer"),
        ({"momentum": 2}, "'momentum'"),
        ({"shuffle": "yes"}, "'shuffle' .* True or False"),
        ({"max_iter": 1.5}, "'max_iter'"),
        ({"n_iter_no_change": 0}, "'n_iter_no_change'"),
        ({"hidden_layers": ["relu"]}, "'hidden_layers' .* list of minidl layers"),
    ],
)
def test_wrong_arguments_are_named_when_fit_is_called(settings, message):
    with pytest.raises(ValueError, match=message):
        wrappers.MLPClassifier(**settings).fit([[0.0], [1.0]], [0, 1])


def test_fit_leaves_the_random_state_of_numpy_and_of_minidl_as_it_was():
    from minidl.config.randomness import make_generator
    from minidl.utils import set_random_seed

    state = np.random.get_state()[1].copy()  # noqa: NPY002  # it must not change
    set_random_seed(5)
    expected = make_generator().random()
    set_random_seed(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrappers.MLPClassifier(max_iter=2, random_state=0).fit(*two_classes())
    assert make_generator().random() == expected
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002  # NumPy's global state is what is tested


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_early_stopping_with_names_of_classes_learns_as_with_numbers():  # where scikit-learn before 1.9 fails
    settings = {"early_stopping": True, "max_iter": 5, "random_state": 3}
    by_name = wrappers.MLPClassifier(**settings).fit(*two_classes())
    by_number = wrappers.MLPClassifier(**settings).fit(*numbered_classes())
    assert by_name.validation_scores_ == by_number.validation_scores_
    np.testing.assert_array_equal(by_name.classes_[by_number.predict(two_classes()[0])], by_name.predict(two_classes()[0]))
