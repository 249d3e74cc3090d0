"""`Bidirectional` and `TimeDistributed`."""

import numpy as np

from minidl import Sequential, layers
from tests.table.layers.common import SEQUENCE, SEQUENCES, TRAINING, ids, mask_of, regularized, some

WORDS, CLIPS = (2, 3, 4, 2), (3, 4, 5, 5, 2)  # (batch, time, words, features), (batch, time, height, width, channels)


class TwoStates(layers.Layer):
    """A recurrent layer that shows all that `Bidirectional` asks for: `c = f * c + x @ kernel`, `h = r * h + tanh(c)`."""

    supports_masking = True

    def __init__(self, units, return_sequences=False, return_state=False, go_backwards=False, stateful=False, **kwargs):
        super().__init__(**kwargs)
        self.units, self.stateful, self.go_backwards = units, stateful, go_backwards
        self.return_sequences, self.return_state = return_sequences, return_state

    def __call__(self, sequences, initial_state=None, **options):
        return super().__call__(sequences if initial_state is None else [sequences, *initial_state], **options)

    def build(self, input_shape):
        shape = input_shape if isinstance(input_shape, tuple) else input_shape[0]
        self.kernel = self.add_weight((shape[-1], self.units), name="kernel")
        self.r, self.f = (self.add_weight((self.units,), "ones", name=name) for name in "rf")
        names = ("h", "c") if self.stateful else ()
        self.states = [self.add_weight((shape[0], self.units), "zeros", trainable=False, name=name) for name in names]

    def forward(self, x, training=False, mask=None):
        sequences, *given = x if isinstance(x, list) else [x]
        mask = mask[0] if isinstance(mask, list) else mask
        keep = np.ones(sequences.shape[:2], bool) if mask is None else np.asarray(mask, bool)
        starts = [s.numpy() for s in self.states] or [np.zeros((len(sequences), self.units), sequences.dtype)] * 2
        h, c = given or starts
        walked, outputs = [], []
        for t in range(sequences.shape[1])[:: -1 if self.go_backwards else 1]:
            k = keep[:, t, np.newaxis]
            new_c = np.where(k, c * self.f.value + sequences[:, t] @ self.kernel.value, c)
            new_h = np.where(k, h * self.r.value + np.tanh(new_c), h)
            walked.append((t, k, h, c, new_c))
            outputs.append(new_h)
            h, c = new_h, new_c
        for variable, value in zip(self.states, (h, c)):
            variable.assign(value)
        y = np.stack(outputs, axis=1) if self.return_sequences else h
        return (y, h, c) if self.return_state else y, (sequences, walked, isinstance(x, list), len(given))

    def backward(self, dy, cache):
        sequences, walked, listed, given = cache
        dy, dh, dc = dy if self.return_state else (dy, None, None)
        dh, dc = (np.zeros_like(walked[0][2]) if d is None else d for d in (dh, dc))
        if dy is not None and not self.return_sequences:
            dh = dh + dy
        dx = np.zeros_like(sequences)
        for place, (t, k, h, c, new_c) in reversed(list(enumerate(walked))):
            if dy is not None and self.return_sequences:
                dh = dh + dy[:, place]
            dh_new, dc_new = dh * k, dc * k + dh * k * (1 - np.tanh(new_c) ** 2)
            self.r.grad += (dh_new * h).sum(axis=0)
            self.f.grad += (dc_new * c).sum(axis=0)
            self.kernel.grad += sequences[:, t].T @ dc_new
            dx[:, t] = dc_new @ self.kernel.value.T
            dh, dc = np.where(k, dh * self.r.value, dh), np.where(k, dc_new * self.f.value, dc)
        return [dx, *((dh, dc) if given else ())] if listed else dx

    def compute_mask(self, x, previous_mask):
        mask = previous_mask[0] if isinstance(previous_mask, list) else previous_mask
        mask = mask if self.return_sequences else None
        return [mask, None, None] if self.return_state else mask

    def compute_output_shape(self, input_shape):
        batch, time, _ = input_shape if isinstance(input_shape, tuple) else input_shape[0]
        y = (batch, time, self.units) if self.return_sequences else (batch, self.units)
        return (y, (batch, self.units), (batch, self.units)) if self.return_state else y


def rnn(units=3, merge_mode="concat", whole=None, **arguments):
    """Arguments of a `Bidirectional` round a library's `SimpleRNN`."""
    return lambda k: {"layer": k.layers.SimpleRNN(units, **arguments), "merge_mode": merge_mode} | (whole or {})


def both_ways(make=layers.SimpleRNN, units=3, merge_mode="concat", whole=None, **arguments):
    return lambda: layers.Bidirectional(make(units, **arguments), merge_mode, **(whole or {}))


def every_step(make, **arguments):
    return lambda: layers.TimeDistributed(make(), **arguments)


def images(k):
    """A small stack for images, from a library's layers."""
    return [k.Conv2D(2, 3, activation="relu"), k.MaxPooling2D(), k.Flatten(), k.Dense(2)]


def mask_of_words(generator, shape):
    return some(generator, shape[:3])


STATES = [(3, 2)] * 4

FORMS = {
    "Bidirectional": [
        *(
            (both_ways(merge_mode=mode, return_sequences=sequences), SEQUENCE, {"sizes_of_one": not sequences})
            for mode in ("sum", "mul", "concat", "ave", None)
            for sequences in (False, True)
        ),
        (both_ways(return_state=True, merge_mode="mul"), SEQUENCE, {}),
        (both_ways(return_state=True, return_sequences=True, merge_mode=None), SEQUENCE, {"sizes_of_one": False}),
        (both_ways(go_backwards=True, return_sequences=True), SEQUENCE, {"sizes_of_one": False}),
        (both_ways(stateful=True, return_sequences=True), SEQUENCE, {"sizes_of_one": False}),
        (both_ways(dropout=0.3, recurrent_dropout=0.2, return_sequences=True), SEQUENCE, {"sizes_of_one": False}),
        (both_ways(activity_regularizer="l2"), SEQUENCE, {"sizes_of_one": False}),
        (both_ways(whole={"activity_regularizer": "l2"}, merge_mode=None), SEQUENCE, {"sizes_of_one": False}),
        (
            lambda: layers.Bidirectional(layers.SimpleRNN(3), backward_layer=layers.SimpleRNN(2, go_backwards=True)),
            SEQUENCE,
            {"sizes_of_one": False},
        ),
        (both_ways(TwoStates, 2, "sum", return_sequences=True), SEQUENCE, {"sizes_of_one": False}),
        (both_ways(TwoStates, 2, None, return_state=True, return_sequences=True), [SEQUENCE, *STATES], {"sizes_of_one": False}),
        (both_ways(TwoStates, 2, "mul", stateful=True, return_state=True), [SEQUENCE, *STATES], {"sizes_of_one": False}),
    ],
    "TimeDistributed": [
        (every_step(lambda: layers.Dense(3, "tanh")), SEQUENCE, {}),
        (every_step(lambda: layers.Dense(3, "softmax"), activity_regularizer="l2"), SEQUENCE, {"sizes_of_one": False}),
        (every_step(lambda: layers.Dense(3, activity_regularizer="l2")), SEQUENCE, {"sizes_of_one": False}),
        (every_step(lambda: layers.Dropout(0.4)), SEQUENCE, {"sizes_of_one": False}),
        (every_step(layers.BatchNormalization), SEQUENCE, {"sizes_of_one": False}),
        (every_step(layers.BatchNormalization), WORDS, {"sizes_of_one": False, "mask": mask_of_words}),
        (every_step(lambda: layers.SimpleRNN(2)), WORDS, {"sizes_of_one": False}),
        (every_step(lambda: layers.SimpleRNN(2, return_sequences=True)), WORDS, {"mask": mask_of_words}),
        (every_step(lambda: layers.SimpleRNN(2, return_state=True)), WORDS, {"mask": mask_of_words, "sizes_of_one": False}),
        (every_step(layers.GlobalAveragePooling1D), WORDS, {"mask": mask_of_words, "sizes_of_one": False}),
        (every_step(every_step(lambda: layers.Dense(2))), WORDS, {}),
        (every_step(lambda: layers.Embedding(5, 2, mask_zero=True)), (3, 4, 3), {"inputs": ids}),
        (every_step(lambda: Sequential(images(layers))), (2, 3, 4, 5, 2), {"sizes_of_one": False}),
        (
            every_step(lambda: Sequential([layers.BatchNormalization(), layers.Dense(2, activity_regularizer="l1")])),
            SEQUENCE,
            {"sizes_of_one": False},
        ),
    ],
}

COMPARED_WITH_KERAS = {
    "Bidirectional": [
        *(
            (rnn(merge_mode=mode, return_sequences=sequences), SEQUENCES, {"mask": mask_of(SEQUENCES)} if masked else {})
            for mode in ("sum", "mul", "concat", "ave", None)
            for sequences, masked in ((False, True), (True, False), (True, True))
        ),
        (rnn(), SEQUENCES, {}),
        (rnn(return_state=True), SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        (rnn(return_state=True, return_sequences=True, merge_mode=None), SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        (rnn(return_state=True, return_sequences=True, merge_mode="ave"), SEQUENCES, {}),
        (rnn(stateful=True), SEQUENCES, {}),
        (rnn(activation="relu", use_bias=False), SEQUENCES, {}),
        (lambda k: rnn(**regularized("kernel", "recurrent", "bias")(k))(k), SEQUENCES, TRAINING),
        (rnn(whole={"activity_regularizer": "l2"}, return_sequences=True), SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        (
            lambda k: {
                "layer": k.layers.SimpleRNN(2, return_sequences=True),
                "backward_layer": k.layers.SimpleRNN(2, "relu", return_sequences=True, go_backwards=True),
            },
            SEQUENCES,
            {"mask": mask_of(SEQUENCES)},
        ),
        (
            lambda k: {
                "layer": k.layers.SimpleRNN(3, return_sequences=True, go_backwards=True),
                "backward_layer": k.layers.SimpleRNN(3, return_sequences=True),
                "merge_mode": "sum",
            },
            SEQUENCES,
            {},
        ),
    ],
    "TimeDistributed": [
        (lambda k: {"layer": k.layers.Dense(4, "tanh")}, SEQUENCES, {}),
        (lambda k: {"layer": k.layers.Dense(4)}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        (lambda k: {"layer": k.layers.Dense(2, **regularized("kernel", "bias")(k))}, SEQUENCES, TRAINING),
        (lambda k: {"layer": k.layers.Dense(2), "activity_regularizer": "l2"}, SEQUENCES, TRAINING),
        (lambda k: {"layer": k.layers.BatchNormalization(momentum=0.7)}, SEQUENCES, {}),
        (lambda k: {"layer": k.layers.BatchNormalization(momentum=0.7)}, SEQUENCES, TRAINING),
        (lambda k: {"layer": k.layers.BatchNormalization()}, SEQUENCES, TRAINING | {"mask": mask_of(SEQUENCES)}),
        (lambda k: {"layer": k.layers.BatchNormalization(trainable=False)}, SEQUENCES, TRAINING),
        (lambda k: {"layer": k.layers.Conv2D(3, 2)}, CLIPS, {}),
        (lambda k: {"layer": k.Sequential(images(k.layers))}, CLIPS, {}),
        (
            lambda k: {"layer": k.Sequential([k.layers.BatchNormalization(), k.layers.Dense(2, activity_regularizer="l2")])},
            SEQUENCES,
            TRAINING,
        ),
        (lambda k: {"layer": k.layers.TimeDistributed(k.layers.Dense(2))}, WORDS, {"mask": np.ones(WORDS[:3], bool)}),
        (lambda k: {"layer": k.layers.SimpleRNN(2)}, WORDS, {}),
        (lambda k: {"layer": k.layers.Embedding(5, 2)}, np.arange(24).reshape(2, 3, 4) % 5, {}),
    ],
}

NO_SECOND_VALUE = {"Bidirectional": {"weights": "not in the config; a test of its own, as Keras does nothing with it"}}


def cells(k):
    """A stack of two cells from a library's layers."""
    return k.layers.RNN([k.layers.LSTMCell(3), k.layers.GRUCell(2)], return_sequences=True)


FORMS["Bidirectional"] += [
    (both_ways(layers.LSTM, return_sequences=True), SEQUENCE, {"sizes_of_one": False}),
    (both_ways(layers.LSTM, 2, None, return_state=True), [SEQUENCE, *STATES], {"sizes_of_one": False}),
    (both_ways(layers.GRU, merge_mode="sum", reset_after=False), SEQUENCE, {"sizes_of_one": False}),
    (
        lambda: layers.Bidirectional(layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)], return_sequences=True)),
        SEQUENCE,
        {"sizes_of_one": False},
    ),
]
COMPARED_WITH_KERAS["Bidirectional"] += [
    (lambda k: {"layer": k.layers.LSTM(3, return_sequences=True)}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
    (lambda k: {"layer": k.layers.LSTM(2, return_state=True), "merge_mode": "sum"}, SEQUENCES, {}),
    (lambda k: {"layer": k.layers.GRU(3), "merge_mode": "ave"}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
    (lambda k: {"layer": k.layers.GRU(2, reset_after=False, return_sequences=True)}, SEQUENCES, {}),
    (lambda k: {"layer": cells(k)}, SEQUENCES, {}),
]
FORMS["TimeDistributed"].append((every_step(lambda: layers.LSTM(2)), WORDS, {"sizes_of_one": False}))
