"""Diagnostics: what is wrong with a network that does not learn, and how to mend it."""

from minidl.diagnostics.doctor import diagnose
from minidl.diagnostics.report import Finding, Report

__all__ = ["Finding", "Report", "diagnose"]
