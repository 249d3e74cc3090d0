"""`find_learning_rate`: a learning rate range test on a copy of the model."""

import copy
import math
from collections.abc import Iterator
from itertools import islice

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array
from minidl.data.batches import repeated
from minidl.diagnostics.preserved_globals import preserved_globals
from minidl.diagnostics.sweep import LearningRateSetting, LearningRateSweep
from minidl.models.auto_compile import prepare_model
from minidl.models.data_adapter import make_batches, read_data
from minidl.models.model import Model

MIN_STEPS = 5  # learning rates; fewer do not make a curve


def find_learning_rate(
    model: Model,
    x: Array | None = None,
    y: Array | None = None,
    batch_size: int | None = None,
    *,
    sample_weight: object = None,
    class_weight: dict[int, float] | None = None,
    shuffle: bool = True,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
) -> LearningRateSweep:
    """Train a copy of the model for some steps with an increasing learning rate, and find where the loss decreases.

    A second copy sees the same batches at a learning rate of 0. Its loss shows how much the batches differ in difficulty; that
    is subtracted, so that the curve shows the effect of learning alone. The sweep ends when the loss diverges. The model, its
    optimizer and all generators are left unchanged; only a one-shot iterator is consumed.

    A learning rate schedule is ignored during the sweep: the suggestion is then for the schedule's highest rate.

    Args:
        model: a model; one that was never compiled is compiled as `fit` would do it.
        x, y, batch_size, sample_weight, class_weight, shuffle: the arguments of `fit`.
        low, high: the first and the last learning rate, above 0.
        steps: number of learning rates, at least 5, at a constant ratio.
    Returns:
        A `LearningRateSweep`, with `learning_rates`, `losses`, `suggestion` and `plot()`; `print` shows it as a table.
    Raises:
        ValueError: the optimizer has no learning rate, the model has no trainable weights, or the data does not fit the model.
        FloatingPointError: the loss is NaN or infinite from the first step on.
    Source: Smith 2017, "Cyclical learning rates for training neural networks" (learning rate range test, section 3.3).
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
    if check_positive_integer("find_learning_rate", "steps", steps) < MIN_STEPS:
        raise ValueError(f"find_learning_rate expects at least {MIN_STEPS} steps for a curve, got {steps!r}")
    with preserved_globals():
        copied = copy.deepcopy(model)
        data = read_data(copied, x, y, sample_weight, class_weight)
        choice = prepare_model(copied, data)
        _check_can_learn(copied)
        learner = LearningRateSetting(
            type(copied.optimizer).__name__, copied.optimizer.constructor_arguments().get("learning_rate"), choice
        )
        batches = make_batches(copied, data, batch_size, steps, copied._shuffler.generator if shuffle else None)
        rates, losses, diverged = _sweep(copied, repeated(batches), np.geomspace(low, high, steps))
        if len(rates) < min(MIN_STEPS, steps) and not diverged:
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


def _sweep(copied: Model, batches: Iterator[tuple[Array, Array]], rates: Array) -> tuple[list[float], list[float], bool]:
    """The rates that were tried, the corrected loss at each, and whether the sweep diverged."""
    static_copy = copy.deepcopy(copied)
    static_copy.optimizer.learning_rate = lambda: 0.0
    each = copied.optimizer.gradient_accumulation_steps or 1  # batches per update
    tried: list[float] = []
    decreases: list[float] = []  # decrease of the loss compared with the copy that does not learn
    base: list[float] = []
    running, best = 0.0, 0.0
    for rate in map(float, rates):
        copied.optimizer.learning_rate = lambda rate=rate: rate
        chosen = list(islice(batches, each))
        if not chosen:
            break
        loss = _mean_loss(copied, chosen)
        if not math.isfinite(loss):
            return tried, _corrected_losses(decreases, base), True
        copied.terminates_on_nan = True  # from the second step on, NaN is not an error but ends the sweep
        base.append(_mean_loss(static_copy, chosen))
        decreases.append(base[-1] - loss)
        tried.append(rate)
        running = 0.7 * running + 0.3 * decreases[-1]
        best = max(best, running)
        if running < -max(best, 0.5 * abs(float(np.mean(base)))):
            return tried, _corrected_losses(decreases, base), True
    return tried, _corrected_losses(decreases, base), False


def _mean_loss(model: Model, batches: list[tuple[Array, Array]]) -> float:
    """Train on some batches; returns the mean of their losses before the update."""
    model.reset_metrics()
    with np.errstate(all="ignore"):
        for batch in batches:
            logs = model.train_step(batch)
    if "loss" not in logs:
        raise ValueError(
            f"{model.title} has a train_step that returns no 'loss', only {list(logs)}, so learning rates cannot be compared"
        )
    return float(logs["loss"])


def _corrected_losses(decreases: list[float], base: list[float]) -> list[float]:
    return [float(np.mean(base)) - gain for gain in decreases]
