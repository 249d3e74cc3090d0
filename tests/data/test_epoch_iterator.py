"""`EpochIterator`: epochs made of passes over the data, and resuming within one."""

import numpy as np
import pytest

from minidl.data.batches import ArrayBatches, ArrayData, StreamBatches
from minidl.data.dataset import PyDataset
from minidl.data.epoch_iterator import EpochIterator


def batches(seed=0):
    return ArrayBatches(ArrayData(np.arange(5.0)), 1, np.random.default_rng(seed))


def drawn(epoch):
    return [float(batch[0]) for batch in epoch]


def test_without_steps_an_epoch_is_one_pass():
    epoch_iterator = EpochIterator(batches())
    for _ in range(2):
        assert sorted(drawn(epoch_iterator.epoch())) == [0, 1, 2, 3, 4]


def test_with_steps_the_next_epoch_begins_where_the_last_one_ended():
    epoch_iterator = EpochIterator(batches(), steps=3)
    for _ in range(2):
        first = drawn(epoch_iterator.epoch())
        with pytest.warns(UserWarning, match="the data ended after 2 of the 3 batches"):
            second = drawn(epoch_iterator.epoch())
        assert (len(first), sorted(first + second)) == (3, [0, 1, 2, 3, 4])


def test_with_as_many_steps_as_batches_each_epoch_is_one_pass():
    epoch_iterator = EpochIterator(batches(), steps=5)
    for _ in range(2):
        assert sorted(drawn(epoch_iterator.epoch())) == [0, 1, 2, 3, 4]


def test_more_steps_than_batches_end_each_epoch_with_the_data():
    epoch_iterator = EpochIterator(batches(), steps=7)
    for _ in range(2):
        with pytest.warns(UserWarning, match="the data ended after 5 of the 7 batches"):
            assert sorted(drawn(epoch_iterator.epoch())) == [0, 1, 2, 3, 4]


def test_a_second_iterator_can_continue_and_draws_the_same_later():
    one, other = EpochIterator(batches(0), steps=3), EpochIterator(batches(1), steps=3)
    drawn(one.epoch())  # three batches into the pass
    other.batches.generator.bit_generator.state = one.batches.generator.bit_generator.state
    other.go_to(one.taken, one.order)
    with pytest.warns(UserWarning, match="2 of the 3"):
        assert [drawn(one.epoch()) for _ in range(4)] == [drawn(other.epoch()) for _ in range(4)]


def test_peek_consumes_nothing():
    epoch_iterator = EpochIterator(batches())
    seen = []
    for batch in epoch_iterator.epoch():
        seen.append(float(batch[0]))
        assert epoch_iterator.follows() == (len(seen) < 5)
        assert epoch_iterator.taken == len(seen)
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_a_pass_without_batches_ends_the_epoch():
    epoch_iterator = EpochIterator(StreamBatches(iter([np.zeros((1, 1))]), 3, lambda item: ArrayData(item)), steps=3)
    for left in (1, 0):
        with pytest.warns(UserWarning, match=f"after {left} of the 3"):
            assert len(list(epoch_iterator.epoch())) == left


@pytest.mark.parametrize("steps", [None, 3])
def test_on_epoch_end_of_a_data_set_is_called_when_a_pass_ends(steps):
    ends = []

    class Three(PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return np.full((1, 1), index)

        def on_epoch_end(self):
            ends.append(1)

    epoch_iterator = EpochIterator(StreamBatches(Three(), steps, lambda item: ArrayData(item)), steps)
    for number in (1, 2):
        for _ in epoch_iterator.epoch():
            assert len(ends) == number - 1
        assert len(ends) == number
