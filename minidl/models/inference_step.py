"""The step of an evaluation: loss and metrics of one batch in inference mode."""

from typing import Any

from minidl.config.types import Arrays
from minidl.models.protocol import Trainable
from minidl.models.training import StepResult, update_metrics
from minidl.models.training_plan import TrainingPlan


def test_step(model: Trainable, x: Arrays, y: Arrays, sample_weight: Arrays | None = None) -> StepResult:
    """Loss and metrics of one batch in inference mode."""
    result = loss_in_inference(model.plan, x, y, sample_weight)
    update_metrics(model.plan, result, y, sample_weight)
    return result


def loss_in_inference(plan: TrainingPlan, x: Any, y: Any, sample_weight: Any = None) -> StepResult:
    """The loss of one batch in inference mode."""
    if plan.network.has_penalty:
        y_pred, cache, mask = plan.network.forward(x, None, training=False)
        penalty = plan.network.penalty(cache)
    else:
        (y_pred, mask), penalty = plan.network.infer(x, None), 0.0
    losses = plan.loss.value_and_grad(y, y_pred, sample_weight, mask)
    penalty += sum(float(v.regularizer(v.value)) for v in plan.regularized if v.trainable)
    return StepResult(losses.total + penalty, losses.total, losses.parts, y_pred, mask)
