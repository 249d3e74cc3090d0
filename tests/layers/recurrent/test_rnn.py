"""`RNN`, cells and stacks of cells: against the layers with loops of their own, and as users write them."""

import numpy as np
import pytest

from minidl import Input, Sequential
from minidl.layers import GRU, LSTM, RNN, Dense, GRUCell, Layer, LSTMCell, SimpleRNN, SimpleRNNCell, StackedRNNCells
from minidl.optimizers import Adam
from tests.table.layers.recurrent import Sums, TwoMemories

PAIRS = [(SimpleRNN, SimpleRNNCell), (LSTM, LSTMCell), (GRU, GRUCell)]
OPTIONS = [{}, {"return_sequences": True, "return_state": True}, {"go_backwards": True}, {"stateful": True}]


class Plain(Layer):
    """A cell of ours with nothing but its step: `RNN` must repeat it one step at a time."""

    def __init__(self, cell, **kwargs):
        super().__init__(**kwargs)
        self.cell, self.state_size = cell, cell.state_size

    def build(self, input_shape):
        self.cell.build_for(input_shape)

    def draw_dropout(self, batch_size):
        return self.cell.draw_dropout(batch_size)

    def forward(self, x, training=False, drawn=None):
        return self.cell.forward(x, training, drawn)

    def backward(self, dy, cache):
        return self.cell.backward(dy, cache)


def passed(layer, x, mask, dy):
    """Output, gradients of inputs and weights of one pass in training."""
    for variable in layer.weights:
        variable.grad[...] = 0
    with layer.preserved_state():
        y, cache, _ = layer._forward(x, mask, True)
        dx = layer._backward(dy if isinstance(y, tuple) else dy[0], cache)
    return [*(y if isinstance(y, tuple) else [y]), dx, *(variable.grad.copy() for variable in layer.trainable_weights)]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(("layer_of", "cell_of"), PAIRS)
def test_a_layer_is_its_cell_repeated_step_by_step_or_at_once(layer_of, cell_of, options, masked, rng):
    x, mask = rng.standard_normal((4, 6, 3)), rng.random((4, 6)) > 0.4
    dropped = {"dropout": 0.3, "recurrent_dropout": 0.4, "seed": 2, "dtype": "float64"}
    layer = layer_of(5, **options, **dropped)
    layer.build_for(x.shape)
    for variable in layer.weights:
        variable.assign(rng.standard_normal(variable.shape))
    shape = (4, 6, 5) if options.get("return_sequences") else (4, 5)
    dy = (rng.standard_normal(shape), *(rng.standard_normal((4, 5)) for _ in range(2 if layer_of is LSTM else 1)))
    expected = passed(layer, x, mask if masked else None, dy)
    for cell in (cell_of(5, **dropped), Plain(cell_of(5, **dropped), dtype="float64")):
        other = RNN(cell, **options, dtype="float64")
        other.build_for(x.shape)
        for variable, value in zip(other.trainable_weights, layer.trainable_weights, strict=True):
            variable.assign(value.value)
        for variable, value in zip(other.states, layer.states, strict=True):
            variable.assign(value.value)
        for mine, its in zip(passed(other, x, mask if masked else None, dy), expected, strict=True):
            np.testing.assert_allclose(mine, its, rtol=1e-9, atol=1e-12)


def test_stacked_cells_equal_stacked_layers(rng):
    x, mask = rng.standard_normal((4, 6, 3)), rng.random((4, 6)) > 0.4
    cells = [kind(units, dtype="float64") for kind, units in ((LSTMCell, 5), (SimpleRNNCell, 4), (GRUCell, 2))]
    y, *states = RNN(cells, return_sequences=True, return_state=True, dtype="float64")(x, mask=mask)
    rows, ends = x, []
    for kind, cell in zip((LSTM, SimpleRNN, GRU), cells, strict=True):
        layer = kind(cell.units, return_sequences=True, return_state=True, dtype="float64")
        layer.build_for(rows.shape)
        layer.set_weights(cell.get_weights())
        rows, *new = layer(rows, mask=mask)
        ends += new
    np.testing.assert_allclose(y, rows)
    assert len(states) == len(ends) == 4
    for mine, its in zip(states, ends, strict=True):
        np.testing.assert_allclose(mine, its)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("make", [TwoMemories, lambda **k: StackedRNNCells([TwoMemories(0.3, **k), LSTMCell(2, **k)], **k)])
@pytest.mark.parametrize("options", [*OPTIONS, {"zero_output_for_mask": True, "return_sequences": True}])
def test_gradients_through_a_user_s_cell_are_the_numeric_ones(options, make, masked, rng, check_gradients):
    mask = rng.random((4, 5)) > 0.4
    mask[1] = False
    layer = RNN(make(dtype="float64"), **options, dtype="float64")
    check_gradients(layer, rng.standard_normal((4, 5, 2)), mask if masked else None)


def test_masked_steps_repeat_the_previous_output_and_the_first_ones_the_initial_state_or_zeros(rng):
    x, mask = np.ones((1, 4, 2)), np.array([[False, True, False, True]])
    sums = RNN(Sums(), return_sequences=True)
    assert sums(x, mask=mask)[0, :, 0].tolist() == [0, 1, 1, 2]
    start = np.full((1, 2), 5.0)
    assert sums(x, initial_state=start, mask=mask)[0, :, 0].tolist() == [5, 6, 6, 7]
    assert sums(x, initial_state=start, mask=~mask)[0, :, 0].tolist() == [6, 6, 7, 7]
    memories = RNN(TwoMemories(), return_sequences=True)
    y = memories(x, mask=mask)
    assert not y[0, 0].any()
    np.testing.assert_array_equal(y[0, 1], y[0, 2])


def test_get_initial_state_of_a_cell_starts_every_batch(rng):
    x = rng.standard_normal((3, 2, 4))
    layer = RNN(TwoMemories(), stateful=True)
    layer.build_for(x.shape)
    assert all((state.value == 1).all() for state in layer.states)
    first = layer(x)
    assert not np.array_equal(layer(x), first)
    layer.reset_state()
    np.testing.assert_array_equal(layer(x), first)


def test_dropout_of_a_cell_is_drawn_once_for_all_steps():
    cell = TwoMemories(0.5, seed=1)
    layer = RNN(cell, return_sequences=True)
    y = layer(np.ones((40, 6, 3)), training=True)
    dropped = y == 0
    assert dropped.any()
    assert (dropped == dropped[:, :1]).all()
    again = LSTMCell(4, dropout=0.5, seed=1)
    one, two = ((again([np.ones((40, 3)), *again.get_initial_state(40)], training=True))[0] for _ in range(2))
    assert not np.array_equal(one, two)  # a cell alone draws a new mask at every call


def test_a_penalty_of_a_cell_is_added_at_every_step(rng):
    x = rng.standard_normal((4, 5, 3))
    layer = RNN(GRUCell(3, activity_regularizer="l2", dtype="float64"), return_sequences=True, dtype="float64")
    layer.build_for(x.shape)
    y, cache, _ = layer._forward(x)
    np.testing.assert_allclose(layer._penalty(cache), 2 * 0.01 * np.square(y).sum() / 4, rtol=1e-6)  # output and state


def test_cells_report_their_sizes_and_initial_states():
    assert SimpleRNNCell(3).state_size == GRUCell(3).state_size == 3
    assert LSTMCell(3).state_size == [3, 3]
    stack = StackedRNNCells([LSTMCell(4), TwoMemories()])
    assert stack.state_size == [[4, 4], (2, 3)]
    assert stack.output_size == 4
    assert [state.shape for state in stack.get_initial_state(5)] == [(5, 4), (5, 4), (5, 2), (5, 3)]
    assert RNN(stack, return_state=True).compute_output_shape((None, 7, 3)) == (
        (None, 4),
        *[(None, size) for size in (4, 4, 2, 3)],
    )


def test_a_model_of_a_user_s_cell_learns(rng):
    x = rng.standard_normal((128, 6, 2))
    model = Sequential([Input((6, 2)), RNN([TwoMemories(), GRUCell(8)]), Dense(1)])
    model.compile(Adam(0.02), "mse")
    losses = model.fit(x, x[:, -1, :1] + x[:, -2, 1:], epochs=15, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]


class Wrong(Layer):
    state_size = 3

    def forward(self, x, training=False):
        return (x[0], x[1]), None


def test_anything_but_a_cell_raises_an_error():
    with pytest.raises(TypeError, match="RNN expects cells, layers with a state_size"):
        RNN(Dense(3))
    with pytest.raises(TypeError, match="RNN expects cells, layers with a state_size"):
        RNN(lambda x: x)
    with pytest.raises(TypeError, match="StackedRNNCells expects a list of cells"):
        RNN([])
    with pytest.raises(TypeError, match="StackedRNNCells expects cells"):
        RNN([GRUCell(2), Dense(3)])
    with pytest.raises(ValueError, match=r'Wrong "w" says that its output has 3 features .* but forward returned 2'):
        RNN(Wrong(name="w"))(np.ones((2, 4, 2)))


def test_a_cell_raises_an_error_without_its_states_or_for_other_features():
    cell = LSTMCell(4, name="c")
    x = np.ones((2, 3))
    for wrong in (
        [x],
        [x, np.ones((2, 4))],
        [x, np.ones((2, 4)), np.ones((2, 5))],
        [np.ones((2, 5, 3)), *[np.ones((2, 4))] * 2],
    ):
        with pytest.raises(ValueError, match=r'LSTMCell "c" expects the inputs of one step, .*get_initial_state'):
            cell(wrong)
    with pytest.raises(ValueError, match="expects the inputs of one step"):
        cell(x)
    cell(x, cell.get_initial_state(2))
    with pytest.raises(ValueError, match=r'"c" expects inputs of 3 features, got shape \(2, 5\)'):
        cell(np.ones((2, 5)), cell.get_initial_state(2))
