"""The state of a data set that changes while it is read, for a checkpoint of training."""

import copy

from minidl.config.types import JSON
from minidl.data.dataset import PyDataset
from minidl.data.peekable import PeekableIterator


def data_state(batches: object) -> JSON:
    """A copy of what the user's data set returns from `get_state`; `None` for arrays, and if it has no such method."""
    data_set = _data_set(batches)
    return copy.deepcopy(data_set.get_state()) if _offers_state(data_set) else None


def restore_data_state(batches: object, state: object) -> None:
    """Give a saved state back to the data set, if it takes one."""
    data_set = _data_set(batches)
    if state is not None and _offers_state(data_set):
        data_set.set_state(state)


def unsaved_changes(batches: object) -> str | None:
    """The name of a data set that changes itself in `on_epoch_end` and offers no state; otherwise `None`."""
    data_set = _data_set(batches)
    changes = isinstance(data_set, PyDataset) and type(data_set).on_epoch_end is not PyDataset.on_epoch_end
    return type(data_set).__name__ if changes and not _offers_state(data_set) else None


def _offers_state(data_set: object) -> bool:
    return hasattr(data_set, "get_state") and hasattr(data_set, "set_state")


def _data_set(batches: object) -> JSON:
    """The user's data set behind `StreamBatches`; `None` for arrays."""
    stream = getattr(batches, "stream", None)
    return stream.iterator if isinstance(stream, PeekableIterator) else stream
