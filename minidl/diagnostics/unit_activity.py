"""Saturated units, dead units, and outputs that do not depend on the input."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.config.types import Array
from minidl.diagnostics import fixes
from minidl.diagnostics.examination import Examination
from minidl.diagnostics.layer_facts import activation_of
from minidl.diagnostics.report import Finding
from minidl.models.model import Model

FLAT = {"tanh": (-0.975, 0.975), "sigmoid": (0.0127, 0.9873)}  # outside, the slope is below 5% of its maximum
SATURATED, DEAD = 0.5, 0.5  # fraction of a layer's activations, and of its units
QUIET = 1e-6  # relative change of an output below which it is rounding error


def examine_unit_activity(examination: Examination) -> Iterator[Finding]:
    """Check the outputs of every hidden layer, and whether the model's outputs depend on its inputs."""
    found = [*_saturated(examination), *_dead(examination)]
    yield from found
    yield from _ignored_inputs(examination)


def _saturated(examination: Examination) -> Iterator[Finding]:
    """Find the first layer with too many activations in the flat regions of tanh or sigmoid.

    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", section 3.
    """
    for entry in examination.forward_backward.log[:-1]:
        name = activation_of(entry.layer)
        if name not in FLAT or not isinstance(entry.y, np.ndarray):
            continue
        low, high = FLAT[name]
        share = float(((entry.y < low) | (entry.y > high)).mean())
        if share > SATURATED:
            yield Finding(
                "saturated_units",
                entry.layer.name,
                share,
                f"Units are saturated: {share:.0%} of the outputs of {entry.layer.title} lie where {name} is flat "
                f"(beyond {low:g} and {high:g}), so hardly any gradient passes through.",
                'Start with smaller weights: kernel_initializer="glorot_uniform".',
                partial(fixes.reinitialized, like=examination.model),
            )
            return


def _dead(examination: Examination) -> Iterator[Finding]:
    """Find the first layer in which most ReLUs are 0 for every row, so their weights get no gradient.

    Source: Lu, Shin, Su & Karniadakis 2020, "Dying ReLU and Initialization".
    """
    entries = [entry for entry in examination.forward_backward.log if activation_of(entry.layer) in ("relu", "relu6")]
    if len(examination.data) < 20 or not any(_dead_fraction(entry.y) > DEAD for entry in entries):
        return
    for entry in examination.wide_forward.log:
        is_relu = activation_of(entry.layer) in ("relu", "relu6")
        if entry.layer.weights and not any(variable.value.any() for variable in entry.layer.trainable_weights):
            continue  # all weights are zero: not dead, but never initialized
        if is_relu and (share := _dead_fraction(entry.y)) > DEAD:
            yield Finding(
                "dead_units",
                entry.layer.name,
                share,
                f"Units are dead: {share:.0%} of the ReLUs of {entry.layer.title} are 0 on every one of {len(entry.y):,} rows, "
                f"so no gradient reaches their weights.",
                'Reinitialize with kernel_initializer="he_normal" and bias_initializer="zeros"; if they die in training, '
                'lower the learning rate or use activation="leaky_relu".',
                partial(fixes.reinitialized, like=examination.model),
            )
            return


def _dead_fraction(y: object) -> float:
    return float((y.reshape(-1, y.shape[-1]) <= 0).all(axis=0).mean()) if isinstance(y, np.ndarray) else 0.0


def _ignored_inputs(examination: Examination) -> Iterator[Finding]:
    """Find inputs that can be permuted between rows without changing the output, both now and after a trial run."""
    x = examination.batch[0]
    arrays = flatten(x)
    if len(arrays[0]) < 2:
        return
    quiet = [n for n in range(len(arrays)) if _change(examination.model, x, n) < QUIET]
    if quiet and examination.can_try:
        if not examination.stuck and len(arrays) == 1:
            return
        quiet = [n for n in quiet if _change(examination.trial.model, x, n) < 1e-3]
    if not quiet:
        return
    names = examination.model.network.input_names
    which = f' "{names[quiet[0]]}"' if len(arrays) > 1 and len(names) == len(arrays) else ""
    after = " and training for some steps does not change that" if examination.can_try else ""
    yield Finding(
        "ignores_input",
        None,
        float(_change(examination.model, x, quiet[0])),
        f"The predictions ignore the input{which}: permuting its rows leaves every output unchanged,{after or ' bit for bit'}.",
        "Look for the layer whose output is the same for all rows: weights initialized to 0 "
        '(use kernel_initializer="he_normal"), a factor of 0, dead units.',
        partial(fixes.reinitialized, like=examination.model),
    )


def _change(model: Model, x: Array, number: int) -> float:
    """Relative change of the outputs when one input's rows are rolled by one; infinite if all rows are equal."""
    arrays = list(flatten(x))
    rolled = np.roll(arrays[number], 1, axis=0)
    if arrays[number].dtype.kind not in "biuf" or np.array_equal(rolled, arrays[number]):
        return float("inf")
    arrays[number] = rolled
    with model.preserved_state(), np.errstate(all="ignore"):
        one, other = (flatten(model._infer(given)[0]) for given in (x, rebuild(x, arrays)))
    changes = [_relative(a, b) for a, b in zip(one, other, strict=True)]
    return max(changes)


def _relative(one: Array, other: Array) -> float:
    gap, length = float(np.abs(one - other).max()), float(np.abs(one).max())
    return gap / length if length > 0 else gap if np.isfinite(gap) else float("inf")
