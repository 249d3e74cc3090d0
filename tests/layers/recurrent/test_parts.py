"""Large batches are walked through in parts, each on its own thread: nothing else may change."""

import numpy as np
import pytest

from minidl.kernels.recurrence import parts
from minidl.kernels.recurrence.parts import joined, parts_of_batch
from minidl.kernels.threads import set_threads
from minidl.layers import GRU, LSTM, SimpleRNN


@pytest.fixture
def two_threads():
    set_threads(2)
    yield
    set_threads(None)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("last_alone", [True, False])
@pytest.mark.parametrize(
    "layer",
    [
        LSTM(4, return_sequences=True, return_state=True, dropout=0.4, recurrent_dropout=0.4, seed=1),
        GRU(4, return_sequences=True, return_state=True, recurrent_dropout=0.4, seed=1, go_backwards=True),
        GRU(4, return_sequences=True, return_state=True, dropout=0.4, seed=1, reset_after=False, use_bias=False),
        SimpleRNN(4, return_sequences=True, return_state=True, dropout=0.4, seed=1),
    ],
)
def test_two_parts_give_what_one_gives(layer, last_alone, monkeypatch):
    rng = np.random.default_rng(0)
    x, mask = rng.normal(size=(7, 5, 3)).astype("float32"), rng.random((7, 5)) < 0.7
    y = layer(x)
    dy = tuple(None if last_alone and one.ndim == 3 else rng.normal(size=one.shape).astype("float32") for one in y)
    results, start = [], layer.generator.bit_generator.state
    for least in (1, 1 << 30):
        monkeypatch.setattr(parts, "LEAST_STEP", least)
        monkeypatch.setattr(parts, "LEAST_WALK", least)
        layer.generator.bit_generator.state = start
        for variable in layer.weights:
            variable.grad[...] = 0
        y, cache = layer.forward(x, training=True, mask=mask)
        dx = layer.backward(dy, cache)
        results.append([*y, dx, *(variable.grad.copy() for variable in layer.trainable_weights)])
    assert len(results[0]) >= 5
    for in_two, whole in zip(*results, strict=True):
        assert np.abs(whole).max() > 0.01
        np.testing.assert_allclose(in_two, whole, rtol=1e-4, atol=1e-6)


@pytest.mark.usefixtures("two_threads")
def test_parts_cover_the_batch_once_and_small_batches_are_left_whole():
    assert parts_of_batch(28, 65, 512) == [slice(0, 32), slice(32, 65)]
    assert parts_of_batch(28, 32, 512) == [slice(0, 32)]  # too little in a step
    assert parts_of_batch(2, 64, 512) == [slice(0, 64)]  # too few steps
    assert parts_of_batch(28, 0, 512) == [slice(0, 0)]


def test_what_one_part_made_is_handed_on_without_a_copy():
    made = np.ones((2, 3))
    assert joined([made], axis=0) is made
    np.testing.assert_array_equal(joined([made, 2 * made], axis=1), [[1, 1, 1, 2, 2, 2]] * 2)
