"""Trials: a few steps on a copy, which decide where a symptom alone could mean either."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minidl.data.batches import ArrayData
from minidl.diagnostics.patient import Patient, as_arrays, size
from minidl.models.model import Model

STEPS = 100  # of a trial
LARGEST = 128  # rows of a trial's batches, where more are asked for
SEARCHES = 5  # steps of an optimizer that searches along a line
LOOK = 20  # steps between two looks at the loss
ENOUGH = 0.5  # share of what can be learned that may remain when a trial ends early


@dataclass
class Trial:
    """How a copy fared in a few steps.

    Attributes:
        before, after: the loss on the same rows, without penalties.
        remaining: what is left to learn at the end: 1 at the best blind answer, 0 at a perfect one.
        moved: how far the weights went, as a share of their length.
        losses: of every step.
        failure: what the training step said when the loss was no longer finite, or `None`.
        model: the copy as it is now.
    """

    before: float
    after: float
    remaining: float
    model: Model
    moved: float = 0.0
    losses: list[float] = field(default_factory=list)
    failure: str | None = None

    @property
    def progress(self) -> float:
        """By how much the loss fell, as a share of what it was; negative where it rose."""
        return (self.before - self.after) / abs(self.before) if self.before and np.isfinite(self.after) else -np.inf

    @property
    def learns(self) -> bool:
        """Whether the steps led clearly below the best blind answer."""
        return self.remaining < 0.8


def try_out(
    patient: Patient, steps: int = STEPS, factor: float = 1.0, optimizer: Any = None, rows: ArrayData | None = None
) -> Trial:
    """Let a copy learn for some steps.

    Args:
        patient: whose model is copied.
        steps: at most so many.
        factor: times the learning rate.
        optimizer: another one than the model's own.
        rows: learn these alone, again and again; `None` for mini-batches of all.
    """
    model = copy.deepcopy(patient.model)
    if optimizer is not None:
        model.optimizer = optimizer
    if factor != 1:
        multiply_rate(model.optimizer, factor)
    watched = patient.batch if rows is None else as_arrays(rows)
    before, scale = patient.loss_of(model, watched), patient.scale_for(watched)
    trial = Trial(before, before, 1.0, model)
    searching = model.optimizer.needs_full_batch
    batches = _batches(patient, patient.rows(len(patient.data)) if searching and rows is None else rows)
    looks = [before]
    for step in range(1, (SEARCHES if searching else steps) + 1):
        try:
            with np.errstate(all="ignore"):
                model.reset_metrics()
                trial.losses.append(float(model.train_step(next(batches)).get("loss", np.nan)))
        except FloatingPointError as error:
            looks, trial.failure = [np.inf], str(error)
            break
        if step % LOOK == 0 or step in (steps, SEARCHES * searching):
            looks.append(patient.loss_of(model, watched))
            if scale is not None and scale.remaining(looks[-1]) < ENOUGH:
                break
    trial.after = min((look for look in looks[1:][-2:] or looks if np.isfinite(look)), default=np.inf)  # one may be unlucky
    trial.remaining = scale.remaining(trial.after) if scale is not None else 1 - trial.progress
    starts = [variable.value for variable in patient.model.trainable_weights]
    with np.errstate(all="ignore"):
        way = size([end.value - start for end, start in zip(model.trainable_weights, starts, strict=True)])
        trial.moved = way / max(size(starts), 1e-12)
    return trial


def multiply_rate(optimizer: Any, factor: float) -> None:
    """Let an optimizer take steps that are larger or smaller by a factor, also where it follows a schedule."""
    known = optimizer.constructor_arguments()["learning_rate"]
    if callable(known):
        optimizer.learning_rate = lambda: factor * float(known(optimizer.batches))
    else:
        optimizer.learning_rate = factor * float(known)


def _batches(patient: Patient, fixed: ArrayData | None) -> Iterator[Any]:
    if fixed is not None:
        batch = fixed.as_batch()
        while True:
            yield batch
    generator, data = np.random.default_rng(0), patient.data
    rows = min(patient.batch_size, LARGEST, len(data))
    while True:
        order = generator.permutation(len(data))
        for start in range(0, len(data) - rows + 1, rows):
            yield data.rows(np.sort(order[start : start + rows])).as_batch()
