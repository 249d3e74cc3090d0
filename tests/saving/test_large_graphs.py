"""A valid graph of large tensors is loaded, soon and without computing its outputs; a malicious one raises an error."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minidl import Input, Model, load_model, ops
from minidl.graph.bounds import largest_result

NUMBERS = np.random.default_rng(0)


def drawn(*shape: int) -> Any:
    return NUMBERS.normal(size=shape).astype("float32")


def many_steps(x: Any) -> Any:
    for _ in range(30):
        x = ops.relu(x * 2.0 + 1.0)
    return ops.mean(x, axis=(1, 2))


def bilinear(x: Any) -> Any:
    return ops.einsum("bij,bkj->bik", x, x)


IMAGE = (224, 224, 64)
GRAPHS: dict[str, tuple[tuple[int, ...], Callable[[Any], Any]]] = {
    "30 steps of images": (IMAGE, many_steps),
    "einsum": ((512, 512), bilinear),
    "einsum with a constant": ((300, 700), lambda x: ops.einsum("bij,jk->bik", x, drawn(700, 90))),
    "matmul": ((512, 512), lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1)))),
    "tensordot": ((200, 300), lambda x: ops.tensordot(x, drawn(300, 40), axes=1)),
    "conv": ((256, 256, 32), lambda x: ops.conv(x, drawn(3, 3, 32, 64), 2, "same")),
    "conv of the first axis": ((32, 256, 256), lambda x: ops.conv(x, drawn(3, 3, 32, 8), data_format="channels_first")),
    "depthwise_conv": ((256, 256, 32), lambda x: ops.depthwise_conv(x, drawn(3, 3, 32, 2))),
    "separable_conv": ((64, 64, 16), lambda x: ops.separable_conv(x, drawn(3, 3, 16, 1), drawn(1, 1, 16, 32))),
    "conv_transpose": ((32, 32, 32), lambda x: ops.conv_transpose(x, drawn(3, 3, 16, 32), 2, "same")),
    "pooling": ((512, 512, 64), lambda x: ops.max_pool(ops.average_pool(x, 2), 3, 2, "same")),
    "attention": ((256, 8, 32), lambda x: ops.dot_product_attention(x, x, x)),
    "pad": ((224, 224, 3), lambda x: ops.pad(x, ((0, 0), (3, 3), (3, 3), (0, 0)))),
    "resize": ((224, 224, 3), lambda x: ops.image.resize(x, (448, 448))),
    "concatenate": ((112, 112, 64), lambda x: ops.concatenate([x, x], axis=-1)),
    "patches": ((224, 224, 3), lambda x: ops.image.extract_patches(x, 16)),
    "take": ((128,), lambda x: ops.take(drawn(5000, 64), ops.cast(x, "int32"), axis=0)),
    "stft": ((16_000,), lambda x: ops.stft(x, 512, 128, 512)[0]),
}


@pytest.mark.parametrize("kind", GRAPHS)
def test_a_large_valid_graph_is_loaded_soon(kind: str, tmp_path: Path) -> None:
    shape, make = GRAPHS[kind]
    x = Input(shape)
    model = Model(x, make(x))
    model.save(tmp_path / "net.safetensors")
    start = time.process_time()
    assert load_model(tmp_path / "net.safetensors").output_shape == model.output_shape
    assert time.process_time() - start < 2


@pytest.mark.parametrize("kind", GRAPHS)
def test_shapes_found_without_running_are_those_of_the_results(kind: str) -> None:
    shape, make = GRAPHS[kind]
    if kind in ("30 steps of images", "pooling", "conv", "depthwise_conv"):
        shape = (40, 40, shape[-1])
    start = Input(shape)
    model = Model(start, make(start))
    rows = np.zeros((1, *shape), "float32")
    assert model(rows).shape == (1, *model.output_shape[1:])


@pytest.mark.parametrize(
    ("function", "shapes", "options"),
    [
        ("pad", [(3, 4)], {"pad_width": ((0, 0), (0, 10**9))}),
        ("image.resize", [(1, 2, 2, 3)], {"size": (10**5, 10**5)}),
        ("conv_transpose", [(1, 4, 1), (2, 1, 1)], {"strides": 10**9, "dilation_rate": 1, "output_padding": None}),
        ("conv_transpose", [(1, 4, 1), (2, 1, 1)], {"strides": 1, "dilation_rate": 10**9, "output_padding": None}),
        ("image.extract_patches", [(1, 9, 9, 1)], {"size": 10**5, "strides": 1}),
        ("stft", [(1, 100)], {"sequence_length": 9, "sequence_stride": 1, "fft_length": 10**9}),
        ("einsum", [(10**5,), (10**5,)], {"subscripts": "i,j->ij"}),
        ("dot_product_attention", [(1, 10**5, 1, 1), (1, 10**5, 1, 1), (1, 10**5, 1, 1)], {}),
        ("take", [(10**4, 10**4), (10**4,)], {"axis": 0}),
    ],
)
def test_the_bound_of_a_large_result_is_large(function: str, shapes: list[Any], options: dict[str, Any]) -> None:
    assert largest_result(function, shapes, options) >= 10**8
