"""`OwnLoss`: the objective of a model that overrides `compute_loss`, written with `minidl.ops`."""

from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.autodiff import Recording, TrackedTensor
from minidl.config.nest import flatten, rebuild
from minidl.losses.compile_loss import LossResult

if TYPE_CHECKING:
    from minidl.models.model import Model


class OwnLoss:
    """What a model's own `compute_loss` makes of targets and outputs, with its gradient; stands in for an `CompileLoss`.

    Args:
        model: whose class overrides `compute_loss(x, y, y_pred, sample_weight, training)`; x is `None` there.
    Raises:
        ValueError: it gives more than one number.
    """

    def __init__(self, model: "Model") -> None:
        self.activations: list[Any] = [None] * len(model.output_names)
        self.model = model

    def value_and_grad(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> LossResult:
        """The loss, and its gradient in the form of `y_pred`."""
        recording = Recording(f"compute_loss of {self.model.title}", training=True)
        outputs = [recording.track(np.asarray(output)) for output in flatten(y_pred)]
        with recording.active():
            value = self.model.compute_loss(None, y_true, rebuild(y_pred, outputs), sample_weight, True)
        shape = np.shape(value.value if isinstance(value, TrackedTensor) else value)
        if int(np.prod(shape)) != 1:
            raise ValueError(f"{self.model.title}: compute_loss returns one number, got an array of shape {shape}")
        gradients = recording.backward([value], [np.ones(shape)], outputs)
        return LossResult(float(value), [], rebuild(y_pred, gradients))

    def predictions(self, y_pred: Any) -> Any:
        """The outputs as they are."""
        return y_pred
