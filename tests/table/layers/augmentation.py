"""Layers that change the colors of images randomly."""

import numpy as np

from minidl import layers
from tests.table.layers.common import TRAINING

COLORS, FIRST, SINGLE = (3, 4, 5, 3), (3, 3, 4, 5), (4, 5, 3)
WIDE = {"value_range": (-8, 8)}
PIXELS = np.random.default_rng(4).uniform(10, 240, COLORS).astype("float32")
STEPS = {"zero_gradients": {"dx": "a value's lowest bits are 0 whatever it is"}}


def pixels(generator, shape):
    """Values of pixels whose three colors are apart from each other and from the ends of the range."""
    return generator.permutation(int(np.prod(shape))).reshape(shape) * 200.0 / np.prod(shape) + 20.0371


FACTORS = {  # layer -> two ranges of one number each
    "RandomBrightness": [(0.1, 0.1), (-0.05, -0.05)],
    "RandomColorDegeneration": [(0.3, 0.3), (1.0, 1.0)],
    "RandomHue": [(1.0, 1.0), (0.0, 0.0)],
    "RandomInvert": [(1.0, 1.0), (0.0, 0.0)],
    "RandomPosterization": [(3, 3), (1, 1)],
    "RandomSaturation": [(0.3, 0.3), (0.55, 0.55)],
}
NO_FORMAT = ("RandomBrightness", "Solarization")


def forms(name):
    make, ranges = getattr(layers, name), FACTORS[name]
    options = {"inputs": pixels, "sizes_of_one": name not in ("RandomHue", "RandomSaturation")} | (
        STEPS if name == "RandomPosterization" else {}
    )
    first = [] if name in NO_FORMAT else [(lambda: make(ranges[0], data_format="channels_first"), FIRST, options)]
    return [
        (lambda: make(ranges[0]), COLORS, options),
        (lambda: make(ranges[1], value_range=(0, 250)), COLORS, options),
        *first,
    ]


def rows(name):
    first, second = FACTORS[name]
    other = {} if name in NO_FORMAT else {"data_format": "channels_first"}
    return [
        ({"factor": first}, PIXELS, TRAINING),
        ({"factor": second, "value_range": (0, 250), "seed": 1}, PIXELS, TRAINING),
        ({"factor": first} | other, np.moveaxis(PIXELS, -1, 1) if other else PIXELS, TRAINING),
        ({"factor": first}, PIXELS, {"training": False}),
    ]


FORMS = {name: forms(name) for name in FACTORS} | {
    "RandomGrayscale": [
        (lambda: layers.RandomGrayscale(1.0), COLORS, {"inputs": pixels}),
        (lambda: layers.RandomGrayscale(0.5, data_format="channels_first"), FIRST, {"inputs": pixels}),
    ],
    "Solarization": [
        (lambda: layers.Solarization(0.1, 0.5), COLORS, {"inputs": pixels}),
        (lambda: layers.Solarization((0.1, 0.1), (0.3, 0.3), (0, 250)), COLORS, {"inputs": pixels}),
    ],
}
COMPARED_WITH_KERAS = {name: rows(name) for name in FACTORS} | {
    "RandomGrayscale": [
        ({"factor": 1.0}, PIXELS, TRAINING),
        ({"factor": 0.0, "seed": 1}, PIXELS, TRAINING),
        ({"factor": 1.0, "data_format": "channels_first"}, np.moveaxis(PIXELS, -1, 1), TRAINING),
    ],
    "Solarization": [
        ({}, PIXELS, TRAINING),
        ({"value_range": (0, 250), "seed": 1}, PIXELS, TRAINING),
    ],
}
NO_SECOND_VALUE = {
    "Solarization": dict.fromkeys(
        ("addition_factor", "threshold_factor"), "random in Keras: tests/parity/test_augmentation.py"
    ),
}
