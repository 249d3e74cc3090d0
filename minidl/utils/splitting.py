"""`split_dataset`: split a data set in two."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.randomness import make_generator
from minidl.config.types import Tensors

Size = float | int | None


def split_dataset(
    dataset: Tensors, left_size: Size = None, right_size: Size = None, shuffle: bool = False, seed: int | None = None
) -> tuple[Any, Any]:
    """Split arrays by their rows, or a list of examples by its length.

    Args:
        dataset: an array, a frame or sparse matrix, a tuple, list or dict of them with equally many rows, or any iterable of
            examples, which becomes a list.
        left_size, right_size: a fraction of the rows, in (0, 1), or a number of rows; one of the two may be omitted.
        shuffle: whether to shuffle the rows first.
        seed: seed of the shuffling.
    Returns:
        The two parts, with the structure of the data set. Without `shuffle` parts of arrays are views.
    Raises:
        ValueError: the sizes do not fit, or arrays differ in their number of rows.
    Example:
        >>> (x, y), (x_rest, y_rest) = split_dataset((np.arange(10), np.arange(10) ** 2), left_size=0.8)
        >>> len(x), y_rest
        (8, array([64, 81]))
    """
    parts = flatten(dataset) if is_structure(dataset) else [dataset]
    if not all(hasattr(part, "shape") and len(part.shape) > 0 for part in parts):
        parts = dataset = [list(dataset)]
        left, right = _sizes(len(parts[0]), left_size, right_size)
        order = _order(len(parts[0]), shuffle, seed)
        return [parts[0][i] for i in order[:left]], [parts[0][i] for i in order[len(order) - right :]]
    counts = sorted({part.shape[0] for part in parts})
    if len(counts) > 1:
        raise ValueError(f"split_dataset expects arrays with the same number of rows, got {' and '.join(map(str, counts))}")
    left, right = _sizes(counts[0], left_size, right_size)
    first, last = slice(0, left), slice(counts[0] - right, counts[0])
    order = _order(counts[0], shuffle, seed)
    rows = [getattr(part, "iloc", part.tocsr() if hasattr(part, "tocsr") else part) for part in parts]
    halves = [[part[chosen] for part in rows] for chosen in ((order[first], order[last]) if shuffle else (first, last))]
    made = [rebuild(dataset, half) if is_structure(dataset) else half[0] for half in halves]
    return made[0], made[1]


def _order(rows: int, shuffle: bool, seed: int | None) -> Sequence[int]:
    order = np.arange(rows) if not shuffle else make_generator(seed).permutation(rows)
    return order  # type: ignore[return-value]  # an array of ints


def _sizes(rows: int, left: Size, right: Size) -> tuple[int, int]:
    """Numbers of rows; a fraction is rounded, and a missing size is the rest."""
    if left is None and right is None:
        raise ValueError("split_dataset expects left_size or right_size, or both")
    for name, size in (("left_size", left), ("right_size", right)):
        if size is None:
            continue
        limit = rows if isinstance(size, (int, np.integer)) else 1
        if isinstance(size, bool) or not 0 < size < limit:
            raise ValueError(
                f"split_dataset expects {name} to be a fraction in (0, 1) or a number of rows below {rows}, got {size!r}"
            )
    sizes = [size if size is None or isinstance(size, (int, np.integer)) else round(size * rows) for size in (left, right)]
    first = rows - int(sizes[1] or 0) if sizes[0] is None else int(sizes[0])
    last = rows - first if sizes[1] is None else int(sizes[1])
    if first <= 0 or last <= 0 or first + last > rows:
        raise ValueError(
            f"split_dataset cannot take {first} and {last} of {rows} rows; each part needs at least one row, and "
            f"no row may be in both"
        )
    return first, last
