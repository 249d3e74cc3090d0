"""Transform data sets element by element: `map`, `take`, `batch`, `shuffle` and the other methods of tf.data."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized

import numpy as np
from numpy.random import Generator

from minidl.config.checks import check_positive_integer
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.randomness import make_generator
from minidl.config.types import JSON, ArraysLike, Tensors
from minidl.data.batches import repeated


class Transforms:
    """Methods that make a new data set from this one; nothing is read before the new one is iterated.

    The elements are what a loop over the data set gives: batches, or single examples after `unbatch`.
    """

    class_names: Sequence[str] | None = None

    def __iter__(self) -> Iterator[ArraysLike]:
        raise NotImplementedError

    def get_state(self) -> JSON:
        """The state of the random numbers of `shuffle`, for `BackupAndRestore`; `None` for none."""
        return None

    def set_state(self, state: object) -> None:
        """Set what `get_state` returned."""

    def map(
        self, map_func: Callable[..., Tensors], num_parallel_calls: object = None, deterministic: object = None
    ) -> "Pipeline":
        """Apply a function to each element; an element `(x, y)` arrives as two arguments.

        Args:
            map_func: the function.
            num_parallel_calls, deterministic: accepted and ignored.
        """
        return self._derived(lambda: (_call(map_func, element) for element in self), self._length())

    def filter(self, predicate: Callable[..., object]) -> "Pipeline":
        """Only the elements for which a function returns True."""
        return self._derived(lambda: (element for element in self if _call(predicate, element)), None)

    def take(self, count: int) -> "Pipeline":
        """The first elements; -1 for all."""
        length = self._length()
        if count < 0:
            return self._derived(lambda: iter(self), length)
        known = (
            count if length is None and isinstance(self, InfinitePipeline) else None if length is None else min(count, length)
        )
        return self._derived(lambda: itertools.islice(self, count), known)

    def skip(self, count: int) -> "Pipeline":
        """Everything but the first elements."""
        length = self._length()
        return self._derived(lambda: itertools.islice(self, count, None), None if length is None else max(length - count, 0))

    def batch(self, batch_size: int, drop_remainder: bool = False, num_parallel_calls: object = None) -> "Pipeline":
        """Join elements to batches.

        Args:
            batch_size: elements per batch.
            drop_remainder: whether to drop a last, smaller batch.
            num_parallel_calls: accepted and ignored.
        """
        size = check_positive_integer("batch", "batch_size", batch_size)

        def batches() -> Iterator[Tensors]:
            elements = iter(self)
            while chosen := list(itertools.islice(elements, size)):
                if len(chosen) == size or not drop_remainder:
                    yield _joined(chosen)

        length = self._length()
        return self._derived(batches, None if length is None else length // size if drop_remainder else -(-length // size))

    def unbatch(self) -> "Pipeline":
        """The single examples of batches."""
        return self._derived(lambda: (row for element in self for row in _rows(element)), None)

    def shuffle(self, buffer_size: int, seed: int | None = None, reshuffle_each_iteration: bool | None = None) -> "Pipeline":
        """Draw each element at random from the next `buffer_size` ones.

        Args:
            buffer_size: how many elements to draw from; the whole data set if it is large enough.
            seed: seed of the order.
            reshuffle_each_iteration: whether each iteration has another order, which is the default.
        """
        size = check_positive_integer("shuffle", "buffer_size", buffer_size)
        generator = make_generator(seed)
        start = generator.bit_generator.state

        def shuffled() -> Iterator[object]:
            if reshuffle_each_iteration is False:
                generator.bit_generator.state = start
            elements = iter(self)
            waiting = list(itertools.islice(elements, size))
            for element in elements:
                place = int(generator.integers(len(waiting)))
                yield waiting[place]
                waiting[place] = element
            yield from (waiting[place] for place in generator.permutation(len(waiting)))

        return self._derived(shuffled, self._length(), generator)

    def repeat(self, count: int | None = None) -> "Pipeline":
        """All elements, `count` times, or infinitely often if it is `None`."""
        if count is None or count < 0:
            return InfinitePipeline(lambda: repeated(self), self)
        length = self._length()
        return self._derived(
            lambda: (element for _ in range(count) for element in self), None if length is None else length * count
        )

    def cache(self, filename: str = "") -> "Pipeline":
        """Keep the elements in memory when they are first read.

        Args:
            filename: must be empty: there is no cache on disk.
        """
        if filename:
            raise ValueError(f"cache keeps elements in memory: call cache() without a filename, got {filename!r}")
        kept: list[object] = []

        def cached() -> Iterator[object]:
            if not kept:
                made.state_before = [self.get_state()]
                kept.extend(self)
            return iter(kept)

        made = self._derived(cached, self._length())
        return made

    def prefetch(self, buffer_size: object = None) -> "Transforms":
        """The data set itself; `fit` reads files ahead anyway."""
        return self

    def as_numpy_iterator(self) -> Iterator[ArraysLike]:
        """Iterate over the elements, which are NumPy arrays anyway."""
        return iter(self)

    def _length(self) -> int | None:
        return len(self) if isinstance(self, Sized) else None

    def _derived(
        self, make: Callable[[], Iterable[object]], length: int | None, generator: Generator | None = None
    ) -> "Pipeline":
        return Pipeline(make, self, generator) if length is None else SizedPipeline(make, self, generator, length)


class Pipeline(Transforms):
    """A transformed data set, whose length is unknown.

    Args:
        make: returns the elements, from the first on.
        source: the data set that is transformed.
        generator: draws the random numbers of this transformation, or `None`.
    Attributes:
        class_names: names of the labels, or `None`.
        state_before: the state of the source before its elements were cached, in a list; empty without a cache.
    """

    def __init__(self, make: Callable[[], Iterable[object]], source: Transforms, generator: Generator | None = None) -> None:
        self.make, self.source, self.generator = make, source, generator
        self.class_names = source.class_names
        self.state_before: list[object] = []

    def __iter__(self) -> Iterator[Tensors]:
        return iter(self.make())

    def get_state(self) -> JSON:
        """The state of the source, and of the random numbers of this transformation."""
        source = self.state_before[0] if self.state_before else self.source.get_state()
        return {"source": source, "generator": None if self.generator is None else self.generator.bit_generator.state}

    def set_state(self, state: JSON) -> None:
        """Set what `get_state` returned."""
        self.source.set_state(state["source"])
        if self.generator is not None:
            self.generator.bit_generator.state = state["generator"]


class InfinitePipeline(Pipeline):
    """A repeated data set without an end."""


class SizedPipeline(Pipeline):
    """A transformed data set whose length is known."""

    def __init__(
        self, make: Callable[[], Iterable[object]], source: Transforms, generator: Generator | None, length: int
    ) -> None:
        super().__init__(make, source, generator)
        self.length = length

    def __len__(self) -> int:
        return self.length


def _call(function: Callable[..., object], element: object) -> object:
    return function(*element) if isinstance(element, tuple) else function(element)


def _joined(elements: Sequence[object]) -> object:
    """A batch from several elements of the same structure."""
    if not is_structure(elements[0]):
        return _stacked(elements)
    columns = zip(*(flatten(element) for element in elements), strict=True)
    return rebuild(elements[0], [_stacked(list(column)) for column in columns])


def _stacked(values: Sequence[object]) -> object:
    return np.array(values, object if isinstance(values[0], str) else None)


def _rows(batch: Tensors) -> Iterator[Tensors]:
    """The rows of a batch, with the batch's structure."""
    if not is_structure(batch):
        yield from batch
        return
    for row in zip(*flatten(batch), strict=True):
        yield rebuild(batch, list(row))
