"""The training step, to be read aloud: forward, loss, penalties, backward, update, metrics."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minidl.config.locks import ProcessLock
from minidl.config.nest import flatten, unpack
from minidl.config.types import Array, Arrays, ArraysLike, Tensors
from minidl.metrics.metric import Metric
from minidl.models.compilation import make_plan
from minidl.models.not_finite import stop_at_nan
from minidl.models.protocol import Trainable
from minidl.models.training_plan import TrainingPlan
from minidl.variable import Variable

_making_plan = ProcessLock()


class StepResult(NamedTuple):
    """The loss of one batch.

    Attributes:
        loss: with all penalties.
        data_loss: without them.
        parts: the loss of each output.
        y_pred: the outputs; logits where the loss computes softmax or sigmoid itself.
        mask: of the outputs, or `None`.
    """

    loss: float
    data_loss: float
    parts: list[float]
    y_pred: Tensors
    mask: Tensors


def loss_and_gradients(
    plan: TrainingPlan,
    x: Any,
    y: Arrays | None,
    sample_weight: Arrays | None = None,
    *,
    weights_only: bool = True,
    if_finite: bool = False,
) -> StepResult:
    """The loss of a batch, and its gradient in every variable's `grad`.

    Args:
        plan: what runs, and its loss.
        x, y, sample_weight: one batch.
        weights_only: whether the gradients of the inputs may be left out.
        if_finite: whether a loss that is NaN or infinite ends here, without gradients.
    """
    # Forward: every layer's output, and what its backward pass will need.
    plan.zero_gradients()
    y_pred, cache, mask = plan.network.forward(x, None, training=True)

    # Loss: one number, and its gradient with respect to each output.
    losses = plan.loss.value_and_grad(y, y_pred, sample_weight, mask)

    # Penalties: what layers and regularizers add to it.
    loss = losses.total + plan.network.penalty(cache)
    if plan.regularized:
        loss += add_weight_penalties(plan.regularized)

    # Backward: every weight's gradient, from the last layer to the first.
    if math.isfinite(loss) or not if_finite:
        plan.network.backward(losses.gradient, cache, weights_only)
    return StepResult(loss, losses.total, losses.parts, y_pred, mask)


def gradient_step(model: Trainable, x: Any, y: Any, sample_weight: Any = None) -> StepResult:
    """Learn from one batch: the whole algorithm."""
    plan = model.plan
    plan.state.save()

    # Loss and gradients, layer by layer.
    result = loss_and_gradients(plan, x, y, sample_weight, if_finite=True)

    # Update: the optimizer changes the weights, unless the loss is NaN or infinite.
    if math.isfinite(result.loss):
        model.optimizer.step(plan.trainable())
    else:
        stop_at_nan(model, result.loss, x)

    # Metrics: the running means that the logs will show.
    update_metrics(plan, result, y, sample_weight)
    return result


def update_metrics(plan: TrainingPlan, result: StepResult, y: Any, sample_weight: Any) -> None:
    """Add one batch to the running means of the loss and the metrics."""
    metrics, y_pred = plan.metrics, result.y_pred
    if not metrics.resolved:
        metrics.resolve(y, [output.shape for output in flatten(y_pred)])
    shown = plan.loss.predictions(y_pred) if metrics.needs_predictions else y_pred
    metrics.update(result.loss, result.parts, y, shown, sample_weight, result.mask)


def add_weight_penalties(variables: Sequence[Variable]) -> float:
    """Add each regularizer's gradient to its weight's, once, and return the sum of their values."""
    total = 0.0
    for variable in variables:
        if variable.trainable:
            total += float(variable.regularizer(variable.value))
            variable.grad += variable.regularizer.gradient(variable.value)
    return total


class TrainingSteps:
    """The part of a model that handles one batch: the training step, the test step, and the running means of the logs.

    Attributes:
        optimizer: what changes the weights; setting it also chooses the training step that it needs.
    """

    _plan: TrainingPlan | None = None
    _optimizer: Any = None
    _step: Callable[..., StepResult]  # `gradient_step`, or that of an optimizer which needs all the data at once
    _test: Callable[..., StepResult]  # the same for evaluation
    built: bool
    losses: list[Array]
    metrics: list[Metric]

    @property
    def optimizer(self) -> Any:
        """What changes the weights."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self._choose_steps()

    def _choose_steps(self) -> None:
        self._step = gradient_step

    @property
    def plan(self) -> TrainingPlan:
        """What the training step needs to know about the built model, computed once."""
        if self._plan is None or not self.built:
            with _making_plan.held:  # two threads would both move the variables; the second one takes the first one's plan
                self._plan = self._plan if self._plan and self.built else make_plan(self)  # type: ignore[arg-type]  # a mixin
        return self._plan

    def train_step(self, data: Any) -> dict[str, float]:
        """Learn from one batch `(x, y)` or `(x, y, sample_weight)`; override it to train differently.

        Returns:
            The logs: running means of loss and metrics.
        """
        x, y, sample_weight = unpack(data)
        return self._logs(self._step(self, x, y, sample_weight), x, y, sample_weight)

    def test_step(self, data: ArraysLike) -> dict[str, float]:
        """Evaluate one batch; the logs so far."""
        x, y, sample_weight = unpack(data)
        return self._logs(self._test(self, x, y, sample_weight), x, y, sample_weight)

    def compute_loss(
        self, x: Tensors = None, y: Tensors = None, y_pred: Tensors = None, sample_weight: Tensors = None, training: bool = True
    ) -> Tensors:
        """The compiled losses of outputs and `self.losses`; override it to compute another loss, whose gradient is recorded."""
        return sum(map(np.sum, self.losses), start=self.plan.plain_loss(y, y_pred, sample_weight))

    def compute_metrics(self, x: Tensors, y: Tensors, y_pred: Tensors, sample_weight: Tensors = None) -> dict[str, float]:
        """Update the compiled metrics with one batch, and return the logs; override it to log other values too."""
        metrics = self.plan.metrics
        metrics.resolve(y, [output.shape for output in flatten(y_pred)])
        metrics.update_compiled(y, y_pred, sample_weight, metrics.mask)
        return self.get_metrics_result()

    def _logs(self, result: StepResult, x: Any, y: Array | list[Array], sample_weight: Array | None) -> dict[str, float]:
        """The logs after a step, from `compute_metrics` if the model overrides it."""
        plan = self.plan
        if not plan.metrics.by_model:
            return self.get_metrics_result()
        plan.metrics.mask = result.mask
        try:
            return self.compute_metrics(x, y, plan.loss.predictions(result.y_pred), sample_weight)
        finally:
            plan.metrics.mask = None

    def reset_metrics(self) -> None:
        """Start the running means over."""
        self.plan.metrics.reset()
        for metric in set(self.metrics).difference(self.plan.metrics.listed):  # of a model that overrides `metrics`
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, float]:
        """The running means of loss and metrics, also of those that the model's attributes hold."""
        metrics = self.plan.metrics
        return metrics.result_of(self.metrics) if metrics.listed_by_model else metrics.result()
