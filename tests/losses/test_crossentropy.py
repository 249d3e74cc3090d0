import numpy as np
import pytest
import scipy.special

from minidl import losses
from minidl.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    SparseCategoricalCrossentropy,
)
from minidl.testing import check_loss

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 4, 6)
ONE_HOT = np.eye(4)[LABELS]
PROBABILITIES = RANDOM.dirichlet(np.full(4, 3.0), 6)
LOGITS = RANDOM.normal(size=(6, 4))
YES_OR_NO = RANDOM.integers(0, 2, (6, 4)).astype(float)


# Every promise: gradients, reductions, weights, types, extremes, config.


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("from_logits", [False, True])
def test_binary_crossentropy_passes_all_checks(smoothing, from_logits):
    check_loss(BinaryCrossentropy(from_logits, smoothing), YES_OR_NO, PROBABILITIES)
    check_loss(BinaryCrossentropy(from_logits, smoothing, axis=1), YES_OR_NO.reshape(2, 3, 4), PROBABILITIES.reshape(2, 3, 4))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("from_logits", [False, True])
def test_categorical_crossentropy_passes_all_checks(smoothing, from_logits):
    check_loss(CategoricalCrossentropy(from_logits, smoothing), ONE_HOT, PROBABILITIES)
    check_loss(CategoricalCrossentropy(from_logits, smoothing), ONE_HOT.reshape(2, 3, 4), PROBABILITIES.reshape(2, 3, 4))


def test_categorical_crossentropy_is_right_for_outputs_and_targets_that_do_not_add_up_to_one():
    scale = RANDOM.uniform(0.5, 2.0, (6, 1))
    check_loss(CategoricalCrossentropy(), ONE_HOT, PROBABILITIES * scale)
    check_loss(CategoricalCrossentropy(from_logits=True), RANDOM.uniform(0.0, 2.0, (6, 4)), LOGITS)


@pytest.mark.parametrize("ignore_class", [None, 0])
@pytest.mark.parametrize("from_logits", [False, True])
def test_sparse_categorical_crossentropy_passes_all_checks(ignore_class, from_logits):
    check_loss(SparseCategoricalCrossentropy(from_logits, ignore_class), np.array([1, 0, 2, 3, 1, 0]), PROBABILITIES)
    check_loss(SparseCategoricalCrossentropy(from_logits), LABELS.reshape(2, 3), PROBABILITIES.reshape(2, 3, 4))


def test_the_classes_may_lie_on_another_axis():
    by_last, by_first = PROBABILITIES.reshape(2, 3, 4), PROBABILITIES.reshape(2, 3, 4).transpose(0, 2, 1)
    labels, one_hot = LABELS.reshape(2, 3), ONE_HOT.reshape(2, 3, 4).transpose(0, 2, 1)
    expected = SparseCategoricalCrossentropy().value_and_grad(labels, by_last)
    for loss, target in ((SparseCategoricalCrossentropy(axis=1), labels), (CategoricalCrossentropy(axis=1), one_hot)):
        value, gradient = loss.value_and_grad(target, by_first)
        np.testing.assert_allclose(value, expected[0])
        np.testing.assert_allclose(gradient.transpose(0, 2, 1), expected[1])


# Values: SciPy as the oracle.


def test_values_on_probabilities_are_scipys():
    np.testing.assert_allclose(
        losses.categorical_crossentropy(ONE_HOT, PROBABILITIES), scipy.special.rel_entr(ONE_HOT, PROBABILITIES).sum(axis=1)
    )
    np.testing.assert_allclose(
        losses.binary_crossentropy(YES_OR_NO, PROBABILITIES),
        -(scipy.special.xlogy(YES_OR_NO, PROBABILITIES) + scipy.special.xlog1py(1 - YES_OR_NO, -PROBABILITIES)).mean(axis=1),
    )


def test_values_on_logits_are_scipys():
    expected = -scipy.special.log_softmax(LOGITS, axis=1)[np.arange(6), LABELS]
    np.testing.assert_allclose(losses.sparse_categorical_crossentropy(LABELS, LOGITS, from_logits=True), expected)
    np.testing.assert_allclose(losses.categorical_crossentropy(ONE_HOT, LOGITS, from_logits=True), expected)
    logistic = np.where(YES_OR_NO == 1, scipy.special.log_expit(LOGITS), scipy.special.log_expit(-LOGITS))
    np.testing.assert_allclose(losses.binary_crossentropy(YES_OR_NO, LOGITS, from_logits=True), -logistic.mean(axis=1))


def test_the_gradient_on_logits_is_probability_minus_target():
    _, gradient = CategoricalCrossentropy(from_logits=True, reduction="sum").value_and_grad(ONE_HOT, LOGITS)
    np.testing.assert_allclose(gradient, scipy.special.softmax(LOGITS, axis=1) - ONE_HOT, atol=1e-15)
    _, gradient = BinaryCrossentropy(from_logits=True, reduction="sum").value_and_grad(YES_OR_NO, LOGITS)
    np.testing.assert_allclose(gradient, (scipy.special.expit(LOGITS) - YES_OR_NO) / 4, atol=1e-15)


def test_label_smoothing_moves_targets_towards_equal_probabilities():
    np.testing.assert_allclose(
        CategoricalCrossentropy(label_smoothing=0.2)(ONE_HOT, PROBABILITIES),
        CategoricalCrossentropy()(0.8 * ONE_HOT + 0.05, PROBABILITIES),
    )
    np.testing.assert_allclose(
        BinaryCrossentropy(label_smoothing=0.2)(YES_OR_NO, PROBABILITIES),
        BinaryCrossentropy()(0.8 * YES_OR_NO + 0.1, PROBABILITIES),
    )


def test_sparse_equals_categorical_on_one_hot_rows_whatever_the_labels_type():
    expected, gradient = CategoricalCrossentropy().value_and_grad(ONE_HOT, PROBABILITIES)
    for labels in (LABELS, LABELS.tolist(), LABELS.astype(np.uint8), LABELS[:, np.newaxis], LABELS.astype(np.int32)):
        value, also = SparseCategoricalCrossentropy().value_and_grad(labels, PROBABILITIES)
        assert value == expected
        np.testing.assert_array_equal(also, gradient)


@pytest.mark.parametrize("ignored", [-1, 255, 2])
def test_ignored_labels_count_for_nothing(ignored):
    labels = np.array([0, 1, ignored, 3, ignored, 1])
    kept = labels != ignored
    for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight"):
        loss = SparseCategoricalCrossentropy(ignore_class=ignored, reduction=reduction)
        value, gradient = loss.value_and_grad(labels, PROBABILITIES)
        plain = SparseCategoricalCrossentropy(reduction=reduction)
        expected, expected_gradient = plain.value_and_grad(labels[kept], PROBABILITIES[kept])
        assert value == pytest.approx(expected)
        np.testing.assert_allclose(gradient[kept], expected_gradient)
        assert not gradient[~kept].any()


def test_when_all_labels_are_ignored_the_loss_is_zero():
    assert SparseCategoricalCrossentropy(ignore_class=-1)(np.full(6, -1), PROBABILITIES) == 0


# Extremes.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logits_of_ten_thousand_are_exact(dtype):
    z = np.array([[1e4, -1e4], [1e4, -1e4]], dtype)
    value, gradient = SparseCategoricalCrossentropy(from_logits=True, reduction="none").value_and_grad([0, 1], z)
    np.testing.assert_array_equal(value, [0, 2e4])
    np.testing.assert_array_equal(gradient, [[0, 0], [1, -1]])
    value, gradient = BinaryCrossentropy(from_logits=True, reduction="none").value_and_grad([[1, 0], [0, 1]], z)
    np.testing.assert_array_equal(value, [0, 1e4])
    np.testing.assert_array_equal(gradient, [[0, 0], [0.5, -0.5]])


def test_a_small_loss_on_logits_is_precise_in_float32():
    value = BinaryCrossentropy(from_logits=True)(np.ones((1, 1)), np.full((1, 1), 30.0, "float32"))
    assert value == pytest.approx(np.exp(-30.0), rel=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_probabilities_of_zero_and_one_are_clipped_and_have_no_gradient(dtype):
    p = np.array([[1.0, 0.0], [1.0, 0.0]], dtype)
    wrong = -np.log(1e-7)
    value, gradient = CategoricalCrossentropy(reduction="none").value_and_grad(np.eye(2), p)
    np.testing.assert_allclose(value, [1e-7, wrong], rtol=0.3, atol=1e-6)
    assert not gradient.any()
    value, gradient = BinaryCrossentropy(reduction="none").value_and_grad(np.array([[1.0, 0.0], [0.0, 1.0]]), p)
    np.testing.assert_allclose(value, [1e-7, wrong], rtol=0.02, atol=1e-6)
    assert not gradient.any()


# Targets that cannot be meant.


def refusal(loss, y_true, output_shape, error=ValueError):
    with pytest.raises(error) as caught:
        loss.check_targets(np.asarray(y_true), output_shape)
    return str(caught.value)


def test_float_labels_that_are_not_whole_numbers_raise_an_error():
    for loss in (SparseCategoricalCrossentropy(), CategoricalGeneralizedCrossEntropy()):
        message = refusal(loss, [0.0, 0.5], (None, 2), TypeError)
        assert "expects integer labels, got dtype float64; y[1] is 0.5, which is not a class label" in message
        assert "y[1] is nan" in refusal(loss, [0.0, np.nan], (None, 2), TypeError)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_labels_that_are_whole_numbers_of_a_float_type_count_as_integers(dtype):
    scores = np.random.default_rng(0).uniform(0.1, 1, size=(4, 3))
    for loss in (
        SparseCategoricalCrossentropy(),
        SparseCategoricalCrossentropy(from_logits=True),
        SparseCategoricalCrossentropy(ignore_class=2),
        SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1),
        CategoricalGeneralizedCrossEntropy(),
    ):
        for labels in (np.array([0, 2, 1, 2]), np.array([[0], [2], [1], [2]])):
            value, gradient = loss.value_and_grad(labels, scores)
            same_value, same_gradient = loss.value_and_grad(labels.astype(dtype), scores)
            assert same_value == value
            np.testing.assert_array_equal(same_gradient, gradient)
    assert "labels in 0 ... 2" in refusal(SparseCategoricalCrossentropy(), np.array([0, 3], dtype), (None, 3))


def test_one_hot_rows_raise_an_error_where_labels_belong():
    message = refusal(SparseCategoricalCrossentropy(), ONE_HOT, (None, 4))
    assert "got targets of shape (6, 4), which look like one-hot rows" in message
    assert 'loss="categorical_crossentropy", or y.argmax(axis=-1)' in message


def test_labels_out_of_range_are_named():
    message = refusal(SparseCategoricalCrossentropy(), [0, 3, 10, 11], (None, 10))
    assert "labels in 0 ... 9, as the model has 10 classes, got label 10 at y[2]" in message
    assert "got label -1 at y[1, 0]" in refusal(SparseCategoricalCrossentropy(), [[0, 1], [-1, 0]], (None, None, 2))
    assert '"binary_crossentropy"' in refusal(SparseCategoricalCrossentropy(), [0, 1], (None, 1))
    with pytest.raises(ValueError, match="got label 4 at y\\[0\\]"):
        SparseCategoricalCrossentropy()([4, 0], PROBABILITIES[:2])


def test_strings_raise_an_error():
    for loss, shape in ((SparseCategoricalCrossentropy(), (None, 2)), (BinaryCrossentropy(), (None, 1))):
        assert "np.unique(y, return_inverse=True)[1]" in refusal(loss, ["cat", "dog"], shape, TypeError)


def test_labels_of_another_rank_raise_an_error():
    assert "one label for each output" in refusal(SparseCategoricalCrossentropy(), [[0, 1], [1, 1]], (None, 3))
    with pytest.raises(ValueError, match="one label for each output"):
        SparseCategoricalCrossentropy()([0], PROBABILITIES)


def test_integer_labels_raise_an_error_where_one_hot_rows_belong():
    for labels in (LABELS, LABELS[:, np.newaxis]):
        message = refusal(CategoricalCrossentropy(), labels, (None, 4))
        assert '"sparse_categorical_crossentropy", or utils.to_categorical(y, 4)' in message


def test_another_number_of_classes_raises_an_error():
    assert "shaped like the outputs (10,), got (4,)" in refusal(CategoricalCrossentropy(), ONE_HOT, (None, 10))


def test_binary_targets_outside_zero_to_one_raise_an_error():
    message = refusal(BinaryCrossentropy(), [-1, 1], (None, 1))
    assert "targets in [0, 1], got values from -1 to 1" in message
    assert "y = (y + 1) / 2" in message


def test_valid_targets_are_accepted():
    SparseCategoricalCrossentropy().check_targets(LABELS, (None, 4))
    SparseCategoricalCrossentropy().check_targets(LABELS[:, np.newaxis], (None, 4))
    SparseCategoricalCrossentropy(ignore_class=-1).check_targets(np.array([0, -1]), (None, 4))
    SparseCategoricalCrossentropy().check_targets(np.zeros((2, 7), int), (None, None, 4))
    CategoricalCrossentropy().check_targets(ONE_HOT, (None, 4))
    BinaryCrossentropy().check_targets(np.array([0, 1]), (None, 1))
    BinaryCrossentropy().check_targets(np.array([True, False]), (None, 1))


def test_label_smoothing_outside_zero_to_one_raises_an_error():
    for kind in (BinaryCrossentropy, CategoricalCrossentropy):
        with pytest.raises(ValueError, match="expects label_smoothing to be a number in"):
            kind(label_smoothing=1.5)


@pytest.mark.parametrize("make", [CategoricalCrossentropy, losses.CategoricalFocalCrossentropy, SparseCategoricalCrossentropy])
@pytest.mark.parametrize("row", [[0.0, 0.0], [1e4, -1e4]])
def test_rows_that_sum_to_zero_give_finite_numbers(make, row):
    y_true = [1] if make is SparseCategoricalCrossentropy else [[0.0, 1.0]]
    value, gradient = make().value_and_grad(np.array(y_true), np.array([row], "float32"))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
