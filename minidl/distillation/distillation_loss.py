"""Losses of distillation: how far the student's outputs are from the teacher's."""

from __future__ import annotations

from collections.abc import Callable

from minidl import losses, ops
from minidl.config.checks import is_number
from minidl.config.configurable import Configurable
from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array
from minidl.models.model import Model


class DistillationLoss(Configurable):
    """Base class of distillation losses: define `compute_loss(teacher_outputs, student_outputs)`, which returns a number.

    Attributes:
        teacher_layer_name, student_layer_name: the layers whose outputs are compared; those of the models if they are `None`.
    Example:
        >>> class LargestGap(DistillationLoss):
        ...     def compute_loss(self, teacher_outputs, student_outputs, **kwargs):
        ...         return ops.max(ops.abs(ops.subtract(teacher_outputs, student_outputs)))
        >>> float(LargestGap().compute_loss([[1.0, 2.0]], [[1.0, 5.0]]))
        3.0
    """

    teacher_layer_name: str | None = None
    student_layer_name: str | None = None

    def compute_loss(self, teacher_outputs: object, student_outputs: object, **kwargs: object) -> Array:
        """The loss, written with `minidl.ops`; the teacher's outputs are constant."""
        raise NotImplementedError(f"{type(self).__name__} defines no compute_loss(teacher_outputs, student_outputs)")

    def validate_outputs(self, teacher_outputs: Array, student_outputs: Array) -> None:
        """Raise ValueError unless both models have as many outputs."""
        teacher, student = len(flatten(teacher_outputs)), len(flatten(student_outputs))
        if teacher != student:
            raise ValueError(f"{type(self).__name__}: the teacher has {teacher} outputs, the student {student}")

    def validate_model_compatibility(self, teacher: Model, student: Model) -> None:
        """Raise ValueError if the models do not fit this loss."""


class OutputDistillation(DistillationLoss):
    """Base of distillation losses that compare the outputs by usual losses.

    Args:
        loss: name, function or object; a list or dict of them for several outputs, `None` for those that are not compared.
    Raises:
        ValueError: no output has a loss.
    """

    def __init__(self, loss: object) -> None:
        self.loss = rebuild(loss, [None if one is None else losses.get(one) for one in flatten(loss)])
        if all(one is None for one in flatten(self.loss)):
            raise ValueError(f"{type(self).__name__} expects a loss for at least one output, got {loss!r}")

    def validate_outputs(self, teacher_outputs: Array, student_outputs: Array) -> None:
        """Raise ValueError unless both models have as many outputs as there are losses."""
        super().validate_outputs(teacher_outputs, student_outputs)
        if len(flatten(self.loss)) != len(flatten(teacher_outputs)):
            raise ValueError(
                f"{type(self).__name__} has {len(flatten(self.loss))} losses for {len(flatten(teacher_outputs))} outputs"
            )

    def compute_loss(self, teacher_outputs: object, student_outputs: object, **kwargs: object) -> Array:
        """The sum of the losses of all outputs, each a mean."""
        outputs = zip(flatten(self.loss), flatten(teacher_outputs), flatten(student_outputs), strict=True)
        terms = [self.compare(loss, teacher, student) for loss, teacher, student in outputs if loss is not None]
        return sum(terms[1:], terms[0])

    def compare(self, loss: Callable[..., object], teacher: object, student: object) -> Array:
        """The loss of one output."""
        return ops.mean(loss(teacher, student))


class FeatureDistillation(OutputDistillation):
    """Compares the outputs of a layer of the teacher and a layer of the student.

    Args:
        loss: name, function or object; a list or dict of them for several outputs, `None` for those that are not compared.
        teacher_layer_name: layer of the teacher; its outputs by default.
        student_layer_name: layer of the student; its outputs by default.
    Raises:
        ValueError: no output has a loss.
    Source: Romero et al. 2015, "FitNets: hints for thin deep nets".
    Example:
        >>> float(FeatureDistillation("mse").compute_loss([[1.0, 2.0]], [[1.0, 4.0]]))
        2.0
    """

    def __init__(
        self, loss: object = "mse", teacher_layer_name: str | None = None, student_layer_name: str | None = None
    ) -> None:
        super().__init__(loss)
        self.teacher_layer_name, self.student_layer_name = teacher_layer_name, student_layer_name

    def validate_model_compatibility(self, teacher: Model, student: Model) -> None:
        """Raise ValueError for a layer that a model does not have, and for models without symbolic inputs."""
        named = (("teacher", teacher, self.teacher_layer_name), ("student", student, self.student_layer_name))
        for role, model, layer in named:
            if layer is None:
                continue
            if not model.inputs:
                raise ValueError(f"FeatureDistillation of layers needs models made with Input; the {role} is not")
            if layer not in [one.name for one in model.layers]:
                raise ValueError(f"the {role} has no layer {layer!r}; it has {[one.name for one in model.layers]}")


class LogitsDistillation(OutputDistillation):
    """Compares the outputs of both models, logits divided by a temperature.

    With "kl_divergence" it is `temperature^2 * KL(softmax(teacher / temperature), softmax(student / temperature))`.

    Args:
        temperature: the larger, the more the smaller probabilities count; above 0.
        loss: name, function or object; a list or dict of them for several outputs, `None` for those that are not compared.
    Raises:
        ValueError: no output has a loss; `temperature` is not above 0.
    Source: Hinton, Vinyals & Dean 2015, "Distilling the knowledge in a neural network".
    Example:
        >>> float(LogitsDistillation(2.0, "mse").compute_loss([[1.0, 2.0]], [[1.0, 4.0]]))
        0.5
    """

    def __init__(self, temperature: float = 3.0, loss: object = "kl_divergence") -> None:
        super().__init__(loss)
        if not is_number(temperature) or temperature <= 0:
            raise ValueError(f"LogitsDistillation expects temperature to be a number above 0, got {temperature!r}")
        self.temperature = temperature

    def compare(self, loss: Callable[..., object], teacher: object, student: object) -> Array:
        """The loss of one output, of logits divided by the temperature."""
        teacher, student = ops.divide(teacher, self.temperature), ops.divide(student, self.temperature)
        if isinstance(loss, losses.KLDivergence) or loss is losses.kl_divergence:
            return self.temperature**2 * super().compare(loss, ops.softmax(teacher), ops.softmax(student))
        return super().compare(loss, teacher, student)
