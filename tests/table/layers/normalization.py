"""Normalization layers."""

from minidl import layers
from tests.table.layers.common import (
    IMAGE,
    IMAGES,
    ROW,
    ROWS,
    SEQUENCE,
    SEQUENCES,
    TRAINING,
    ids,
    mask_of,
    regularized,
    some,
    started,
)

FORMS = {
    "BatchNormalization": [
        (layers.BatchNormalization, ROW, {}),
        (layers.BatchNormalization, SEQUENCE, {}),
        (layers.BatchNormalization, IMAGE, {"mask": lambda generator, shape: some(generator, shape[:-1])}),
        (lambda: layers.BatchNormalization(axis=1), IMAGE, {"mask": None}),
        (lambda: layers.BatchNormalization(axis=1), SEQUENCE, {}),
        (lambda: layers.BatchNormalization(center=False, momentum=0.5), ROW, {}),
        (lambda: layers.BatchNormalization(scale=False, epsilon=0.1), ROW, {}),
        (lambda: layers.BatchNormalization(trainable=False), ROW, {}),
    ],
}

COMPARED_WITH_KERAS = {
    "BatchNormalization": [
        ({}, ROWS, TRAINING),
        ({}, ROWS, {}),
        ({"axis": 1}, IMAGES, TRAINING),
        ({"axis": 1}, IMAGES, {}),
        ({"axis": -2}, SEQUENCES, TRAINING),
        ({"momentum": 0.5, "epsilon": 0.1}, IMAGES, TRAINING),
        ({"center": False}, SEQUENCES, TRAINING),
        ({"scale": False}, SEQUENCES, TRAINING),
        ({"center": False, "scale": False}, SEQUENCES, {}),
        ({}, SEQUENCES, TRAINING | {"mask": mask_of(SEQUENCES)}),
        ({"momentum": 0.9}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"trainable": False}, ROWS, TRAINING),
        ({"renorm": True, "renorm_momentum": 0.5}, ROWS, TRAINING),
        ({"renorm": True, "renorm_clipping": {"rmax": 1.1, "rmin": 0.9, "dmax": 0.1}}, SEQUENCES, TRAINING),
        (started("beta", "gamma", "moving_mean", "moving_variance"), ROWS, TRAINING),
        (regularized("beta", "gamma"), ROWS, TRAINING),
    ],
}

NO_SECOND_VALUE = {"BatchNormalization": {"synchronized": "means nothing on one device"}}

FORMS["LayerNormalization"] = [
    (layers.LayerNormalization, (3, 5), {}),
    (lambda: layers.LayerNormalization(axis=[1, 2]), SEQUENCE, {}),
    (lambda: layers.LayerNormalization(axis=1, center=False, epsilon=0.1), SEQUENCE, {}),
    (lambda: layers.LayerNormalization(scale=False), (3, 4, 5), {}),
]
COMPARED_WITH_KERAS["LayerNormalization"] = [
    ({}, ROWS, {}),
    ({"axis": [1, 2], "epsilon": 0.1}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
    ({"axis": 1, "center": False}, SEQUENCES, {}),
    ({"scale": False}, SEQUENCES, TRAINING),
    (started("beta", "gamma"), ROWS, {}),
    (regularized("beta", "gamma"), ROWS, TRAINING),
]
NO_SECOND_VALUE |= {"LayerNormalization": {"rms_scaling": "compared in tests/parity/test_arguments.py"}}
NOT_IN_OUR_CONFIG = {"LayerNormalization": {"rms_scaling": "Keras writes it, and takes it no longer"}}

FORMS["GroupNormalization"] = [
    (lambda: layers.GroupNormalization(2), ROW, {}),
    (lambda: layers.GroupNormalization(3, axis=-1), (2, 3, 2, 6), {}),
    (lambda: layers.GroupNormalization(2, axis=1, epsilon=0.1), SEQUENCE, {}),
    (lambda: layers.GroupNormalization(1, axis=-2, center=False), IMAGE, {}),
    (lambda: layers.GroupNormalization(-1, axis=2, scale=False), IMAGE, {}),
    (lambda: layers.GroupNormalization(1, center=False, scale=False), SEQUENCE, {}),
]
COMPARED_WITH_KERAS["GroupNormalization"] = [
    ({"groups": 2}, ROWS, {}),
    ({"groups": 2, "axis": 1}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
    ({"groups": 1, "axis": -2, "epsilon": 0.1}, IMAGES, TRAINING),
    ({"groups": -1, "axis": 3}, IMAGES, TRAINING),
    ({"groups": -1, "axis": 1, "center": False}, IMAGES, {}),
    ({"groups": 5, "axis": -3, "scale": False}, IMAGES, {}),
    ({"axis": -1}, (2, 3, 64), TRAINING),
    (lambda k: {"groups": 2} | started("beta", "gamma")(k), ROWS, {}),
    (lambda k: {"groups": 2} | regularized("beta", "gamma")(k), ROWS, TRAINING),
]
FORMS["UnitNormalization"] = [
    (layers.UnitNormalization, ROW, {}),
    (lambda: layers.UnitNormalization([1, -1]), SEQUENCE, {}),
    (lambda: layers.UnitNormalization(1), IMAGE, {}),
]
COMPARED_WITH_KERAS["UnitNormalization"] = [
    ({}, ROWS, {}),
    ({"axis": [1, 2]}, SEQUENCES, TRAINING | {"mask": mask_of(SEQUENCES)}),
    ({"axis": 1}, SEQUENCES, {}),
]
FORMS["RMSNormalization"] = [
    (layers.RMSNormalization, ROW, {}),
    (lambda: layers.RMSNormalization([-1, 1], epsilon=0.1), SEQUENCE, {}),
    (lambda: layers.RMSNormalization(1), IMAGE, {}),
]
COMPARED_WITH_KERAS["RMSNormalization"] = [
    ({}, ROWS, {}),
    ({"axis": [1, 2], "epsilon": 0.1}, SEQUENCES, {}),
    ({}, IMAGES, TRAINING),
]


def spectral(make, **arguments):
    """With enough iterations for u and v to be singular vectors: only then is the gradient, which holds them fixed, exact."""
    return lambda: layers.SpectralNormalization(make(), power_iterations=60, **arguments)


FORMS["SpectralNormalization"] = [
    (spectral(lambda: layers.Dense(3, "tanh", activity_regularizer="l2")), ROW, {}),
    (spectral(lambda: layers.Dense(2, use_bias=False), activity_regularizer="l2"), SEQUENCE, {}),
    (spectral(lambda: layers.Conv2D(3, 2)), IMAGE, {"mask": None}),
    (spectral(lambda: layers.Embedding(5, 3, mask_zero=True)), (3, 4), {"inputs": ids}),
]
COMPARED_WITH_KERAS["SpectralNormalization"] = [
    (lambda k: {"layer": k.layers.Dense(3)}, ROWS, TRAINING),
    (lambda k: {"layer": k.layers.Dense(2, "tanh", activity_regularizer="l2"), "power_iterations": 3}, SEQUENCES, TRAINING),
    (lambda k: {"layer": k.layers.Conv2D(3, 2, padding="same"), "power_iterations": 2}, IMAGES, TRAINING),
]
