"""Pooling and global pooling layers."""

import numpy as np

from minidl import layers
from tests.table.layers.common import mask_of, steps

LAST = {1: (2, 7, 3), 2: (2, 5, 6, 2), 3: (2, 4, 3, 5, 2)}
FIRST = {1: (2, 3, 7), 2: (2, 2, 5, 6), 3: (2, 2, 4, 3, 5)}


def apart(generator, shape):
    """Numbers of which no two are near each other, so that the largest is sure."""
    return generator.permutation(int(np.prod(shape))).reshape(shape) / 10.0 + 0.05


ARGUMENTS = [
    {},
    {"pool_size": 3, "strides": 2},
    {"pool_size": 2, "strides": 3, "padding": "same"},
    {"pool_size": 3, "strides": 1, "padding": "same"},
    {"pool_size": 1, "strides": 2},
]


def windows(name, rank):
    given = [(lambda row=row: getattr(layers, name)(**row), LAST[rank], {"inputs": apart}) for row in ARGUMENTS]
    return [*given, (lambda: getattr(layers, name)(2, data_format="channels_first"), FIRST[rank], {"inputs": apart})]


def whole(name, rank):
    return [
        (getattr(layers, name), LAST[rank], {"inputs": apart}),
        (lambda: getattr(layers, name)("channels_first", keepdims=True), FIRST[rank], {"inputs": apart, "mask": None}),
    ]


def window_rows(rank):
    rows = [(row | {"pool_size": row.get("pool_size", 2)}, LAST[rank], {}) for row in ARGUMENTS]
    return [*rows, ({"pool_size": (2, 1, 2)[:rank], "data_format": "channels_first"}, FIRST[rank], {})]


def whole_rows(rank):
    return [({}, LAST[rank], {}), ({"data_format": "channels_first", "keepdims": True}, FIRST[rank], {})]


KINDS = ("Max", "Average")
FORMS = {f"{kind}Pooling{r}D": windows(f"{kind}Pooling{r}D", r) for kind in KINDS for r in (1, 2, 3)} | {
    f"Global{kind}Pooling{r}D": whole(f"Global{kind}Pooling{r}D", r) for kind in KINDS for r in (1, 2, 3)
}
ADAPTIVE = [f"Adaptive{kind}Pooling{rank}D" for kind in KINDS for rank in (1, 2, 3)]


def adaptive(name):
    rank, make = int(name[-2]), getattr(layers, name)
    return [
        (lambda: make((2, 3, 1)[:rank]), LAST[rank], {"inputs": apart}),
        (lambda: make(2, data_format="channels_first"), FIRST[rank], {"inputs": apart}),
    ]


def adaptive_rows(rank):
    many = (4, 3, 2)[:rank]  # Keras's layers take one integer alone, or as many as axes
    return [({"output_size": many}, LAST[rank], {}), ({"output_size": 2, "data_format": "channels_first"}, FIRST[rank], {})]


FORMS |= {name: adaptive(name) for name in ADAPTIVE}
FORMS["GlobalAveragePooling1D"].append((layers.GlobalAveragePooling1D, LAST[1], {"mask": steps}))
COMPARED_WITH_KERAS = {f"{kind}Pooling{r}D": window_rows(r) for kind in KINDS for r in (1, 2, 3)} | {
    f"Global{kind}Pooling{r}D": whole_rows(r) for kind in KINDS for r in (1, 2, 3)
}
COMPARED_WITH_KERAS |= {name: adaptive_rows(int(name[-2])) for name in ADAPTIVE}
COMPARED_WITH_KERAS["GlobalAveragePooling1D"].append(({}, (2, 7, 3), {"mask": mask_of((2, 7, 3))}))
