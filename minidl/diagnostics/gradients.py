"""Gradients that vanish or explode on their way back through the layers."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from minidl.diagnostics import mends
from minidl.diagnostics.layer_facts import activation_of, has_no_gates, is_recurrent
from minidl.diagnostics.patient import Passage, Patient, size
from minidl.diagnostics.report import Finding
from minidl.diagnostics.steps import is_far_off
from minidl.models.recorder import LayerTrace

# An error that arrives at a tenth of a tenth in the first layers is common and harmless: an optimizer adapts, and the last
# layers learn meanwhile. What counts is whether a few steps lead anywhere; the less they do, the less must be missing.
VANISHED = ((0.9, 1e-3), (0.5, 1e-5))  # (what remains to be learned, at most this share of the error arrives)
FAINT = 1e-2  # the same where not even larger steps lead anywhere
EXPLODED = 100.0  # times the error of the last layer
GROWN = 10.0  # the same where nothing is learned, or the first loss is far off


def examine_gradients(patient: Patient) -> Iterator[Finding]:
    """Compare the error that arrives at each layer with the one that the last layer gets.

    Source: Hochreiter 1991; Bengio, Simard & Frasconi 1994; Glorot & Bengio 2010; He, Zhang, Ren & Sun 2015.
    """
    entries = [entry for entry in patient.passage.weighted if entry.dy is not None]
    if not patient.can_try or not entries:
        return
    errors = np.array([size(entry.dy) for entry in entries])
    if not np.isfinite(errors).all() or errors[-1] == 0:
        return
    if len(entries) > 1:
        lowest, highest = int(errors[:-1].argmin()), int(errors[:-1].argmax())
        if _vanishes(patient, errors[lowest] / errors[-1]):
            yield _vanishing(patient, entries, lowest)
            return
        in_last_alone = errors[highest] < 3 * errors[-2] and is_far_off(patient)  # its weights are large, and no others
        if _explodes(patient, errors[highest] / errors[-1]) and not in_last_alone:
            yield _exploding(patient, entries, highest)
            return
    yield from _through_time(patient, entries)


def _vanishes(patient: Patient, ratio: float) -> bool:
    if ratio >= FAINT:
        return False
    remaining = patient.trial.remaining
    if _ratio_after(patient) >= FAINT:
        return False  # a last layer that starts at 0 hands nothing back at first, and soon does
    if any(remaining > least and ratio < most for least, most in VANISHED):
        return True
    return remaining > 0.9 and not any(trial.learns for trial in patient.faster)


def _ratio_after(patient: Patient) -> float:
    """The same share after the few steps."""
    entries = [entry for entry in Passage(patient.trial.model, patient.batch, True).weighted if entry.dy is not None]
    errors = [size(entry.dy) for entry in entries]
    return min(errors[:-1]) / errors[-1] if len(errors) > 1 and errors[-1] > 0 and np.isfinite(errors).all() else 0.0


def _explodes(patient: Patient, ratio: float) -> bool:
    if ratio < GROWN:
        return False
    far_off = patient.scale is not None and patient.scale.remaining(patient.trial.before) > 5
    return ratio > EXPLODED or (far_off and not patient.trial.learns) or patient.trial.failure is not None


def _vanishing(patient: Patient, entries: list[LayerTrace], lowest: int) -> Finding:
    here, there, what = _shown(patient, entries, lowest)
    times = there / here if here else float("inf")
    layer = entries[lowest].layer
    less = f"{times:,.0f} times less, so the first layers hardly learn" if here else "so the first layers learn nothing"
    flat = [entry.layer for entry in entries[:-1] if activation_of(entry.layer) in ("sigmoid", "tanh", "softsign")]
    if len(flat) > len(entries) / 2:
        squash = activation_of(flat[0])
        mend = f'Take activation="relu" in place of {squash} in the hidden layers, and kernel_initializer="he_normal".'
        remedy: Any = partial(mends.rectified, like=patient.model)
    else:
        mend = 'Start with He initialisation: kernel_initializer="he_normal".'
        remedy = partial(mends.initialised, like=patient.model)
    return Finding(
        "vanishing_gradients",
        layer.name,
        times,
        f"Gradients vanish: the {what} {layer.title} gets {here:.2g} where the last layer gets {there:.2g}, {less}.",
        mend,
        remedy,
    )


def _exploding(patient: Patient, entries: list[LayerTrace], highest: int) -> Finding:
    here, there = size(entries[highest].dy), size(entries[-1].dy)
    layer = entries[highest].layer
    return Finding(
        "exploding_gradients",
        layer.name,
        here / there,
        f"Gradients explode: the error that arrives at {layer.title} is {here:.2g} where the last layer's is {there:.2g}, "
        f"{here / there:,.0f} times more, so no learning rate suits both.",
        'Start with smaller weights, kernel_initializer="he_normal" (recurrent_initializer="orthogonal"); if it happens '
        "later in training, give the optimizer clipnorm=1.0.",
        partial(mends.initialised, like=patient.model),
    )


def _through_time(patient: Patient, entries: list[LayerTrace]) -> Iterator[Finding]:
    """The same along the steps of a sequence, in layers that hand back only their last output.

    That the first steps get less than the last is so in every recurrent network; it matters where no gate can open and
    nothing is learned.
    Source: Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural networks".
    """
    for entry in entries:
        dx = entry.dx
        whole_sequence = isinstance(dx, np.ndarray) and dx.ndim == 3 and dx.shape[1] >= 5
        if not is_recurrent(entry.layer) or not whole_sequence or np.ndim(entry.dy) != 2:
            continue
        steps = np.sqrt((dx.astype("float64") ** 2).sum(axis=(0, 2)))
        if steps[-1] == 0 or not np.isfinite(steps).all():
            continue
        first = float(steps[: max(1, len(steps) // 10)].max())
        ratio = first / float(steps[-1])
        if ratio > EXPLODED:
            kind, word = "exploding_gradients", "explode"
            mend = 'Start with recurrent_initializer="orthogonal", and give the optimizer clipnorm=1.0.'
        elif ratio < 1e-4 and has_no_gates(entry.layer) and patient.stuck and all(t.remaining > 0.5 for t in patient.faster):
            kind, word = "vanishing_gradients", "vanish"
            mend = "Take LSTM or GRU in place of SimpleRNN, or shorter sequences."
        else:
            continue
        times = ratio if ratio > 1 else 1 / ratio if ratio else float("inf")
        yield Finding(
            kind,
            entry.layer.name,
            times,
            f"Gradients {word} through time: at the first of {len(steps)} steps {entry.layer.title} passes {first:.2g} back "
            f"where it passes {steps[-1]:.2g} at the last, {times:,.0f} times {'more' if ratio > 1 else 'less'}.",
            mend,
            partial(mends.initialised, like=patient.model) if ratio > 1 else None,
        )
        return


def _shown(patient: Patient, entries: list[LayerTrace], number: int) -> tuple[float, float, str]:
    """What is told: the gradients of two biases where both layers have one, else the errors that arrive."""
    found: list[Any] = [
        next((g for v, g in patient.passage.gradients.items() if v.name == "bias" and v in entry.layer.weights), None)
        for entry in (entries[number], entries[-1])
    ]
    if any(gradient is None for gradient in found) or size(found[0]) * 10 > size(found[1]):
        return size(entries[number].dy), size(entries[-1].dy), "error that arrives at"
    return size(found[0]), size(found[1]), "bias of"
