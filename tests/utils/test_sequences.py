"""Windows of time series on an oracle of loops; sequences that cannot be padded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidl import Input, Sequential, layers
from minidl.utils import pad_sequences, timeseries_dataset_from_array


def windows_by_loops(data, targets, length, stride, rate, start, end):
    made = []
    for first in range(start, end, stride):
        steps = [first + rate * step for step in range(length)]
        if steps[-1] < end and (targets is None or first < len(targets)):
            made.append((data[steps], None if targets is None else targets[first]))
    return made


@given(
    length=st.integers(1, 4),
    stride=st.integers(1, 3),
    rate=st.integers(1, 3),
    start=st.integers(0, 3),
    cut=st.integers(0, 3),
    lost=st.integers(0, 4),
    size=st.integers(1, 5),
    with_targets=st.booleans(),
)
def test_windows_are_those_of_a_loop(length, stride, rate, start, cut, lost, size, with_targets):
    data, end = np.arange(60).reshape(30, 2), 30 - cut
    targets = np.arange(30 - lost) * 10 if with_targets else None
    made = timeseries_dataset_from_array(data, targets, length, stride, rate, batch_size=size, start_index=start, end_index=end)
    expected = windows_by_loops(data, targets, length, stride, rate, start, end)
    batches = list(made)
    assert len(batches) == len(made) == -(-len(expected) // size)
    x = np.concatenate([batch[0] if with_targets else batch for batch in batches])
    np.testing.assert_array_equal(x, [window for window, _ in expected])
    if with_targets:
        np.testing.assert_array_equal(np.concatenate([y for _, y in batches]), [target for _, target in expected])


def test_without_a_batch_size_windows_come_one_by_one():
    x, y = timeseries_dataset_from_array(np.arange(5), np.arange(5), 2, batch_size=None)[1]
    assert x.tolist() == [1, 2]
    assert y == 1


def test_a_plain_loop_draws_a_new_order_of_windows_each_time():
    data = timeseries_dataset_from_array(np.arange(50), None, 3, batch_size=8, shuffle=True, seed=3)
    one, other = ([int(window[0]) for batch in data for window in batch] for _ in range(2))
    assert one != other
    assert sorted(one) == sorted(other) == list(range(48))


def test_shuffled_windows_keep_their_targets_and_repeat_with_their_seed():
    rounds = []
    for _ in range(2):
        data = timeseries_dataset_from_array(np.arange(50), np.arange(50), 3, batch_size=8, shuffle=True, seed=3)
        for _ in range(2):
            batches = list(data.loaded())
            for x, y in batches:
                np.testing.assert_array_equal(x[:, 0], y)
            rounds.append(np.concatenate([y for _, y in batches]).tolist())
    assert sorted(rounds[0]) == list(range(48))
    assert rounds[0] == rounds[2] != rounds[1] == rounds[3]


def test_a_model_learns_from_windows_of_a_memory_map(tmp_path):
    series = np.memmap(tmp_path / "series", np.float32, "w+", shape=(200, 1))
    series[:, 0] = np.sin(np.arange(200) / 5)
    data = timeseries_dataset_from_array(series[:-1], series[10:], 10, batch_size=20)
    model = Sequential([Input((10, 1)), layers.Flatten(), layers.Dense(1)])
    model.compile("adam", "mse")
    losses = model.fit(data, epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sequence_length": 0}, "sequence_length to be a positive integer, got 0"),
        ({"sequence_length": 2, "sampling_rate": 0}, "sampling_rate to be a positive integer"),
        ({"sequence_length": 2, "sequence_stride": -1}, "sequence_stride to be a positive integer"),
        ({"sequence_length": 2, "start_index": 5, "end_index": 5}, "0 <= start_index < end_index <= 10, .* got 5 and 5"),
        ({"sequence_length": 2, "end_index": 11}, "got 0 and 11"),
        (
            {"sequence_length": 6, "sampling_rate": 2},
            "no window of 6 steps, 2 apart, fits into 10 steps of data with 10 targets",
        ),
    ],
)
def test_impossible_windows_raise_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        timeseries_dataset_from_array(np.arange(10), np.arange(10), **arguments)


@pytest.mark.parametrize(
    ("sequences", "arguments", "message"),
    [
        ([[1], [2, 3]], {"padding": "left"}, 'padding to be "pre" or "post", got \'left\''),
        ([[1]], {"truncating": "left"}, "truncating"),
        ([1, 2], {}, r"a list of sequences, got \[1, 2\]"),
        (3, {}, "a list of sequences, got 3"),
        ([["a"]], {"value": "-"}, "cannot fill int32 with '-'; pass dtype=object"),
        ([[[1, 2]], [[1]]], {}, r"sequence 1 with steps of shape \(1,\), those before it have \(2,\)"),
    ],
)
def test_sequences_that_cannot_be_padded_raise_an_error(sequences, arguments, message):
    with pytest.raises(ValueError, match=message):
        pad_sequences(sequences, **arguments)


def test_empty_lists_and_empty_sequences_are_padded():
    assert pad_sequences([]).shape == (0, 0)
    assert pad_sequences([[], []], maxlen=2).tolist() == [[0, 0], [0, 0]]
