"""Gradients that vanish or explode on their way back through the layers."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from minidl.diagnostics import mends
from minidl.diagnostics.patient import Patient, size
from minidl.diagnostics.report import Finding
from minidl.models.tracing import LayerTrace


def examine_gradients(patient: Patient) -> Iterator[Finding]:
    """Compare the error that arrives at each layer with the one that the last layer gets."""
    entries = [entry for entry in patient.passage.weighted if entry.dy is not None]
    if len(entries) < 2:
        return
    errors = [size(entry.dy) for entry in entries]
    last, lowest = errors[-1], int(np.argmin(errors[:-1]))
    if last == 0 or not np.isfinite(errors).all():
        return
    ratio = errors[lowest] / last
    if patient.stuck and ratio < 1e-2:
        yield _vanishing(patient, entries, lowest)


def _vanishing(patient: Patient, entries: list[LayerTrace], lowest: int) -> Finding:
    here, there, what = _shown(patient, entries, lowest)
    times = there / here if here else float("inf")
    layer = entries[lowest].layer
    name = mends.recipes(layer).get("kernel", "he_normal")
    return Finding(
        "vanishing_gradients",
        layer.name,
        times,
        f"Gradients vanish: the {what} {layer.title} gets {here:.2g} where the last layer gets {there:.2g}, "
        f"{times:,.0f} times less, so the first layers hardly learn.",
        f'Start with He initialisation: kernel_initializer="{name}".',
        partial(mends.initialised, like=patient.model),
    )


def _shown(patient: Patient, entries: list[LayerTrace], number: int) -> tuple[float, float, str]:
    """What is told: the gradients of two biases where both layers have one, else the errors that arrive."""
    found: list[Any] = [
        next((g for v, g in patient.passage.gradients.items() if v.name == "bias" and v in entry.layer.weights), None)
        for entry in (entries[number], entries[-1])
    ]
    if any(gradient is None for gradient in found):
        return size(entries[number].dy), size(entries[-1].dy), "error that arrives at"
    return size(found[0]), size(found[1]), "bias of"
