"""`CustomLoss`: the loss of a model that overrides `compute_loss`, written with `minidl.ops`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minidl.autodiff import Recording, TrackedTensor
from minidl.config.nest import flatten, rebuild
from minidl.losses.compile_loss import LossResult


class CustomLoss:
    """A model's overridden `compute_loss` with its gradient, used instead of a `CompileLoss`.

    Args:
        compute_loss: the method `compute_loss(x, y, y_pred, sample_weight, training)`; x is `None` there.
        title: the model's title, for errors.
        outputs: number of outputs of the model.
    Raises:
        ValueError: it returns more than one number.
    """

    def __init__(self, compute_loss: Callable[..., Any], title: str, outputs: int) -> None:
        self.compute_loss, self.title = compute_loss, title
        self.activations: list[Any] = [None] * outputs

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss value."""
        return self.compute_loss(None, y_true, y_pred, sample_weight, True)

    def value_and_grad(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> LossResult:
        """The loss, and its gradient in the structure of `y_pred`."""
        recording = Recording(f"compute_loss of {self.title}", training=True)
        outputs = [recording.track(np.asarray(output)) for output in flatten(y_pred)]
        with recording.active():
            value = self.compute_loss(None, y_true, rebuild(y_pred, outputs), sample_weight, True)
        shape = np.shape(value.value if isinstance(value, TrackedTensor) else value)
        if int(np.prod(shape)) != 1:
            raise ValueError(f"{self.title}: compute_loss returns one number, got an array of shape {shape}")
        gradients = recording.backward([value], [np.ones(shape)], outputs)
        return LossResult(float(value), [], rebuild(y_pred, gradients))

    def predictions(self, y_pred: Any) -> Any:
        """The outputs unchanged."""
        return y_pred
