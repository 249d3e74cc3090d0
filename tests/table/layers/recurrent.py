"""Recurrent layers and their cells."""

import itertools

import numpy as np

from minidl import layers
from tests.table.layers.common import SEQUENCE, SEQUENCES, TRAINING, mask_of, regularized, started


class TwoMemories(layers.Layer):
    """A cell as users write it: two states of other sizes than its output, a weight, dropout, a first state of ones."""

    state_size = (2, 3)
    output_size = 4

    def __init__(self, rate=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate, self.seed = rate, seed
        self.generator = self.add_generator(seed)

    def build(self, input_shape):
        inputs, *_ = input_shape
        self.mix = self.add_weight((inputs[-1] + 5, 9), name="mix")

    def get_initial_state(self, batch_size):
        return [np.ones((batch_size, size), self.dtype) for size in self.state_size]

    def draw_dropout(self, batch_size):
        return (self.generator.random((batch_size, 9)) >= self.rate).astype(self.dtype)

    def forward(self, x, training=False, drawn=None):
        together = np.concatenate(x, axis=1)
        if training and drawn is None:
            drawn = self.draw_dropout(len(together))
        y = np.sin(together @ self.mix.value)
        keep = drawn if training else np.ones_like(y)
        return tuple(np.split(y * keep, [4, 6], axis=1)), (together, keep, [one.shape[1] for one in x])

    def backward(self, dy, cache):
        together, keep, widths = cache
        parts = [np.zeros((len(together), n)) if one is None else one for one, n in zip(dy, (4, 2, 3), strict=True)]
        dz = (np.concatenate(parts, axis=1) * keep * np.cos(together @ self.mix.value)).astype(self.dtype)
        self.mix.grad += together.T @ dz
        return np.split(dz @ self.mix.value.T, np.cumsum(widths)[:-1], axis=1)


class Sums(layers.Layer):
    """The shortest cell: its output is its only state, the sum of what came, and it adds to the loss where it is told to."""

    state_size = 2

    def forward(self, x, training=False):
        inputs, total = x
        return (inputs + total, inputs + total), None

    def backward(self, dy, cache):
        d = sum(part for part in dy if part is not None)
        return [d, d.copy()]


def make(name, *units, **arguments):
    return lambda: getattr(layers, name)(*(units or (3,)), **arguments)


def rnn(*cells, **arguments):
    return lambda: layers.RNN([cell() for cell in cells] if len(cells) > 1 else cells[0](), **arguments)


def begun(shape, *widths):
    """Shapes of sequences, or of a cell's inputs, and of states of these widths."""
    return [shape, *((shape[0], width) for width in widths)]


WAYS = ("return_sequences", "return_state", "go_backwards", "stateful")
RNN_FORMS = [dict(zip(WAYS, form, strict=True)) for form in itertools.product((False, True), repeat=4)]
SOME_FORMS = [{}, {"return_sequences": True, "go_backwards": True}, dict.fromkeys(WAYS, True)]
OFTEN = {"return_sequences": True, "return_state": True}
STEP = (3, 2)

FORMS = {
    "SimpleRNN": [
        *((make("SimpleRNN", **form), SEQUENCE, {"sizes_of_one": not any(form.values())}) for form in RNN_FORMS),
        (make("SimpleRNN", dropout=0.3, recurrent_dropout=0.4, return_sequences=True), SEQUENCE, {}),
        (make("SimpleRNN", activation="relu", use_bias=False), SEQUENCE, {}),
        (make("SimpleRNN", activity_regularizer="l2", return_sequences=True), SEQUENCE, {}),
        (make("SimpleRNN", activity_regularizer="l2", return_state=True), SEQUENCE, {}),
        (make("SimpleRNN", **OFTEN), begun(SEQUENCE, 3), {}),
        (make("SimpleRNN", return_sequences=True, zero_output_for_mask=True), SEQUENCE, {"sizes_of_one": False}),
    ],
    "LSTM": [
        *((make("LSTM", **form), SEQUENCE, {"sizes_of_one": not any(form.values())}) for form in SOME_FORMS),
        (make("LSTM", dropout=0.3, recurrent_dropout=0.4, return_sequences=True), SEQUENCE, {"sizes_of_one": False}),
        (make("LSTM", activation="softplus", recurrent_activation="relu", use_bias=False), SEQUENCE, {"sizes_of_one": False}),
        (make("LSTM", activation="sigmoid", recurrent_activation="tanh"), SEQUENCE, {"sizes_of_one": False}),
        (make("LSTM", unit_forget_bias=False, activity_regularizer="l2", return_state=True), SEQUENCE, {}),
        (make("LSTM", **OFTEN), begun(SEQUENCE, 3, 3), {}),
    ],
    "GRU": [
        *((make("GRU", **form), SEQUENCE, {"sizes_of_one": not any(form.values())}) for form in SOME_FORMS),
        (make("GRU", reset_after=False, return_sequences=True), SEQUENCE, {}),
        (make("GRU", dropout=0.3, recurrent_dropout=0.4, return_sequences=True), SEQUENCE, {"sizes_of_one": False}),
        (make("GRU", recurrent_dropout=0.4, reset_after=False), SEQUENCE, {"sizes_of_one": False}),
        (make("GRU", activation="softplus", recurrent_activation="relu", use_bias=False), SEQUENCE, {"sizes_of_one": False}),
        (make("GRU", activation="softplus", reset_after=False, use_bias=False), SEQUENCE, {"sizes_of_one": False}),
        (make("GRU", activity_regularizer="l2", return_state=True), SEQUENCE, {"sizes_of_one": False}),
        (make("GRU", **OFTEN), begun(SEQUENCE, 3), {}),
        (make("GRU", reset_after=False, **OFTEN), begun(SEQUENCE, 3), {"sizes_of_one": False}),
    ],
    "SimpleRNNCell": [
        (make("SimpleRNNCell"), begun(STEP, 3), {}),
        (make("SimpleRNNCell", dropout=0.3, recurrent_dropout=0.4, activation="relu", use_bias=False), begun(STEP, 3), {}),
    ],
    "LSTMCell": [
        (make("LSTMCell"), begun(STEP, 3, 3), {}),
        (make("LSTMCell", dropout=0.3, recurrent_dropout=0.4, activation="softplus"), begun(STEP, 3, 3), {}),
    ],
    "GRUCell": [
        (make("GRUCell"), begun(STEP, 3), {}),
        (make("GRUCell", dropout=0.3, recurrent_dropout=0.4, reset_after=False), begun(STEP, 3), {}),
    ],
    "StackedRNNCells": [
        (
            lambda: layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(2)]),
            begun(STEP, 3, 3, 2),
            {"sizes_of_one": False},
        ),
        (lambda: layers.StackedRNNCells([layers.LSTMCell(3), TwoMemories(0.3)]), begun(STEP, 3, 3, 2, 3), {}),
    ],
    "RNN": [
        *((rnn(TwoMemories, **form), SEQUENCE, {"sizes_of_one": False}) for form in SOME_FORMS),
        (rnn(TwoMemories, **OFTEN), begun(SEQUENCE, 2, 3), {}),
        (rnn(Sums), SEQUENCE, {"sizes_of_one": False}),
        (rnn(lambda: Sums(activity_regularizer="l2"), **OFTEN), SEQUENCE, {"sizes_of_one": False}),
        (rnn(lambda: TwoMemories(0.4), return_sequences=True, zero_output_for_mask=True), SEQUENCE, {"sizes_of_one": False}),
        (rnn(lambda: layers.LSTMCell(3, dropout=0.3, recurrent_dropout=0.2)), SEQUENCE, {}),
        (rnn(lambda: layers.LSTMCell(3, activity_regularizer="l2")), SEQUENCE, {"sizes_of_one": False}),
        (rnn(lambda: layers.GRUCell(3), TwoMemories, **OFTEN), SEQUENCE, {"sizes_of_one": False}),
        (rnn(lambda: layers.GRUCell(3), lambda: layers.LSTMCell(2, dropout=0.3), stateful=True), SEQUENCE, {}),
    ],
}


FILMS = {1: (3, 4, 5, 2), 2: (2, 3, 5, 4, 2), 3: (2, 2, 3, 2, 4, 1)}
CHANNELS_FIRST = {"data_format": "channels_first"}


def films(rank, **arguments):
    return make(f"ConvLSTM{rank}D", 2, 2, **arguments), FILMS[rank], {"sizes_of_one": False}


FORMS |= {
    "ConvLSTM1D": [
        films(1),
        films(1, **dict.fromkeys(WAYS, True), padding="same"),
        films(1, dropout=0.3, recurrent_dropout=0.4, return_sequences=True, unit_forget_bias=False),
        films(1, strides=2, padding="same", activation="softplus", recurrent_activation="tanh", use_bias=False),
        (make("ConvLSTM1D", 3, 2, **OFTEN), [FILMS[1], (3, 4, 3), (3, 4, 3)], {"sizes_of_one": False, "mask": None}),
    ],
    "ConvLSTM2D": [
        films(2, dilation_rate=2, return_sequences=True),
        films(2, strides=(2, 1), activity_regularizer="l2"),
        (make("ConvLSTM2D", 2, (2, 1), **OFTEN, **CHANNELS_FIRST, dropout=0.3), (2, 3, 2, 4, 3), {"sizes_of_one": False}),
    ],
    "ConvLSTM3D": [films(3, padding="same"), films(3, go_backwards=True, recurrent_dropout=0.4)],
}


def arrays(*shapes):
    """Sequences, or a cell's inputs, and states."""
    generator = np.random.default_rng(5)
    return [generator.normal(size=shape).astype("float32") for shape in shapes]


MASKED = {"mask": mask_of(SEQUENCES)}
STATE, CELL_INPUT = (5, 2), (5, 3)


def usual_rows(states):
    """What is tried of every layer with a loop of its own; `states` is how many it has."""
    started_there = arrays(SEQUENCES, *[STATE] * states)
    return [
        ({"units": 4}, SEQUENCES, {}),
        ({"units": 4}, SEQUENCES, MASKED),
        ({"units": 2, "return_sequences": True}, SEQUENCES, {}),
        ({"units": 2, "return_sequences": True}, SEQUENCES, MASKED),
        ({"units": 2, "return_state": True}, SEQUENCES, MASKED),
        ({"units": 2, **OFTEN}, SEQUENCES, {}),
        ({"units": 2, "go_backwards": True}, SEQUENCES, {}),
        ({"units": 2, "go_backwards": True, "return_sequences": True}, SEQUENCES, MASKED),
        ({"units": 2, **OFTEN}, started_there, {}),
        ({"units": 2, **OFTEN}, started_there, MASKED),
        ({"units": 2, "go_backwards": True}, started_there, MASKED),
        ({"units": 2, "return_sequences": True, "zero_output_for_mask": True}, SEQUENCES, MASKED),
        ({"units": 3, "activation": "relu", "use_bias": False, "unroll": True}, SEQUENCES, {}),
        ({"units": 3, "activation": "sigmoid", "dropout": 0.3, "recurrent_dropout": 0.4, "seed": 1}, SEQUENCES, {}),
        (lambda k: {"units": 3} | regularized("kernel", "recurrent", "bias")(k), SEQUENCES, TRAINING),
        (lambda k: {"units": 3} | started("kernel", "recurrent", "bias")(k), SEQUENCES, {}),
        ({"units": 2, "stateful": True}, SEQUENCES, {}),
    ]


def usual_cell_rows(states):
    """What is tried of every cell."""
    x = arrays(CELL_INPUT, *[STATE] * states)
    return [
        ({"units": 2}, x, {}),
        ({"units": 2, "activation": "relu", "use_bias": False}, x, TRAINING),
        ({"units": 2, "dropout": 0.3, "recurrent_dropout": 0.4, "seed": 1}, x, {}),
        (lambda k: {"units": 2} | regularized("kernel", "recurrent", "bias")(k), x, TRAINING),
        (lambda k: {"units": 2} | started("kernel", "recurrent", "bias")(k), x, {}),
        ({"units": 3}, arrays(CELL_INPUT, *[(5, 3)] * states), {}),
    ]


CELL = arrays(CELL_INPUT, STATE)

COMPARED_WITH_KERAS = {
    "SimpleRNN": usual_rows(1),
    "LSTM": [
        *usual_rows(2),
        ({"units": 2, "recurrent_activation": "relu", "use_cudnn": False}, SEQUENCES, MASKED),
        ({"units": 2, "unit_forget_bias": False, "activation": "sigmoid", "recurrent_activation": "tanh"}, SEQUENCES, {}),
    ],
    "GRU": [
        *usual_rows(1),
        ({"units": 2, "recurrent_activation": "softmax", "use_cudnn": False}, SEQUENCES, MASKED),
        ({"units": 2, "reset_after": False, **OFTEN}, SEQUENCES, MASKED),
        ({"units": 2, "reset_after": False, "use_bias": False, "recurrent_activation": "tanh"}, SEQUENCES, {}),
        ({"units": 2, "reset_after": False, "go_backwards": True}, arrays(SEQUENCES, STATE), MASKED),
        ({"units": 2, "reset_after": False, "activation": "softplus"}, SEQUENCES, {}),
    ],
    "SimpleRNNCell": usual_cell_rows(1),
    "LSTMCell": [
        *usual_cell_rows(2),
        ({"units": 2, "recurrent_activation": "relu", "unit_forget_bias": False}, arrays(CELL_INPUT, STATE, STATE), {}),
    ],
    "GRUCell": [
        *usual_cell_rows(1),
        ({"units": 2, "recurrent_activation": "relu"}, CELL, {}),
        ({"units": 2, "reset_after": False}, CELL, {}),
    ],
    "StackedRNNCells": [
        (lambda k: {"cells": [k.layers.GRUCell(2), k.layers.SimpleRNNCell(3)]}, arrays(CELL_INPUT, STATE, (5, 3)), {}),
        (lambda k: {"cells": [k.layers.SimpleRNNCell(2), k.layers.GRUCell(2)]}, arrays(CELL_INPUT, STATE, STATE), TRAINING),
    ],
    "RNN": [
        (lambda k: {"cell": k.layers.GRUCell(2), **OFTEN}, SEQUENCES, MASKED),
        (lambda k: {"cell": k.layers.LSTMCell(2), "go_backwards": True}, SEQUENCES, MASKED),
        (lambda k: {"cell": k.layers.LSTMCell(2), **OFTEN}, arrays(SEQUENCES, STATE, STATE), MASKED),
        (lambda k: {"cell": [k.layers.LSTMCell(4), k.layers.LSTMCell(2)], "return_sequences": True}, SEQUENCES, MASKED),
        (lambda k: {"cell": [k.layers.GRUCell(4), k.layers.SimpleRNNCell(2)], "unroll": True}, SEQUENCES, {}),
        (lambda k: {"cell": k.layers.SimpleRNNCell(2), "stateful": True}, SEQUENCES, {}),
        (lambda k: {"cell": k.layers.GRUCell(2), "zero_output_for_mask": True, "return_sequences": True}, SEQUENCES, MASKED),
        (lambda k: {"cell": k.layers.GRUCell(2), "zero_output_for_mask": True}, SEQUENCES, MASKED),
    ],
}

DROPPED = {"dropout": 0.3, "recurrent_dropout": 0.4, "seed": 1}
FILM = {1: (2, 3, 6, 2), 2: (2, 3, 5, 4, 2), 3: (2, 2, 3, 4, 3, 2)}


def film_rows(rank):
    """Each argument with two values; no masks, which Keras cannot take there on JAX."""
    film, first, few = FILM[rank], (2, 2, 1, *FILM[rank][2:-1]), {"filters": 2, "kernel_size": 2}
    same = (film[0], *film[2:-1], 2)
    return [
        (lambda k: {"filters": 3, "kernel_size": 1, **DROPPED} | started("kernel", "recurrent", "bias")(k), film, {}),
        ({**few, "padding": "same", "go_backwards": True, **OFTEN}, arrays(film, same, same), {}),
        ({**few, "strides": 2, "activation": "relu", "use_bias": False}, film, {}),
        ({**few, "dilation_rate": 2, "recurrent_activation": "tanh", "unit_forget_bias": False, "stateful": True}, film, {}),
        ({**few, "data_format": "channels_first", **OFTEN}, first, {}),
        (lambda k: few | regularized("kernel", "recurrent", "bias")(k), film, TRAINING),
    ]


COMPARED_WITH_KERAS |= {f"ConvLSTM{rank}D": film_rows(rank) for rank in (1, 2, 3)}

_ZERO = "an argument of Keras's RNN that its other layers do not document; here too it is taken, and tested above"
NOT_IN_OUR_CONFIG = {name: {"zero_output_for_mask": _ZERO} for name in COMPARED_WITH_KERAS if name != "RNN"}
for _name in ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"):
    NOT_IN_OUR_CONFIG[_name]["unroll"] = "as above; and there it changes nothing"
