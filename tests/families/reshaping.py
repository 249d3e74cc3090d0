"""Layers that arrange numbers anew."""

from minidl import layers
from tests.families.common import IMAGE, IMAGES, ROW, ROWS, SEQUENCE

FORMS = {
    "Flatten": [
        (layers.Flatten, ROW, {}),
        (layers.Flatten, IMAGE, {}),
        (lambda: layers.Flatten(data_format="channels_first"), SEQUENCE, {}),
    ],
    "Reshape": [
        (lambda: layers.Reshape((2, 4)), SEQUENCE, {}),
        (lambda: layers.Reshape((-1,)), IMAGE, {}),
        (lambda: layers.Reshape((2, -1, 2)), SEQUENCE, {}),
    ],
}

BESIDE_KERAS = {
    "Flatten": [
        ({}, ROWS, {}),
        ({}, IMAGES, {}),
        ({"data_format": "channels_first"}, IMAGES, {}),
        ({}, (5,), {}),
    ],
    "Reshape": [
        ({"target_shape": (2, 2)}, ROWS, {}),
        ({"target_shape": (-1,)}, IMAGES, {}),
        ({"target_shape": (3, -1, 2)}, IMAGES, {}),
    ],
}
