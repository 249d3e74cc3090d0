"""Activations as layers."""

import numpy as np

from minidl import layers
from minidl.catalogue import ROOMS
from tests.families.common import IMAGES, ROW, ROWS, SEQUENCE, SEQUENCES, mask_of, some

FORMS = {
    "Activation": [(lambda name=name: layers.Activation(name), ROW, {}) for name in ROOMS["activations"]],
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

BESIDE_KERAS = {
    "Activation": [({"activation": name}, SEQUENCES, {"mask": mask_of(SEQUENCES)}) for name in ROOMS["activations"]],
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
}
BESIDE_KERAS |= {
    "LeakyReLU": [({}, ROWS, {}), ({"negative_slope": 0.1}, SEQUENCES, {"mask": mask_of(SEQUENCES)})],
    "ELU": [({}, ROWS, {}), ({"alpha": 0.5}, SEQUENCES, {"mask": mask_of(SEQUENCES)})],
}
