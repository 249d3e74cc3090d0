"""Layers that walk through time."""

import itertools

from minidl import layers
from tests.families.common import SEQUENCE, SEQUENCES, TRAINING, mask_of, regularized, started


def simple_rnn(**arguments):
    return lambda: layers.SimpleRNN(3, **arguments)


RNN_FORMS = [
    dict(zip(("return_sequences", "return_state", "go_backwards", "stateful"), form))
    for form in itertools.product((False, True), repeat=4)
]

FORMS = {
    "SimpleRNN": [
        *((simple_rnn(**form), SEQUENCE, {"sizes_of_one": not any(form.values())}) for form in RNN_FORMS),
        (simple_rnn(dropout=0.3, recurrent_dropout=0.4, return_sequences=True), SEQUENCE, {}),
        (simple_rnn(activation="relu", use_bias=False), SEQUENCE, {}),
        (simple_rnn(activity_regularizer="l2", return_sequences=True), SEQUENCE, {}),
        (simple_rnn(activity_regularizer="l2", return_state=True), SEQUENCE, {}),
    ],
}

BESIDE_KERAS = {
    "SimpleRNN": [
        ({"units": 4}, SEQUENCES, {}),
        ({"units": 4}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"units": 2, "return_sequences": True}, SEQUENCES, {}),
        ({"units": 2, "return_sequences": True}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"units": 2, "return_state": True}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"units": 2, "return_state": True, "return_sequences": True}, SEQUENCES, {}),
        ({"units": 2, "go_backwards": True}, SEQUENCES, {}),
        ({"units": 2, "go_backwards": True, "return_sequences": True}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"units": 3, "activation": "relu", "use_bias": False, "unroll": True}, SEQUENCES, {}),
        ({"units": 3, "activation": "sigmoid", "dropout": 0.3, "recurrent_dropout": 0.4, "seed": 1}, SEQUENCES, {}),
        (lambda k: {"units": 3} | regularized("kernel", "recurrent", "bias")(k), SEQUENCES, TRAINING),
        (lambda k: {"units": 3} | started("kernel", "recurrent", "bias")(k), SEQUENCES, {}),
        ({"units": 2, "stateful": True}, SEQUENCES, {}),
    ],
}

NOT_IN_OUR_CONFIG = {"SimpleRNN": {"zero_output_for_mask": "an argument of Keras's RNN, which none of its layers documents"}}
