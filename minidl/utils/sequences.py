"""Padding of sequences, and sliding windows over time series."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.randomness import make_generator
from minidl.config.types import Array, DTypeLike, Generator
from minidl.data.dataset import PyDataset
from minidl.data.pipeline import Transforms


def pad_sequences(
    sequences: Sequence[Sequence[float]],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: object = 0.0,
) -> Array:
    """Pad sequences of different lengths to one array.

    Args:
        sequences: a list of lists of numbers, or of arrays (steps, ...).
        maxlen: length of all sequences; that of the longest by default.
        dtype: dtype of the array; `object` for strings.
        padding: where short sequences are padded, "pre" (in front) or "post".
        truncating: where long sequences are cut, "pre" or "post".
        value: the padding value.
    Returns:
        An array (sequences, maxlen, ...).
    Raises:
        ValueError: an element is not a sequence, steps differ in shape, or a name is unknown.
    Example:
        >>> pad_sequences([[1], [2, 3, 4]], maxlen=2, padding="post")
        array([[1, 0],
               [3, 4]], dtype=int32)
    """
    for name, given in (("padding", padding), ("truncating", truncating)):
        if given not in ("pre", "post"):
            raise ValueError(f'pad_sequences expects {name} to be "pre" or "post", got {given!r}')
    if not hasattr(sequences, "__len__") or not all(hasattr(sequence, "__len__") for sequence in sequences):
        raise ValueError(f"pad_sequences expects a list of sequences, got {sequences!r:.80}")
    if isinstance(value, str) and np.dtype(dtype).kind not in "OUS":
        raise ValueError(f"pad_sequences cannot fill {np.dtype(dtype)} with {value!r}; pass dtype=object")
    length = (
        max(map(len, sequences), default=0) if maxlen is None else check_positive_integer("pad_sequences", "maxlen", maxlen)
    )
    shape: tuple[int, ...] = next((np.shape(sequence)[1:] for sequence in sequences if len(sequence)), ())
    padded = np.full((len(sequences), length, *shape), value, dtype)
    for number, sequence in enumerate(sequences):
        kept = np.asarray(sequence[-length:] if truncating == "pre" else sequence[:length], dtype)
        if len(kept) and kept.shape[1:] != shape:
            raise ValueError(
                f"pad_sequences got sequence {number} with steps of shape {kept.shape[1:]}, those before it have {shape}"
            )
        place = slice(0, len(kept)) if padding == "post" else slice(length - len(kept), length)
        if len(kept):
            padded[number, place] = kept
    return padded


class Windows(PyDataset, Transforms):
    """Sliding windows over an array, sliced batch by batch; made by `timeseries_dataset_from_array`."""

    def __init__(
        self,
        data: Array,
        targets: Array | None,
        starts: Array,
        steps: Array,
        batch_size: int | None,
        generator: Generator | None,
    ) -> None:
        super().__init__(workers=0)  # slicing is faster than passing data between threads
        self.data, self.targets, self.starts, self.steps = data, targets, starts, steps
        self.batch_size, self.generator = batch_size, generator
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.starts) // (self.batch_size or 1))

    def __getitem__(self, index: int) -> Array | tuple[Array, Array]:
        size = self.batch_size or 1
        starts = self.starts[size * index : size * (index + 1)]
        chosen: Array | int = starts if self.batch_size else int(starts[0])
        x = self.data[np.add.outer(chosen, self.steps)]
        return x if self.targets is None else (x, self.targets[chosen])

    def on_epoch_end(self) -> None:
        if self.generator is not None:
            self.starts = self.generator.permutation(self.starts)


def timeseries_dataset_from_array(
    data: object,
    targets: object,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
) -> Windows:
    """Sliding windows over a time series, with one target each: window i begins at step i of the data and has target i.

    Args:
        data: an array whose first axis is time; a memory map stays one.
        targets: the target of each window by the step where it begins, or `None`.
        sequence_length: number of steps of a window.
        sequence_stride: steps between the starts of consecutive windows.
        sampling_rate: steps between consecutive elements of a window.
        batch_size: windows per batch; `None` for single windows without a batch axis.
        shuffle: whether to shuffle the windows in each epoch. (`fit` also shuffles the batches.)
        seed: seed of the shuffling.
        start_index, end_index: use only the steps from `start_index` up to, but excluding, `end_index`.
    Returns:
        A `PyDataset`, for `fit`, or for a loop.
    Raises:
        ValueError: a number is out of range, or no window fits.
    Example:
        >>> x, y = timeseries_dataset_from_array(np.arange(10), np.arange(3, 10), sequence_length=3, batch_size=2)[0]
        >>> x.tolist(), y.tolist()
        ([[0, 1, 2], [1, 2, 3]], [3, 4])
    """
    owner = "timeseries_dataset_from_array"
    for name, number in (("sequence_length", sequence_length), ("sampling_rate", sampling_rate)):
        check_positive_integer(owner, name, number)
    check_positive_integer(owner, "sequence_stride", sequence_stride)
    if batch_size is not None:
        check_positive_integer(owner, "batch_size", batch_size)
    data, targets = np.asarray(data), None if targets is None else np.asarray(targets)
    start, end = start_index or 0, len(data) if end_index is None else end_index
    if not 0 <= start < end <= len(data):
        raise ValueError(
            f"{owner} expects 0 <= start_index < end_index <= {len(data)}, the data's length, got {start} and {end}"
        )
    count = end - start - (sequence_length - 1) * sampling_rate
    if targets is not None:
        count = min(count, len(targets))
    if count <= 0:
        raise ValueError(
            f"no window of {sequence_length} steps, {sampling_rate} apart, fits into {end - start} steps of data"
            + ("" if targets is None else f" with {len(targets)} targets")
        )
    generator = make_generator(seed) if shuffle else None
    steps = np.arange(sequence_length) * sampling_rate
    cut = None if targets is None else targets[start:]
    starts = np.arange(0, count if cut is None else min(count, len(cut)), sequence_stride)
    return Windows(data[start:end], cut, starts, steps, batch_size, generator)
