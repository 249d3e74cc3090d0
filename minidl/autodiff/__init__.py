"""Automatic differentiation: a table of operations with their gradients, and recordings of operations."""

from minidl.autodiff.composed import ComposedOperation, composed
from minidl.autodiff.differentiable import DifferentiableFunction
from minidl.autodiff.operation import Operation, operation
from minidl.autodiff.recording import Recording, active_recording, not_recording
from minidl.autodiff.table import TABLE
from minidl.autodiff.tensor import Tensor
from minidl.autodiff.tracked import TrackedTensor, value_of

__all__ = [
    "TABLE",
    "ComposedOperation",
    "DifferentiableFunction",
    "Operation",
    "Recording",
    "Tensor",
    "TrackedTensor",
    "active_recording",
    "composed",
    "not_recording",
    "operation",
    "value_of",
]
