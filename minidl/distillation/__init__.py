"""Distillation: a small model, the student, learns from the outputs of a larger one, the teacher."""

from typing import TYPE_CHECKING

from minidl.config.missing_names import attribute_error
from minidl.distillation.distillation_loss import DistillationLoss, FeatureDistillation, LogitsDistillation
from minidl.distillation.distiller import Distiller

__all__ = ["DistillationLoss", "Distiller", "FeatureDistillation", "LogitsDistillation"]

if not TYPE_CHECKING:
    __getattr__ = attribute_error(__name__, __all__)
