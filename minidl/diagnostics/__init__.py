"""Diagnostics: what is wrong with a network that does not learn, how to mend it, and how one that does is watched."""

from typing import TYPE_CHECKING

from minidl.config.missing_names import attribute_error
from minidl.diagnostics.comparison import InitializerComparison
from minidl.diagnostics.doctor import diagnose
from minidl.diagnostics.learning_rate import find_learning_rate
from minidl.diagnostics.report import Finding, Report
from minidl.diagnostics.starts import compare_initializers
from minidl.diagnostics.sweep import LearningRateSweep
from minidl.diagnostics.watching import WatchLayers

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
