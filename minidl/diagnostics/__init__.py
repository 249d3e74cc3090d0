"""Diagnostics: what tells you how a model learns, and what keeps it from learning."""

from minidl.diagnostics.learning_rate import find_learning_rate
from minidl.diagnostics.sweep import LearningRateSweep

__all__ = ["LearningRateSweep", "find_learning_rate"]
