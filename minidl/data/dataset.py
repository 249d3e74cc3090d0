"""`PyDataset`: base class of data sets that return batches by index, prepared ahead by workers."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from minidl.config.checks import check_positive_integer, is_integer, shown
from minidl.config.types import ArraysLike, Generator

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future


class PyDataset:
    """Base class of data sets that return whole batches by index: define `__len__` and `__getitem__`.

    Workers prepare the next batches while the model trains on the current one, so that loading files does not delay
    training. The order of the batches does not depend on the number of workers. `fit` shuffles the batches in each epoch,
    unless `shuffle=False`. Iterating with `for batch in dataset` uses no workers.

    Args:
        workers: number of threads or processes that prepare batches. The default is one thread, in Keras none; 0 for none.
        use_multiprocessing: whether workers are processes. The data set is then pickled, so its class must be defined in a
            module, or in a script that is protected by `if __name__ == "__main__":`.
        max_queue_size: maximum number of batches prepared ahead.
    Raises:
        ValueError: a number is not positive, or `fit` gets an infinite data set and no `steps_per_epoch`.
    Example:
        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...     def __getitem__(self, index):
        ...         x = np.arange(4.0) + 4 * index
        ...         return x, x**2
        >>> [y.tolist() for x, y in Squares()][1]
        [16.0, 25.0, 36.0, 49.0]
    """

    workers, use_multiprocessing, max_queue_size = 1, False, 10  # also if a subclass forgot super().__init__()

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        if not is_integer(workers, least=0):
            raise ValueError(f"PyDataset expects workers to be an integer of at least 0, got {shown(workers)}")
        self.workers = int(workers)
        self.use_multiprocessing = bool(use_multiprocessing)
        self.max_queue_size = check_positive_integer("PyDataset", "max_queue_size", max_queue_size)

    def __getitem__(self, index: int) -> ArraysLike:
        """Batch number `index`: `(x, y)`, `(x, y, sample_weight)`, or x alone for `predict`."""
        raise TypeError(f"{type(self).__name__} is a PyDataset and must define __getitem__(self, index), which gives a batch")

    @property
    def num_batches(self) -> int | None:
        """Number of batches, `len(self)`; an infinite subclass returns `None`."""
        if not hasattr(self, "__len__"):
            raise TypeError(f"{type(self).__name__} is a PyDataset and must define __len__(self), the number of batches")
        return len(self)

    def on_epoch_begin(self) -> None:
        """Called before the first batch of each pass over the data."""

    def on_epoch_end(self) -> None:
        """Called after the last batch of each pass over the data, for example to change the next one."""

    def __iter__(self) -> Iterator[Any]:
        self.on_epoch_begin()
        yield from (self[index] for index in self._numbers())
        self.on_epoch_end()

    def loaded(self, generator: Generator | None = None) -> Iterator[object]:
        """One pass over all batches, prepared ahead by the workers.

        Args:
            generator: draws the order of the batches; `None` for 0, 1, 2 ...
        """
        self.on_epoch_begin()
        numbers = self._numbers()
        if generator is not None and isinstance(numbers, range):
            numbers = generator.permutation(len(numbers)).tolist()
        if self.workers == 0:
            yield from (self[index] for index in numbers)
        else:
            yield from self._made_ahead(numbers)
        self.on_epoch_end()

    def _numbers(self) -> Iterable[int]:
        count = self.num_batches
        return itertools.count() if count is None else range(count)

    def _made_ahead(self, numbers: Iterable[int]) -> Iterator[object]:
        pool = self._pool()
        waiting: deque[Future[object]] = deque()
        make = _make_batch if self.use_multiprocessing else self.__getitem__
        try:
            for index in numbers:
                waiting.append(pool.submit(make, index))
                if len(waiting) > self.max_queue_size:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # also if training stops early
            pool.shutdown(cancel_futures=True)

    def _pool(self) -> "Executor":
        import multiprocessing  # imported here because they take a third of minidl's import time
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

        if not self.use_multiprocessing:
            return ThreadPoolExecutor(self.workers, type(self).__name__)
        way = (
            "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        )  # fork is unsafe with threads
        return ProcessPoolExecutor(self.workers, multiprocessing.get_context(way), _init_worker, (self,))


_dataset: PyDataset | None = None  # in a worker process


def _init_worker(dataset: PyDataset) -> None:
    global _dataset
    _dataset = dataset


def _make_batch(index: int) -> object:
    return None if _dataset is None else _dataset[index]


Sequence = PyDataset  # Keras's older name
