"""Features without information: constant ones, and copies of others."""

from collections.abc import Iterator

import numpy as np

from minidl.config.nest import flatten
from minidl.config.types import Array
from minidl.diagnostics.examination import Examination
from minidl.diagnostics.outputs import kernel_inputs
from minidl.diagnostics.report import Finding

FEW = 40  # features; tables have fewer, images and bags of words more
MOST = 2_000  # features that are compared with one another


def examine_features(examination: Examination) -> Iterator[Finding]:
    """Look for constant and repeated columns in tables of numbers."""
    arrays = flatten(examination.sample[0])
    for number in sorted({kernel_input.number for kernel_input in kernel_inputs(examination)}):
        x = np.asarray(arrays[number])
        if x.ndim != 2 or len(x) < 10 or x.dtype.kind not in "biuf":
            continue
        x = x.astype("float64")
        constant = np.ptp(x, axis=0) <= 1e-7 * np.abs(x).max(axis=0)
        yield from _constant(flatten(examination.data.x)[number], x, constant)
        yield from _repeated(x, constant)


def _constant(whole: Array, x: Array, constant: Array) -> Iterator[Finding]:
    """Find constant columns, except background.

    Empty border pixels or words that do not occur are constant too, but harmless: their value is the one most other
    columns also have, or, after standardizing, 0, which contributes nothing.
    """
    columns = [int(c) for c in np.flatnonzero(constant) if not _is_background(x[0, c], x[:, ~constant], x)]
    if isinstance(whole, np.ndarray):  # not a sparse matrix
        columns = [c for c in columns if np.ptp(np.asarray(whole[:, c], "float64")) <= 1e-7 * abs(x[0, c])]
    if columns:
        held = ", ".join(f"{x[0, c]:.6g}" for c in columns[:3])
        yield Finding(
            "constant_features",
            None,
            float(len(columns)),
            f"{_listed(columns, 'has', 'have')} the same value in every row ({held}{' ...' if len(columns) > 3 else ''}), so "
            "nothing can be learned from it.",
            "Leave such columns out of x, or check whether they were read correctly.",
        )


def _is_background(value: float, others: Array, x: Array) -> bool:
    if others.size == 0:
        return False
    common = float((others == value).mean())
    if value == x.min() and common >= 0.1:
        return True
    return bool(value == 0 and (x.shape[1] > FEW or common >= 0.1))


def _repeated(x: Array, constant: Array) -> Iterator[Finding]:
    """Find columns that equal another column, or another column times a factor.

    Only columns whose value varies often count: two pixels that are lit in only one image are not copies.
    """
    leaves = (x != np.median(x, axis=0)).sum(axis=0)
    columns = np.flatnonzero(~constant & (leaves >= max(10, 0.05 * len(x))))[:MOST]
    if len(columns) < 2:
        return
    z = x[:, columns] - x[:, columns].mean(axis=0)
    z /= np.linalg.norm(z, axis=0)
    alike = np.triu(z.T @ z, k=1) > 1 - 1e-9
    copies = np.flatnonzero(alike.any(axis=0))
    if copies.size:
        copy, original = int(columns[copies[0]]), int(columns[alike[:, copies[0]].argmax()])
        yield Finding(
            "duplicated_features",
            None,
            float(copies.size),
            f"{_listed([int(columns[c]) for c in copies], 'repeats', 'repeat')} "
            f"{f'feature {original}' if copies.size == 1 else f'others (feature {copy} repeats feature {original})'}, "
            "perhaps in another unit, as meters and feet: this adds no information, and the feature counts twice.",
            "Keep one of each pair.",
        )


def _listed(columns: list[int], singular: str, plural: str) -> str:
    if len(columns) == 1:
        return f"Feature {columns[0]} {singular}"
    shown = ", ".join(map(str, columns[:6]))
    return f"{len(columns)} features ({shown}{' ...' if len(columns) > 6 else ''}) {plural}"
