"""Keras on JAX: `fit` with its compiler on, the loss from logits, verbose off."""

from collections.abc import Callable
from typing import Any

from tests.benchmarks.workloads import Workload


def variants(workload: Workload) -> list[str]:
    return ["jit"]


def make(workload: Workload, variant: str, data: dict[str, Any]) -> Callable[[], tuple[int, Any]]:
    """A function that does one round and returns the steps done, by the optimizer's own count, and the mean loss."""
    import keras

    model = built(workload)
    model.set_weights(data["weights"])
    made = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[workload.optimizer](workload.learning_rate)
    model.compile(made, keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=True)
    settings = {"batch_size": workload.batch_size, "epochs": workload.epochs, "shuffle": False, "verbose": 0}

    def learn() -> tuple[int, Any]:
        before = int(made.iterations)
        history = model.fit(data["x"], data["y"], **settings)
        return int(made.iterations) - before, history.history["loss"][-1]

    return learn


def built(workload: Workload) -> Any:
    """The model that ends at the logits, with weights yet to be set."""
    from keras import Input, Sequential
    from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D

    match workload.model:
        case "convnet":
            return Sequential(
                [
                    Input((28, 28, 1)),
                    Conv2D(32, 3, activation="relu"),
                    MaxPooling2D(2),
                    Conv2D(64, 3, activation="relu"),
                    MaxPooling2D(2),
                    Flatten(),
                    Dropout(0.5),
                    Dense(10),
                ]
            )
    hidden = [Dense(units, activation="relu") for units in workload.sizes[1:-1]]
    return Sequential([Input(workload.sizes[:1]), *hidden, Dense(workload.sizes[-1])])
