"""Diagnostics: what tells you how a model learns, and what keeps it from learning."""

from minidl.diagnostics.comparison import InitializerComparison
from minidl.diagnostics.learning_rate import find_learning_rate
from minidl.diagnostics.starts import compare_initializers
from minidl.diagnostics.sweep import LearningRateSweep

__all__ = ["InitializerComparison", "LearningRateSweep", "compare_initializers", "find_learning_rate"]
