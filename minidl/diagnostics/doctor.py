"""`diagnose`: examine a copy of a model with its data, and report what is wrong."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from minidl.config.types import Array, ArrayLike, DataLike
from minidl.data.batches import ArrayData, is_stream, split_rows, unpack_data
from minidl.diagnostics.examination import Examination, collect_batches
from minidl.diagnostics.features import examine_features
from minidl.diagnostics.finiteness import examine_data, examine_finiteness, finite_part
from minidl.diagnostics.gradients import examine_gradients
from minidl.diagnostics.inputs import examine_inputs
from minidl.diagnostics.layer_statistics import layer_statistics
from minidl.diagnostics.loss_mismatch import examine_loss_mismatch
from minidl.diagnostics.ordering import filtered
from minidl.diagnostics.preserved_globals import preserved_globals
from minidl.diagnostics.report import Finding, Report
from minidl.diagnostics.steps import examine_start, examine_steps
from minidl.diagnostics.targets import examine_targets
from minidl.diagnostics.unit_activity import examine_unit_activity
from minidl.diagnostics.validation_data import examine_validation_data
from minidl.models.data_adapter import read_data
from minidl.models.model import Model

Examiner = Callable[[Examination], Iterator[Finding]]
OF_DATA: tuple[Examiner, ...] = (examine_inputs, examine_features, examine_targets, examine_validation_data)
EXAMINERS: tuple[Examiner, ...] = (
    examine_loss_mismatch,
    *OF_DATA,
    examine_unit_activity,
    examine_gradients,
    examine_start,
    examine_steps,
)


def diagnose(
    model: Model,
    x: Array | None = None,
    y: Array | None = None,
    sample_weight: ArrayLike | None = None,
    validation_split: float = 0.0,
    validation_data: DataLike | None = None,
    batch_size: int | None = None,
) -> Report:
    """Find out why a model does not learn from its data. Works on a copy; the model itself is left unchanged.

    Args:
        model: any model; one that was never compiled is compiled as `fit` would do it.
        x, y, sample_weight: as in `fit`; of an iterable of batches the first few are used.
        validation_split, validation_data: as in `fit`.
        batch_size: rows per step, 32 by default.
    Returns:
        A `Report`.
    Raises:
        ValueError, TypeError: the data does not fit the model.
    Example:
        >>> from minidl import Sequential, layers
        >>> model = Sequential([layers.Dense(8, "relu"), layers.Dense(1)])
        >>> x = 255.0 * np.random.default_rng(0).uniform(size=(100, 3))
        >>> diagnose(model, x, x.mean(axis=1) / 255).findings[0].kind
        'unscaled_inputs'
    """
    with preserved_globals():
        copied = copy.deepcopy(model)
        data, validation = _gathered(copied, x, y, sample_weight, validation_split, validation_data)
        findings = [
            *examine_data(data),
            *(examine_data(validation, "the validation data's ") if validation is not None else ()),
        ]
        if findings:
            data, validation = finite_part(data), None if validation is None else finite_part(validation)
        if len(data) < 2:
            return Report(model.title, findings, [], f"{len(data):,} rows")
        examination = Examination(copied, data, validation or None, batch_size or 32, validation_split)
        not_finite = [*examine_finiteness(examination)]
        findings += not_finite
        for examine in OF_DATA if not_finite else EXAMINERS:
            findings += examine(examination)
            examination.kinds |= {finding.kind for finding in findings}
        return Report(model.title, filtered(findings), layer_statistics(examination), examined(examination))


def examined(examination: Examination) -> str:
    """What was examined, in words."""
    parts = [f"{len(examination.data):,} rows{'' if examination.data.y is not None else ' without targets'}"]
    if examination.validation is not None:
        parts.append(f"{len(examination.validation):,} validation rows")
    if examination.can_try:
        parts.append(f"{len(examination.trial.losses)} steps on a copy")
    return ", ".join(parts)


def _gathered(model: Model, x: Any, y: Any, sample_weight: Any, share: float, given: Any) -> tuple[Any, Any]:
    """Training and validation rows, as `fit` would take them."""
    data = collect_batches(model, x) if x is not None and is_stream(x) else read_data(model, x, y, sample_weight, finite=False)
    validation: ArrayData | None = None
    if share:
        data, validation = split_rows(data, share)
    if given is not None:
        rows = unpack_data(given)
        validation = collect_batches(model, rows[0]) if is_stream(rows[0]) else read_data(model, *rows, finite=False)
    return data, validation
