"""Models are freed when their last reference goes, without the garbage collector, and memory does not grow."""

import copy
import gc
import pickle
import resource
import sys
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minidl import Input, Model, Sequential, callbacks, layers, load_model, models, ops
from minidl.layers.traversal import with_sublayers
from tests.plugin import PROFILE

TIMES = (
    {"predictions": 100_000, "epochs": 200, "models": 1000}
    if PROFILE == "thorough"
    else {"predictions": 300, "epochs": 10, "models": 20}
)
X, Y = np.ones((8, 4), "float32"), np.ones((8, 1), "float32")


def sequential() -> Model:
    return Sequential([Input((4,)), layers.Dense(3), layers.Dropout(0.1), Sequential([layers.Dense(1)])])


def functional() -> Model:
    x = Input((4,))
    shared = layers.Dense(4)
    inner = Model(start := Input((4,)), layers.Dense(4, "relu")(start))
    return Model(x, layers.Dense(1)(inner(shared(shared(x))) + 2.0 * x))


def several_outputs() -> Model:
    x = Input((4,))
    steps = layers.Reshape((2, 2))(x)
    y, _, cell = layers.LSTM(3, return_state=True)(steps)  # one output is used by nothing
    return Model(x, layers.Dense(1)(layers.Concatenate()([y, cell])))


class Code(Model):
    def __init__(self) -> None:
        super().__init__()
        self.second, self.first = functional(), layers.Dense(4)

    def call(self, x: Any) -> Any:
        return ops.sum(self.second(self.first(x)), axis=-1, keepdims=True)


class Passes(Model):
    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(1)

    def build(self, input_shape: Any) -> None:
        self.dense.build(input_shape)

    def forward(self, x: Any, training: bool = False) -> Any:
        return self.dense._forward(x, None, training)[:2]

    def backward(self, dy: Any, cache: Any) -> Any:
        return self.dense._backward(dy, cache)


class OwnLoss(Model):
    def compute_loss(self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None) -> Any:
        return ops.mean((y - y_pred) ** 2)


def own_loss() -> Model:
    return OwnLoss(x := Input((4,)), layers.Dense(1)(x))


def penalized() -> Model:
    return Model(x := Input((4,)), layers.Dense(1)(x), activity_regularizer="l2")


class Counted(layers.Layer):
    """A layer that counts its outputs as losses, and its inner layer's."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = layers.Dense(1, activity_regularizer="l1")

    def call(self, x: Any) -> Any:
        self.add_loss(ops.sum(x))
        return self.dense(x)


MODELS: dict[str, Callable[[], Model]] = {
    "sequential": sequential,
    "functional": functional,
    "several outputs": several_outputs,
    "code": Code,
    "passes": Passes,
    "own loss": own_loss,
    "penalized": penalized,
}


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def listeners(folder: Path) -> list[callbacks.Callback]:
    return [
        callbacks.EarlyStopping("loss", restore_best_weights=True),
        callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
        callbacks.BackupAndRestore(folder / "backup"),
        callbacks.CSVLogger(folder / "log.csv"),
    ]


def uses(model: Model, folder: Path) -> dict[str, Callable[[], Any]]:
    path = folder / "net.safetensors"
    found: dict[str, Callable[[], Any]] = {
        "summary": lambda: model.summary(print_fn=lambda line: None),
        "fit": lambda: model.fit(X, Y, verbose=0, validation_split=0.5),
        "callbacks": lambda: model.fit(X, Y, epochs=2, verbose=0, callbacks=listeners(folder)),
        "call": lambda: model(X),
        "evaluate": lambda: model.evaluate(X, Y, verbose=0),
        "gradients": lambda: model.gradients(X, Y),
        "save": lambda: model.save(path),
        "deepcopy": lambda: copy.deepcopy(model),
        "pickle": lambda: pickle.loads(pickle.dumps(model)).predict(X, verbose=0),
    }
    if not isinstance(model, (Code, Passes, OwnLoss)):
        found |= {
            "load": lambda: (model.save(path), load_model(path)),
            "clone": lambda: models.clone_model(model),
            "outputs": lambda: model.outputs,
        }
    return found


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("kind", MODELS)
def test_a_model_and_its_layers_are_freed_without_the_garbage_collector(kind: str, tmp_path: Path) -> None:
    names = list(uses(MODELS[kind](), tmp_path))
    for name in names:
        model = MODELS[kind]()
        model.compile("adam", "mse")
        model.predict(X, verbose=0)
        uses(model, tmp_path)[name]()
        alive = [weakref.ref(layer) for layer in with_sublayers(model)]
        del model
        assert not [one() for one in alive if one() is not None], name


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize(
    "make", [Counted, lambda: layers.Lambda(lambda x: 2 * x), lambda: layers.Dense(2, activity_regularizer="l2")]
)
def test_a_layer_that_was_called_is_freed_without_the_garbage_collector(make: Callable[[], layers.Layer]) -> None:
    layer = make()
    layer(X)
    alive = [weakref.ref(one) for one in with_sublayers(layer)]
    del layer
    assert not [one() for one in alive if one() is not None]


def test_losses_of_a_direct_call_are_those_of_the_last_one() -> None:
    layer = Counted()
    for factor in (1, 2):
        layer(factor * X)
        assert layer.losses[0] == factor * 32
    assert len(layer.losses) == len(layer.dense.losses) + 1 == 2


def test_an_output_that_nothing_uses_is_made_again() -> None:
    model = several_outputs()
    lstm = next(layer for layer in model.layers if isinstance(layer, layers.LSTM))
    outputs = lstm.output
    assert [tensor.shape for tensor in outputs] == [(None, 3)] * 3
    assert outputs[1] is lstm.output[1]
    inner = Model(model.inputs, outputs[1])  # the state that the model itself does not use
    np.testing.assert_array_equal(inner(X), Model(model.inputs, list(outputs))(X)[1])


def peak() -> float:
    """The largest memory of the process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def grown(work: Callable[[], Any], times: int) -> float:
    for _ in range(min(times, 20)):
        work()
    before = peak()
    for _ in range(times):
        work()
    return peak() - before


@pytest.mark.parametrize("kind", MODELS)
def test_memory_is_flat_over_predictions(kind: str) -> None:
    model = MODELS[kind]()
    assert grown(lambda: model.predict(X, verbose=0), TIMES["predictions"] // len(MODELS)) < 8


def test_memory_is_flat_over_epochs() -> None:
    model = functional()
    model.compile("adam", "mse", metrics=["mae"])
    x, y = np.ones((2000, 4), "float32"), np.ones((2000, 1), "float32")
    assert grown(lambda: model.fit(x, y, batch_size=50, verbose=0), TIMES["epochs"]) < 8


@pytest.mark.usefixtures("_no_collector")
@pytest.mark.parametrize("size", [500])
def test_memory_is_flat_over_models_made_and_dropped(size: int) -> None:
    def make() -> None:
        x = Input((size,))
        model = Model(x, layers.Dense(1)(layers.Dense(size)(x) + x))  # 1 MB of weights, 4 MB with gradients and moments
        model.compile("adam", "mse")
        model.fit(np.ones((2, size), "float32"), np.ones((2, 1), "float32"), verbose=0)

    assert grown(make, TIMES["models"]) < 24
