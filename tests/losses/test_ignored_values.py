"""Values that do not count: masked steps, ignored classes, and rows of weight 0, whatever their targets and outputs are."""

import numpy as np
import pytest

from minidl import Input, Sequential, layers, losses, optimizers
from minidl.losses import MeanSquaredError, SparseCategoricalCrossentropy
from tests.table.losses import LOSSES

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 3, (4, 5))
PROBABILITIES = RANDOM.dirichlet(np.ones(3), (4, 5))
MASK = RANDOM.random((4, 5)) < 0.6
ROWS = np.array([1.0, 0.0, 2.0, 0.5])
STEPS = RANDOM.uniform(0.5, 2.0, (4, 5))
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")


def by_hand(values, counts, weights, reduction):
    """The loss of the values that count, one by one."""
    total = sum(float(value * weight) for value, weight, count in zip(values, weights, counts, strict=True) if count)
    divisor = {"sum": 1.0, "mean_with_sample_weight": weights[counts].sum()}.get(reduction, counts.sum())
    return total / divisor


@pytest.mark.parametrize("weights", [None, ROWS, ROWS[:, np.newaxis], STEPS])
@pytest.mark.parametrize("ignored", [None, 0, 2])
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_masks_ignored_classes_and_weights_together_give_the_mean_over_what_counts(weights, ignored, from_logits, reduction):
    outputs = np.log(PROBABILITIES) if from_logits else PROBABILITIES
    loss = SparseCategoricalCrossentropy(from_logits, ignored, reduction)
    value, gradient = loss.value_and_grad(LABELS, outputs, weights, MASK)
    counts = (MASK & (ignored != LABELS)).ravel()
    given = (
        np.ones(LABELS.shape)
        if weights is None
        else np.broadcast_to(weights if weights.ndim == 2 else weights[:, None], (4, 5))
    )
    values = -np.log(np.take_along_axis(PROBABILITIES, LABELS[..., np.newaxis], -1)).ravel()
    assert value == pytest.approx(by_hand(values, counts, given.ravel(), reduction))
    assert not gradient.reshape(-1, 3)[~counts].any()
    alone = SparseCategoricalCrossentropy(from_logits, reduction=reduction)
    kept = alone.value_and_grad(LABELS.ravel()[counts], outputs.reshape(-1, 3)[counts], given.ravel()[counts])[1]
    np.testing.assert_allclose(gradient.reshape(-1, 3)[counts], kept)


@pytest.mark.parametrize("name", [name for name in LOSSES if not getattr(getattr(losses, name), "mixes_batch", False)])
def test_a_row_of_weight_zero_never_counts(name):
    for make in LOSSES[name]:
        loss, y_true, y_pred = make()
        if getattr(loss, "mixes_batch", False):
            continue
        y_pred = np.asarray(y_pred, "float64")
        weights = np.ones(len(y_pred))
        weights[1] = 0
        expected, gradient = loss.value_and_grad(y_true, y_pred, weights)
        for number in (np.nan, np.inf, -np.inf, 1e300):
            broken = y_pred.copy()
            broken[1] = number
            value, found = loss.value_and_grad(y_true, broken, weights)
            np.testing.assert_allclose(value, expected, err_msg=f"{loss} at {number}")
            np.testing.assert_allclose(np.delete(found, 1, 0), np.delete(gradient, 1, 0), err_msg=f"{loss} at {number}")
            assert np.isfinite(found).all()
            np.testing.assert_allclose(loss(y_true, broken, weights), expected)
        unknown = np.array(y_true, "float64")
        unknown[1] = np.nan
        value, found = loss.value_and_grad(unknown, y_pred, weights)
        np.testing.assert_allclose(value, expected)
        np.testing.assert_allclose(found, gradient, atol=1e-12)


def test_an_infinite_loss_that_counts_stays_infinite():
    with np.errstate(over="ignore"):
        assert np.isinf(MeanSquaredError()(np.zeros((2, 1), "float32"), np.array([[1.0], [1e30]], "float32"), [0.0, 1.0]))
    assert np.isnan(MeanSquaredError()(np.zeros((2, 1)), np.array([[1.0], [np.nan]]), [0.0, 1.0]))


def test_masked_steps_whose_outputs_overflow_do_not_count():
    outputs = np.ones((2, 2, 1), "float32")
    outputs[0, 1], outputs[1, 0] = 1e30, np.nan
    mask = np.array([[True, False], [False, True]])
    value, gradient = MeanSquaredError().value_and_grad(np.zeros((2, 2, 1)), outputs, None, mask)
    assert value == 1
    np.testing.assert_array_equal(gradient[..., 0], [[1, 0], [0, 1]])


def test_ignored_steps_whose_outputs_are_nan_do_not_count():
    outputs = PROBABILITIES.copy()
    outputs[LABELS == 0] = np.nan
    for from_logits in (False, True):
        loss = SparseCategoricalCrossentropy(from_logits, ignore_class=0)
        value, gradient = loss.value_and_grad(LABELS, outputs)
        expected, expected_gradient = loss.value_and_grad(LABELS, PROBABILITIES)
        assert value == pytest.approx(expected)
        np.testing.assert_allclose(gradient, expected_gradient)


def test_the_classes_may_be_on_any_axis():
    outputs = np.moveaxis(PROBABILITIES, -1, 1).copy()
    outputs[1] = np.inf
    loss = SparseCategoricalCrossentropy(axis=1)
    value, gradient = loss.value_and_grad(LABELS, outputs, ROWS)
    expected, expected_gradient = SparseCategoricalCrossentropy().value_and_grad(LABELS, PROBABILITIES, ROWS)
    assert value == pytest.approx(expected)
    np.testing.assert_allclose(np.moveaxis(gradient, 1, -1), expected_gradient)


def masked_classifier(**settings):
    model = Sequential(
        [Input((5, 2)), layers.Masking(), layers.Dense(3, activation="softmax", kernel_initializer="zeros", name="classes")]
    )
    model.compile(optimizers.SGD(1.0), SparseCategoricalCrossentropy(ignore_class=1), **settings)
    return model


def test_fit_and_evaluate_take_masks_ignored_classes_and_weights_together():
    x = np.where(MASK[..., np.newaxis], 1.0, 0.0) * np.ones((4, 5, 2))
    counts, classes = MASK & (LABELS != 1), np.eye(3)
    assert masked_classifier().evaluate(x, LABELS, verbose=0) == pytest.approx(np.log(3))
    for weights in (None, ROWS, STEPS):
        model = masked_classifier()
        model.fit(x, LABELS, sample_weight=weights, verbose=0, shuffle=False)
        given = np.ones((4, 5)) if weights is None else weights.reshape(4, -1) * np.ones((4, 5))
        step = ((classes[LABELS] - 1 / 3) * (given * counts)[..., np.newaxis]).sum(axis=(0, 1)) / counts.sum()
        np.testing.assert_allclose(model.get_weights()[1], step, atol=1e-6)


def test_rows_of_weight_zero_may_have_unknown_targets_in_fit():
    x, y = np.arange(4.0).reshape(4, 1), np.array([[1.0], [np.nan], [2.0], [np.nan]])
    weights = np.array([1.0, 0.0, 1.0, 0.0])

    def trained(y, weights, rows):
        model = Sequential([Input((1,)), layers.Dense(1, kernel_initializer="ones")])
        model.compile(optimizers.SGD(0.1), losses.MeanSquaredError("mean_with_sample_weight"), weighted_metrics=["mae"])
        history = model.fit(x[rows], y[rows], sample_weight=weights[rows], epochs=2, verbose=0, shuffle=False).history
        return [
            *model.get_weights(),
            history["loss"],
            history["mae"],
            model.evaluate(x[rows], y[rows], sample_weight=weights[rows], verbose=0),
        ]

    for found, expected in zip(trained(y, weights, slice(None)), trained(y, weights, slice(None, None, 2)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    with pytest.raises(ValueError, match="y holds nan at row 1, column 0"):
        trained(y, np.ones(4), slice(None))


def test_rows_of_a_class_of_weight_zero_do_not_count_even_if_their_loss_is_infinite():
    x, y = np.array([[1.0], [1e25], [2.0]], "float32"), np.array([0, 1, 0])
    model = Sequential([Input((1,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile(optimizers.SGD(0.0), "mse")
    assert model.fit(x, y, class_weight={0: 1.0, 1: 0.0}, verbose=0).history["loss"] == [pytest.approx(5 / 3)]


SEQUENCES = np.random.default_rng(3).normal(size=(6, 5, 2)).astype("float32")
SEQUENCES[:, 3:] = 0


def masking_model(loss, units, activation=None, metrics=None):

    dense = layers.Dense(units, activation, kernel_initializer="ones")
    model = Sequential([layers.Masking(), layers.GRU(3, return_sequences=True, kernel_initializer="ones"), dense])
    model.build((None, 5, 2))
    model.set_weights([np.full(weight.shape, 0.1, "float32") for weight in model.weights])
    model.compile(optimizers.SGD(0.1), loss, metrics=metrics)
    return model


def masked_targets(loss, unknown):
    if loss == "sparse_categorical_crossentropy":
        y = np.random.default_rng(4).integers(0, 3, (6, 5)).astype("float32" if np.isnan(unknown) else "int64")
    else:
        y = np.random.default_rng(4).integers(0, 2, (6, 5, 1)).astype("float32")
    known = y.copy()
    y[:, 3:], known[:, 3:] = unknown, 0
    return y, known


@pytest.mark.parametrize("unknown", [np.nan, -1, 99])
@pytest.mark.parametrize(
    ("loss", "units", "activation", "metric"),
    [
        ("mse", 1, None, "mae"),
        ("huber", 1, None, "mape"),
        ("poisson", 1, "softplus", "mse"),
        ("binary_crossentropy", 1, "sigmoid", "accuracy"),
        ("sparse_categorical_crossentropy", 3, "softmax", "accuracy"),
        ("sparse_categorical_crossentropy", 3, "softmax", "sparse_top_k_categorical_accuracy"),
    ],
)
def test_targets_of_masked_steps_may_be_anything(loss, units, activation, metric, unknown):
    y, known = masked_targets(loss, unknown)
    one, other = (masking_model(loss, units, activation, [metric]) for _ in range(2))
    options = {"epochs": 2, "batch_size": 3, "shuffle": False, "verbose": 0}
    history = one.fit(SEQUENCES, y, validation_data=(SEQUENCES, y), **options).history
    assert history == other.fit(SEQUENCES, known, validation_data=(SEQUENCES, known), **options).history
    assert np.isfinite(list(history.values())).all()
    for weight, its in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, its)
    assert one.evaluate(SEQUENCES, y, verbose=0) == other.evaluate(SEQUENCES, known, verbose=0)
    assert one.train_on_batch(SEQUENCES, y) == other.train_on_batch(SEQUENCES, known)
    assert one.fit([(SEQUENCES, y)], verbose=0).history == other.fit([(SEQUENCES, known)], verbose=0).history


def test_targets_of_steps_that_count_are_still_checked():
    y, _ = masked_targets("mse", np.nan)
    y[0, 0] = np.nan
    with pytest.raises(ValueError, match=r"y holds nan at row 0, position \(0, 0\)"):
        masking_model("mse", 1).fit(SEQUENCES, y, verbose=0)
    labels, _ = masked_targets("sparse_categorical_crossentropy", -1)
    labels[0, 0] = 7
    with pytest.raises(ValueError, match="got label 7"):
        masking_model("sparse_categorical_crossentropy", 3, "softmax").fit(SEQUENCES, labels, verbose=0)
