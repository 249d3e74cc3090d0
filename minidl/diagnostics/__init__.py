"""Diagnostics: find out why a model does not learn and how to fix it, and monitor its layers during training."""

from typing import TYPE_CHECKING

from minidl.config.missing_names import attribute_error
from minidl.diagnostics.compare_initializers import compare_initializers
from minidl.diagnostics.comparison import InitializerComparison
from minidl.diagnostics.doctor import diagnose
from minidl.diagnostics.learning_rate import find_learning_rate
from minidl.diagnostics.report import Finding, Report
from minidl.diagnostics.sweep import LearningRateSweep
from minidl.diagnostics.watch_layers import WatchLayers

__all__ = [
    "Finding",
    "InitializerComparison",
    "LearningRateSweep",
    "Report",
    "WatchLayers",
    "compare_initializers",
    "diagnose",
    "find_learning_rate",
]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)
