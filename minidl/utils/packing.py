"""Pack and unpack the `(x, y, sample_weight)` that a training step receives."""

from typing import Any

from minidl.data.batches import Batch


def pack_x_y_sample_weight(x: object, y: object = None, sample_weight: object = None) -> Any:
    """`(x, y, sample_weight)` without trailing `None`; x alone is a tuple only if it is a list or tuple itself.

    Example:
        >>> pack_x_y_sample_weight(1, 2)
        (1, 2)
    """
    if y is None:
        return (x,) if isinstance(x, (list, tuple)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: object) -> Batch:
    """`x, y, sample_weight` from what a training step receives, with `None` for what is missing.

    Args:
        data: x, or a tuple or list `(x,)`, `(x, y)` or `(x, y, sample_weight)`.
    Raises:
        ValueError: the tuple is longer.
    Example:
        >>> unpack_x_y_sample_weight((1, 2))
        (1, 2, None)
    """
    if not isinstance(data, (list, tuple)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(f"expected x, (x,), (x, y) or (x, y, sample_weight), got {len(data)} elements")
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight
