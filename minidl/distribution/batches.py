"""The batches of one rank: its part of each batch of arrays, or of an iterable."""

from collections.abc import Iterator
from typing import Any

from minidl.config.nest import unpack
from minidl.config.processes import Processes
from minidl.data.batches import ArrayBatches, ArrayData, StreamBatches


def part_of(rows: int, rank: int, size: int) -> slice:
    """The rows of a rank; the parts of all ranks differ by at most one row.

    Example:
        >>> [part_of(10, rank, 4) for rank in range(4)]
        [slice(0, 2, None), slice(2, 5, None), slice(5, 7, None), slice(7, 10, None)]
    """
    return slice(rows * rank // size, rows * (rank + 1) // size)


class RankBatches(ArrayBatches):
    """This rank's part of each batch of arrays that every rank has. A part is empty if the batch has fewer rows than ranks.

    Args:
        batches: the batches.
        ranks: all ranks.
        owner: the method that they are for; `fit` must have a row for each rank.
    Raises:
        ValueError: the batches are smaller than the number of ranks.
    """

    def __init__(self, batches: ArrayBatches, ranks: Processes, owner: str) -> None:
        super().__init__(batches.data, batches.batch_size, batches.generator)
        self._rank, self._size = ranks.rank, ranks.size
        rows = min(batches.batch_size, len(batches.data)) if owner == "fit" else batches.batch_size
        if rows < ranks.size:
            raise ValueError(
                f"a batch of {rows} row{'s' * (rows != 1)} is smaller than the number of ranks, {ranks.size}: give {owner} a "
                f"larger batch_size and enough data, or start fewer ranks"
            )

    def slices(self) -> list[slice]:
        """The rows of this rank in each batch."""
        found = []
        for batch in super().slices():
            part = part_of(min(batch.stop, len(self.data)) - batch.start, self._rank, self._size)
            found.append(slice(batch.start + part.start, batch.start + part.stop))
        return found


class RankStream(StreamBatches):
    """This rank's batches of an iterable: its part of the batches that every rank reads, or batches of its own.

    Args:
        batches: the batches.
        ranks: all ranks.
        split: whether every rank reads the same batches, of which it takes its part.
    Raises:
        ValueError: in the iteration, batches that every rank should have end on one of them.
    """

    def __init__(self, batches: StreamBatches, ranks: Any, split: bool) -> None:
        super().__init__(batches.stream, batches.steps, batches.read, batches.generator)
        self._ranks, self._split = ranks, split

    def __iter__(self) -> Iterator[Any]:
        batches = super().__iter__()
        while True:
            batch = next(batches, None)
            active = self._ranks.count(batch is not None, "the next batch of an iterable")
            if active < self._ranks.size:
                if active and self._split:
                    raise ValueError(
                        f"the data ended on {self._ranks.size - active} of {self._ranks.size} ranks, but not on the others; "
                        f"give every rank the same batches, or use DataParallel(auto_shard_dataset=False) if each has its own"
                    )
                return
            yield self._part(batch) if self._split else batch

    def _part(self, batch: object) -> object:
        data = ArrayData(*unpack(batch))
        return data.rows(part_of(len(data), self._ranks.rank, self._ranks.size)).as_batch()
