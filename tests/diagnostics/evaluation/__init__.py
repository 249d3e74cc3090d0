"""Evaluation of the doctor on sixty networks, with and without problems, made from a seed without knowledge of its rules."""

from tests.diagnostics.evaluation import (  # noqa: F401  # they enter their recipes
    healthy_rows,
    healthy_shapes,
    sick_data,
    sick_losses,
    sick_training,
    sick_weights,
)
from tests.diagnostics.evaluation.cases import KINDS, Case, Recipe, Subject, make_cases

__all__ = ["KINDS", "Case", "Recipe", "Subject", "make_cases"]
