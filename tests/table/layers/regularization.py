"""Dropout, noise, penalties."""

from minidl import layers
from tests.table.layers.common import IMAGES, ROW, ROWS, SEQUENCE, SEQUENCES, TRAINING, mask_of

VOLUMES = (3, 2, 4, 3, 2)

FORMS = {
    "ActivityRegularization": [
        (lambda: layers.ActivityRegularization(0.1, 0.2), ROW, {}),
        (lambda: layers.ActivityRegularization(l2=0.2), SEQUENCE, {}),
    ],
    "Dropout": [
        (lambda: layers.Dropout(0.4), (6, 5), {}),
        (lambda: layers.Dropout(0.4, noise_shape=(None, 1, 2), seed=3), (6, 4, 2), {}),
        (lambda: layers.Dropout(0.0), ROW, {}),
    ],
}

COMPARED_WITH_KERAS = {
    "ActivityRegularization": [
        ({"l1": 0.1}, ROWS, TRAINING),
        ({"l2": 0.2}, ROWS, TRAINING),
        ({"l1": 0.1, "l2": 0.3}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
    ],
    "Dropout": [({"rate": 0.4}, ROWS, {}), ({"rate": 0.0, "noise_shape": (5, 1), "seed": 1}, ROWS, TRAINING)],
}

FORMS |= {
    "GaussianNoise": [(lambda: layers.GaussianNoise(0.3), (6, 5), {}), (lambda: layers.GaussianNoise(0.0, seed=1), ROW, {})],
    "GaussianDropout": [(lambda: layers.GaussianDropout(0.3), (6, 5), {}), (lambda: layers.GaussianDropout(0.0), ROW, {})],
}
COMPARED_WITH_KERAS |= {
    "GaussianNoise": [({"stddev": 0.3}, ROWS, {}), ({"stddev": 0.0, "seed": 1}, ROWS, TRAINING)],
    "GaussianDropout": [({"rate": 0.3}, ROWS, {}), ({"rate": 0.0, "seed": 1}, ROWS, TRAINING)],
}

FORMS |= {
    "AlphaDropout": [
        (lambda: layers.AlphaDropout(0.3), (6, 5), {}),
        (lambda: layers.AlphaDropout(0.4, noise_shape=(None, 1, 2), seed=3), (6, 4, 2), {}),
        (lambda: layers.AlphaDropout(0.0), ROW, {}),
    ],
    "SpatialDropout1D": [
        (lambda: layers.SpatialDropout1D(0.4), (3, 4, 5), {}),
        (lambda: layers.SpatialDropout1D(0.0, seed=1), SEQUENCE, {}),
    ],
    "SpatialDropout2D": [
        (lambda: layers.SpatialDropout2D(0.4), (2, 3, 2, 5), {}),
        (lambda: layers.SpatialDropout2D(0.4, "channels_first", seed=1), (2, 5, 3, 2), {}),
    ],
    "SpatialDropout3D": [
        (lambda: layers.SpatialDropout3D(0.4), (2, 3, 1, 2, 5), {}),
        (lambda: layers.SpatialDropout3D(0.4, "channels_first", seed=1), (2, 5, 3, 2, 1), {}),
    ],
}
# The libraries draw other numbers: inference, and training where nothing or everything is dropped.
COMPARED_WITH_KERAS |= {
    "AlphaDropout": [
        ({"rate": 0.4}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"rate": 0.0, "noise_shape": (5, 1), "seed": 1}, ROWS, TRAINING),
    ],
    "SpatialDropout1D": [
        ({"rate": 0.4}, SEQUENCES, {"mask": mask_of(SEQUENCES)}),
        ({"rate": 0.0, "seed": 1}, SEQUENCES, TRAINING),
        ({"rate": 1.0}, SEQUENCES, TRAINING),
    ],
    "SpatialDropout2D": [
        ({"rate": 0.4}, IMAGES, {}),
        ({"rate": 0.0, "seed": 1, "data_format": "channels_first"}, IMAGES, TRAINING),
        ({"rate": 1.0}, IMAGES, TRAINING),
    ],
    "SpatialDropout3D": [
        ({"rate": 0.4}, VOLUMES, {}),
        ({"rate": 0.0, "seed": 1, "data_format": "channels_first"}, VOLUMES, TRAINING),
        ({"rate": 1.0}, VOLUMES, TRAINING),
    ],
}
COMPARED_WITH_KERAS["Dropout"].append(({"rate": 1.0}, ROWS, TRAINING))
