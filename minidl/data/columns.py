"""Columns of frames: a model that was fitted on a frame remembers their names, and later frames are compared with them."""

from __future__ import annotations

from collections.abc import Mapping

from minidl.config.types import ArrayLike
from minidl.data.finite_check import members
from minidl.data.unsupported_types import column_names

Columns = dict[str, list[str]]  # "x", or 'x["sales"]' for one of several inputs -> the names of its columns


def columns_of(x: object) -> Columns:
    """The column names of each frame among the inputs; frames whose names are not strings have none."""
    if isinstance(x, (list, tuple)) and len(x) == 1:
        x = x[0]  # Keras also takes [x]
    found = {f"x{key}": column_names(member) for key, member in members(x)}
    return {key: list(names) for key, names in found.items() if names and all(isinstance(name, str) for name in names)}


def check_columns(known: Mapping[str, list[str]] | None, x: ArrayLike) -> None:
    """Raise ValueError for frames whose columns are not those of the frames that the model was fitted on, in their order."""
    if not known:
        return
    for key, names in columns_of(x).items():
        expected = known.get(key, names)
        if names != expected:
            raise ValueError(
                f"{_difference(key, names, expected)}; to fit a model on other columns, set model.column_names = None"
            )


def _difference(key: str, names: list[str], expected: list[str]) -> str:
    missing, extra = ([name for name in one if name not in other] for one, other in ((expected, names), (names, expected)))
    if not missing:
        what = f"has the columns {extra}, which" if extra else "has its columns in another order than"
        seen = "the frame that the model was fitted on does not have" if extra else "the frame that the model was fitted on"
        return f"{key} {what} {seen}: give {key}[{expected}]"
    unknown = f", and has {extra} instead" if extra else ""
    return f"{key} lacks the columns {missing} of the frame that the model was fitted on{unknown}; it was fitted on {expected}"
