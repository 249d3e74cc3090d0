"""`Patient`: a copy of the user's model with rows of its data, and what one batch does in it, forward and back."""

import copy
from collections.abc import Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from minidl import losses
from minidl.config.nest import flatten, is_structure, rebuild, unpack
from minidl.config.types import Array
from minidl.data.batches import ArrayData
from minidl.diagnostics.chance import Scale, scale_of
from minidl.layers.layer import Layer
from minidl.models.auto_compile import prepare_model
from minidl.models.data_adapter import read_data
from minidl.models.model import Model
from minidl.models.recorder import LayerTrace, recorded
from minidl.models.training import StepResult, loss_and_gradients

ROWS = 2_000  # of the data that are looked at where a sample is enough
BATCH = 128  # rows of the batch that is followed through the layers
WIDE = 1_000  # rows that are followed forward, where it takes more to be sure
LEARNED = 0.85  # what may remain where steps of another length are said to learn
FEW = 8  # batches that are taken from a stream


class Patient:
    """What the examiners look at.

    Args:
        model: a copy that may be changed.
        data: the training rows; finite.
        held_out: the validation rows, or `None`.
        batch_size: rows a step.
        split: the share of rows that was held out from the end, or 0.
    Attributes:
        kinds: of what was found so far.
        refusal: why the losses cannot mean the targets, or `None`.
        judged: whether there is something to learn: targets and a loss that takes them.
    """

    def __init__(self, model: Model, data: ArrayData, held_out: ArrayData | None, batch_size: int, split: float) -> None:
        self.data, self.held_out, self.split = data, held_out, split
        self.batch_size = model.network.fixed_batch_size or batch_size
        self.refusal: str | None = None
        self.kinds: set[str] = set()
        prepare_model(model, data, judged=False)
        own = model.overrides("compute_loss") or model.overrides("train_step")
        known = not model.compiled or any(loss is not None for loss in model.losses) or own
        self.judged = known and (data.y is not None or own)
        if self.judged:
            try:
                prepare_model(model, data)
            except (TypeError, ValueError) as error:
                self.refusal, self.judged = str(error), False
        self.model = model
        self.own_step = model.overrides("train_step") and all(loss is None for loss in model.losses)

    def rows(self, count: int, seed: int = 0) -> ArrayData:
        """That many rows of the training data in their order, all of them where there are no more."""
        if fixed := self.model.network.fixed_batch_size:
            count = fixed
        if count >= len(self.data):
            return self.data.rows(slice(0, count))
        return self.data.rows(np.sort(np.random.default_rng(seed).choice(len(self.data), count, replace=False)))

    @cached_property
    def sample(self) -> Any:
        """Some rows, as arrays: `(x, y, sample_weight)`."""
        return as_arrays(self.rows(ROWS))

    @cached_property
    def batch(self) -> Any:
        """One batch, as arrays."""
        return as_arrays(self.rows(BATCH))

    @cached_property
    def passage(self) -> "Passage":
        """What the batch does in the model as it is."""
        return Passage(self.model, self.batch, self.judged and not self.own_step)

    @cached_property
    def wide_passage(self) -> "Passage":
        """What more rows do in it, forward only."""
        return Passage(self.model, as_arrays(self.rows(WIDE)), False)

    @cached_property
    def trial(self) -> Any:
        """How a copy fares in a few steps of its own."""
        from minidl.diagnostics.trials import try_out

        return try_out(self)

    @cached_property
    def slower(self) -> list[tuple[float, Any]]:
        """How copies fare with smaller steps, by the factor, as far as that leads to more."""
        return self._others(tuple(10.0**-power for power in range(1, 8)))

    @cached_property
    def faster_by_factor(self) -> list[tuple[float, Any]]:
        """The same with larger steps."""
        return self._others(tuple(10.0**power for power in range(1, 7)))

    @property
    def faster(self) -> list[Any]:
        """The same without the factors."""
        return [trial for _, trial in self.faster_by_factor]

    def _others(self, factors: tuple[float, ...]) -> list[tuple[float, Any]]:
        from minidl.diagnostics.trials import try_out

        found: list[tuple[float, Any]] = []
        if self.model.optimizer.needs_full_batch:
            return found  # it finds the length of its steps itself
        for factor in factors:
            trial = try_out(self, factor=factor)
            worse = bool(found) and trial.after > found[-1][1].after
            failed = trial.failure is not None and factor > 1
            enough = any(other.remaining < LEARNED for _, other in found)
            found.append((factor, trial))
            if worse or failed or enough:
                break
        return found

    @property
    def stuck(self) -> bool:
        """Whether a few steps lead nowhere."""
        return bool(self.trial.remaining > 0.9)

    @cached_property
    def can_try(self) -> bool:
        """Whether a copy can be let learn, and its loss be watched."""
        return self.judged and not self.own_step and bool(self.model.trainable_weights)

    def loss_of(self, model: Model, batch: Any) -> float:
        """A copy's loss on a batch as training would see it, without penalties; the copy stays as it is."""
        return _loss_of(model, batch).data_loss

    def scale_for(self, batch: Any) -> Scale | None:
        """What blind and perfect answers would pay on a batch."""
        _, y, sample_weight = batch
        with np.errstate(all="ignore"):
            return scale_of(self.model.plan.loss, y, _loss_of(self.model, batch).y_pred, sample_weight)

    def scale_of_rows(self, rows: ArrayData) -> Scale | None:
        """The same for some rows."""
        return self.scale_for(as_arrays(rows))

    def other_loss(self) -> str | None:
        """A loss that takes the targets which the model's own refused, and that goes with its last activation."""
        names = ("sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy")
        if len(self.model.output_names) != 1 or is_structure(self.data.y):
            return None
        split = self.model.split_activation()
        shape = self.model.compute_output_shape((None, *np.shape(flatten(self.data.x)[0])[1:])) if split else ()
        for name in names if split is not None else ():
            loss = losses.get(name)
            try:
                loss.check_targets(np.asarray(self.data.y), shape)
            except (TypeError, ValueError):
                continue
            if split is not None and loss.paired_activation == split[1].__name__:
                return name
        return None

    @cached_property
    def scale(self) -> Scale | None:
        """The same for the batch that is followed through the layers, where there is a loss."""
        return self.scale_for(self.batch) if self.judged and not self.own_step else None


class Passage:
    """One batch on its way through a model and back; the model stays as it is.

    Attributes:
        log: every layer's call.
        y_pred: the outputs as the loss reads them: logits where a cross-entropy takes over the last activation.
        loss: the loss without penalties, or `None` where there is none.
        gradients: every weight's gradient, by the weight.
    """

    def __init__(self, model: Model, batch: Any, judged: bool) -> None:
        self.loss: float | None = None
        self.gradients: dict[Any, Array] = {}
        with model.preserved_state(), np.errstate(all="ignore"):
            if not judged:
                watched, self.log = recorded(model)
                self.y_pred = watched._forward(batch[0], training=True)[0]
            else:
                plan, self.log = model.plan.recorded()
                result = loss_and_gradients(plan, *batch)
                self.loss, self.y_pred = result.data_loss, result.y_pred
                self.gradients = {variable: variable.grad.copy() for variable in model.weights if not variable.is_state}
                model.plan.zero_gradients()

    @property
    def weighted(self) -> list[LayerTrace]:
        """The calls of layers that learn, in the order they ran, each layer's first call."""
        found: dict[Layer, LayerTrace] = {}
        for entry in self.log:
            if entry.layer.trainable_weights and entry.layer not in found:
                found[entry.layer] = entry
        return list(found.values())


def _loss_of(model: Model, batch: Any) -> StepResult:
    """A model's loss on a batch as in training; the model's state stays as it is."""
    with model.preserved_state(), np.errstate(all="ignore"):
        return loss_and_gradients(model.plan, *batch)


def as_arrays(data: ArrayData) -> Any:
    """`(x, y, sample_weight)` of some rows, sparse ones made dense; `None` for what is missing."""
    item = data.as_batch()
    if data.y is None:
        return (item[0] if isinstance(item, tuple) else item), None, None
    return item if len(item) == 3 else (*item, None)


def size(array: Any) -> float:
    """Length of an array, or of several together, as one vector."""
    parts = [np.asarray(part, "float64").ravel() for part in flatten(array) if part is not None and part.dtype.kind == "f"]
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sqrt(sum(float(part @ part) for part in parts)))


def gathered_stream(model: Model, stream: Any) -> ArrayData:
    """The first few batches of a stream as arrays; an iterator that cannot start over loses them."""
    probe = copy.deepcopy(model)
    items = [read_data(probe, *unpack(item), finite=False) for item in islice(iter(stream), FEW)]
    if not items:
        raise ValueError("the data gave no batch")
    return ArrayData(*map(_joined, zip(*((item.x, item.y, item.sample_weight) for item in items), strict=True)))


def _joined(parts: Sequence[Any]) -> Any:
    if any(part is None for part in parts):
        return None
    columns = zip(*(flatten(part) for part in parts), strict=True)
    same = [[piece for piece in column if piece.shape[1:] == column[0].shape[1:]] for column in columns]
    return rebuild(parts[0], [np.concatenate(column) for column in same])
