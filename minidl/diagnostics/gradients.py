"""Gradients that vanish or explode in the backward pass."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from minidl.diagnostics import fixes
from minidl.diagnostics.examination import Examination, ForwardBackward, size
from minidl.diagnostics.layer_facts import activation_of, has_no_gates, is_recurrent
from minidl.diagnostics.report import Finding
from minidl.diagnostics.steps import is_far_off
from minidl.layers.recorder import LayerTrace

# An output gradient that shrinks to 1/100 in the first layers is common and harmless: the optimizer adapts, and the last
# layers learn meanwhile. What matters is whether a few steps reduce the loss; the less they do, the stricter the limit.
# Fraction left to learn, largest ratio of first to last gradient that counts as vanishing:
VANISHED = ((0.9, 1e-3), (0.5, 1e-5))
FAINT = 1e-2  # the same if larger steps do not help either
EXPLODED = 100.0  # ratio to the gradient at the last layer
GROWN = 10.0  # the same if nothing is learned, or the initial loss is far too high


def examine_gradients(examination: Examination) -> Iterator[Finding]:
    """Compare the output gradient (error) of each layer with that of the last layer.

    Source: Hochreiter 1991; Bengio, Simard & Frasconi 1994; Glorot & Bengio 2010; He, Zhang, Ren & Sun 2015.
    """
    entries = [entry for entry in examination.forward_backward.weighted if entry.dy is not None]
    if not examination.can_try or not entries:
        return
    errors = np.array([size(entry.dy) for entry in entries])
    if not np.isfinite(errors).all() or errors[-1] == 0:
        return
    if len(entries) > 1:
        lowest, highest = int(errors[:-1].argmin()), int(errors[:-1].argmax())
        if _vanishes(examination, errors[lowest] / errors[-1]):
            yield _vanishing(examination, entries, lowest)
            return
        in_last_alone = errors[highest] < 3 * errors[-2] and is_far_off(examination)  # only its own weights are large
        if _explodes(examination, errors[highest] / errors[-1]) and not in_last_alone:
            yield _exploding(examination, entries, highest)
            return
    yield from _through_time(examination, entries)


def _vanishes(examination: Examination, ratio: float) -> bool:
    if ratio >= FAINT:
        return False
    remaining = examination.trial.remaining
    if _ratio_after(examination) >= FAINT:
        return False  # a last layer initialized to 0 passes no gradient at first, but soon does
    if any(remaining > least and ratio < most for least, most in VANISHED):
        return True
    return remaining > 0.9 and not any(trial.learns for _, trial in examination.faster)


def _ratio_after(examination: Examination) -> float:
    """The same ratio after the trial run."""
    entries = [
        entry for entry in ForwardBackward(examination.trial.model, examination.batch, True).weighted if entry.dy is not None
    ]
    errors = [size(entry.dy) for entry in entries]
    return min(errors[:-1]) / errors[-1] if len(errors) > 1 and errors[-1] > 0 and np.isfinite(errors).all() else 0.0


def _explodes(examination: Examination, ratio: float) -> bool:
    if ratio < GROWN:
        return False
    far_off = examination.baselines is not None and examination.baselines.remaining(examination.trial.before) > 5
    return ratio > EXPLODED or (far_off and not examination.trial.learns) or examination.trial.failure is not None


def _vanishing(examination: Examination, entries: list[LayerTrace], lowest: int) -> Finding:
    here, there, what = _shown(examination, entries, lowest)
    times = there / here if here else float("inf")
    layer = entries[lowest].layer
    less = f"{times:,.0f} times less, so the first layers hardly learn" if here else "so the first layers learn nothing"
    flat = [entry.layer for entry in entries[:-1] if activation_of(entry.layer) in ("sigmoid", "tanh", "softsign")]
    if len(flat) > len(entries) / 2:
        saturating = activation_of(flat[0])
        fix = f'Use activation="relu" instead of {saturating} in the hidden layers, and kernel_initializer="he_normal".'
        model_fix: Any = partial(fixes.with_relu, like=examination.model)
    else:
        fix = 'Use He initialization: kernel_initializer="he_normal".'
        model_fix = partial(fixes.reinitialized, like=examination.model)
    return Finding(
        "vanishing_gradients",
        layer.name,
        times,
        f"Gradients vanish: the {what} {layer.title} gets {here:.2g} where the last layer gets {there:.2g}, {less}.",
        fix,
        model_fix,
    )


def _exploding(examination: Examination, entries: list[LayerTrace], highest: int) -> Finding:
    here, there = size(entries[highest].dy), size(entries[-1].dy)
    layer = entries[highest].layer
    return Finding(
        "exploding_gradients",
        layer.name,
        here / there,
        f"Gradients explode: the gradient that arrives at {layer.title} is {here:.2g} where the last layer's is {there:.2g}, "
        f"{here / there:,.0f} times more, so no learning rate suits both.",
        'Start with smaller weights, kernel_initializer="he_normal" (recurrent_initializer="orthogonal"); if it happens '
        "later in training, give the optimizer clipnorm=1.0.",
        partial(fixes.reinitialized, like=examination.model),
    )


def _through_time(examination: Examination, entries: list[LayerTrace]) -> Iterator[Finding]:
    """The same along the time steps, in recurrent layers that return only their last output.

    In every recurrent network the first steps get smaller gradients than the last; it matters if the layer has no gates
    and nothing is learned.
    Source: Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural networks".
    """
    for entry in entries:
        dx, dy = entry.dx, entry.dy
        whole_sequence = isinstance(dx, np.ndarray) and dx.ndim == 3 and dx.shape[1] >= 5
        last_output = isinstance(dy, np.ndarray) and dy.ndim == 2  # with `return_state` there are several gradients
        if not is_recurrent(entry.layer) or not whole_sequence or not last_output:
            continue
        steps = np.sqrt((dx.astype("float64") ** 2).sum(axis=(0, 2)))
        if steps[-1] == 0 or not np.isfinite(steps).all():
            continue
        first = float(steps[: max(1, len(steps) // 10)].max())
        ratio = first / float(steps[-1])
        if ratio > EXPLODED:
            kind, word = "exploding_gradients", "explode"
            fix = 'Start with recurrent_initializer="orthogonal", and give the optimizer clipnorm=1.0.'
        elif (
            ratio < 1e-4
            and has_no_gates(entry.layer)
            and examination.stuck
            and all(trial.remaining > 0.5 for _, trial in examination.faster)
        ):
            kind, word = "vanishing_gradients", "vanish"
            fix = "Use LSTM or GRU instead of SimpleRNN, or shorter sequences."
        else:
            continue
        times = ratio if ratio > 1 else 1 / ratio if ratio else float("inf")
        yield Finding(
            kind,
            entry.layer.name,
            times,
            f"Gradients {word} through time: at the first of {len(steps)} steps {entry.layer.title} passes {first:.2g} back "
            f"where it passes {steps[-1]:.2g} at the last, {times:,.0f} times {'more' if ratio > 1 else 'less'}.",
            fix,
            partial(fixes.reinitialized, like=examination.model) if ratio > 1 else None,
        )
        return


def _shown(examination: Examination, entries: list[LayerTrace], number: int) -> tuple[float, float, str]:
    """What the finding compares: the gradients of two biases if both layers have one, otherwise the output gradients."""
    found: list[Any] = [
        next(
            (g for v, g in examination.forward_backward.gradients.items() if v.name == "bias" and v in entry.layer.weights),
            None,
        )
        for entry in (entries[number], entries[-1])
    ]
    if any(gradient is None for gradient in found) or size(found[0]) * 10 > size(found[1]):
        return size(entries[number].dy), size(entries[-1].dy), "gradient that arrives at"
    return size(found[0]), size(found[1]), "bias of"
