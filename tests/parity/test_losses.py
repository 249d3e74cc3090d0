"""Every loss compared with Keras's: value to 1e-5 and gradient to 1e-4, under all reductions and sample weights."""

import jax
import keras
import numpy as np
import pytest

import minidl
from minidl import activations, losses
from minidl.autodiff import Recording
from minidl.config.naming import snake_case
from minidl.config.public_names import PACKAGES
from tests.parity.comparing import assert_close

GENERATOR = np.random.default_rng(0)
REDUCTIONS = ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none")


def scores(*shape):
    return (2 * GENERATOR.normal(size=shape)).astype("float32")


def softmax(*shape):
    return activations.softmax(scores(*shape))


def sigmoid(*shape):
    return activations.sigmoid(scores(*shape))


def bits(*shape):
    return GENERATOR.integers(2, size=shape)


def labels(classes, *shape):
    return GENERATOR.integers(classes, size=shape)


def one_hot(classes, *shape):
    return np.eye(classes, dtype="float32")[labels(classes, *shape)]


def softplus(*shape):
    """Numbers above 0."""
    return activations.softplus(scores(*shape))


def directions(*shape):
    """Vectors of length 1."""
    vectors = scores(*shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def signs(*shape):
    return 2 * bits(*shape) - 1


LOGITS, SMOOTH = {"from_logits": True}, {"label_smoothing": 0.2}
# class -> rows of (arguments, y_true, y_pred)
LOSSES = {
    "MeanSquaredError": [
        ({}, scores(5, 3), scores(5, 3)),
        ({}, scores(5), scores(5, 1)),
        ({}, scores(5, 1), scores(5)),
        ({}, scores(5, 4, 3), scores(5, 4, 3)),
    ],
    "BinaryCrossentropy": [
        ({}, bits(5, 3), sigmoid(5, 3)),
        ({}, bits(5), sigmoid(5, 1)),
        ({}, sigmoid(5, 4, 2), sigmoid(5, 4, 2)),
        (SMOOTH, bits(5, 3), sigmoid(5, 3)),
        (LOGITS, bits(5, 3), scores(5, 3)),
        (LOGITS | SMOOTH, bits(5, 1), scores(5, 1)),
        ({"axis": 1}, bits(5, 3, 2), sigmoid(5, 3, 2)),
        (LOGITS, bits(5, 3), 30 * scores(5, 3)),
        ({}, bits(4, 2), np.array([[0, 1], [1e-9, 0.5], [1, 0.3], [0.2, 0.999]], "float32")),
    ],
    "CategoricalCrossentropy": [
        ({}, one_hot(4, 6), softmax(6, 4)),
        ({}, one_hot(4, 6), sigmoid(6, 4)),  # rows that do not add up to 1 are divided by their sum
        (SMOOTH, one_hot(4, 6), softmax(6, 4)),
        (LOGITS, one_hot(4, 6), scores(6, 4)),
        (LOGITS | SMOOTH, one_hot(4, 6, 3), scores(6, 3, 4)),
        ({}, softmax(6, 3, 4), softmax(6, 3, 4)),
        ({"axis": 1}, np.moveaxis(one_hot(4, 6, 3), -1, 1), softmax(6, 4, 3)),
        (LOGITS, one_hot(4, 6), 30 * scores(6, 4)),
        ({}, one_hot(3, 2), np.array([[0, 0.5, 0.5], [1, 0, 0]], "float32")),
    ],
    "SparseCategoricalCrossentropy": [
        ({}, labels(4, 6), softmax(6, 4)),
        ({}, labels(4, 6, 1), softmax(6, 4)),
        ({}, labels(4, 6), sigmoid(6, 4)),
        ({}, labels(4, 6, 3), softmax(6, 3, 4)),
        (LOGITS, labels(4, 6), scores(6, 4)),
        (LOGITS, labels(4, 6), 30 * scores(6, 4)),
        ({"ignore_class": 1}, labels(4, 6, 3), softmax(6, 3, 4)),
        (LOGITS | {"ignore_class": -1}, labels(5, 6, 3) - 1, scores(6, 3, 4)),
        ({}, labels(3, 2), np.array([[0, 0.5, 0.5], [1, 0, 0]], "float32")),
    ],
    "MeanAbsoluteError": [({}, scores(5, 4, 3), scores(5, 4, 3)), ({}, scores(5), scores(5, 1))],
    "MeanAbsolutePercentageError": [
        ({}, scores(5, 3), scores(5, 3)),
        ({}, bits(5, 4, 3), scores(5, 4, 3)),
        ({}, softplus(5), scores(5, 1)),
    ],
    "MeanSquaredLogarithmicError": [
        ({}, softplus(5, 3), softplus(5, 3)),
        ({}, scores(5, 4, 3), scores(5, 4, 3)),  # what is below 0 counts as 1e-7
        ({}, bits(5), softplus(5, 1)),
    ],
    "Huber": [
        ({}, scores(5, 3), scores(5, 3)),
        ({"delta": 0.3}, scores(5, 4, 3), scores(5, 4, 3)),
        ({"delta": 5.0}, scores(5), scores(5, 1)),
    ],
    "LogCosh": [({}, scores(5, 3), scores(5, 3)), ({}, 30 * scores(5, 4, 3), scores(5, 4, 3))],
    "CosineSimilarity": [
        ({}, scores(5, 3), scores(5, 3)),
        ({"axis": 1}, scores(5, 4, 3), scores(5, 4, 3)),
        ({}, np.array([[0, 0], [3, 4]], "float32"), np.array([[1, 1], [4, -3]], "float32")),
    ],
    "KLDivergence": [
        ({}, softmax(5, 3), softmax(5, 3)),
        ({}, one_hot(3, 5), softmax(5, 3)),
        ({}, sigmoid(5, 4, 3), sigmoid(5, 4, 3)),
    ],
    "Poisson": [({}, softplus(5, 3), softplus(5, 3)), ({}, bits(5, 4, 3), softplus(5, 4, 3))],
    "Hinge": [({}, signs(5, 3), scores(5, 3)), ({}, bits(5, 3), scores(5, 3)), ({}, scores(5, 4, 3), scores(5, 4, 3))],
    "SquaredHinge": [({}, signs(5, 3), scores(5, 3)), ({}, bits(5, 3), scores(5, 3)), ({}, scores(5, 4, 3), scores(5, 4, 3))],
    "CategoricalHinge": [
        ({}, one_hot(4, 6), scores(6, 4)),
        ({}, one_hot(4, 6, 3), softmax(6, 3, 4)),
        ({}, signs(6, 4), scores(6, 4)),
    ],
    "BinaryFocalCrossentropy": [
        ({}, bits(5, 3), sigmoid(5, 3)),
        (LOGITS, bits(5, 3), scores(5, 3)),
        (SMOOTH | {"gamma": 0.5}, bits(5, 3), sigmoid(5, 3)),
        ({"apply_class_balancing": True, "alpha": 0.7, "gamma": 1.5}, bits(5, 1), sigmoid(5, 1)),
        (LOGITS | SMOOTH | {"apply_class_balancing": True}, bits(5, 3), scores(5, 3)),
        ({"axis": 1}, sigmoid(5, 3, 2), sigmoid(5, 3, 2)),
    ],
    "CategoricalFocalCrossentropy": [
        ({}, one_hot(4, 6), softmax(6, 4)),
        (LOGITS, one_hot(4, 6), scores(6, 4)),
        (SMOOTH | {"gamma": 0.5, "alpha": 0.6}, one_hot(4, 6), softmax(6, 4)),
        ({"alpha": [0.1, 0.2, 0.3, 0.4]}, one_hot(4, 6, 3), sigmoid(6, 3, 4)),
        (LOGITS | {"axis": 1, "gamma": 1.5}, np.moveaxis(one_hot(4, 6, 3), -1, 1), scores(6, 4, 3)),
    ],
    "CTC": [({}, np.array([[1, 2, 3], [2, 2, 0], [0, 0, 0]]), scores(3, 6, 4))],
    "CategoricalGeneralizedCrossEntropy": [
        ({}, labels(4, 6), softmax(6, 4)),
        ({"q": 0.9}, labels(4, 6, 3), softmax(6, 3, 4)),
    ],
    "Circle": [
        ({"gamma": 2.0}, np.array([0, 1, 0, 1, 1, 2]), directions(6, 3)),
        ({"gamma": 8.0, "margin": 0.2, "remove_diagonal": False}, np.array([[0], [1], [0], [3]]), directions(4, 3)),
    ],
    "Dice": [({"axis": (1, 2)}, bits(5, 4, 3), sigmoid(5, 4, 3)), ({"axis": -1}, sigmoid(5, 3), sigmoid(5, 3))],
    "Tversky": [
        ({"axis": (1, 2)}, bits(5, 4, 3), sigmoid(5, 4, 3)),
        ({"axis": -1, "alpha": 0.3, "beta": 1.2}, bits(5, 3), sigmoid(5, 3)),
    ],
}
FORMS = [pytest.param(name, *row, id=f"{name}-{number}") for name, rows in LOSSES.items() for number, row in enumerate(rows)]


def weights_for(rows):
    """None, some of them 0, and all of them 0."""
    weights = np.random.default_rng(1).uniform(0.2, 2.0, rows).astype("float32")
    return None, weights * (np.arange(rows) != 2), np.zeros(rows, "float32")


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), FORMS)
def test_values_and_gradients_under_all_reductions_and_weights_are_those_of_keras(name, arguments, y_true, y_pred):
    shape = getattr(losses, name)(**arguments, reduction="none")(y_true, y_pred).shape
    cases = [(reduction, weight) for reduction in REDUCTIONS for weight in weights_for(len(y_pred))]

    def keras_values(given):
        """All values, and the sum of each; Keras gets one weight a value, for it does not broadcast one a row."""
        wide = [w if w is None else np.broadcast_to(w.reshape(-1, *[1] * (len(shape) - 1)), shape) for _, w in cases]
        made = [getattr(keras.losses, name)(**arguments, reduction=reduction) for reduction, _ in cases]
        found = [loss(y_true, given, sample_weight=weight) for loss, weight in zip(made, wide, strict=True)]
        return keras.ops.stack([value.sum() for value in found]), found

    its_gradients, its_values = jax.jit(jax.jacrev(keras_values, has_aux=True))(y_pred)
    for (reduction, weight), its_value, its_gradient in zip(cases, its_values, its_gradients, strict=True):
        ours = getattr(losses, name)(**arguments, reduction=reduction)
        value, gradient = ours.value_and_grad(y_true, y_pred, weight)
        assert_close(value, its_value, 1e-5, f"value, {reduction}, {weight}")
        assert_close(gradient, its_gradient, 1e-4, f"gradient, {reduction}, {weight}")
        assert_close(ours(y_true, y_pred, sample_weight=weight), its_value, 1e-5, "the call")


@pytest.mark.parametrize(("alias", "meant"), [("mean", "sum_over_batch_size"), (None, "none")])
def test_reductions_have_keras_s_other_names(alias, meant):
    for k in (losses, keras.losses):
        one, other = (k.MeanSquaredError(reduction=name)(np.eye(3), np.ones((3, 3))) for name in (alias, meant))
        assert_close(one, other, 0)


def test_a_weight_per_row_counts_for_all_steps_where_keras_raises_an_error():
    y_true, y_pred, weight = scores(5, 4, 3), scores(5, 4, 3), np.arange(5.0, dtype="float32")
    mine = losses.MeanSquaredError()(y_true, y_pred, sample_weight=weight)
    assert_close(mine, keras.losses.MeanSquaredError()(y_true, y_pred, sample_weight=weight[:, np.newaxis]))
    with pytest.raises((TypeError, ValueError), match="broadcast"):
        keras.losses.MeanSquaredError()(y_true, y_pred, sample_weight=weight)


def test_the_weighted_mean_of_equal_values_is_that_value_where_keras_ignores_the_steps():
    y_true, y_pred, column = np.zeros((5, 4, 3), "float32"), np.ones((5, 4, 3), "float32"), np.ones((5, 1), "float32")
    ours, theirs = (k.MeanSquaredError(reduction="mean_with_sample_weight") for k in (losses, keras.losses))
    assert_close(ours(y_true, y_pred, sample_weight=column), np.float32(1))
    assert_close(theirs(y_true, y_pred, sample_weight=column), np.float32(4))  # divided by 5 rows, not by 5 * 4 steps


def name_alone(item):
    return item if isinstance(item, str) else ""


FUNCTIONS = [(snake_case(name), *row) for name, rows in LOSSES.items() for row in rows]


@pytest.mark.parametrize(("name", "arguments", "y_true", "y_pred"), FUNCTIONS, ids=name_alone)
def test_functions_give_keras_s_value_for_each_row(name, arguments, y_true, y_pred):
    arguments = {"q": 0.5} | arguments if "generalized" in name else arguments
    if y_true.ndim == y_pred.ndim or "sparse" in name or "ctc" in name:  # Keras's functions do not all squeeze
        ours, theirs = (getattr(k.losses, name)(y_true, y_pred, **arguments) for k in (minidl, keras))
        assert_close(ours, theirs)


ALIASES = ["bce", "kld", "mae", "mape", "mse", "msle", "BCE", "KLD", "MAE", "MAPE", "MSE", "MSLE"]
NAMED = [name for name in PACKAGES["losses"] if hasattr(keras.losses, name)]
CALLED = [name for name in NAMED if "Generalized" not in name]  # whose name Keras's get does not know


@pytest.mark.parametrize("name", [*ALIASES, *map(snake_case, CALLED), *CALLED])
def test_names_mean_what_they_mean_in_keras(name):
    mine, its = losses.get(name), keras.losses.get(name)
    if isinstance(its, keras.losses.Loss):
        assert mine.name == its.name
    else:
        assert mine.__name__ == its.__name__


# Two things that one value for the whole batch leaves open.


@pytest.mark.parametrize("name", ["Dice", "Tversky"])
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
@pytest.mark.parametrize("weighted", [False, True])
def test_one_value_for_the_whole_batch_counts_by_the_mean_weight(name, reduction, weighted):
    y_true, y_pred = bits(5, 4), sigmoid(5, 4)
    weight = np.arange(5, dtype="float32") if weighted else None
    ours, theirs = (getattr(k, name)(reduction=reduction) for k in (losses, keras.losses))
    its_value, its_gradient = jax.value_and_grad(lambda given: theirs(y_true, given, sample_weight=weight))(y_pred)
    value, gradient = ours.value_and_grad(y_true, y_pred, weight)
    assert_close(value, its_value)
    assert_close(gradient, its_gradient, 1e-4)


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_one_value_for_the_whole_batch_stays_one_where_keras_repeats_it_for_each_weight(reduction):
    y_true, y_pred, weight = bits(5, 4), sigmoid(5, 4), np.ones(5, "float32")
    ours, theirs = (k.Dice(reduction=reduction) for k in (losses, keras.losses))
    assert_close(ours(y_true, y_pred), theirs(y_true, y_pred))
    assert_close(ours(y_true, y_pred, weight), theirs(y_true, y_pred))
    assert_close(np.sum(theirs(y_true, y_pred, weight)), 5 * ours(y_true, y_pred))


# Where Keras has NaN, or clips.


def test_a_label_longer_than_its_sequence_raises_an_error_where_keras_continues_with_a_huge_loss():
    y_true, logits = np.array([[1, 1]]), scores(1, 2, 3)
    assert keras.losses.CTC()(y_true, logits) > 9e4
    with pytest.raises(ValueError, match="a label that needs 3 steps for sequences of 2"):
        losses.CTC()(y_true, logits)


def test_a_row_whose_circle_loss_underflows_still_counts_where_keras_takes_the_mean_of_the_others():
    y_true = np.array([0, 0, 1, 1])
    y_pred = np.array([[1, 0], [1, 0], [-1, 0], [-0.6, 0.8]], "float32")
    values = np.asarray(keras.losses.Circle(1000.0, reduction="none")(y_true, y_pred))
    assert values[0] == 0
    assert values[3] > 0
    assert_close(losses.Circle(1000.0)(y_true, y_pred), values.mean())
    assert_close(keras.losses.Circle(1000.0)(y_true, y_pred), values[values > 0].mean())


def test_a_probability_of_zero_has_a_finite_gradient_where_keras_has_infinity():
    y_true, y_pred = np.array([0]), np.array([[0.0, 1.0]], "float32")
    value, gradient = losses.CategoricalGeneralizedCrossEntropy().value_and_grad(y_true, y_pred)
    its_value, its_gradient = jax.value_and_grad(lambda p: keras.losses.CategoricalGeneralizedCrossEntropy()(y_true, p))(y_pred)
    assert_close(value, its_value)
    assert np.isfinite(gradient).all()
    assert np.isinf(its_gradient[0, 0])


def test_circle_compares_with_other_embeddings_as_in_keras():
    arguments = {"ref_labels": labels(2, 7), "ref_embeddings": directions(7, 3), "remove_diagonal": False, "gamma": 3}
    y_true, y_pred = labels(2, 5), directions(5, 3)
    assert_close(*(k.losses.circle(y_true, y_pred, **arguments) for k in (minidl, keras)))


def test_a_rate_below_zero_counts_as_zero_where_keras_has_nan():
    y_true, y_pred = np.array([[2.0, 0.0]], "float32"), np.array([[-1.0, -2.0]], "float32")
    value, gradient = losses.Poisson().value_and_grad(y_true, y_pred)
    assert_close(value, keras.losses.Poisson()(y_true, np.zeros((1, 2), "float32")))
    assert not gradient.any()
    assert np.isnan(keras.losses.Poisson()(y_true, y_pred))


def test_a_vector_of_zeros_has_no_cosine_gradient():
    _, gradient = losses.CosineSimilarity().value_and_grad(np.ones((1, 2)), np.zeros((1, 2)))
    assert not gradient.any()


@pytest.mark.parametrize(
    ("name", "y_true", "surprise"),
    [("BinaryFocalCrossentropy", [[1.0, 1.0]], 30 / 2), ("CategoricalFocalCrossentropy", [[0.0, 1.0]], 0.25 * 60)],
)
def test_focal_losses_on_logits_are_exact_where_keras_clips(name, y_true, surprise):
    y_true, logits = np.float32(y_true), np.array([[30.0, -30.0]], "float32")
    ours, theirs = (getattr(k, name)(from_logits=True, reduction="sum") for k in (losses, keras.losses))
    assert_close(ours(y_true, logits), surprise)
    assert theirs(y_true, logits) < 0.6 * surprise


def test_every_loss_is_in_the_table():
    assert set(LOSSES) == set(NAMED)


def test_a_row_of_weight_zero_never_counts_where_keras_has_nan():
    y_true, y_pred, weights = np.zeros((2, 1), "float32"), np.array([[1.0], [1e30]], "float32"), np.array([1.0, 0.0])
    assert losses.MeanSquaredError()(y_true, y_pred, weights) == 0.5
    assert np.isnan(keras.losses.MeanSquaredError()(y_true, y_pred, weights))


LEARNED_TARGETS = [
    ("MeanSquaredError", {}),
    ("MeanAbsoluteError", {}),
    ("MeanSquaredLogarithmicError", {}),
    ("Huber", {"delta": 0.1}),
    ("LogCosh", {}),
    ("CosineSimilarity", {}),
    ("BinaryCrossentropy", {}),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.2}),
    ("CategoricalCrossentropy", {}),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}),
    ("KLDivergence", {}),
    ("Poisson", {}),
    ("Dice", {}),
]


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize(("name", "arguments"), LEARNED_TARGETS)
def test_targets_that_layers_compute_get_the_gradient_of_keras(name, arguments):
    y_true, y_pred = softmax(4, 3), softmax(4, 3)
    theirs = getattr(keras.losses, name)(**arguments)
    for weights in (None, np.array([1.0, 0.0, 2.0, 0.5], "float32")):
        recording = Recording("test")
        tensors = [recording.track(y_true), recording.track(y_pred)]
        with recording.active():
            value = getattr(losses, name)(**arguments)(*tensors, weights)
        gradients = recording.backward([value], [np.ones((), "float32")], tensors)
        expected = jax.grad(lambda t, p, w=weights: theirs(t, p, w), argnums=(0, 1))(y_true, y_pred)
        for mine, its in zip(gradients, expected, strict=True):
            assert_close(mine, its, 1e-4, name)


def test_a_loss_of_a_constant_prediction_has_a_gradient_for_its_targets():
    recording = Recording("test")
    y_true = recording.track(np.array([[1.0, 3.0]], "float32"))
    with recording.active():
        value = losses.MeanSquaredError()(y_true, np.zeros((1, 2), "float32"))
    assert_close(recording.backward([value], [np.ones((), "float32")], [y_true])[0], [[1.0, 3.0]])
