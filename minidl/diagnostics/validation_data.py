"""Unsuitable validation data: classes differ from the training rows, or rows are also in the training data."""

from collections.abc import Iterator

import numpy as np

from minidl.config.nest import flatten, for_each_output
from minidl.config.types import Array
from minidl.diagnostics.examination import Examination
from minidl.diagnostics.outputs import outputs
from minidl.diagnostics.report import Finding
from minidl.diagnostics.targets import classes_of

MOST_TRAINING_ROWS, MOST_VALIDATION_ROWS = 200_000, 2_000  # rows that are compared, at most
PIECE = 4_096  # rows hashed at once
DRAWS = 20  # random splits for comparison


def examine_validation_data(examination: Examination) -> Iterator[Finding]:
    """Compare training and validation rows."""
    if examination.validation is None:
        return
    if examination.validation.y is not None and examination.data.y is not None:
        outs = outputs(examination)
        pairs = zip(
            for_each_output(examination.data.y, len(outs)),
            for_each_output(examination.validation.y, len(outs)),
            outs,
            strict=True,
        )
        for train_labels, val_labels, out in pairs:
            if out.loss is not None and out.loss.paired_activation is not None and train_labels is not None:
                yield from _sorted(
                    classes_of(train_labels, out.y_pred.shape), classes_of(val_labels, out.y_pred.shape), examination.split
                )
    yield from _leaked(examination)


def _sorted(train_labels: Array | None, val_labels: Array | None, split: float) -> Iterator[Finding]:
    """Compare the class frequencies of both parts with those of random splits."""
    if train_labels is None or val_labels is None or len(val_labels) < 5:
        return
    names, places = np.unique(np.concatenate([train_labels, val_labels]), return_inverse=True)
    if not 2 <= len(names) <= 1000:
        return
    cut, generator = len(train_labels), np.random.default_rng(0)

    def distance(order: Array) -> float:
        one, other = (np.bincount(part, minlength=len(names)) for part in (order[:cut], order[cut:]))
        return float(np.abs(one / one.sum() - other / other.sum()).sum() / 2)

    seen = distance(places)
    random = max(distance(generator.permutation(places)) for _ in range(DRAWS))
    if seen < random + 0.25:
        return
    absent = sorted(set(val_labels.tolist()) - set(train_labels.tolist()))
    lack = (
        f"; {'class' if len(absent) == 1 else 'classes'} {', '.join(map(str, absent[:5]))} not in the training rows"
        if absent
        else ""
    )
    how = (
        f"validation_split={split:g} takes the last rows, and the rows are sorted by class" if split else "they differ by class"
    )
    yield Finding(
        "sorted_validation",
        None,
        seen,
        f"The validation rows have other classes than the training rows: {how}, so {seen:.0%} of their classes differ, "
        f"where a random split gives at most {random:.0%}{lack}.",
        "Shuffle first: order = np.random.default_rng(0).permutation(len(x)); x, y = x[order], y[order].",
    )


def _leaked(examination: Examination) -> Iterator[Finding]:
    """Find rows of x that are in both parts, unless x has so few possible values that equal rows are expected.

    Source: Kapoor & Narayanan 2023, "Leakage and the reproducibility crisis in machine-learning-based science".
    """
    if examination.validation is None or _naturally_repeated(examination.data.x, len(examination.data)):
        return
    train_hashes = _row_hashes(examination.data.rows(slice(0, MOST_TRAINING_ROWS)).x)
    val_hashes = _row_hashes(examination.validation.rows(slice(0, MOST_VALIDATION_ROWS)).x)
    known = set(train_hashes)
    count = sum(mark in known for mark in val_hashes)
    if count < max(1, 0.01 * len(val_hashes)):
        return
    yield Finding(
        "leaked_rows",
        None,
        count / len(val_hashes),
        f"{count:,} of {len(val_hashes):,} validation rows ({count / len(val_hashes):.0%}) are also among the training "
        f"rows, so the validation score partly measures memorized rows and is too good.",
        "Remove repeated rows with np.unique(x, axis=0) before rows are split, copied or augmented.",
    )


def _row_hashes(x: object) -> list[int]:
    """A hash of each row."""
    columns = []
    for array in flatten(x):
        if array.dtype.kind in "OUST":
            columns.append([hash(str(row)) for row in np.asarray(array).tolist()])
            continue
        marks: list[int] = []
        for start in range(0, array.shape[0], PIECE):
            piece = array[start : start + PIECE]
            rows = np.asarray(piece) if isinstance(piece, np.ndarray) else piece.toarray()
            marks += [hash(row.tobytes()) for row in rows.astype("float32").reshape(len(rows), -1)]
        columns.append(marks)
    return [hash(parts) for parts in zip(*columns, strict=True)]


def _naturally_repeated(x: object, rows: int) -> bool:
    """Whether a table with this number of rows is expected to hold equal ones: few columns with few values each."""
    logarithm = 0.0
    for array in flatten(x):
        if array.dtype.kind in "OUST" or not isinstance(array, np.ndarray):
            return False
        part = np.asarray(array[:1000]).reshape(min(len(array), 1000), -1)
        logarithm += sum(np.log(len(np.unique(part[:, column]))) for column in range(min(part.shape[1], 64)))
    return bool(logarithm < 2 * np.log(rows) + np.log(100))
