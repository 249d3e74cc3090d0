"""The trial of the doctor: sixty networks, sick and healthy, made from a seed without knowledge of its rules."""

from tests.diagnostics.trial import healthy_rows, healthy_shapes  # noqa: F401  # they enter their recipes
from tests.diagnostics.trial.cases import KINDS, Case, Recipe, Subject, make_cases

__all__ = ["KINDS", "Case", "Recipe", "Subject", "make_cases"]
