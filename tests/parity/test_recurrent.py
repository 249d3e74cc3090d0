"""Recurrent layers compared with Keras's beyond the table: several batches, initial weights, cells, and differences."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both, copy_random_weights
from tests.table.layers.common import SEQUENCES, mask_of
from tests.table.layers.recurrent import TwoMemories


def make_both(name, *args, shape, **arguments):
    pair = both(lambda k: getattr(k.layers, name)(*args, **arguments))
    for layer in pair:
        layer.build(shape)
    copy_random_weights(*pair, np.random.default_rng(0))
    return pair


def sequences(seed=1, shape=SEQUENCES):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize(("name", "count"), [("LSTM", 2), ("GRU", 1)])
def test_a_stateful_layer_continues_where_the_last_batch_ended(name, count):
    ours, theirs = make_both(name, 3, stateful=True, return_sequences=True, shape=(2, 4, 3))
    for batch in range(3):
        if batch == 2:
            ours.reset_state()
            theirs.reset_state()
        x = sequences(batch, (2, 4, 3))
        assert_close(ours(x), theirs(x))
    assert len(ours.states) == count
    for mine, its in zip(ours.states, theirs.states, strict=True):
        assert_close(mine.value, its)
    assert [v.name for v in ours.weights] == [v.name for v in theirs.weights]


@pytest.mark.parametrize("unit_forget_bias", [True, False])
@pytest.mark.parametrize("name", ["LSTM", "LSTMCell"])
def test_first_biases_are_those_of_keras(name, unit_forget_bias):
    arguments = {"units": 3, "bias_initializer": "zeros", "unit_forget_bias": unit_forget_bias}
    ours, theirs = both(lambda k: getattr(k.layers, name)(**arguments))
    for layer in (ours, theirs):
        layer.build((None, 2) if name == "LSTMCell" else (None, 4, 2))
    assert_close(ours.bias.value, theirs.weights[2], 0)


class KerasTwoMemories(keras.layers.Layer):
    """The same cell, as Keras wants it."""

    state_size = (2, 3)
    output_size = 4

    def build(self, input_shape):
        self.mix = self.add_weight(shape=(input_shape[-1] + 5, 9), name="mix")

    def get_initial_state(self, batch_size):
        return [keras.ops.ones((batch_size, size)) for size in self.state_size]

    def call(self, inputs, states):
        y = keras.ops.sin(keras.ops.concatenate([inputs, *states], axis=1) @ self.mix)
        return y[:, :4], [y[:, 4:6], y[:, 6:]]


@pytest.mark.parametrize("options", [{"return_sequences": True}, {"go_backwards": True}, {"zero_output_for_mask": True}])
@pytest.mark.parametrize("initial", [False, True])
def test_a_user_s_cell_runs_as_in_keras(options, initial):
    x, mask = sequences(), mask_of(SEQUENCES) if "zero_output_for_mask" in options else None
    states = [sequences(2, (5, 2)), sequences(3, (5, 3))] if initial else None
    ours = minidl.layers.RNN(TwoMemories(), return_state=True, **options)
    theirs = keras.layers.RNN(KerasTwoMemories(), return_state=True, **options)
    for layer in (ours, theirs):
        layer.build(SEQUENCES)
    copy_random_weights(ours, theirs, np.random.default_rng(0))
    its = theirs(x, initial_state=states, mask=mask)
    for one, other in zip(ours(x, initial_state=states, mask=mask), its, strict=True):
        assert_close(one, other)
    assert ours.compute_output_shape(SEQUENCES) == tuple(map(tuple, theirs.compute_output_shape(SEQUENCES)))


@pytest.mark.parametrize("name", ["LSTMCell", "GRUCell", "SimpleRNNCell"])
def test_a_cell_returns_its_output_and_its_states(name):
    inputs, h, c = sequences(1, (5, 3)), sequences(2, (5, 2)), sequences(3, (5, 2))
    ours, theirs = make_both(name, 2, shape=(None, 3))
    for states in [[h, c]] if name == "LSTMCell" else [[h], h]:
        (mine, new), (its, its_new) = ours(inputs, states), theirs(inputs, states)
        assert_close(mine, its)
        assert isinstance(new, list) == isinstance(its_new, list)
        for one, other in zip(new, its_new, strict=True):
            assert_close(one, other)


def test_the_states_of_stacked_cells_are_one_flat_list_where_keras_nests_them():
    x = sequences()
    ours, theirs = both(lambda k: k.layers.RNN([k.layers.LSTMCell(4), k.layers.LSTMCell(2)], return_state=True))
    for layer in (ours, theirs):
        layer.build(SEQUENCES)
    copy_random_weights(ours, theirs, np.random.default_rng(0))
    y, *nested = theirs(x)
    for mine, its in zip(ours(x), [y, *(state for states in nested for state in states)], strict=True):
        assert_close(mine, its)
    assert ours.cell.state_size == theirs.cell.state_size
    assert ours.cell.output_size == theirs.cell.output_size


def test_recurrent_dropout_draws_one_mask_for_all_gates_where_keras_draws_one_for_each():
    for name, gates in (("LSTM", 4), ("GRU", 3)):
        ours, theirs = make_both(name, 2, recurrent_dropout=0.5, shape=SEQUENCES)
        _, mask = ours.draw_dropout(5)
        assert mask.shape == (5, 2)
        assert [one.shape for one in theirs.cell.get_recurrent_dropout_mask(sequences(1, (5, 2)))] == [(5, 2)] * gates
        _, plain = make_both(name, 2, dropout=0.5, shape=SEQUENCES)
        assert plain.cell.get_dropout_mask(sequences(1, (5, 3))).shape == (5, 3)  # without it, Keras's too has one


def test_a_masked_step_repeats_the_previous_output_where_keras_on_jax_outputs_a_state():
    class KerasOther(keras.layers.Layer):
        state_size = output_size = 3

        def call(self, inputs, states):
            return 10 * (inputs + states[0]), [inputs + states[0]]

    class Other(minidl.layers.Layer):
        state_size = output_size = 3

        def forward(self, x, training=False):
            return (10 * (x[0] + x[1]), x[0] + x[1]), None

    x, mask = np.ones((1, 2, 3), "float32"), np.array([[True, False]])
    ours = minidl.layers.RNN(Other())(x, mask=mask)
    theirs = keras.layers.RNN(KerasOther())(x, mask=mask)
    assert ours.tolist() == [[10.0, 10.0, 10.0]]
    assert np.asarray(theirs).tolist() == [[1.0, 1.0, 1.0]]


def test_reset_state_restores_the_cell_s_initial_state_where_keras_sets_zeros():
    ours = minidl.layers.RNN(TwoMemories(), stateful=True)
    theirs = keras.layers.RNN(KerasTwoMemories(), stateful=True)
    for layer in (ours, theirs):
        layer.build(SEQUENCES)
        assert all((np.asarray(state) == 1).all() for state in layer.states)
        layer.reset_state()
    assert all((state.value == 1).all() for state in ours.states)
    assert all((np.asarray(state) == 0).all() for state in theirs.states)
