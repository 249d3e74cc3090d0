"""`find_learning_rate`: try all learning rates in one short run, on a copy of the model."""

import copy
import math
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.data.batches import repeated
from minidl.diagnostics.sweep import LearnerNow, LearningRateSweep
from minidl.diagnostics.undisturbed import undisturbed
from minidl.models.auto_compile import prepare_model
from minidl.models.data_adapter import make_batches, read_data
from minidl.models.model import Model

FEWEST = 5  # learning rates; fewer make no curve


def find_learning_rate(
    model: Model,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    *,
    sample_weight: Any = None,
    class_weight: dict[int, float] | None = None,
    shuffle: bool = True,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
) -> LearningRateSweep:
    """Let a copy of the model learn for some steps, each at a larger learning rate than the last, and see where its loss falls.

    A second copy sees the same batches at a learning rate of 0. What the batches' own difficulty adds to the loss is what that
    one shows, and is taken off, so that the curve tells of learning alone. It ends where the loss diverges. The model itself,
    its optimizer and all generators stay exactly as they were; only an iterator that can be run through once is used up.

    An optimizer that follows a schedule is tried too, without it: the suggestion is then for the schedule's highest rate.

    Args:
        model: a model; one that was never compiled is tried as `fit` would compile it.
        x, y, batch_size, sample_weight, class_weight, shuffle: what `fit` would be given.
        low, high: the first and the last learning rate, above 0.
        steps: how many are tried, at least 5, at a constant ratio.
    Returns:
        A `LearningRateSweep`, with `learning_rates`, `losses`, `suggestion` and `plot()`; `print` shows it as a table.
    Raises:
        ValueError: the optimizer has no learning rate, nothing in the model can learn, or the data cannot be learned from.
        FloatingPointError: the loss is NaN or infinite from the first step on.
    Source: Smith 2017, "Cyclical learning rates for training neural networks" (the test of the range, section 3.3).
    Example:
        >>> from minidl.layers import Dense
        >>> model = minidl.Sequential([Dense(16, activation="relu"), Dense(1)])
        >>> x = np.random.default_rng(0).normal(size=(256, 3))
        >>> sweep = find_learning_rate(model, x, np.abs(x).sum(axis=1, keepdims=True))
        >>> 1e-3 < sweep.suggestion < 1
        True
    """
    for name, value in (("low", low), ("high", high)):
        if check_real("find_learning_rate", name, value, low=0.0) == 0:
            raise ValueError(f"find_learning_rate expects {name} to be above 0, got {value!r}: rates grow by a constant ratio")
    if not low < high:
        raise ValueError(f"find_learning_rate expects low to be below high, got low={low!r} and high={high!r}")
    if check_positive_integer("find_learning_rate", "steps", steps) < FEWEST:
        raise ValueError(f"find_learning_rate expects at least {FEWEST} steps for a curve, got {steps!r}")
    with undisturbed():
        trial = copy.deepcopy(model)
        data = read_data(trial, x, y, sample_weight, class_weight)
        choice = prepare_model(trial, data)
        _check_can_learn(trial)
        learner = LearnerNow(
            type(trial.optimizer).__name__, trial.optimizer.constructor_arguments().get("learning_rate"), choice
        )
        batches = make_batches(trial, data, batch_size, steps, trial._shuffler if shuffle else None)
        rates, losses, diverged = _sweep(trial, repeated(batches), np.geomspace(low, high, steps))
        if len(rates) < min(FEWEST, steps) and not diverged:
            raise ValueError(f"find_learning_rate got {len(rates)} batches, too few for a curve; give more")
    return LearningRateSweep(rates, losses, diverged, learner)


def _check_can_learn(model: Model) -> None:
    title = type(model.optimizer).__name__
    if model.optimizer.needs_full_batch:
        raise ValueError(
            f"{title} chooses its step size itself and has no learning rate to find; "
            f'compile {model.title} with an optimizer that has one, such as "adam"'
        )
    if not model.trainable_weights:
        raise ValueError(f"{model.title} has no trainable weights, so no learning rate changes anything; set trainable = True")


def _sweep(trial: Model, batches: Iterator[Any], rates: Any) -> tuple[list[float], list[float], bool]:
    """The rates that were tried, the loss at each, batches' difficulty taken off, and whether the last one diverged."""
    still = copy.deepcopy(trial)
    still.optimizer.learning_rate = lambda: 0.0
    each = trial.optimizer.gradient_accumulation_steps or 1  # batches an update
    tried: list[float] = []
    gained: list[float] = []  # how far the loss is below that of the copy that does not learn
    base: list[float] = []
    running, best = 0.0, 0.0
    for rate in map(float, rates):
        trial.optimizer.learning_rate = lambda rate=rate: rate
        chosen = list(islice(batches, each))
        if not chosen:
            break
        loss = _mean_loss(trial, chosen)
        if not math.isfinite(loss):
            return tried, _levelled(gained, base), True
        trial.terminates_on_nan = True  # from the second step on, no number is no error but the end of the sweep
        base.append(_mean_loss(still, chosen))
        gained.append(base[-1] - loss)
        tried.append(rate)
        running = 0.7 * running + 0.3 * gained[-1]
        best = max(best, running)
        if running < -max(best, 0.5 * abs(float(np.mean(base)))):
            return tried, _levelled(gained, base), True
    return tried, _levelled(gained, base), False


def _mean_loss(model: Model, batches: list[Any]) -> float:
    """Learn from some batches; the mean of their losses before."""
    model.reset_metrics()
    with np.errstate(all="ignore"):
        for batch in batches:
            logs = model.train_step(batch)
    if "loss" not in logs:
        raise ValueError(
            f"{model.title} has a train_step that returns no 'loss', only {list(logs)}, so learning rates cannot be compared"
        )
    return float(logs["loss"])


def _levelled(gained: list[float], base: list[float]) -> list[float]:
    return [float(np.mean(base)) - gain for gain in gained]
