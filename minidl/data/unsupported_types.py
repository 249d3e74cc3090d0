"""The messages for data that is not numeric: which column or row it is in, and the conversion that helps."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from minidl.config.types import Array
from minidl.data.string_inputs import first_not_text, is_text

_DAYS = "float days: ({name} - {name}.min()) / np.timedelta64(1, 'D')"
_FIXES = {
    "dates": "convert dates to numbers, for example to " + _DAYS,
    "date objects": "make them dates of NumPy, {name} = np.array({name}, dtype='datetime64[D]'), and convert these to " + _DAYS,
    "durations": "convert durations to numbers, for example to days: {name} / np.timedelta64(1, 'D')",
    "duration objects": "convert them to numbers, for example to days: np.array({name}, dtype='timedelta64[s]') / "
    "np.timedelta64(1, 'D')",
    "complex numbers": "give real and imaginary parts as numbers, np.stack([{name}.real, {name}.imag], axis=-1), "
    "or the absolute values, np.abs({name})",
    "decimal numbers": "convert with np.array({name}, dtype=float)",
    "Python numbers": "convert with np.array({name}, dtype=float)",
    "missing values": "np.array({name}, dtype=float) turns None into NaN; then drop those rows or fill them, "
    "np.nan_to_num({name})",
    "missing values of pandas": "fill or drop them first, with fillna(value) or dropna()",
    "numbers written as text": "convert with np.array({name}, dtype=float)",
    "arrays": "if all have one shape, np.stack({name}); sequences of different lengths: utils.pad_sequences({name})",
    "named fields": "numpy.lib.recfunctions.structured_to_unstructured({name}) makes columns of them",
}
_TEXT_IN_X = (
    "for categories begin the model with StringLookup, for text with TextVectorization, or encode them first: "
    "np.unique({name}, return_inverse=True)[1] numbers the values of one column"
)
_TEXT_IN_Y = "turn class names into labels: classes, y = np.unique(y, return_inverse=True)"
_OTHER = "convert them to numbers first"
_FIXED_AS_A_WHOLE = ("decimal numbers", "missing values", "numbers written as text")  # also if other columns are numbers


def unsupported_type_message(value: object, array: Array, name: str, takes_text: bool) -> str:
    """The message for data that no model computes with.

    Args:
        value: what the user gave, such as a frame with named columns.
        array: the same as an array.
        name: "x", "y" or "sample_weight".
        takes_text: whether the model begins with text.
    """
    if takes_text and array.dtype.kind == "O" and array.size > 0:
        row, item = first_not_text(array)
        return (
            f"{name} holds {_described(array)}, but a model that begins with text takes strings, and row {row} holds {item!r}; "
            f"fill missing values with ''"
        )
    names = column_names(value)
    if array.ndim == 2 and names is not None:
        found = ((names[column], _kind(_column(value, array, column))) for column in range(array.shape[1]))
        return _of_frame(name, {column: kind for column, kind in found if kind})
    kinds = {column: _kind(array[:, column]) for column in range(array.shape[1])} if array.ndim == 2 else {}
    columns = {column: kind for column, kind in kinds.items() if kind not in ("", "Python numbers")}
    if 0 < len(columns) < len(kinds):
        first = next(iter(columns))
        fix = f"encode what is not a number, or leave it out, then give np.array({name}, dtype=float)"
        if columns[first] in _FIXED_AS_A_WHOLE and len(set(columns.values())) == 1:
            fix = _fix(columns[first], name)
        where = "column" if len(columns) == 1 else "columns"
        listed = ", ".join(map(str, columns))
        return f"{name} holds {columns[first]} in {where} {listed}, but a model computes with numbers; {fix}"
    return f"{name} holds {_described(array)}, but a model computes with numbers; {_fix(_kind(array), name)}"


def column_names(value: object) -> Sequence[Any] | None:
    """The column names of a frame; `None` for anything else."""
    names = getattr(value, "columns", None)
    return None if names is None or isinstance(names, str) or not hasattr(names, "__len__") else list(names)


def _of_frame(name: str, columns: dict[object, str]) -> str:
    """The message for a frame with these columns that are not numeric, each with its kind."""
    listed = ", ".join(f"{column!r} ({'text' if kind == 'strings' else kind})" for column, kind in columns.items())
    fixes = dict.fromkeys(_fix_of_column(name, column, kind) for column, kind in columns.items())
    return (
        f"{name} is a frame with {'a column that is' if len(columns) == 1 else 'columns that are'} not numeric: {listed}; a "
        f"model computes with numbers: {'; '.join(fixes)}"
    )


def _fix_of_column(name: str, column: object, kind: str) -> str:
    one = f"{name}[{column!r}]"
    if kind != "strings":
        return _fix(kind, one)
    if name == "y":
        return f"turn class names into labels: pd.factorize({one})[0]"
    return (
        f"encode categories, {name} = pd.get_dummies({name}, columns=[{column!r}], dtype=float), or give them to StringLookup"
    )


def _column(value: Any, array: Array, column: int) -> Array:
    """One column of a frame as an array of its own type."""
    if hasattr(value, "iloc"):
        kind = getattr(value.dtypes.iloc[column], "kind", "O")
        if kind in "Mm":
            return np.zeros(0, f"{kind}8[ns]")
        if kind in "biuf":
            return np.zeros(0)
    return array[:, column]


def _kind(array: Array) -> str:
    """What an array holds that is not a number: a key of the table of fixes, "strings", "other objects", or "" for numbers."""
    by_type = {"M": "dates", "m": "durations", "c": "complex numbers", "V": "named fields"}
    if array.dtype.kind in by_type:
        return by_type[array.dtype.kind]
    if array.dtype.kind in "biuf" or array.size == 0:
        return ""
    if is_text(array):
        return "numbers written as text" if _converts(array) else "strings"
    items = [item for item in array.ravel()[:1000].tolist() if not _is_missing(item)]
    if any(isinstance(item, (str, bytes)) for item in items):
        return "strings"
    from decimal import Decimal  # only errors need them
    from fractions import Fraction

    for kind, types in (
        ("date objects", date),
        ("duration objects", timedelta),
        ("complex numbers", complex),
        ("arrays", (np.ndarray, list, tuple)),
        ("decimal numbers", (Decimal, Fraction)),
    ):
        if any(isinstance(item, types) for item in items):
            return kind
    missing = {type(item).__name__ for item in array.ravel()[:1000].tolist() if _is_missing(item)}
    if missing:
        return "missing values" if missing == {"NoneType"} else "missing values of pandas"
    numbers = all(isinstance(item, (bool, int, float, np.generic)) for item in items)
    return "Python numbers" if numbers and _converts(array) else "other objects"


def _is_missing(item: object) -> bool:
    return item is None or type(item).__name__ in ("NAType", "NaTType")


def _converts(array: Array) -> bool:
    try:
        array.astype(float)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _fix(kind: str, name: str) -> str:
    if kind == "strings":
        return _TEXT_IN_Y if name == "y" else _TEXT_IN_X.format(name=name)
    if kind == "missing values" and name == "y":
        return "drop the rows without a target: keep = [value is not None for value in y]; x, y = x[keep], y[keep]"
    return _FIXES.get(kind, _OTHER).format(name=name)


def _described(array: Array) -> str:
    if is_text(array):
        return "strings"
    if array.dtype.kind != "O":
        return _kind(array)
    kinds = sorted({type(item).__name__ for item in array.ravel()[:1000].tolist()})
    return f"objects of type {', '.join(kinds)}"
