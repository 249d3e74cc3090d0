"""Losses: class -> its forms, each what makes the loss, its targets and its outputs for `check_loss`."""

import numpy as np

from minidl import activations, losses, ops
from tests.table.builders import bits, counts, labels, normal, one_hot, positive, probabilities, signs, soft


def form(kind, targets, outputs, shape=(3, 2), **arguments):
    def make():
        generator = np.random.default_rng(0)
        return getattr(losses, kind)(**arguments), targets(generator, shape), outputs(generator, shape)

    return make


def classification(kind, targets, shape=(4, 3), **arguments):
    """Outputs of the activation that the loss belongs to, or logits."""
    activation = getattr(activations, "linear" if arguments.get("from_logits") else getattr(losses, kind).paired_activation)
    return form(kind, targets, lambda generator, shape: activation(normal(generator, shape)), shape, **arguments)


def numbers(kind, shape=(3, 2), **arguments):
    return form(kind, normal, normal, shape, **arguments)


def squared(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def words(generator, shape):
    """Labels of one, two and three letters, with zeros behind them."""
    letters = generator.integers(1, shape[-1], (shape[0], 3))
    return letters * (np.arange(3) < np.arange(shape[0])[:, np.newaxis] % 3 + 1)


def directions(generator, shape):
    """Vectors of length 1."""
    vectors = generator.normal(size=shape)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


LOSSES = {
    "BinaryCrossentropy": [
        classification("BinaryCrossentropy", bits),
        classification("BinaryCrossentropy", bits, (5, 1)),
        classification("BinaryCrossentropy", bits, label_smoothing=0.2),
        classification("BinaryCrossentropy", bits, from_logits=True),
    ],
    "BinaryFocalCrossentropy": [
        classification("BinaryFocalCrossentropy", bits),
        classification("BinaryFocalCrossentropy", bits, apply_class_balancing=True, alpha=0.3, gamma=1.5),
        classification("BinaryFocalCrossentropy", bits, (5, 1), gamma=0.5, label_smoothing=0.2),
        classification("BinaryFocalCrossentropy", bits, gamma=0.0),
        classification("BinaryFocalCrossentropy", bits, from_logits=True),
        classification("BinaryFocalCrossentropy", bits, (2, 3, 2), from_logits=True, apply_class_balancing=True, axis=1),
    ],
    "CategoricalCrossentropy": [
        classification("CategoricalCrossentropy", one_hot),
        classification("CategoricalCrossentropy", soft, (2, 3, 4)),
        classification("CategoricalCrossentropy", one_hot, label_smoothing=0.2),
        classification("CategoricalCrossentropy", one_hot, from_logits=True),
        classification("CategoricalCrossentropy", counts),
        classification("CategoricalCrossentropy", counts, from_logits=True),
    ],
    "CategoricalFocalCrossentropy": [
        classification("CategoricalFocalCrossentropy", one_hot),
        classification("CategoricalFocalCrossentropy", soft, (2, 3, 4), alpha=[0.1, 0.2, 0.3, 0.4], gamma=1.5),
        classification("CategoricalFocalCrossentropy", one_hot, gamma=0.5, label_smoothing=0.2),
        classification("CategoricalFocalCrossentropy", one_hot, gamma=0.0),
        classification("CategoricalFocalCrossentropy", one_hot, from_logits=True),
        classification("CategoricalFocalCrossentropy", soft, (2, 3, 4), axis=1, from_logits=True),
    ],
    "CTC": [
        form("CTC", words, normal, (3, 6, 4)),
        form("CTC", lambda generator, shape: [[1, 1, 2], [2, 0, 0], [0, 0, 0]], normal, (3, 4, 3)),
    ],
    "CategoricalGeneralizedCrossEntropy": [
        form("CategoricalGeneralizedCrossEntropy", labels, soft, (4, 3)),
        form("CategoricalGeneralizedCrossEntropy", labels, soft, (2, 3, 4), q=0.8),
    ],
    "CategoricalHinge": [
        form("CategoricalHinge", one_hot, normal, (4, 3)),
        form("CategoricalHinge", one_hot, normal, (2, 3, 4)),
    ],
    "Circle": [
        form("Circle", lambda generator, shape: [0, 1, 0, 1, 1, 2], directions, (6, 3)),
        form("Circle", lambda generator, shape: [[0], [1], [0], [3]], directions, (4, 3), gamma=2.0, margin=0.2),
        form("Circle", lambda generator, shape: [0, 1, 0, 3], directions, (4, 3), gamma=2.0, remove_diagonal=False),
    ],
    "CosineSimilarity": [numbers("CosineSimilarity", (4, 3)), numbers("CosineSimilarity", (2, 3, 4), axis=1)],
    "Dice": [
        form("Dice", bits, probabilities, (3, 4)),
        form("Dice", bits, probabilities, (3, 4, 2), axis=(1, 2)),
        form("Dice", probabilities, probabilities, (3, 4, 2), axis=-1),
        form("Dice", bits, probabilities, (3, 4), axis=[0, 1]),
    ],
    "FunctionLoss": [numbers("FunctionLoss", fn=squared)],
    "Hinge": [form("Hinge", signs, normal), form("Hinge", bits, normal, (2, 3, 4))],
    "Huber": [numbers("Huber"), numbers("Huber", (2, 3, 4), delta=0.3)],
    "KLDivergence": [form("KLDivergence", soft, soft, (4, 3)), form("KLDivergence", one_hot, soft, (2, 3, 4))],
    "LogCosh": [numbers("LogCosh"), numbers("LogCosh", (2, 3, 4))],
    "MeanAbsoluteError": [numbers("MeanAbsoluteError"), numbers("MeanAbsoluteError", (2, 3, 4))],
    "MeanAbsolutePercentageError": [
        numbers("MeanAbsolutePercentageError"),
        form("MeanAbsolutePercentageError", signs, normal, (2, 3, 4)),
    ],
    "MeanSquaredError": [numbers("MeanSquaredError"), numbers("MeanSquaredError", name="mine")],
    "MeanSquaredLogarithmicError": [
        form("MeanSquaredLogarithmicError", positive, positive),
        form("MeanSquaredLogarithmicError", bits, positive, (2, 3, 4)),
    ],
    "Poisson": [form("Poisson", positive, positive), form("Poisson", bits, positive, (2, 3, 4))],
    "SparseCategoricalCrossentropy": [
        classification("SparseCategoricalCrossentropy", labels),
        classification("SparseCategoricalCrossentropy", labels, (2, 3, 4)),
        classification("SparseCategoricalCrossentropy", labels, from_logits=True),
    ],
    "SquaredHinge": [form("SquaredHinge", signs, normal), form("SquaredHinge", bits, normal, (2, 3, 4))],
    "Tversky": [
        form("Tversky", bits, probabilities, (3, 4)),
        form("Tversky", bits, probabilities, (3, 4, 2), alpha=0.3, beta=0.9, axis=(1, 2)),
        form("Tversky", probabilities, probabilities, (3, 4, 2), alpha=1.2, axis=-1),
    ],
}
