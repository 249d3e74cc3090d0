"""Every metric compared with Keras's: the result after each of several updates, with and without sample weights, to 1e-5."""

import keras
import numpy as np
import pytest

import minidl
from minidl import metrics
from minidl.config.naming import snake_case
from minidl.config.public_names import PACKAGES
from tests.parity.comparing import assert_close

ROWS = 12  # more than any batch below


def probabilities(generator, shape):
    return generator.random(shape).astype("float32")


def with_ties(generator, shape):
    return (generator.integers(0, 3, shape) / 4).astype("float32")


def one_hot(generator, shape):
    return np.eye(shape[-1], dtype="float32")[generator.integers(shape[-1], size=shape[:-1])]


def labels(generator, shape):
    return generator.integers(shape[-1], size=shape[:-1])


def labels_in_a_column(generator, shape):
    return labels(generator, shape)[..., np.newaxis]


def bits(generator, shape):
    return generator.integers(2, size=shape)


def flat_bits(generator, shape):
    return bits(generator, shape)[..., 0]


def signs(generator, shape):
    return 2 * bits(generator, shape) - 1


def normal(generator, shape):
    return generator.normal(size=shape).astype("float32")


def rows_of_probabilities(generator, shape):
    rows = generator.uniform(0.1, 1.0, shape).astype("float32")
    return rows / rows.sum(axis=-1, keepdims=True)


def classes(generator, shape):
    return generator.integers(4, size=shape)


def flat_classes(generator, shape):
    return classes(generator, shape)[..., 0]


def at_thresholds(generator, shape):
    """Probabilities that lie on thresholds, 0 and 1 among them."""
    return (generator.integers(0, 11, shape) / 10).astype("float32")


def largest_error(y_true, y_pred):
    return abs(y_pred - y_true).max(axis=-1)


ROWS_OF_CLASSES = {"sparse_y_true": False, "sparse_y_pred": False}
# class -> rows of (arguments, what makes y_true, what makes y_pred, shape of y_pred)
METRICS = {
    "Accuracy": [({}, bits, bits, (ROWS, 3)), ({}, labels_in_a_column, bits, (ROWS, 1))],
    "BinaryAccuracy": [
        ({}, bits, probabilities, (ROWS, 3)),
        ({}, bits, with_ties, (ROWS, 1)),
        ({}, flat_bits, probabilities, (ROWS, 1)),
        ({"threshold": 0.3, "name": "mine"}, bits, probabilities, (ROWS, 2, 2)),
    ],
    "CategoricalAccuracy": [
        ({}, one_hot, probabilities, (ROWS, 3)),
        ({}, probabilities, with_ties, (ROWS, 3)),
        ({}, one_hot, probabilities, (ROWS, 4, 3)),
    ],
    "Mean": [({}, probabilities, None, (ROWS,)), ({}, probabilities, None, (ROWS, 3)), ({}, probabilities, None, ())],
    "MeanAbsoluteError": [({}, probabilities, probabilities, shape) for shape in ((ROWS, 3), (ROWS, 1), (ROWS, 2, 3))],
    "MeanMetricWrapper": [({"fn": largest_error, "name": "largest"}, probabilities, probabilities, (ROWS, 3))],
    "MeanSquaredError": [
        ({}, probabilities, probabilities, (ROWS, 3)),
        ({}, flat_bits, probabilities, (ROWS, 1)),
        ({}, probabilities, probabilities, (ROWS, 2, 3)),
    ],
    "SparseCategoricalAccuracy": [
        ({}, labels, probabilities, (ROWS, 3)),
        ({}, labels_in_a_column, with_ties, (ROWS, 3)),
        ({}, labels, probabilities, (ROWS, 4, 3)),
    ],
    "SparseTopKCategoricalAccuracy": [
        ({"k": 2}, labels, probabilities, (ROWS, 6)),
        ({}, labels_in_a_column, probabilities, (ROWS, 7)),
        ({"k": 2}, labels, with_ties, (ROWS, 6)),
        ({"k": 3}, labels, probabilities, (ROWS, 2, 6)),
        ({"k": 2, "from_sorted_ids": True}, flat_classes, classes, (ROWS, 4)),
    ],
    "TopKCategoricalAccuracy": [
        ({"k": 2}, one_hot, probabilities, (ROWS, 6)),
        ({}, one_hot, probabilities, (ROWS, 7)),
        ({"k": 1}, one_hot, with_ties, (ROWS, 6)),
        ({"k": 9}, one_hot, probabilities, (ROWS, 6)),
    ],
    "AUC": [
        ({}, bits, probabilities, (ROWS, 1)),
        ({"name": "mine"}, bits, at_thresholds, (ROWS, 3)),
        ({"curve": "PR", "num_thresholds": 20}, bits, probabilities, (ROWS, 1)),
        ({"curve": "PR", "summation_method": "minoring", "num_thresholds": 11}, bits, at_thresholds, (ROWS, 1)),
        ({"summation_method": "majoring"}, bits, probabilities, (ROWS, 2)),
        ({"curve": "PRGAIN"}, bits, probabilities, (ROWS, 2)),
        ({"thresholds": [0.7, 0.2, 0.25]}, bits, with_ties, (ROWS, 2)),
        ({"thresholds": [0.25, 0.5, 0.75]}, bits, with_ties, (ROWS, 2)),
        ({"multi_label": True}, bits, probabilities, (ROWS, 3)),
        ({"multi_label": True, "num_labels": 3, "label_weights": [1.0, 2.0, 0.5]}, bits, probabilities, (ROWS, 3)),
        ({"multi_label": True, "curve": "PR", "thresholds": [0.2, 0.7]}, bits, probabilities, (ROWS, 3)),
        ({"label_weights": [1.0, 2.0, 0.5]}, bits, probabilities, (ROWS, 3)),
        ({"from_logits": True}, bits, normal, (ROWS, 1)),
        ({}, flat_bits, probabilities, (ROWS, 1)),
    ],
    "BinaryCrossentropy": [
        ({}, bits, probabilities, (ROWS, 3)),
        ({"label_smoothing": 0.2}, bits, probabilities, (ROWS, 1)),
        ({"from_logits": True}, bits, normal, (ROWS, 2, 2)),
    ],
    "BinaryIoU": [({}, bits, probabilities, (ROWS,)), ({"target_class_ids": [1], "threshold": 0.25}, bits, with_ties, (ROWS,))],
    "CategoricalCrossentropy": [
        ({}, one_hot, rows_of_probabilities, (ROWS, 3)),
        ({"label_smoothing": 0.2}, one_hot, rows_of_probabilities, (ROWS, 3)),
        ({"from_logits": True}, one_hot, normal, (ROWS, 2, 3)),
    ],
    "CategoricalHinge": [({}, one_hot, normal, (ROWS, 3)), ({}, one_hot, probabilities, (ROWS, 2, 3))],
    "ConcordanceCorrelation": [({}, normal, normal, (ROWS, 4)), ({"axis": 1}, normal, normal, (ROWS, 4, 2))],
    "CosineSimilarity": [({}, normal, normal, (ROWS, 4)), ({"axis": 1}, normal, normal, (ROWS, 4, 2))],
    "F1Score": [
        ({}, one_hot, probabilities, (ROWS, 3)),
        ({"threshold": 0.4}, bits, probabilities, (ROWS, 3)),
        ({"average": "macro"}, bits, with_ties, (ROWS, 3)),
    ],
    "FBetaScore": [
        ({"average": "micro", "beta": 2.0}, one_hot, probabilities, (ROWS, 3)),
        ({"average": "weighted", "beta": 0.5, "threshold": 0.3}, bits, probabilities, (ROWS, 3)),
        ({"name": "mine"}, bits, probabilities, (ROWS, 3)),
    ],
    "Hinge": [({}, bits, normal, (ROWS, 3)), ({}, signs, normal, (ROWS, 1))],
    "IoU": [
        ({"num_classes": 4, "target_class_ids": [0, 2]}, classes, classes, (ROWS,)),
        ({"num_classes": 3, "target_class_ids": [1], "ignore_class": 0}, classes, classes, (ROWS,)),
        ({"num_classes": 3, "target_class_ids": [1, 2], "sparse_y_pred": False}, labels, probabilities, (ROWS, 3)),
        (ROWS_OF_CLASSES | {"target_class_ids": [1, 2], "num_classes": 3}, one_hot, probabilities, (ROWS, 3)),
    ],
    "KLDivergence": [({}, rows_of_probabilities, rows_of_probabilities, (ROWS, 3)), ({}, one_hot, probabilities, (ROWS, 2, 3))],
    "LogCoshError": [({}, normal, normal, (ROWS, 3)), ({}, bits, normal, (ROWS, 1))],
    "MeanAbsolutePercentageError": [({}, normal, normal, (ROWS, 3)), ({}, bits, normal, (ROWS, 1))],
    "MeanIoU": [
        ({"num_classes": 4}, classes, classes, (ROWS,)),
        ({"num_classes": 4, "ignore_class": 2, "sparse_y_pred": False}, labels, probabilities, (ROWS, 4)),
        ({"num_classes": 4, "sparse_y_true": False, "sparse_y_pred": False}, one_hot, probabilities, (ROWS, 4)),
    ],
    "MeanSquaredLogarithmicError": [({}, probabilities, normal, (ROWS, 3)), ({}, bits, probabilities, (ROWS, 1))],
    "OneHotIoU": [
        ({"num_classes": 3, "target_class_ids": [0, 2]}, one_hot, probabilities, (ROWS, 3)),
        ({"num_classes": 3, "target_class_ids": [1], "ignore_class": 0}, one_hot, probabilities, (ROWS, 3)),
    ],
    "OneHotMeanIoU": [
        ({"num_classes": 3}, one_hot, probabilities, (ROWS, 3)),
        ({"num_classes": 3, "ignore_class": 1}, one_hot, probabilities, (ROWS, 3)),
    ],
    "PearsonCorrelation": [({}, normal, normal, (ROWS, 4)), ({"axis": 1}, normal, normal, (ROWS, 4, 2))],
    "Poisson": [({}, probabilities, probabilities, (ROWS, 3)), ({}, bits, probabilities, (ROWS, 1))],
    "Precision": [
        ({}, bits, probabilities, (ROWS, 3)),
        ({"thresholds": 0.25}, flat_bits, with_ties, (ROWS, 1)),
        ({"thresholds": [0.8, 0.3, 0.25]}, bits, with_ties, (ROWS, 3)),
        ({"thresholds": [0.0, 0.5, 1.0]}, bits, with_ties, (ROWS, 3)),
        ({"top_k": 2}, one_hot, probabilities, (ROWS, 4)),
        ({"top_k": 1, "class_id": 2}, one_hot, with_ties, (ROWS, 4)),
        ({"class_id": 1, "thresholds": [0.5, 0.25], "name": "mine"}, one_hot, with_ties, (ROWS, 3)),
    ],
    "PrecisionAtRecall": [
        ({"recall": 0.6}, bits, probabilities, (ROWS, 3)),
        ({"recall": 0.3, "num_thresholds": 11, "class_id": 1}, bits, at_thresholds, (ROWS, 3)),
        ({"recall": 0.3, "num_thresholds": 1}, bits, probabilities, (ROWS, 1)),
        ({"recall": 0.3, "num_thresholds": 2}, bits, at_thresholds, (ROWS, 1)),
    ],
    "R2Score": [
        ({}, normal, normal, (ROWS, 3)),
        ({"class_aggregation": None}, normal, normal, (ROWS, 3)),
        ({"class_aggregation": "variance_weighted_average"}, normal, normal, (ROWS, 3)),
        ({"num_regressors": 2}, normal, normal, (ROWS, 1)),
        ({"num_regressors": 1}, bits, normal, (ROWS, 1)),
    ],
    "Recall": [
        ({}, bits, probabilities, (ROWS, 3)),
        ({"thresholds": [0.8, 0.3, 0.25]}, bits, with_ties, (ROWS, 3)),
        ({"top_k": 2}, one_hot, probabilities, (ROWS, 4)),
        ({"top_k": 2, "thresholds": [0.6]}, one_hot, probabilities, (ROWS, 4)),
        ({"class_id": 1, "name": "mine"}, one_hot, with_ties, (ROWS, 3)),
    ],
    "RecallAtPrecision": [
        ({"precision": 0.6}, bits, probabilities, (ROWS, 3)),
        ({"precision": 0.5, "num_thresholds": 11, "class_id": 1}, bits, at_thresholds, (ROWS, 3)),
    ],
    "RootMeanSquaredError": [({}, normal, normal, (ROWS, 2, 3)), ({}, flat_bits, normal, (ROWS, 1))],
    "SensitivityAtSpecificity": [
        ({"specificity": 0.6}, bits, probabilities, (ROWS, 3)),
        ({"specificity": 0.5, "num_thresholds": 11, "class_id": 1}, bits, at_thresholds, (ROWS, 3)),
    ],
    "SparseCategoricalCrossentropy": [
        ({}, labels, rows_of_probabilities, (ROWS, 3)),
        ({"from_logits": True}, labels, normal, (ROWS, 2, 3)),
    ],
    "SpecificityAtSensitivity": [
        ({"sensitivity": 0.6}, bits, probabilities, (ROWS, 3)),
        ({"sensitivity": 0.5, "num_thresholds": 11, "class_id": 1}, bits, at_thresholds, (ROWS, 3)),
    ],
    "SquaredHinge": [({}, bits, normal, (ROWS, 3)), ({}, signs, normal, (ROWS, 1))],
    "Sum": [({}, probabilities, None, (ROWS,)), ({}, probabilities, None, (ROWS, 3)), ({}, probabilities, None, ())],
}
METRICS |= {
    kind: [
        ({}, bits, probabilities, (ROWS, 3)),
        ({"thresholds": [0.8, 0.3, 0.25]}, bits, with_ties, (ROWS, 3)),
        ({"thresholds": [0.0, 0.25, 0.5, 0.75, 1.0]}, bits, with_ties, (ROWS, 3)),
        ({"thresholds": 0.3, "name": "mine"}, flat_bits, probabilities, (ROWS, 1)),
    ]
    for kind in ("FalseNegatives", "FalsePositives", "TrueNegatives", "TruePositives")
}
FORMS = [pytest.param(name, *row, id=f"{name}-{number}") for name, rows in METRICS.items() for number, row in enumerate(rows)]


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize("weighted", ["plain", "by row", "no weight at all"])
@pytest.mark.parametrize(("name", "arguments", "targets", "outputs", "shape"), FORMS)
def test_results_after_each_update_are_those_of_keras(name, arguments, targets, outputs, shape, weighted):
    generator = np.random.default_rng(0)
    keras.utils.clear_session(free_memory=False)  # which numbers its nameless metrics
    whole_weights = {"dtype": "float32"} if "IoU" in name else {}  # so that fractions count
    ours, theirs = getattr(metrics, name)(**arguments), getattr(keras.metrics, name)(**arguments | whole_weights)
    assert ours.name == theirs.name
    for start, stop in ((0, 5), (5, 10), (10, ROWS), (2, 7)):
        generator = np.random.default_rng(start)
        arrays = [
            make(generator, shape)[start:stop] if shape else make(generator, shape) for make in (targets, outputs) if make
        ]
        rows = stop - start if shape else ()
        weights = {
            "plain": None,
            "by row": np.maximum(generator.uniform(-0.5, 2.0, rows), 0).astype("float32"),  # some weigh nothing
            "no weight at all": np.zeros(rows, "float32"),
        }[weighted]
        ours.update_state(*arrays, sample_weight=weights)
        theirs.update_state(*arrays, sample_weight=weights)
        if name == "R2Score" and weighted == "no weight at all":
            assert ours.result() == 0
            assert np.isnan(theirs.result()).all()
        else:
            assert_close(ours.result(), theirs.result())
    for metric in (ours, theirs):
        metric.reset_state()
    if name not in ("F1Score", "FBetaScore", "R2Score"):  # which have no result before the first batch, or NaN
        assert_close(ours.result(), theirs.result())


@pytest.mark.parametrize("shape", [(ROWS, 2, 3), (ROWS, 3)])
def test_one_weight_a_value_counts_as_in_keras(shape):
    generator = np.random.default_rng(0)
    values, weights = (generator.random(shape).astype("float32") for _ in range(2))
    ours, theirs = metrics.Mean(), keras.metrics.Mean()
    for rows in (slice(0, 5), slice(5, ROWS)):
        ours.update_state(values[rows], sample_weight=weights[rows])
        theirs.update_state(values[rows], sample_weight=weights[rows])
        assert_close(ours.result(), theirs.result())


NEEDY = "IoU MeanIoU MeanMetricWrapper OneHotIoU OneHotMeanIoU PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity"
NEEDY = [*NEEDY.split(), "SpecificityAtSensitivity"]
NEEDY += [snake_case(name) for name in NEEDY]
ALIASES = ["bce", "mae", "mape", "mse", "msle", "BCE", "MAE", "MAPE", "MSE", "MSLE"]


@pytest.mark.parametrize("name", [*ALIASES, *(snake_case(name) for name in PACKAGES["metrics"]), *PACKAGES["metrics"]])
def test_names_mean_what_they_mean_in_keras(name):
    if name in NEEDY:  # cannot be made without arguments
        with pytest.raises(TypeError, match="needs the argument"):
            metrics.get(name)
        return
    keras.utils.clear_session(free_memory=False)
    mine, its = metrics.get(name), keras.metrics.get(name)
    assert mine.name == (its.name if isinstance(its, keras.metrics.Metric) else its.__name__)


def test_every_metric_is_in_the_table():
    assert set(METRICS) == set(PACKAGES["metrics"])


# Functions.

FUNCTIONS = {
    "binary_accuracy": [({}, bits, probabilities), ({"threshold": 0.3}, bits, probabilities)],
    "categorical_accuracy": [({}, one_hot, probabilities)],
    "sparse_categorical_accuracy": [({}, labels, probabilities)],
    "top_k_categorical_accuracy": [({"k": 2}, one_hot, probabilities)],
    "sparse_top_k_categorical_accuracy": [({"k": 2}, labels, probabilities)],
    "pearson_correlation": [({}, normal, normal), ({"axis": 0}, normal, normal)],
    "concordance_correlation": [({}, normal, normal), ({"axis": 0}, normal, normal)],
}


@pytest.mark.parametrize(
    ("name", "row"),
    [(name, row) for name, rows in FUNCTIONS.items() for row in rows],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_functions_give_keras_s_value_for_each_row(name, row):
    arguments, targets, outputs = row
    generator = np.random.default_rng(0)
    y_true, y_pred = targets(generator, (ROWS, 4)), outputs(generator, (ROWS, 4))
    ours, theirs = (getattr(k.metrics, name)(y_true, y_pred, **arguments) for k in (minidl, keras))
    assert_close(ours, theirs)
    assert ours.dtype == "float32"


def test_functions_that_are_losses_too_are_the_same_functions():
    shared = [
        name for name in dir(keras.metrics) if name.islower() and name not in (*FUNCTIONS, "get", "serialize", "deserialize")
    ]
    for name in (name for name in shared if not name.startswith("_")):
        assert getattr(metrics, name) is getattr(minidl.losses, name)


# In training.


def test_the_history_of_metrics_with_and_without_weights_is_that_of_keras():
    generator = np.random.default_rng(0)
    x, weights = generator.normal(size=(40, 4)).astype("float32"), generator.uniform(0.2, 2.0, 40).astype("float32")
    y, kernel = one_hot(generator, (40, 3)), generator.normal(size=(4, 3))
    histories = []
    for k in (minidl, keras):
        keras.utils.clear_session(free_memory=False)
        kinds = k.metrics
        model = k.Sequential([k.layers.Input((4,)), k.layers.Dense(3, "softmax")])
        model.layers[-1].set_weights([kernel, np.zeros(3)])
        model.compile(
            k.optimizers.SGD(0.1),
            "categorical_crossentropy",
            metrics=["mae", "kl_divergence", kinds.AUC(curve="PR"), kinds.F1Score(), kinds.Recall(thresholds=[0.3, 0.5])],
            weighted_metrics=["mse", "mae", kinds.AUC(name="area"), kinds.Precision(class_id=1), kinds.R2Score()],
        )
        fitted = model.fit(
            x, y, epochs=2, batch_size=16, shuffle=False, sample_weight=weights, validation_data=(x[:9], y[:9]), verbose=0
        )
        histories.append(fitted.history)
    ours, theirs = histories
    assert set(ours) == set(theirs)
    for key, values in theirs.items():
        for mine, its in zip(ours[key], values, strict=True):
            assert_close(mine, its, 1e-5, key)


# Where minidl differs.


def test_an_ignored_class_does_not_count_where_keras_counts_it_as_zero():
    y_true, y_pred = np.array([0, 1, 1]), np.array([[0.5, 0.5], [0.2, 0.8], [0.6, 0.4]], "float32")
    ours, theirs = (k.SparseCategoricalCrossentropy(ignore_class=0) for k in (metrics, keras.metrics))
    expected = -np.log([0.8, 0.4])
    assert_close(ours(y_true, y_pred), expected.mean())
    assert_close(theirs(y_true, y_pred), expected.sum() / 3)
    for metric in (ours, theirs):
        metric.reset_state()
        metric.update_state(y_true, y_pred, sample_weight=np.array([1, 1, 3], "float32"))
    assert_close(ours.result(), theirs.result())


def test_a_row_of_equal_numbers_counts_as_uncorrelated_where_keras_has_nan():
    y_true, y_pred = np.array([[1, 1], [0, 1]], "float32"), np.array([[0, 1], [0, 1]], "float32")
    assert_close(metrics.PearsonCorrelation()(y_true, y_pred), 0.5)
    assert np.isnan(keras.metrics.PearsonCorrelation()(y_true, y_pred))


def test_r2_of_equal_targets_is_one_or_zero_where_keras_has_nan():
    y_true, y_pred = np.full((3, 1), 2, "float32"), np.full((3, 1), 2, "float32")
    assert metrics.R2Score()(y_true, y_pred) == 1
    assert np.isnan(keras.metrics.R2Score()(y_true, y_pred))
    assert metrics.R2Score()(y_true, y_pred + 1) == keras.metrics.R2Score()(y_true, y_pred + 1) == 0


@pytest.mark.filterwarnings("ignore:You are passing weight as `float`")
def test_iou_accepts_fractional_weights_where_keras_truncates_them():
    y_true, y_pred, weight = np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([1.5, 1.0, 1.0], "float32")
    ours, theirs = (k.IoU(2, [0]) for k in (metrics, keras.metrics))
    assert_close(ours(y_true, y_pred, sample_weight=weight), 1.5 / 2.5)
    assert_close(theirs(y_true, y_pred, sample_weight=weight), 1 / 2)


def test_nan_is_a_wrong_prediction_where_keras_may_count_it_as_right():
    scores, labels = np.full((2, 2), np.nan, "float32"), np.array([0, 1], "int32")
    for kind, arguments, y_true in (
        ("BinaryAccuracy", {}, np.eye(2)),
        ("CategoricalAccuracy", {}, np.eye(2)),
        ("SparseCategoricalAccuracy", {}, labels),
        ("OneHotIoU", {"num_classes": 2, "target_class_ids": [0]}, np.eye(2)),
        ("BinaryIoU", {}, np.eye(2)),
    ):
        ours, theirs = (getattr(package.metrics, kind)(**arguments) for package in (minidl, keras))
        ours.update_state(y_true, scores)
        theirs.update_state(y_true, scores)
        assert ours.result() == 0, kind
        assert float(theirs.result()) > 0, kind


def test_r2_is_adjusted_by_rows_where_keras_counts_outputs():
    generator = np.random.default_rng(0)
    y_true = generator.normal(size=(8, 3)).astype("float32")
    y_pred = y_true + 0.5 * generator.normal(size=(8, 3)).astype("float32")
    theirs = keras.metrics.R2Score(num_regressors=2)
    theirs.update_state(y_true, y_pred)
    plain = metrics.R2Score()(y_true, y_pred)
    assert metrics.R2Score(num_regressors=2)(y_true, y_pred) == pytest.approx(1 - (1 - plain) * 7 / 5)
    assert float(theirs.result()) == pytest.approx(1 - (1 - plain) * 23 / 21)
