"""Dropout, noise, penalties."""

from minidl import layers
from tests.families.common import ROW, ROWS, SEQUENCE, SEQUENCES, TRAINING, mask_of

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

BESIDE_KERAS = {
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
BESIDE_KERAS |= {
    "GaussianNoise": [({"stddev": 0.3}, ROWS, {}), ({"stddev": 0.0, "seed": 1}, ROWS, TRAINING)],
    "GaussianDropout": [({"rate": 0.3}, ROWS, {}), ({"rate": 0.0, "seed": 1}, ROWS, TRAINING)],
}
