"""Layers that change the shape."""

from minidl import layers
from tests.table.layers.common import IMAGE, IMAGES, ROW, ROWS, SEQUENCE

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

COMPARED_WITH_KERAS = {
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

FIRST = {1: (2, 3, 4), 2: (2, 2, 3, 4), 3: (2, 2, 3, 4, 3)}
LAST = {1: (2, 4, 3), 2: (2, 3, 4, 2), 3: (2, 3, 4, 3, 2)}
PAIRS = {1: (1, 0), 2: ((1, 0), (0, 2)), 3: ((1, 0), (0, 2), (1, 1))}
SPACES = {f"{kind}{r}D": (word, r) for kind, word in (("ZeroPadding", "padding"), ("Cropping", "cropping")) for r in (1, 2, 3)}
COMPARED_WITH_KERAS |= {
    name: [
        ({}, LAST[r], {}),
        ({word: PAIRS[r]}, LAST[r], {}),
        ({word: (0, 1, 0)[:r] if r > 1 else 0}, LAST[r], {}),
        *([] if name == "Cropping1D" else [({word: 1, "data_format": "channels_first"}, FIRST[r], {})]),
    ]
    for name, (word, r) in SPACES.items()
} | {
    "UpSampling1D": [({}, LAST[1], {}), ({"size": 3}, LAST[1], {})],
    "UpSampling2D": [
        ({}, LAST[2], {}),
        ({"size": (3, 1), "data_format": "channels_first"}, FIRST[2], {}),
        *(({"size": (2, 3), "interpolation": name}, LAST[2], {}) for name in ("bilinear", "bicubic", "lanczos3", "lanczos5")),
    ],
    "UpSampling3D": [({}, LAST[3], {}), ({"size": (1, 2, 3), "data_format": "channels_first"}, FIRST[3], {})],
}
FORMS |= {
    name: [
        (lambda name=name, row=row: getattr(layers, name)(**row[0]), row[1], {"sizes_of_one": "Cropping" not in name})
        for row in COMPARED_WITH_KERAS[name]
    ]
    for name in COMPARED_WITH_KERAS
    if name not in FORMS
}
