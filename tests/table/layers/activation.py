"""Activations as layers."""

import numpy as np

from minidl import layers
from tests.table.layers.common import (
    ACTIVATIONS,
    IMAGES,
    OURS_ALONE,
    ROW,
    ROWS,
    SEQUENCE,
    SEQUENCES,
    TRAINING,
    WRONG_IN_KERAS,
    mask_of,
    regularized,
    some,
    started,
)

APART = {"glu", *OURS_ALONE, *WRONG_IN_KERAS}  # beside Keras in tests/parity/test_activations.py

FORMS = {
    "Activation": [(lambda name=name: layers.Activation(name), ROW, {}) for name in ACTIVATIONS],
    "ReLU": [
        (layers.ReLU, ROW, {}),
        (lambda: layers.ReLU(negative_slope=0.2, threshold=0.3), (6, 5), {}),
        (lambda: layers.ReLU(max_value=1.05, negative_slope=0.3, threshold=0.05), SEQUENCE, {}),
    ],
    "Softmax": [
        (layers.Softmax, ROW, {"mask": None}),
        (layers.Softmax, SEQUENCE, {"mask": some}),
        (lambda: layers.Softmax(axis=1), SEQUENCE, {"mask": None}),
        (lambda: layers.Softmax(axis=(1, 2)), SEQUENCE, {"mask": some}),
    ],
}

COMPARED_WITH_KERAS = {
    "Activation": [
        ({"activation": name}, SEQUENCES, {"mask": mask_of(SEQUENCES)}) for name in ACTIVATIONS if name not in APART
    ],
    "ReLU": [
        ({}, IMAGES, {}),
        ({"negative_slope": 0.2}, ROWS, {}),
        ({"max_value": 0.7}, ROWS, {}),
        ({"threshold": 0.3}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"max_value": 0.9, "negative_slope": 0.3, "threshold": 0.2}, IMAGES, {}),
    ],
    "Softmax": [
        ({}, SEQUENCES, {}),
        ({"axis": 1}, SEQUENCES, {}),
        ({"axis": (1, 2)}, IMAGES, {}),
        ({}, SEQUENCES, {"mask": np.random.default_rng(2).random(SEQUENCES) < 0.6}),
        ({"axis": 1}, SEQUENCES, {"mask": np.random.default_rng(2).random(SEQUENCES) < 0.6}),
    ],
}

FORMS |= {
    "LeakyReLU": [(layers.LeakyReLU, ROW, {}), (lambda: layers.LeakyReLU(0.1), SEQUENCE, {})],
    "ELU": [(layers.ELU, ROW, {}), (lambda: layers.ELU(0.5), SEQUENCE, {})],
    "PReLU": [
        (lambda: layers.PReLU("glorot_uniform", "l2"), ROW, {}),
        (lambda: layers.PReLU("glorot_uniform", shared_axes=[1]), SEQUENCE, {}),
        (lambda: layers.PReLU("glorot_uniform", shared_axes=(1, 2)), (2, 3, 4, 2), {}),
        (lambda: layers.PReLU("glorot_uniform", shared_axes=1), ROW, {}),
    ],
}
COMPARED_WITH_KERAS |= {
    "LeakyReLU": [({}, ROWS, {}), ({"negative_slope": 0.1}, SEQUENCES, {"mask": mask_of(SEQUENCES)})],
    "ELU": [({}, ROWS, {}), ({"alpha": 0.5}, SEQUENCES, {"mask": mask_of(SEQUENCES)})],
    "PReLU": [
        ({}, ROWS, {}),
        ({"shared_axes": [1]}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"shared_axes": (1, 2)}, IMAGES, {}),
        ({"shared_axes": 2}, IMAGES, {}),
        (regularized("alpha"), SEQUENCES, TRAINING),
        (lambda k: {"shared_axes": [2]} | started("alpha")(k), SEQUENCES, {}),
    ],
}
