"""`Examination`: a copy of the user's model with its data, and the forward and backward pass of one batch."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from minidl import losses
from minidl.config.nest import flatten, is_structure, rebuild, unpack
from minidl.config.types import Array, Tensors
from minidl.data.batches import ArrayData, Batch
from minidl.diagnostics.baselines import LossBaselines, loss_baselines
from minidl.layers.layer import Layer
from minidl.layers.recorder import LayerTrace, recorded
from minidl.models.auto_compile import prepare_model
from minidl.models.compilation import recorded_plan
from minidl.models.data_adapter import read_data
from minidl.models.model import Model
from minidl.models.training import StepResult, loss_and_gradients
from minidl.variable import Variable

if TYPE_CHECKING:
    from minidl.diagnostics.trial_runs import TrialRun


ROWS = 2_000  # rows of a sample of the data
BATCH = 128  # rows of the batch that is recorded layer by layer
WIDE = 1_000  # rows of a forward pass that confirms a suspicion
LEARNED = 0.85  # fraction left to learn below which another learning rate counts as better
FEW = 8  # batches taken from a stream


class Examination:
    """Model, data and cached results that the checks share.

    Args:
        model: a copy that may be changed.
        data: the training rows; finite.
        validation: the validation rows, or `None`.
        batch_size: rows per step.
        split: `validation_split`, or 0.
    Attributes:
        kinds: kinds of the findings so far.
        target_error: why the loss does not accept the targets, or `None`.
        has_loss: whether there are targets and a loss that accepts them.
    """

    def __init__(self, model: Model, data: ArrayData, validation: ArrayData | None, batch_size: int, split: float) -> None:
        self.data, self.validation, self.split = data, validation, split
        self.batch_size = model.network.fixed_batch_size or batch_size
        self.target_error: str | None = None
        self.kinds: set[str] = set()
        prepare_model(model, data, needs_loss=False)
        own = model.overrides("compute_loss") or model.overrides("train_step")
        known = not model.compiled or any(loss is not None for loss in model.output_losses) or own
        self.has_loss = known and (data.y is not None or own)
        if self.has_loss:
            try:
                prepare_model(model, data)
            except (TypeError, ValueError) as error:
                self.target_error, self.has_loss = str(error), False
        self.model = model
        self.own_step = model.overrides("train_step") and all(loss is None for loss in model.output_losses)

    def rows(self, count: int, seed: int = 0) -> ArrayData:
        """A random sample of `count` training rows in their order, or all of them if there are fewer."""
        if fixed := self.model.network.fixed_batch_size:
            count = fixed
        if count >= len(self.data):
            return self.data.rows(slice(0, count))
        return self.data.rows(np.sort(np.random.default_rng(seed).choice(len(self.data), count, replace=False)))

    @cached_property
    def sample(self) -> Batch:
        """A sample of rows as arrays: `(x, y, sample_weight)`."""
        return as_arrays(self.rows(ROWS))

    @cached_property
    def batch(self) -> Batch:
        """One batch, as arrays."""
        return as_arrays(self.rows(BATCH))

    @cached_property
    def forward_backward(self) -> ForwardBackward:
        """Forward and backward pass of the batch in the unchanged model."""
        return ForwardBackward(self.model, self.batch, self.has_loss and not self.own_step)

    @cached_property
    def wide_forward(self) -> ForwardBackward:
        """Forward pass of more rows."""
        return ForwardBackward(self.model, as_arrays(self.rows(WIDE)), False)

    @cached_property
    def trial(self) -> TrialRun:
        """Trial run of a copy with the model's own optimizer."""
        from minidl.diagnostics.trial_runs import run_trial

        return run_trial(self)

    @cached_property
    def slower(self) -> list[tuple[float, TrialRun]]:
        """Trial runs with smaller learning rates and their factors, until one gets worse or is good enough."""
        return self._others(tuple(10.0**-power for power in range(1, 8)))

    @cached_property
    def faster(self) -> list[tuple[float, TrialRun]]:
        """The same with larger learning rates."""
        return self._others(tuple(10.0**power for power in range(1, 7)))

    def _others(self, factors: tuple[float, ...]) -> list[tuple[float, TrialRun]]:
        from minidl.diagnostics.trial_runs import run_trial

        found: list[tuple[float, TrialRun]] = []
        if self.model.optimizer.needs_full_batch:
            return found  # it has a line search
        for factor in factors:
            trial = run_trial(self, factor=factor)
            worse = bool(found) and trial.after > found[-1][1].after
            failed = trial.failure is not None and factor > 1
            enough = any(other.remaining < LEARNED for _, other in found)
            found.append((factor, trial))
            if worse or failed or enough:
                break
        return found

    @property
    def stuck(self) -> bool:
        """Whether the trial run hardly learned anything."""
        return bool(self.trial.remaining > 0.9)

    @cached_property
    def can_try(self) -> bool:
        """Whether a copy can be trained and its loss computed."""
        return self.has_loss and not self.own_step and bool(self.model.trainable_weights)

    def loss_of(self, model: Model, batch: tuple[Array, Array, None]) -> float:
        """A copy's training loss on a batch, without penalties; the copy is left unchanged."""
        return _loss_of(model, batch).data_loss

    def baselines_for(self, batch: tuple[Array, Array, None]) -> LossBaselines | None:
        """The losses of constant, untrained and perfect predictions on a batch."""
        _, y, sample_weight = batch
        with np.errstate(all="ignore"):
            return loss_baselines(self.model.plan.loss, y, _loss_of(self.model, batch).y_pred, sample_weight)

    def other_loss(self) -> str | None:
        """A loss that accepts the targets the model's own rejected, and that matches the last activation."""
        names = ("sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy")
        if len(self.model.output_names) != 1 or is_structure(self.data.y):
            return None
        split = self.model.split_activation()
        shape = self.model.compute_output_shape((None, *np.shape(flatten(self.data.x)[0])[1:])) if split else ()
        for name in names if split is not None else ():
            loss = losses.as_loss(name)
            try:
                loss.check_targets(np.asarray(self.data.y), shape)
            except (TypeError, ValueError):
                continue
            if split is not None and loss.paired_activation == split[1].__name__:
                return name
        return None

    @cached_property
    def baselines(self) -> LossBaselines | None:
        """The same for the recorded batch, if there is a loss."""
        return self.baselines_for(self.batch) if self.has_loss and not self.own_step else None


class ForwardBackward:
    """Recorded forward and backward pass of one batch; the model is left unchanged.

    Attributes:
        log: one `LayerTrace` per layer call.
        y_pred: the outputs as the loss receives them: logits if a cross-entropy includes the last activation.
        loss: the loss without penalties, or `None`.
        gradients: gradient of each weight.
    """

    def __init__(self, model: Model, batch: tuple[Array, Array, None], needs_loss: bool) -> None:
        self.loss: float | None = None
        self.gradients: dict[Variable, Array] = {}
        with model.preserved_state(), np.errstate(all="ignore"):
            if not needs_loss:
                watched, self.log = recorded(model)
                self.y_pred = watched._forward(batch[0], training=True)[0]
            else:
                plan, self.log = recorded_plan(model.plan)
                result = loss_and_gradients(plan, *batch)
                self.loss, self.y_pred = result.data_loss, result.y_pred
                self.gradients = {variable: variable.grad.copy() for variable in model.weights if not variable.is_state}
                model.plan.zero_gradients()

    @property
    def weighted(self) -> list[LayerTrace]:
        """The first call of each layer with trainable weights, in the order they ran."""
        found: dict[Layer, LayerTrace] = {}
        for entry in self.log:
            if entry.layer.trainable_weights and entry.layer not in found:
                found[entry.layer] = entry
        return list(found.values())


def _loss_of(model: Model, batch: tuple[Array, Array, None]) -> StepResult:
    """A model's loss and gradients on a batch as in training; the model's state is restored."""
    with model.preserved_state(), np.errstate(all="ignore"):
        return loss_and_gradients(model.plan, *batch)


def as_arrays(data: ArrayData) -> Batch:
    """`(x, y, sample_weight)` of some rows, sparse arrays made dense; missing parts are `None`."""
    item = data.as_batch()
    if data.y is None:
        return (item[0] if isinstance(item, tuple) else item), None, None
    return item if len(item) == 3 else (*item, None)


def size(array: list[Array] | Array) -> float:
    """Euclidean norm of an array, or of several arrays together."""
    parts = [np.asarray(part, "float64").ravel() for part in flatten(array) if part is not None and part.dtype.kind == "f"]
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(sum(float(part @ part) for part in parts)))


def collect_batches(model: Model, stream: Iterable[object]) -> ArrayData:
    """The first few batches of a stream as arrays; a one-shot iterator loses them."""
    probe = copy.deepcopy(model)
    items = [read_data(probe, *unpack(item), finite=False) for item in islice(iter(stream), FEW)]
    if not items:
        raise ValueError("the data gave no batch")
    return ArrayData(*map(_joined, zip(*((item.x, item.y, item.sample_weight) for item in items), strict=True)))


def _joined(parts: Sequence[object]) -> Tensors:
    if any(part is None for part in parts):
        return None
    columns = zip(*(flatten(part) for part in parts), strict=True)
    same = [[piece for piece in column if piece.shape[1:] == column[0].shape[1:]] for column in columns]
    return rebuild(parts[0], [np.concatenate(column) for column in same])
