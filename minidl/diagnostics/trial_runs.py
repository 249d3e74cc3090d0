"""Trial runs: train a copy for a few steps, where a symptom alone is ambiguous."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from minidl.data.batches import ArrayData
from minidl.diagnostics.examination import Examination, as_arrays, size
from minidl.models.model import Model
from minidl.optimizers.optimizer import Optimizer

STEPS = 100  # steps of a trial run
LARGEST = 128  # largest batch size of a trial run
LINE_SEARCH_STEPS = 5  # steps of an optimizer with a line search
EVALUATE_EVERY = 20  # steps between two evaluations of the loss
ENOUGH = 0.5  # fraction left to learn below which a trial run ends early


@dataclass
class TrialRun:
    """Result of training a copy for a few steps.

    Attributes:
        before, after: the loss on the same rows, without penalties.
        remaining: fraction left to learn at the end: 1 for the best constant prediction, 0 for perfect ones.
        moved: norm of the change of the weights, relative to their norm.
        losses: the loss of every step.
        failure: the message of the FloatingPointError that ended the run, or `None`.
        model: the trained copy.
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
        """Relative decrease of the loss; negative if it increased."""
        return (self.before - self.after) / abs(self.before) if self.before and np.isfinite(self.after) else -np.inf

    @property
    def learns(self) -> bool:
        """Whether the loss is clearly below that of the best constant prediction."""
        return self.remaining < 0.8


def run_trial(
    examination: Examination,
    steps: int = STEPS,
    factor: float = 1.0,
    optimizer: Optimizer | None = None,
    rows: ArrayData | None = None,
) -> TrialRun:
    """Train a copy for some steps.

    Args:
        examination: holds the model to copy.
        steps: maximum number of steps.
        factor: factor of the learning rate.
        optimizer: replaces the model's own.
        rows: train on these in every step; `None` for mini-batches of all rows.
    """
    model = copy.deepcopy(examination.model)
    if optimizer is not None:
        model.optimizer = optimizer
    if factor != 1:
        multiply_rate(model.optimizer, factor)
    watched = examination.batch if rows is None else as_arrays(rows)
    before, baselines = examination.loss_of(model, watched), examination.baselines_for(watched)
    trial = TrialRun(before, before, 1.0, model)
    searching = model.optimizer.needs_full_batch
    batches = _batches(examination, examination.rows(len(examination.data)) if searching and rows is None else rows)
    evaluations = [before]
    for step in range(1, (LINE_SEARCH_STEPS if searching else steps) + 1):
        try:
            with np.errstate(all="ignore"):
                model.reset_metrics()
                trial.losses.append(float(model.train_step(next(batches)).get("loss", np.nan)))
        except FloatingPointError as error:
            evaluations, trial.failure = [np.inf], str(error)
            break
        if step % EVALUATE_EVERY == 0 or step in (steps, LINE_SEARCH_STEPS * searching):
            evaluations.append(examination.loss_of(model, watched))
            if baselines is not None and baselines.remaining(evaluations[-1]) < ENOUGH:
                break
    trial.after = min(
        (loss for loss in evaluations[1:][-2:] or evaluations if np.isfinite(loss)), default=np.inf
    )  # the better of the last two, as one may be an outlier
    trial.remaining = baselines.remaining(trial.after) if baselines is not None else 1 - trial.progress
    starts = [variable.value for variable in examination.model.trainable_weights]
    with np.errstate(all="ignore"):
        change = size([end.value - start for end, start in zip(model.trainable_weights, starts, strict=True)])
        trial.moved = change / max(size(starts), 1e-12)
    return trial


def multiply_rate(optimizer: Optimizer, factor: float) -> None:
    """Multiply an optimizer's learning rate by a factor, also if it is a schedule."""
    known = optimizer.constructor_arguments()["learning_rate"]
    if callable(known):
        optimizer.learning_rate = lambda: factor * float(known(optimizer.batches))
    else:
        optimizer.learning_rate = factor * float(known)


def _batches(examination: Examination, fixed: ArrayData | None) -> Iterator[object]:
    if fixed is not None:
        batch = fixed.as_batch()
        while True:
            yield batch
    generator, data = np.random.default_rng(0), examination.data
    rows = min(examination.batch_size, LARGEST, len(data))
    while True:
        order = generator.permutation(len(data))
        for start in range(0, len(data) - rows + 1, rows):
            yield data.rows(np.sort(order[start : start + rows])).as_batch()
