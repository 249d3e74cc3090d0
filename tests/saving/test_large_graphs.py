"""Graphs of large tensors and of many layers are saved, copied and loaded soon; a malicious one raises an error."""

import copy
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, load_model, models, ops
from minidl.graph.bounds import largest_result
from minidl.saving.checkpoint import load_state, save_state

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


def chain(count: int) -> Model:
    return Sequential([Input((3,)), *(layers.Dense(3) for _ in range(count))])


def chain_of_one_name(count: int) -> Model:
    class Same(layers.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.inner = [layers.Dense(3, name="inner") for _ in range(count)]

        def call(self, x: Any) -> Any:
            for layer in self.inner:
                x = layer(x)
            return x

    return Sequential([Input((3,)), Same()])


def graph(count: int) -> Model:
    x = h = Input((3,))
    for _ in range(count // 2):
        h = layers.Average()([h, layers.Dense(3, "tanh")(h)])
    return Model(x, h)


def nested(count: int) -> Model:
    return Sequential([Input((3,)), *(Sequential([layers.Dense(3), layers.Dropout(0.1)]) for _ in range(count // 2))])


def operations(count: int) -> Model:
    x = h = Input((3,))
    for _ in range(count // 2):
        h = ops.relu(h * 0.5)
    return Model(x, h)


def calls(work: Callable[[], Any]) -> int:
    """How many functions it calls, those written in C included."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


MANY: dict[str, Callable[[int], Model]] = {
    "chain": chain,
    "one name": chain_of_one_name,
    "graph": graph,
    "nested": nested,
    "operations": operations,
}


def work_on(model: Model, folder: Path) -> dict[str, Callable[[], Any]]:
    """What is done with a model, in this order."""
    whole, weights, keras, h5, state = (
        folder / name for name in ("a.safetensors", "b.safetensors", "c.keras", "d.weights.h5", "e.safetensors")
    )
    work: dict[str, Callable[[], Any]] = {
        "save": lambda: model.save(whole),
        "save_weights": lambda: model.save_weights(weights),
        "load_weights": lambda: model.load_weights(weights),
        "skip_mismatch": lambda: model.load_weights(weights, skip_mismatch=True),
        "save_state": lambda: save_state(model, state, {"epoch": 1}),
        "load_state": lambda: load_state(model, state),
        "copy": lambda: copy.deepcopy(model),
    }
    more: dict[str, Callable[[], Any]] = {
        "load_model": lambda: load_model(whole),
        "save .keras": lambda: model.save(keras),
        "load .keras": lambda: load_model(keras),
        "save .weights.h5": lambda: model.save_weights(h5),
        "load .weights.h5": lambda: model.load_weights(h5),
        "from_json": lambda: models.model_from_json(model.to_json()),
        "pickle": lambda: pickle.loads(pickle.dumps(model)),
        "clone": lambda: models.clone_model(model),
    }
    return work if type(model.layers[0]).__name__ == "Same" else work | more  # whose class is not registered


@pytest.mark.parametrize("kind", MANY)
def test_four_times_as_many_layers_take_four_times_as_many_calls(kind: str, tmp_path: Path) -> None:
    found: list[dict[str, int]] = []
    for count in (60, 240):
        model = MANY[kind](count)
        model.compile("sgd", "mse")
        found.append({name: calls(work) for name, work in work_on(model, tmp_path).items()})
    few, many = found
    assert {name: many[name] / few[name] for name in few if many[name] > 4.4 * few[name]} == {}


@pytest.mark.parametrize("kind", ["graph", "operations"])
def test_a_deep_graph_is_copied(kind: str) -> None:
    """Pickle calls itself for an object that another one holds: not for every layer, as Python allows 1,000 calls."""
    model = MANY[kind](1000)
    inner = Input((3,))
    for one in (model, Model(inner, model(inner)), Sequential([model])):
        for copied in (copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
            np.testing.assert_array_equal(copied.predict(np.ones((2, 3)), verbose=0), one.predict(np.ones((2, 3)), verbose=0))
