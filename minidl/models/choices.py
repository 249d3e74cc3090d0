"""What `fit` chooses when a model was never compiled: loss and metrics, from the last activation and the targets."""

from typing import Any, NamedTuple

import numpy as np

from minidl.config.types import Shape


class Choice(NamedTuple):
    """Compile settings, and the reason for them in words."""

    loss: str
    metrics: list[str]
    reason: str

    def __str__(self) -> str:
        metrics = f", metrics={self.metrics}" if self.metrics else ""
        return f"compiled with optimizer='adam', loss={self.loss!r}{metrics}: {self.reason}"


def choose(activation: str | None, y: Any, output_shape: Shape) -> Choice:
    """Loss and metrics that fit a model's output activation and its targets.

    Args:
        activation: name of the softmax or sigmoid that the model ends in, else `None`.
        y: the targets, an array.
        output_shape: of the model, batch axis included.
    """
    targets = np.asarray(y)
    if activation == "softmax":
        if targets.ndim == len(output_shape) and targets.shape[-1] > 1:
            return Choice("categorical_crossentropy", ["accuracy"], "softmax output, one-hot rows")
        return Choice("sparse_categorical_crossentropy", ["accuracy"], "softmax output, integer labels")
    if activation == "sigmoid":
        return Choice("binary_crossentropy", ["accuracy"], "sigmoid output")
    return Choice("mean_squared_error", [], "the output has no softmax or sigmoid, so this is a regression")
