"""`Distiller`: trains a student model on its targets and on what a teacher model computes."""

from typing import Any

from minidl import losses, metrics, ops
from minidl.autodiff import not_recording
from minidl.config.checks import check_real
from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array, Arrays, Shape, Tensors
from minidl.distillation.distillation_loss import DistillationLoss
from minidl.models import Model


class Distiller(Model):
    """Trains a student: its loss is `weight * loss(y, student) + (1 - weight) * sum(weights * distillation_losses)`.

    Args:
        teacher: a trained model; its weights are frozen.
        student: the model to train, with the same shapes of inputs and outputs.
        distillation_losses: a `DistillationLoss`, or a list of them.
        distillation_loss_weights: a weight for each; 1 by default.
        student_loss_weight: weight of the loss of the targets, from 0 to 1.
        name: "distiller" by default.
        **kwargs: what every `Model` takes.
    Raises:
        ValueError: the models have different shapes, or do not fit a distillation loss; a weight is missing or out of range.
    Source: Hinton, Vinyals & Dean 2015, "Distilling the knowledge in a neural network".
    Example:
        >>> import numpy as np
        >>> from minidl import Input, Sequential
        >>> from minidl.distillation import LogitsDistillation
        >>> from minidl.layers import Dense
        >>> teacher, student = (Sequential([Input((3,)), Dense(2)]) for _ in range(2))
        >>> distiller = Distiller(teacher, student, LogitsDistillation())
        >>> distiller.compile("sgd", "mse")
        >>> sorted(distiller.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0).history)
        ['distillation_loss', 'loss', 'student_loss', 'total_loss']
    """

    def __init__(
        self,
        teacher: Model,
        student: Model,
        distillation_losses: Any,
        distillation_loss_weights: object = None,
        student_loss_weight: float = 0.5,
        name: str = "distiller",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        _check_models(teacher, student)
        self.student_loss_weight = check_real("Distiller", "student_loss_weight", student_loss_weight, 0.0, 1.0)
        several = isinstance(distillation_losses, (list, tuple))
        self.distillation_losses: list[DistillationLoss] = list(distillation_losses) if several else [distillation_losses]
        weights = [1.0] * len(self.distillation_losses) if distillation_loss_weights is None else distillation_loss_weights
        self.distillation_loss_weights = list(weights) if isinstance(weights, (list, tuple)) else [weights]
        if len(self.distillation_loss_weights) != len(self.distillation_losses):
            raise ValueError(
                f"Distiller has {len(self.distillation_losses)} distillation losses and "
                f"{len(self.distillation_loss_weights)} weights for them"
            )
        for loss in self.distillation_losses:
            if not isinstance(loss, DistillationLoss):
                raise ValueError(f"Distiller expects distillation losses, such as LogitsDistillation(), got {loss!r}")
            loss.validate_model_compatibility(teacher, student)
        self.teacher, self.student = teacher, student
        teacher.trainable = False
        self._features = {
            role: _Features(model, [getattr(loss, f"{role}_layer_name") for loss in self.distillation_losses])
            for role, model in (("teacher", teacher), ("student", student))
        }
        self.student_loss_tracker = metrics.Mean(name="student_loss")
        self.distillation_loss_tracker = metrics.Mean(name="distillation_loss")
        self.total_loss_tracker = metrics.Mean(name="total_loss")

    def compile(self, optimizer: object = "adam", loss: object = None, metrics: Any = None, **kwargs: Any) -> None:  # type: ignore[override]  # Keras's arguments
        """Choose how the student learns from its targets; arguments as for every model.

        Raises:
            ValueError: `loss` is `None`.
        """
        if loss is None:
            raise ValueError("Distiller expects the loss of the student's targets, got None")
        self._student_losses = [None if one is None else losses.get(one) for one in flatten(loss)]
        super().compile(optimizer, None, metrics=metrics, **kwargs)
        self.loss = loss  # for files

    def call(self, inputs: object, training: bool | None = None) -> Tensors:
        """The outputs of the student."""
        return self.student(inputs, training=training)

    def compute_loss(
        self, x: Tensors = None, y: Tensors = None, y_pred: Tensors = None, sample_weight: Tensors = None, training: bool = True
    ) -> Tensors:
        """The student's loss and the distillation losses, weighted."""
        y_pred = self(x, training=training) if y_pred is None else y_pred
        share = self.student_loss_weight
        student_loss: Tensors = 0.0
        distillation_loss: Tensors = 0.0
        if share > 0 and y is not None:
            outputs = zip(self._student_losses, flatten(y), flatten(y_pred), strict=True)
            student_loss = sum(ops.mean(loss(target, output)) for loss, target, output in outputs if loss is not None)
        if share < 1:
            with not_recording():
                teacher = self._features["teacher"](x, None, False)
            student = self._features["student"](x, y_pred, training)
            for loss, weight in zip(self.distillation_losses, self.distillation_loss_weights, strict=True):
                pair = teacher[loss.teacher_layer_name], student[loss.student_layer_name]
                loss.validate_outputs(*pair)
                distillation_loss = distillation_loss + weight * loss.compute_loss(*pair)
        total = share * student_loss + (1 - share) * distillation_loss
        for tracker, value in (
            (self.student_loss_tracker, student_loss),
            (self.distillation_loss_tracker, distillation_loss),
            (self.total_loss_tracker, total),
        ):
            tracker.update_state(value)
        return total


class _Features:
    """The outputs of a model, and of some of its layers by name; no layer, so that the weights have one owner.

    Args:
        model: the model.
        names: the names of the layers; `None` for the outputs of the model.
    """

    def __init__(self, model: Any, names: list[str | None]) -> None:
        self.model, self.names = model, [name for name in dict.fromkeys(names) if name is not None]
        outputs = [model.get_layer(name).output for name in self.names]
        self.extractor = Model(model.inputs, [*model.outputs, *outputs]) if self.names else None

    def __call__(self, x: Arrays, y: Array | None, training: bool) -> dict[str | None, Array]:
        """Outputs by name, those of the model under `None`: y if it is known and no layer is asked for."""
        if self.extractor is None:
            return {None: self.model(x, training=training) if y is None else y}
        found = flatten(self.extractor(x, training=training))
        count = len(found) - len(self.names)
        own = found[0] if count == 1 else rebuild(list(range(count)), found[:count])
        return {None: own if y is None else y} | dict(zip(self.names, found[count:], strict=True))


def _check_models(teacher: Model, student: Model) -> None:
    """Raise ValueError unless both are models whose known inputs and outputs have the same shapes."""
    for role, model in (("teacher", teacher), ("student", student)):
        if not isinstance(model, Model):
            raise ValueError(f"Distiller expects the {role} to be a model, got {model!r}")
    for what in ("inputs", "outputs"):
        ours, theirs = ([tensor.shape for tensor in getattr(model, what) or []] for model in (teacher, student))
        if ours and theirs and (len(ours) != len(theirs) or not all(map(_fit, ours, theirs))):
            raise ValueError(f"Distiller expects {what} of the same shapes, got {ours} of the teacher, {theirs} of the student")


def _fit(one: Shape, other: Shape) -> bool:
    return len(one) == len(other) and all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))
