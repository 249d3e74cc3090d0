"""`EpochIterator`: the batches of one epoch after another, and the position within the data."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from minidl.data.batches import Batches, warn_of_end
from minidl.data.data_state import data_state


class EpochIterator:
    """Iterates over batches, epoch by epoch.

    Args:
        batches: `ArrayBatches` or `StreamBatches`; each `iter()` is one pass over the data.
        steps: batches per epoch, which may begin in the middle of a pass and ends with it, with a warning, as in Keras;
            `None` if an epoch is one pass over the data.
    Attributes:
        taken: batches of this pass so far.
        order: the state of the shuffling generator before it drew the order of this pass, `None` without shuffling.
        data_state: the state of the data set before this pass, `None` if it offers none.
        is_over: whether an earlier run used all batches of the epoch, so that only its end is left; `epoch` resets it.
        logs: the last logs of an epoch that an earlier run began.
    """

    def __init__(self, batches: Batches, steps: int | None = None) -> None:
        self.batches, self.steps = batches, steps
        self.taken, self.order, self.data_state = 0, self._drawing_state(), data_state(batches)
        self.is_over = False
        self.logs: dict[str, Any] = {}
        self._round: Iterator[object] | None = None
        self._ahead: list[object] = []  # at most one batch, fetched to find out whether there is one

    def epoch(self, first: int = 0) -> Iterator[Any]:
        """The batches of an epoch, from number `first` on; they end early if a pass has no batches."""
        if self.is_over:
            self.is_over = False
            return
        left = None if self.steps is None else self.steps - first
        if self._round is None or (left is None and first == 0) or (self.taken > 0 and not self.follows()):
            self._begin()
        while left != 0:
            if self.follows():
                self.taken += 1
                left = None if left is None else left - 1
                yield self._ahead.pop()
            else:
                if left is not None and self.steps is not None:
                    warn_of_end(self.steps - left, self.steps)
                return
        if self.taken == self.batches.pass_length:
            self.follows()  # False: exhausts the iterator, so that the data set's on_epoch_end is called now

    def follows(self) -> bool:
        """Whether this pass has another batch."""
        if not self._ahead and self._round is not None:
            self._ahead = list(islice(self._round, 1))
        return bool(self._ahead)

    def peek(self) -> Any:
        """The next batch of this pass, which stays the next one; `None` at the end of the pass."""
        return self._ahead[0] if self.follows() else None

    def go_to(self, place: int, order: Mapping[str, object] | None) -> None:
        """Skip the first `place` batches of a pass whose order was drawn in state `order`; later draws are not affected.

        Raises:
            ValueError: the pass has fewer batches.
        """
        now = self._drawing_state()
        self._set_drawing_state(order)
        self._begin()
        while self.taken < place:
            if not self.follows():
                raise ValueError(
                    f"the interrupted run used {place} batches of the data, which gives only {self.taken} now; "
                    f"give the same data"
                )
            self._ahead.pop()
            self.taken += 1
        self.follows()  # the order is drawn with the first batch
        self._set_drawing_state(now)

    def _begin(self) -> None:
        self.taken, self.order, self.data_state = 0, self._drawing_state(), data_state(self.batches)
        self._round = iter(self.batches)

    def _drawing_state(self) -> Mapping[str, object] | None:
        return None if self.batches.generator is None else self.batches.generator.bit_generator.state

    def _set_drawing_state(self, state: Mapping[str, object] | None) -> None:
        if self.batches.generator is not None and state is not None:
            self.batches.generator.bit_generator.state = state
