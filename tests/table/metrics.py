"""Metrics: class -> its forms, each what makes the metric, its targets and its outputs."""

import numpy as np

from minidl import metrics
from tests.table.builders import bits, labels, one_hot, positive, probabilities, signs, soft


def form(kind, targets=None, outputs=None, **arguments):
    return lambda: (getattr(metrics, kind)(**arguments), targets, outputs)


def largest_error(y_true, y_pred):
    return np.abs(y_pred - y_true).max(axis=-1)


def each(kinds, targets, outputs, **arguments):
    """The same form for several metrics."""
    return {kind: [form(kind, targets, outputs, **arguments)] for kind in kinds.split()}


def few(generator, shape):
    """One label or prediction a row."""
    return generator.integers(3, size=shape[:1])


METRICS = {
    "AUC": [
        form("AUC", bits, probabilities),
        form("AUC", bits, probabilities, curve="PR", num_thresholds=20),
        form("AUC", bits, probabilities, multi_label=True, label_weights=[1.0, 2.0, 0.5], thresholds=[0.2, 0.3, 0.7]),
    ],
    "Accuracy": [form("Accuracy", few, few)],
    "BinaryAccuracy": [form("BinaryAccuracy", bits, soft, threshold=0.4)],
    "BinaryCrossentropy": [form("BinaryCrossentropy", bits, probabilities, label_smoothing=0.2)],
    "BinaryIoU": [
        form("BinaryIoU", bits, probabilities, threshold=0.4),
        form("BinaryIoU", bits, probabilities, target_class_ids=[1]),
    ],
    "CategoricalAccuracy": [form("CategoricalAccuracy", one_hot, soft)],
    "CategoricalCrossentropy": [form("CategoricalCrossentropy", one_hot, soft, label_smoothing=0.2)],
    "F1Score": [form("F1Score", bits, probabilities), form("F1Score", bits, probabilities, average="macro", threshold=0.4)],
    "FBetaScore": [
        form("FBetaScore", bits, probabilities, beta=2.0, average="micro"),
        form("FBetaScore", bits, probabilities, average="weighted"),
    ],
    "IoU": [form("IoU", few, few, num_classes=3, target_class_ids=[0, 2])],
    "Mean": [form("Mean", lambda generator, shape: generator.random(shape[:1]))],
    "MeanIoU": [form("MeanIoU", few, few, num_classes=3, ignore_class=1)],
    "MeanMetricWrapper": [form("MeanMetricWrapper", soft, soft, fn=largest_error)],
    "MeanSquaredError": [form("MeanSquaredError", soft, soft, name="mine")],
    "OneHotIoU": [form("OneHotIoU", one_hot, soft, num_classes=3, target_class_ids=[0, 2])],
    "OneHotMeanIoU": [form("OneHotMeanIoU", one_hot, soft, num_classes=3)],
    "Precision": [
        form("Precision", bits, probabilities),
        form("Precision", bits, probabilities, thresholds=[0.7, 0.2], class_id=1),
        form("Precision", one_hot, soft, top_k=2),
    ],
    "PrecisionAtRecall": [form("PrecisionAtRecall", bits, probabilities, recall=0.6)],
    "R2Score": [form("R2Score", soft, soft), form("R2Score", soft, soft, class_aggregation=None)],
    "Recall": [form("Recall", bits, probabilities), form("Recall", bits, probabilities, thresholds=[0.7, 0.2], class_id=1)],
    "RecallAtPrecision": [form("RecallAtPrecision", bits, probabilities, precision=0.7, num_thresholds=30, class_id=0)],
    "SensitivityAtSpecificity": [form("SensitivityAtSpecificity", bits, probabilities, specificity=0.4, class_id=0)],
    "SparseCategoricalAccuracy": [form("SparseCategoricalAccuracy", labels, soft)],
    "SparseCategoricalCrossentropy": [form("SparseCategoricalCrossentropy", labels, soft, ignore_class=1)],
    "SparseTopKCategoricalAccuracy": [form("SparseTopKCategoricalAccuracy", labels, soft, k=2)],
    "SpecificityAtSensitivity": [form("SpecificityAtSensitivity", bits, probabilities, sensitivity=0.4)],
    "Sum": [form("Sum", lambda generator, shape: generator.random(shape[:1]))],
    "TopKCategoricalAccuracy": [form("TopKCategoricalAccuracy", one_hot, soft, k=2)],
}
METRICS |= each("FalseNegatives FalsePositives TrueNegatives TruePositives", bits, probabilities, thresholds=[0.6, 0.3])
METRICS |= each("ConcordanceCorrelation CosineSimilarity KLDivergence MeanAbsoluteError PearsonCorrelation", soft, soft)
METRICS |= each("RootMeanSquaredError LogCoshError MeanSquaredLogarithmicError CategoricalHinge", soft, soft)
METRICS |= each("MeanAbsolutePercentageError Poisson", positive, positive)
METRICS |= each("Hinge SquaredHinge", signs, soft)
METRICS = dict(sorted(METRICS.items()))
