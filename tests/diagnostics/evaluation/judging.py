"""The skill of a trained model on test rows: 0 for constant predictions, 1 for perfect ones."""

import math
import warnings
from typing import Any

import numpy as np

from tests.diagnostics.evaluation.cases import Subject

LOST = -math.inf  # the training diverged, or was refused


def train(subject: Subject) -> float:
    """Train for the epochs that are meant, and judge."""
    held_out = {key: value for key, value in subject.arguments.items() if key == "validation_split"}
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            settings: dict[str, Any] = {"epochs": subject.epochs, "batch_size": subject.batch_size, "verbose": 0}
            subject.model.fit(subject.x, subject.y, **settings, **held_out)
            return skill(subject)
    except (ValueError, TypeError, FloatingPointError):
        return LOST


def skill(subject: Subject) -> float:
    """Share of the variance explained; for classes the mean share of each class that is recognised, chance being 0."""
    y_pred = np.asarray(subject.model.predict(subject.x_test), np.float64)
    truth = np.asarray(subject.y_test)
    if not np.isfinite(y_pred).all():
        return LOST
    if subject.task == "values":
        truth = truth.reshape(y_pred.shape).astype(np.float64)
        return float(1 - np.square(truth - y_pred).sum() / np.square(truth - truth.mean(axis=0)).sum())
    if truth.ndim == 2:  # several questions a row
        return float(np.mean([_recall(column, answer > 0.5) for column, answer in zip(truth.T, y_pred.T, strict=True)]))
    answers = y_pred[:, 0] > subject.threshold if subject.task == "yes_no" else y_pred.argmax(axis=1)
    return _recall(truth, answers)


def _recall(truth: Any, answers: Any) -> float:
    classes = np.unique(truth)
    chance = 1 / len(classes)
    return float((np.mean([np.mean(answers[truth == one] == one) for one in classes]) - chance) / (1 - chance))
