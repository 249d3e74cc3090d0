"""What CTC, Circle and the focal losses refuse, and how they behave at their limits."""

import numpy as np
import pytest

from minidl import Sequential, losses
from minidl.layers import Dense, UnitNormalization
from minidl.optimizers import Adam

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([[1, 0, 2]], "zeros only after the letters"),
        ([[1, 3, 0]], "whole numbers of 3 classes as labels, 0 being the blank, got 0 to 3"),
        ([[1.5, 0.0]], "whole numbers of 3 classes"),
        ([[1, 1, 1]], "a label that needs 5 steps for sequences of 4"),
        ([1, 2], r"labels \(batch, letters\) and logits \(batch, time, classes\)"),
    ],
)
def test_ctc_raises_an_error_for_impossible_labels(labels, message):
    with pytest.raises(ValueError, match=message):
        losses.CTC()(labels, np.zeros((1, 4, 3)) if np.ndim(labels) == 2 else np.zeros((2, 4, 3)))


def test_ctc_is_learned():
    x = RANDOM.normal(size=(8, 6, 5))
    y = np.array([[1, 2, 0], [2, 1, 1], [3, 0, 0], [1, 3, 2]] * 2)
    model = Sequential([Dense(16, "tanh"), Dense(4)])
    model.compile(Adam(0.03), losses.CTC())
    history = model.fit(x, y, epochs=40, verbose=0).history["loss"]
    assert history[-1] < 0.3 * history[0]


def test_circle_pulls_a_class_together():
    labels = np.repeat([0, 1, 2], 10)
    x = RANDOM.normal(size=(3, 6))[labels] + RANDOM.normal(size=(30, 6))
    model = Sequential([Dense(3), UnitNormalization()])
    model.compile(Adam(0.03), losses.Circle(gamma=8.0))
    history = model.fit(x, labels, epochs=60, verbose=0).history["loss"]
    assert history[-1] < 0.8 * history[0]


def test_rows_without_pairs_do_not_count_in_circle():
    y_pred = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    each = losses.Circle(2.0, reduction="none")([0, 0, 1], y_pred)
    assert each[2] == 0
    assert losses.Circle(2.0)([0, 0, 1], y_pred) == pytest.approx(each[:2].mean())
    value, gradient = losses.Circle().value_and_grad([0, 1, 2], y_pred)
    assert value == 0
    assert not gradient.any()


def test_circle_and_generalized_cross_entropy_raise_an_error_for_invalid_arguments():
    with pytest.raises(ValueError, match="one label per row and embeddings"):
        losses.Circle()(np.eye(3), np.eye(3))
    with pytest.raises(ValueError, match="a label for each of 3 embeddings"):
        losses.Circle()([0, 1], np.eye(3))
    for q in (0.0, 1.0):
        with pytest.raises(ValueError, match="q"):
            losses.CategoricalGeneralizedCrossEntropy(q=q)


def test_a_focal_loss_after_its_activation_trains_on_the_logits():
    x, y = RANDOM.normal(size=(20, 4)), RANDOM.integers(0, 2, (20, 1))
    model = Sequential([Dense(1, "sigmoid", kernel_initializer="ones")])
    model.compile("sgd", "binary_focal_crossentropy")
    found = model.evaluate(100 * x, y, verbose=0)
    logits = 100 * x.sum(axis=1, keepdims=True)
    assert found == pytest.approx(float(losses.BinaryFocalCrossentropy(from_logits=True)(y, logits)), rel=1e-5)
    assert found > 16.2  # where clipping at 1e-7 would end


@pytest.mark.parametrize("name", ["mae", "mape", "msle", "huber", "log_cosh", "poisson", "kld", "hinge", "dice", "tversky"])
def test_a_loss_can_be_given_by_its_short_name(name):
    x, y = RANDOM.normal(size=(30, 4)), RANDOM.integers(0, 2, (30, 2))
    model = Sequential([Dense(2, "sigmoid")])
    model.compile("adam", name)
    history = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert history[-1] < history[0]
