"""Keras on JAX: `fit` and `predict` compiled by XLA; trained from logits, which is cheaper than from probabilities."""

from collections.abc import Callable
from typing import Any

from tests.benchmarks.workloads import Workload

IMPORT = "import keras; keras.Sequential; keras.layers.Dense"


def variants(workload: Workload) -> list[str]:
    match workload.kind:
        case "predict":
            return ["batches of 256", "batches of 2500"]
        case "call":
            return ["model(x)", "predict_on_batch"]
    return ["fit"]


def make(workload: Workload, variant: str, data: dict[str, Any]) -> Callable[[], tuple[int, Any]]:
    """A function that does one round; it returns how much it did, by the optimizer's own count, and the loss or outputs."""
    import numpy as np

    model = built(workload, "softmax" if workload.kind in ("predict", "call") else None)
    model.set_weights(data["weights"])
    match workload.kind:
        case "predict":
            rows = int(variant.split()[-1])
            return lambda: (len(y := model.predict(data["x"], batch_size=rows, verbose=0)), y)
        case "call":
            run = model if variant == "model(x)" else model.predict_on_batch
            return lambda: (len([y := np.asarray(run(data["x"][n : n + 1])) for n in range(workload.rows)]), y)
    return learning(model, workload, data)


def learning(model: Any, workload: Workload, data: dict[str, Any]) -> Callable[[], tuple[int, Any]]:
    """A function that trains for a round."""
    import keras

    optimizer = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[workload.optimizer](workload.learning_rate)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=True)
    settings = {"batch_size": workload.batch_size, "epochs": workload.epochs, "shuffle": False, "verbose": 0}

    def learn() -> tuple[int, Any]:
        before = int(optimizer.iterations)
        history = model.fit(data["x"], data["y"], **settings)
        return int(optimizer.iterations) - before, history.history["loss"][-1]

    return learn


def built(workload: Workload, last: str | None) -> Any:
    """The model that ends in the activation `last`, with weights yet to be set."""
    from keras import Input, Model, Sequential, layers

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
                    layers.Dense(10, activation=last),
                ]
            )
        case "lstm":
            return Sequential([Input((28, 28)), layers.LSTM(128), layers.Dense(10, activation=last)])
        case "gru":
            return Sequential([Input((28, 28)), layers.GRU(128), layers.Dense(10, activation=last)])
        case "transformer":
            x = Input((64, 128))
            attended = layers.LayerNormalization(epsilon=1e-5)(layers.Add()([x, layers.MultiHeadAttention(4, 32)(x, x)]))
            inner = layers.Dense(128)(layers.Dense(512, activation="relu")(attended))
            y = layers.LayerNormalization(epsilon=1e-5)(layers.Add()([attended, inner]))
            return Model(x, layers.Dense(10, activation=last)(layers.GlobalAveragePooling1D()(y)))
    hidden = [layers.Dense(units, activation="relu") for units in workload.sizes[1:-1]]
    return Sequential([Input(workload.sizes[:1]), *hidden, layers.Dense(workload.sizes[-1], activation=last)])
