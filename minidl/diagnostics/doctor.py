"""`diagnose`: examine a copy of a model with its data, and say what is wrong."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from minidl.data.batches import ArrayData, is_stream, split_rows, unpack_data
from minidl.diagnostics.activity import examine_activity
from minidl.diagnostics.causes import sorted_out
from minidl.diagnostics.features import examine_features
from minidl.diagnostics.figures import layer_figures
from minidl.diagnostics.finiteness import examine_data, examine_finiteness, finite_part
from minidl.diagnostics.gradients import examine_gradients
from minidl.diagnostics.held_out import examine_held_out
from minidl.diagnostics.inputs import examine_inputs
from minidl.diagnostics.labels import examine_labels
from minidl.diagnostics.patient import Patient, gathered_stream
from minidl.diagnostics.report import Finding, Report
from minidl.diagnostics.steps import examine_start, examine_steps
from minidl.diagnostics.targets import examine_targets
from minidl.diagnostics.undisturbed import undisturbed
from minidl.models.data_adapter import read_data
from minidl.models.model import Model

Examiner = Callable[[Patient], Iterator[Finding]]
OF_DATA: tuple[Examiner, ...] = (examine_inputs, examine_features, examine_targets, examine_held_out)
EXAMINERS: tuple[Examiner, ...] = (
    examine_labels,
    *OF_DATA,
    examine_activity,
    examine_gradients,
    examine_start,
    examine_steps,
)


def diagnose(
    model: Model,
    x: Any = None,
    y: Any = None,
    sample_weight: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    batch_size: int | None = None,
) -> Report:
    """Examine a model with the data it shall learn from, on a copy: the model stays as it is, bit for bit.

    Args:
        model: any model; one that was never compiled is judged as `fit` would compile it.
        x, y, sample_weight: what `fit` takes; of an iterable of batches the first few are looked at.
        validation_split, validation_data: as `fit` would get them.
        batch_size: rows a step, 32 by default.
    Returns:
        A `Report`.
    Raises:
        ValueError, TypeError: the data cannot enter the model at all.
    Example:
        >>> from minidl import Sequential, layers
        >>> model = Sequential([layers.Dense(8, "relu"), layers.Dense(1)])
        >>> x = 255.0 * np.random.default_rng(0).uniform(size=(100, 3))
        >>> diagnose(model, x, x.mean(axis=1) / 255).findings[0].kind
        'unscaled_inputs'
    """
    with undisturbed():
        copied = copy.deepcopy(model)
        data, held_out = _gathered(copied, x, y, sample_weight, validation_split, validation_data)
        findings = [*examine_data(data), *(examine_data(held_out, "the validation data's ") if held_out is not None else ())]
        if findings:
            data, held_out = finite_part(data), None if held_out is None else finite_part(held_out)
        if len(data) < 2:
            return Report(model.title, findings, [], f"{len(data):,} rows")
        patient = Patient(copied, data, held_out or None, batch_size or 32, validation_split)
        born = [*examine_finiteness(patient)]
        findings += born
        for examine in OF_DATA if born else EXAMINERS:
            findings += examine(patient)
            patient.kinds |= {finding.kind for finding in findings}
        return Report(model.title, sorted_out(findings), layer_figures(patient), examined(patient))


def examined(patient: Patient) -> str:
    """What was looked at, in words."""
    parts = [f"{len(patient.data):,} rows"]
    if patient.held_out is not None:
        parts.append(f"{len(patient.held_out):,} validation rows")
    if patient.can_try:
        parts.append(f"{len(patient.trial.losses)} steps on a copy")
    return ", ".join(parts)


def _gathered(model: Model, x: Any, y: Any, sample_weight: Any, share: float, validation: Any) -> tuple[Any, Any]:
    """Training and validation rows, as `fit` would take them."""
    data = gathered_stream(model, x) if x is not None and is_stream(x) else read_data(model, x, y, sample_weight, finite=False)
    held_out: ArrayData | None = None
    if share:
        data, held_out = split_rows(data, share)
    if validation is not None:
        rows = unpack_data(validation)
        held_out = gathered_stream(model, rows[0]) if is_stream(rows[0]) else read_data(model, *rows, finite=False)
    return data, held_out
