"""Layers of several inputs."""

from minidl import layers
from tests.families.common import ROW, ROWS, SEQUENCE, SEQUENCES, mask_of

FORMS = {
    "Add": [
        (layers.Add, [ROW, ROW], {}),
        (layers.Add, [SEQUENCE] * 3, {}),
        (layers.Add, [(3, 4, 2), (3, 1, 2), (3, 2)], {}),
    ],
}

BESIDE_KERAS = {
    "Add": [
        ({}, [ROWS, ROWS], {}),
        ({}, [SEQUENCES, SEQUENCES, SEQUENCES], {"mask": [mask_of(SEQUENCES)] * 3}),
        ({}, [(5, 6, 3), (5, 1, 3)], {}),
        ({}, [(5, 6, 3), (5, 3)], {}),
        ({}, [(5, 1, 3), (5, 6, 1)], {}),
    ],
}
