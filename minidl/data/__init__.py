"""Data: from whatever the user has to batches of arrays."""

from minidl.data.batches import (
    ArrayBatches,
    ArrayData,
    StreamBatches,
    as_data,
    check_finite,
    class_weights,
    is_stream,
    split_rows,
    unpack,
)

__all__ = [
    "ArrayBatches",
    "ArrayData",
    "StreamBatches",
    "as_data",
    "check_finite",
    "class_weights",
    "is_stream",
    "split_rows",
    "unpack",
]
