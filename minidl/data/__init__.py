"""Data: convert the user's data to batches of arrays."""

from minidl.config.nest import unpack
from minidl.data.batches import ArrayBatches, ArrayData, StreamBatches, as_data, first_batches, is_stream, split_rows
from minidl.data.class_weights import class_weights
from minidl.data.dataset import PyDataset
from minidl.data.finite_check import check_finite

__all__ = [
    "ArrayBatches",
    "ArrayData",
    "PyDataset",
    "StreamBatches",
    "as_data",
    "check_finite",
    "class_weights",
    "first_batches",
    "is_stream",
    "split_rows",
    "unpack",
]
