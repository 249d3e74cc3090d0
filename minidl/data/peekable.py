"""`PeekableIterator`: an iterator whose first item can be looked at without losing it."""

from collections.abc import Iterator
from typing import Any


class PeekableIterator:
    """The items of an iterator that can be run through only once, such as a generator.

    Example:
        >>> items = PeekableIterator(iter([1, 2]))
        >>> items.peek(), list(items)
        (1, [1, 2])
    """

    def __init__(self, iterator: Iterator[object]) -> None:
        self.iterator = iterator
        self._ahead: list[object] = []

    def peek(self) -> Any:
        """The next item, which the iterator still returns; raises StopIteration at the end."""
        if not self._ahead:
            self._ahead.append(next(self.iterator))
        return self._ahead[0]

    def __iter__(self) -> "PeekableIterator":
        return self

    def __next__(self) -> Any:
        return self._ahead.pop() if self._ahead else next(self.iterator)
