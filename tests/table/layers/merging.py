"""Layers that merge several inputs."""

from minidl import layers
from tests.table.layers.common import ROW, ROWS, SEQUENCE, SEQUENCES, mask_of

FORMS = {
    "Add": [
        (layers.Add, [ROW, ROW], {}),
        (layers.Add, [SEQUENCE] * 3, {}),
        (layers.Add, [(3, 4, 2), (3, 1, 2), (3, 2)], {}),
    ],
}

COMPARED_WITH_KERAS = {
    "Add": [
        ({}, [ROWS, ROWS], {}),
        ({}, [SEQUENCES, SEQUENCES, SEQUENCES], {"mask": [mask_of(SEQUENCES)] * 3}),
        ({}, [(5, 6, 3), (5, 1, 3)], {}),
        ({}, [(5, 6, 3), (5, 3)], {}),
        ({}, [(5, 1, 3), (5, 6, 1)], {}),
    ],
}

for _name in ("Multiply", "Average", "Maximum", "Minimum"):
    FORMS[_name] = [(getattr(layers, _name), shapes, {}) for _, shapes, _ in FORMS["Add"]]
    COMPARED_WITH_KERAS[_name] = [({}, shapes, call) for _, shapes, call in COMPARED_WITH_KERAS["Add"]]
FORMS["Subtract"] = [(layers.Subtract, shapes, {}) for _, shapes, _ in FORMS["Add"] if len(shapes) == 2]
COMPARED_WITH_KERAS["Subtract"] = [({}, shapes, call) for _, shapes, call in COMPARED_WITH_KERAS["Add"] if len(shapes) == 2]
FORMS["Concatenate"] = [
    (layers.Concatenate, [(3, 4), (3, 2)], {}),
    (lambda: layers.Concatenate(1), [(3, 4, 2), (3, 1, 2), (3, 2, 2)], {"sizes_of_one": False}),
]
COMPARED_WITH_KERAS["Concatenate"] = [
    ({}, [ROWS, ROWS], {}),
    ({"axis": 1}, [SEQUENCES, (5, 2, 3)], {}),
    ({}, [SEQUENCES, SEQUENCES], {"mask": [mask_of(SEQUENCES)] * 2}),
    ({"axis": 1}, [SEQUENCES, SEQUENCES], {"mask": [mask_of(SEQUENCES)] * 2}),
]
FORMS["Dot"] = [
    (lambda: layers.Dot(1), [ROW, ROW], {}),
    (lambda: layers.Dot(-1, normalize=True), [ROW, ROW], {}),
    (lambda: layers.Dot((1, 2)), [(3, 4, 2), (3, 5, 4)], {"sizes_of_one": False}),
    (lambda: layers.Dot((-1, 1), normalize=True), [(3, 5, 4), ROW], {"mask": None}),
    (lambda: layers.Dot((1, 3)), [(2, 4, 3), (2, 3, 2, 4)], {"mask": None}),
]
COMPARED_WITH_KERAS["Dot"] = [
    ({"axes": 1}, [ROWS, ROWS], {}),
    ({"axes": -1}, [ROWS, (5, 6, 4)], {}),
    ({"axes": (1, 2)}, [(5, 4, 3), (5, 6, 4)], {}),
    ({"axes": [2, -1]}, [SEQUENCES, SEQUENCES], {"mask": [mask_of(SEQUENCES)] * 2}),
    ({"axes": (2, 1), "normalize": True}, [(5, 2, 3, 4), (5, 3, 6, 2)], {}),
    ({"axes": 1, "normalize": True}, [ROWS, ROWS], {}),
    ({"axes": (1, 1)}, [ROWS, (5, 4, 2, 3)], {}),
]
