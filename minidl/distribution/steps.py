"""Training and test steps on this rank's part of a batch, whose result is that of the whole batch on every rank."""

import copy
import math

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.config.processes import Processes, processes
from minidl.config.types import Arrays, Tensors
from minidl.distribution.gradient_sums import GradientSums
from minidl.distribution.metric_sums import MetricSums
from minidl.distribution.shared_loss import shared
from minidl.models import training
from minidl.models.full_batch_step import full_batch_step as local_full_batch_step
from minidl.models.inference_step import loss_in_inference
from minidl.models.not_finite import stop_at_nan
from minidl.models.protocol import Trainable
from minidl.models.training import StepResult
from minidl.models.training_plan import TrainingPlan


def ranks() -> Processes:
    """All ranks.

    Raises:
        RuntimeError: the distribution was unset meanwhile.
    """
    found = processes()
    if found is None:
        raise RuntimeError("the distribution was unset during a step")
    return found


def gradient_step(model: Trainable, x: object, y: object, sample_weight: object = None) -> StepResult:
    """`training.gradient_step` with the gradient of all ranks."""
    plan = model.plan
    plan.state.save()
    part = Part(plan, x, y, sample_weight)
    part.learn(if_finite=True)
    part.score()
    result = part.combine()
    if math.isfinite(result.loss):
        model.optimizer.step(plan.trainable())
    else:
        _stop_at_nan(model, part, result.loss)
    return result


def _stop_at_nan(model: Trainable, part: "Part", loss: float) -> None:
    """`stop_at_nan`, with the message of the first rank whose own rows have such a loss."""
    message = ""
    try:
        stop_at_nan(model, loss, part.batch[0])
    except FloatingPointError as error:
        message = str(error)
    own = "" if math.isfinite(part.result.loss) else message
    messages = [other for other in part.ranks.gather("a loss that is not finite", own) if other]
    if message:
        raise FloatingPointError(messages[0] if messages else message)


def full_batch_step(model: Trainable, x: Tensors, y: Tensors, sample_weight: Arrays | None = None) -> StepResult:
    """`full_batch_step` in which every evaluation of the loss is that of all ranks' rows."""
    parts: list[Part] = []

    def evaluate(plan: TrainingPlan, x: object, y: object, sample_weight: object) -> StepResult:
        part = Part(plan, x, y, sample_weight)
        part.learn()
        parts.append(part)
        return part.combine()

    def score(plan: TrainingPlan, result: StepResult, y: object, sample_weight: object) -> None:
        parts[0].score()
        parts[0].gradients = None
        parts[0].combine()

    return local_full_batch_step(model, x, y, sample_weight, evaluate, score)


def test_step(model: Trainable, x: object, y: object, sample_weight: object = None) -> StepResult:
    """`inference_step.test_step` with the loss and the metrics of all ranks."""
    part = Part(model.plan, x, y, sample_weight)
    part.evaluate()
    part.score()
    return part.combine()


class Part:
    """This rank's part of one batch.

    An empty part is replaced by one row of zeros, whose result does not count: so that this rank takes part in everything that
    the others do, such as synchronized batch normalization.
    """

    def __init__(self, plan: TrainingPlan, x: Tensors, y: Tensors, sample_weight: Tensors) -> None:
        self.ranks = ranks()
        self.rows = len(flatten(x)[0])
        if self.rows == 0:
            x, y, sample_weight = _one_row(x), _one_row(y), _one_row(sample_weight)
        self.batch = x, y, sample_weight
        self.plan = copy.copy(plan)
        self.plan.loss = shared(plan.loss, self.ranks)
        self.before = [value.copy() for value in plan.state.values]
        self.metrics = MetricSums(plan.metrics)
        self.gradients: GradientSums | None = None
        self.result: StepResult  # of `learn` or `evaluate`

    def learn(self, if_finite: bool = False) -> None:
        """Compute loss and gradients of this part, and begin to send the gradients."""
        self.ranks.rows = self.rows
        self.gradients = self.ranks.gradient_sums(self.plan.network, self.plan.trainable(), self.rows)
        self.plan.network = self.gradients.network
        try:
            self.result = training.loss_and_gradients(self.plan, *self.batch, if_finite=if_finite)
        finally:
            self.ranks.rows = None

    def evaluate(self) -> None:
        """Compute the loss of this part in inference mode."""
        self.ranks.rows = self.rows
        try:
            self.result = loss_in_inference(self.plan, *self.batch)
        finally:
            self.ranks.rows = None

    def score(self) -> None:
        """Add this part to the running means of this rank; `combine` makes them those of all ranks."""
        _, y, sample_weight = self.batch
        self.plan.metrics.resolve(y, [output.shape for output in flatten(self.result.y_pred)])
        self.metrics.begin()
        if self.rows and not self.metrics.scores_later:
            training.update_metrics(self.plan, self.result, y, sample_weight)

    def combine(self) -> StepResult:
        """Make gradients, layers' state and metrics those of the whole batch, and return its loss.

        Everything but the metrics, which are sums, is averaged over rows. All sums are sent together.
        """
        result, weight = self.result, float(self.rows)
        losses = np.array([result.loss, result.data_loss, *result.parts])
        states = [value - before for value, before in zip(self.plan.state.values, self.before, strict=True)]
        averaged = [losses, *states]
        if self.rows == 0:
            averaged = [np.zeros_like(part) for part in averaged]
        small = np.concatenate(
            [[weight], *(np.ravel(part).astype(np.float64) * weight for part in averaged), self.metrics.added()]
        )
        self.ranks.sum("a training or test step", [small], self.gradients.finish() if self.gradients else ())
        rows, place = small[0], 1
        if self.gradients:
            self.gradients.divide(rows)
        means = []
        for part in averaged:
            means.append(small[place : place + part.size] / rows)
            place += part.size
        for value, before, change in zip(self.plan.state.values, self.before, means[1:], strict=True):
            np.add(before, change, out=value, casting="same_kind")
        self.metrics.end(small[place:])
        loss, data_loss, *parts = map(float, means[0])
        result = StepResult(loss, data_loss, parts, result.y_pred, result.mask)
        if self.metrics.scores_later:
            _, y, sample_weight = self.batch
            y, sample_weight, y_pred, mask = map(self._of_all, (y, sample_weight, result.y_pred, result.mask))
            training.update_metrics(self.plan, result._replace(y_pred=y_pred, mask=mask), y, sample_weight)
        return result

    def _of_all(self, part: object) -> object:
        """The rows of all ranks, one after another."""
        if part is None:
            return None
        rows = [None if one is None else np.asarray(one)[: self.rows] for one in flatten(part)]
        return rebuild(part, [None if one is None else self.ranks.gather_rows("metrics", one) for one in rows])


def _one_row(part: object) -> Tensors:
    """One row of zeros for arrays without rows."""
    if part is None:
        return None
    return rebuild(part, [None if one is None else np.zeros((1, *one.shape[1:]), one.dtype) for one in flatten(part)])
