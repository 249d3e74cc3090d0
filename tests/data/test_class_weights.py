import re

import numpy as np
import pytest
import scipy.sparse

from minidl.data.class_weights import check_weights, class_weights

LABELS = np.array([0, 2, 1, 2])


def test_class_weights_follow_labels_and_one_hot_rows():
    for y in (LABELS, LABELS[:, np.newaxis], LABELS.astype("float32"), np.eye(3)[LABELS], LABELS.astype(np.uint8)):
        assert class_weights(y, {0: 5.0, 2: 0.5}).tolist() == [5.0, 0.5, 1.0, 0.5]
        assert class_weights(y, {np.int64(0): 5, 2.0: np.float32(0.5)}).tolist() == [5.0, 0.5, 1.0, 0.5]


@pytest.mark.parametrize(
    ("y", "weights", "units", "words"),
    [
        (LABELS, {"0": 100.0}, 3, "'0', which is not a class: the labels are 0, 1, 2, as numbers, not str"),
        (LABELS, {7: 100.0}, 3, "7, which is not a class: the labels are 0, 1, 2"),
        (LABELS, {3: 2.0}, None, "3, which is not a class"),
        (LABELS.astype(float), {0.5: 2.0}, 3, "0.5, which is not a class"),
        (np.eye(3)[LABELS], {3: 2.0}, 3, "the labels are 0, 1, 2"),
        (np.array([0, 1, 1]), {-1: 9.0, 1: 1.0}, 1, "-1, which is not a class: the labels are 0, 1"),
        (np.array([[0], [1]]), {2: 9.0}, 1, "the labels are 0, 1"),
        (np.array([-1, 1]), {0: 9.0}, 1, "the labels are -1, 1"),
        (np.arange(40), {"a": 1}, 40, "the labels are 0, 1 ... 39"),
        (LABELS, {0: -1.0}, 3, "class_weight[0] is -1.0; a weight is a number of at least 0"),
        (LABELS, {0: float("nan")}, 3, "a weight is a number"),
        (LABELS, {0: None}, 3, "a weight is a number"),
    ],
)
def test_a_key_that_is_not_a_class_and_a_negative_weight_raise_an_error(y, weights, units, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        class_weights(y, weights, units)


def test_classes_missing_from_a_batch_may_have_weights():
    assert class_weights(np.array([1, 1]), {0: 3.0, 1: 2.0, 4: 1.0}, 5).tolist() == [2.0, 2.0]
    assert class_weights(np.array([1, 1]), {0: 3.0, 1: 2.0}, 1).tolist() == [2.0, 2.0]
    assert class_weights(np.array([1, 1]), {-1: 3.0, 1: 2.0}, 1).tolist() == [2.0, 2.0]
    assert class_weights(np.array([-1, 0]), {-1: 0.0}, 3).tolist() == [0.0, 1.0]  # -1: a label that the loss ignores


def test_negative_sample_weights_raise_an_error_wherever_they_are():
    ones = np.ones(4)
    for good in (None, ones, np.zeros(0), [ones, None], {"a": ones}, scipy.sparse.csr_matrix([[1.0], [0.0]])):
        check_weights(good)
    bad = np.array([1.0, 0.0, -0.5, 2.0])
    for weights in (bad, [ones, bad], {"a": None, "b": bad}, bad[:, np.newaxis], scipy.sparse.csr_matrix(bad[:, np.newaxis])):
        with pytest.raises(ValueError, match=r"sample_weight holds -0.5 at row 2"):
            check_weights(weights)
