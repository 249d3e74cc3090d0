"""Layers that augment images."""

import numpy as np

from minidl import layers
from tests.table.layers.common import TRAINING

COLORS, FIRST, SINGLE = (3, 4, 5, 3), (3, 3, 4, 5), (4, 5, 3)
WIDE = {"value_range": (-8, 8)}
PIXELS = np.random.default_rng(4).uniform(10, 240, COLORS).astype("float32")
STILL = {"training": False}
STEPS = {"zero_gradients": {"dx": "a value's lowest bits are 0 whatever it is"}}


def pixels(generator, shape):
    """Values of pixels whose three colors are apart from each other and from the ends of the range."""
    return generator.permutation(int(np.prod(shape))).reshape(shape) * 200.0 / np.prod(shape) + 20.0371


BINS = {"inputs": pixels, "zero_gradients": {"dx": "a small change moves a pixel to no other bin"}}


FACTORS = {  # layer -> two ranges of one number each
    "RandomBrightness": [(0.1, 0.1), (-0.05, -0.05)],
    "RandomColorDegeneration": [(0.3, 0.3), (1.0, 1.0)],
    "RandomHue": [(1.0, 1.0), (0.0, 0.0)],
    "RandomInvert": [(1.0, 1.0), (0.0, 0.0)],
    "RandomPosterization": [(3, 3), (1, 1)],
    "RandomSharpness": [(0.2, 0.2), (0.9, 0.9)],
    "RandomSaturation": [(0.3, 0.3), (0.55, 0.55)],
}


def forms(name):
    make, ranges = getattr(layers, name), FACTORS[name]
    options = {"inputs": pixels, "sizes_of_one": name not in ("RandomHue", "RandomSaturation")} | (
        STEPS if name == "RandomPosterization" else {}
    )
    return [
        (lambda: make(ranges[0]), COLORS, options),
        (lambda: make(ranges[1], value_range=(0, 250)), COLORS, options),
        (lambda: make(ranges[0], data_format="channels_first"), FIRST, options),
    ]


def rows(name):
    first, second = FACTORS[name]
    return [
        ({"factor": first}, PIXELS, TRAINING),
        ({"factor": second, "value_range": (0, 250), "seed": 1}, PIXELS, TRAINING),
        ({"factor": first, "data_format": "channels_first"}, np.moveaxis(PIXELS, -1, 1), TRAINING),
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
FORMS |= {
    "AugMix": [
        (lambda: layers.AugMix(chain_depth=1, all_ops=False, seed=7), COLORS, {"inputs": pixels}),
        (
            lambda: layers.AugMix((0, 250), 2, 2, (0.1, 0.2), 2.0, seed=1, data_format="channels_first"),
            FIRST,
            {"inputs": pixels, "sizes_of_one": False},
        ),
    ],
    "AutoContrast": [
        (lambda: layers.AutoContrast(), COLORS, {"inputs": pixels}),
        (lambda: layers.AutoContrast((0, 250), data_format="channels_first"), FIRST, {"inputs": pixels}),
    ],
    "ContrastLimitedAdaptiveHistogramEqualization": [
        (lambda: layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=2), COLORS, BINS),
        (
            lambda: layers.ContrastLimitedAdaptiveHistogramEqualization((0, 250), 0, (3, 2), data_format="channels_first"),
            FIRST,
            BINS,
        ),
    ],
    "CutMix": [
        (lambda: layers.CutMix(), COLORS, {"inputs": pixels}),
        (lambda: layers.CutMix((0.5, 0.9), data_format="channels_first"), FIRST, {"inputs": pixels}),
    ],
    "Equalization": [
        (lambda: layers.Equalization(), COLORS, BINS),
        (lambda: layers.Equalization((0, 250), 20, data_format="channels_first"), FIRST, BINS),
    ],
    "MaxNumBoundingBoxes": [(lambda: layers.MaxNumBoundingBoxes(3), COLORS, {})],
    "MixUp": [
        (lambda: layers.MixUp(), COLORS, {"inputs": pixels}),
        (lambda: layers.MixUp(2.0, data_format="channels_first"), FIRST, {"inputs": pixels}),
    ],
    "Pipeline": [
        (lambda: layers.Pipeline([layers.RandomInvert((1.0, 1.0)), layers.Rescaling(0.1)]), COLORS, {"inputs": pixels}),
        (lambda: layers.Pipeline([layers.Dense(2), layers.Dense(3, "tanh")]), (3, 4), {"mask": None}),
    ],
    "RandAugment": [
        (lambda: layers.RandAugment(seed=1), COLORS, {"inputs": pixels}),
        (
            lambda: layers.RandAugment((0, 250), 1, 0.3, "nearest", seed=3, data_format="channels_first"),
            FIRST,
            {"inputs": pixels, "sizes_of_one": False},
        ),
    ],
    "RandomColorJitter": [
        (lambda: layers.RandomColorJitter((0, 250), 0.1, 0.1), COLORS, {"inputs": pixels}),
        (
            lambda: layers.RandomColorJitter((0, 255), 0.05, 0.1, (0.3, 0.6), 0.2, data_format="channels_first"),
            FIRST,
            {"inputs": pixels, "sizes_of_one": False},
        ),
    ],
    "RandomElasticTransform": [
        (lambda: layers.RandomElasticTransform(), (2, 5, 4, 2), {"inputs": pixels}),
        *(
            (
                lambda mode=mode: layers.RandomElasticTransform((0.7, 0.9), (0.5, 0.9), "nearest", mode, 3.0),
                (2, 5, 4, 2),
                {"inputs": pixels},
            )
            for mode in ("constant", "nearest", "wrap", "mirror")
        ),
        (lambda: layers.RandomElasticTransform(value_range=(0, 250), data_format="channels_first"), FIRST, {"inputs": pixels}),
    ],
    "RandomErasing": [
        (lambda: layers.RandomErasing(), COLORS, {"inputs": pixels}),
        (lambda: layers.RandomErasing(0.7, (0.2, 0.6), 3.0, data_format="channels_first"), FIRST, {"inputs": pixels}),
    ],
    "RandomGaussianBlur": [
        (lambda: layers.RandomGaussianBlur(), COLORS, {"inputs": pixels}),
        (lambda: layers.RandomGaussianBlur(0.7, (3, 1), (0.5, 0.9), data_format="channels_first"), FIRST, {"inputs": pixels}),
    ],
}
FORMS |= {
    "RandomPerspective": [
        (lambda: layers.RandomPerspective(), (2, 5, 4, 2), {"inputs": pixels}),
        (lambda: layers.RandomPerspective(0.7, 0.5, "nearest", 3.0, data_format="channels_first"), FIRST, {"inputs": pixels}),
    ],
    "RandomShear": [
        (lambda: layers.RandomShear(0.4, 0.3), (2, 5, 4, 2), {"inputs": pixels}),
        (
            lambda: layers.RandomShear((0.1, 0.5), 0.3, "nearest", "constant", 3.0, "channels_first"),
            FIRST,
            {"inputs": pixels},
        ),
    ],
}
BLUR = {"factor": (1.0, 1.0), "sigma": (0.5, 0.5)}
ERASE = {"factor": (1.0, 1.0), "scale": (1.0, 1.0), "fill_value": 7.0}
COMPARED_WITH_KERAS = {name: rows(name) for name in FACTORS} | {
    "Pipeline": [],  # Keras's cannot be built without a call
    "AugMix": [
        ({}, PIXELS, STILL),
        (
            {"value_range": (0, 250), "num_chains": 2, "chain_depth": 1, "factor": 0.5, "alpha": 2.0, "all_ops": False},
            PIXELS,
            STILL,
        ),
        (
            {"interpolation": "nearest", "seed": 1, "bounding_box_format": "xyxy", "data_format": "channels_first"},
            PIXELS.transpose(0, 3, 1, 2),
            STILL,
        ),
    ],
    "AutoContrast": [({}, PIXELS, {}), ({"value_range": (0, 250)}, PIXELS, {})],
    "ContrastLimitedAdaptiveHistogramEqualization": [
        ({}, PIXELS, {}),
        ({"value_range": (0, 250), "clip_limit": 1.5, "tile_grid_size": (2, 3)}, PIXELS, {}),
        ({"clip_limit": 0.0, "tile_grid_size": (1, 2), "data_format": "channels_first"}, PIXELS.transpose(0, 3, 1, 2), {}),
    ],
    "CutMix": [
        ({}, PIXELS, {"training": False}),
        ({"factor": 0.5, "seed": 1, "bounding_box_format": "xyxy", "data_format": "channels_first"}, PIXELS, STILL),
    ],
    "Equalization": [
        ({}, PIXELS, TRAINING),
        ({"value_range": (0, 250), "bins": 20, "data_format": "channels_first"}, PIXELS.transpose(0, 3, 1, 2), TRAINING),
    ],
    "MaxNumBoundingBoxes": [({"max_number": 3}, PIXELS, {}), ({"max_number": 4, "fill_value": 0}, PIXELS, {})],
    "MixUp": [
        ({}, PIXELS, STILL),
        ({"alpha": 0.5, "seed": 1, "bounding_box_format": "xyxy", "data_format": "channels_first"}, PIXELS, STILL),
    ],
    "RandAugment": [
        ({}, PIXELS, STILL),
        ({"num_ops": 0}, PIXELS, TRAINING),
        (
            {"value_range": (0, 250), "factor": 0.1, "interpolation": "nearest", "seed": 1, "bounding_box_format": "xyxy"},
            PIXELS,
            STILL,
        ),
        ({"data_format": "channels_first"}, PIXELS.transpose(0, 3, 1, 2), STILL),
    ],
    "RandomColorJitter": [
        ({"brightness_factor": (0.1, 0.1), "saturation_factor": (0.3, 0.3)}, PIXELS, TRAINING),
        (
            {
                "value_range": (0, 250),
                "hue_factor": (1.0, 1.0),
                "contrast_factor": (0.0, 0.0),
                "seed": 1,
                "bounding_box_format": "xyxy",
            },
            PIXELS,
            TRAINING,
        ),
    ],
    "RandomElasticTransform": [  # other noise than Keras's
        ({}, PIXELS, STILL),
        ({"factor": 0.0, "scale": 0.5, "value_range": (0, 250)}, PIXELS, TRAINING),
        ({"interpolation": "nearest", "fill_mode": "wrap", "fill_value": 3.0, "seed": 1}, PIXELS, STILL),
        ({"data_format": "channels_first"}, PIXELS.transpose(0, 3, 1, 2), STILL),
    ],
    "RandomErasing": [
        (ERASE, PIXELS, TRAINING),
        (
            ERASE | {"value_range": (0, 5), "seed": 1, "bounding_box_format": "xyxy", "data_format": "channels_first"},
            PIXELS.transpose(0, 3, 1, 2),
            TRAINING,
        ),
        (ERASE | {"factor": (0.0, 0.0), "scale": (0.5, 0.5), "fill_value": 9.0}, PIXELS, TRAINING),
    ],
    "RandomGaussianBlur": [
        (BLUR, PIXELS, TRAINING),
        (
            BLUR
            | {"sigma": (0.9, 0.9), "kernel_size": (5, 3), "seed": 1, "bounding_box_format": "xyxy", "value_range": (0, 100)},
            PIXELS,
            TRAINING,
        ),
        (BLUR | {"factor": (0.0, 0.0), "data_format": "channels_first"}, PIXELS.transpose(0, 3, 1, 2), TRAINING),
    ],
    "RandomPerspective": [
        ({"scale": 0.0}, PIXELS, TRAINING),
        ({"factor": 0.0, "interpolation": "nearest", "fill_value": 3.0, "seed": 1}, PIXELS, TRAINING),
        ({"data_format": "channels_first"}, PIXELS.transpose(0, 3, 1, 2), STILL),
    ],
    "RandomShear": [
        ({}, PIXELS, TRAINING),
        ({"x_factor": 0.5, "y_factor": 0.3, "data_format": "channels_first"}, PIXELS.transpose(0, 3, 1, 2), STILL),
        ({"interpolation": "nearest", "fill_mode": "constant", "fill_value": 3.0, "seed": 1}, PIXELS, TRAINING),
    ],
    "RandomGrayscale": [
        ({"factor": 1.0}, PIXELS, TRAINING),
        ({"factor": 0.0, "seed": 1, "bounding_box_format": "xyxy"}, PIXELS, TRAINING),
        ({"factor": 1.0, "data_format": "channels_first"}, np.moveaxis(PIXELS, -1, 1), TRAINING),
    ],
    "Solarization": [
        ({}, PIXELS, TRAINING),
        ({"value_range": (0, 250), "seed": 1, "bounding_box_format": "xyxy"}, PIXELS, TRAINING),
        ({"data_format": "channels_first"}, np.moveaxis(PIXELS, -1, 1), TRAINING),
    ],
}
BOXES = {"bounding_box_format": "for dicts of data: tests/parity/test_augmentation.py"}
NO_SECOND_VALUE = {
    "AutoContrast": BOXES | {"data_format": "Keras computes with the wrong axes"},
    "ContrastLimitedAdaptiveHistogramEqualization": BOXES,
    "Equalization": BOXES,
    "MaxNumBoundingBoxes": BOXES | {"data_format": "images are not changed"},
    "RandomColorJitter": {"data_format": "Keras's inner layers have the default format"},
    "Solarization": dict.fromkeys(
        ("addition_factor", "threshold_factor"), "random in Keras: tests/parity/test_augmentation.py"
    ),
}
