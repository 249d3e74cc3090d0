"""minidl, through `fit`, `predict` and `model(x)`: every convenience counts."""

import importlib.util
from collections.abc import Callable
from typing import Any

from tests.benchmarks.workloads import Workload

IMPORT = "import minidl; minidl.Sequential; minidl.layers.Dense"


def variants(workload: Workload) -> list[str]:
    """Without compiled kernels, the default first; with them, if Numba is installed, "fast"."""
    plain = ["default", "1 thread"] if workload.spinning else ["default"]
    return [*plain, "fast"] if importlib.util.find_spec("numba") else plain


def make(workload: Workload, variant: str, data: dict[str, Any]) -> Callable[[], tuple[int, Any]]:
    """A function that does one round; it returns how much it did, by the optimizer's own count, and the loss or outputs."""
    from minidl.utils import set_compiled, set_threads

    set_compiled(variant == "fast")
    set_threads(1 if variant == "1 thread" else None)
    model = compiled(workload, data["weights"])
    match workload.kind:
        case "predict":
            return lambda: (len(y := model.predict(data["x"])), y)
        case "call":
            return lambda: (len([y := model(data["x"][n : n + 1]) for n in range(workload.rows)]), y)
    return learning(model, workload, data)


def learning(model: Any, workload: Workload, data: dict[str, Any]) -> Callable[[], tuple[int, Any]]:
    """A function that trains for a round."""
    settings = {"batch_size": workload.batch_size, "epochs": workload.epochs, "shuffle": False, "verbose": 0}

    def learn() -> tuple[int, Any]:
        before = int(model.optimizer.iterations)
        history = model.fit(data["x"], data["y"], **settings)
        return int(model.optimizer.iterations) - before, history.history["loss"][-1]

    return learn


def compiled(workload: Workload, weights: list[Any]) -> Any:
    """The model with these weights, ready to learn."""
    from minidl import optimizers

    model = built(workload)
    model.set_weights(weights)
    optimizer = {"adam": optimizers.Adam, "sgd": optimizers.SGD}[workload.optimizer](workload.learning_rate)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def built(workload: Workload) -> Any:
    """The model, with weights yet to be set."""
    from minidl import Input, Model, Sequential, layers

    match workload.model:
        case "convnet":
            return Sequential(
                [
                    Input((28, 28, 1)),
                    layers.Conv2D(32, 3, activation="relu"),
                    layers.MaxPooling2D(2),
                    layers.Conv2D(64, 3, activation="relu"),
                    layers.MaxPooling2D(2),
                    layers.Flatten(),
                    layers.Dropout(0.5),
                    layers.Dense(10, activation="softmax"),
                ]
            )
        case "lstm":
            return Sequential([Input((28, 28)), layers.LSTM(128), layers.Dense(10, activation="softmax")])
        case "gru":
            return Sequential([Input((28, 28)), layers.GRU(128), layers.Dense(10, activation="softmax")])
        case "transformer":
            x = Input((64, 128))
            attended = layers.LayerNormalization(epsilon=1e-5)(layers.Add()([x, layers.MultiHeadAttention(4, 32)(x, x)]))
            inner = layers.Dense(128)(layers.Dense(512, activation="relu")(attended))
            y = layers.LayerNormalization(epsilon=1e-5)(layers.Add()([attended, inner]))
            return Model(x, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling1D()(y)))
    hidden = [layers.Dense(units, activation="relu") for units in workload.sizes[1:-1]]
    return Sequential([Input(workload.sizes[:1]), *hidden, layers.Dense(workload.sizes[-1], activation="softmax")])
