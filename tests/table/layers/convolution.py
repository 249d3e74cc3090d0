"""Convolutional layers."""

from minidl import layers
from tests.table.layers.common import TRAINING, regularized, started

STEPS, PIXELS, VOXELS = (2, 7, 3), (2, 5, 6, 2), (2, 4, 3, 4, 2)
LAST = {1: STEPS, 2: PIXELS, 3: VOXELS}
FIRST = {1: (2, 3, 7), 2: (2, 2, 5, 6), 3: (2, 2, 4, 3, 4)}
GEOMETRIES = [
    {"kernel_size": 3},
    {"kernel_size": 2, "padding": "same"},
    {"kernel_size": 1, "strides": 3},  # strides larger than the kernel: some inputs are never seen
    {"kernel_size": 3, "strides": 2, "padding": "same"},
    {"kernel_size": 2, "dilation_rate": 2},
    {"kernel_size": 3, "dilation_rate": 2, "padding": "same"},
]
COMMON = {"activation": "tanh"}


def forms(name, rank, *further, filters=True, causal=False):
    """The geometries, channels first, and what a class has besides."""
    given = {"filters": 4} if filters else {}
    rows = [*GEOMETRIES, {"kernel_size": 2, "use_bias": False, "activation": "softmax"}, *further]
    rows += (
        [{"kernel_size": 3, "padding": "causal"}, {"kernel_size": 2, "padding": "causal", "dilation_rate": 2}] if causal else []
    )
    rows = [given | COMMON | row for row in rows if rank < 3 or row.get("dilation_rate", 1) == 1]
    made = [(lambda row=row: getattr(layers, name)(**row), LAST[rank], {}) for row in rows]
    first = given | {"kernel_size": 2, "strides": 2, "data_format": "channels_first"}
    return [*made, (lambda: getattr(layers, name)(**first), FIRST[rank], {})]


FORMS = {
    **{
        f"Conv{rank}D": forms(f"Conv{rank}D", rank, *([{"kernel_size": 2, "groups": 2}] if rank > 1 else []), causal=rank == 1)
        for rank in (1, 2, 3)
    },
    **{
        f"Conv{rank}DTranspose": forms(
            f"Conv{rank}DTranspose",
            rank,
            {"kernel_size": 3, "strides": 2, "output_padding": 1},
            {"kernel_size": 3, "strides": 2, "output_padding": 1, "padding": "same"},
        )
        for rank in (1, 2, 3)
    },
    **{
        f"DepthwiseConv{rank}D": forms(f"DepthwiseConv{rank}D", rank, {"kernel_size": 2, "depth_multiplier": 2}, filters=False)
        for rank in (1, 2)
    },
    **{
        f"SeparableConv{rank}D": forms(
            f"SeparableConv{rank}D", rank, {"kernel_size": 2, "depth_multiplier": 2}, causal=rank == 1
        )
        for rank in (1, 2)
    },
}


def rows(rank, *further, filters=True, weights=("kernel", "bias")):
    """Each common argument with two values; channels first runs in Keras too."""
    given = {"filters": 4} if filters else {}
    plain = [
        {"kernel_size": 3},
        {"kernel_size": (2, 3, 1)[:rank], "strides": 2, "padding": "same", "activation": "relu"},
        {"kernel_size": 2, "dilation_rate": 2, "use_bias": False},
        {"kernel_size": 1, "strides": 3},
        *further,
    ]
    return [
        *((given | row, LAST[rank], {}) for row in plain),
        (given | {"kernel_size": 2, "data_format": "channels_first"}, FIRST[rank], {}),
        (lambda k: given | {"kernel_size": 2} | regularized(*weights)(k), LAST[rank], TRAINING),
        (lambda k: given | {"kernel_size": 2} | started(*weights)(k), LAST[rank], {}),
    ]


MORE = {"filters": 2, "kernel_size": 2}
COMPARED_WITH_KERAS = {
    "Conv1D": [
        *rows(1, MORE, {"kernel_size": 3, "padding": "causal", "dilation_rate": 2}),
        ({"filters": 4, "kernel_size": 2, "groups": 2}, (2, 7, 4), {}),
    ],
    "Conv2D": rows(2, MORE, {"kernel_size": 2, "groups": 2}, {"kernel_size": 2, "strides": (2, 1)}),
    "Conv3D": rows(3, MORE, {"kernel_size": 2, "groups": 2, "padding": "same"}),
    "Conv1DTranspose": rows(1, MORE, {"kernel_size": 3, "strides": 2, "output_padding": 1, "padding": "same"}),
    "Conv2DTranspose": rows(
        2, MORE, {"kernel_size": (3, 2), "strides": (2, 3), "output_padding": (1, 0)}, {"kernel_size": 4, "strides": 2}
    ),
    "Conv3DTranspose": rows(3, MORE, {"kernel_size": 3, "strides": 2, "output_padding": 1, "padding": "same"}),
    "DepthwiseConv1D": rows(1, {"kernel_size": 3, "depth_multiplier": 2}, filters=False, weights=("depthwise", "bias")),
    "DepthwiseConv2D": rows(2, {"kernel_size": 3, "depth_multiplier": 2}, filters=False, weights=("depthwise", "bias")),
    "SeparableConv1D": rows(1, MORE, {"kernel_size": 3, "depth_multiplier": 2}, weights=("depthwise", "pointwise", "bias")),
    "SeparableConv2D": rows(2, MORE, {"kernel_size": 3, "depth_multiplier": 2}, weights=("depthwise", "pointwise", "bias")),
}
NO_SECOND_VALUE: dict[str, dict[str, str]] = {}
