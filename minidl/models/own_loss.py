"""`OwnLoss`: the objective of a model that overrides `compute_loss`, written with `minidl.ops`."""

from typing import TYPE_CHECKING, Any

import numpy as np

from minidl.config.nest import flatten, rebuild
from minidl.losses.compile_loss import LossResult
from minidl.ops.tracing import TracedFunction

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
        self.functions: dict[str, TracedFunction] = {}

    def value_and_grad(self, y_true: Any, y_pred: Any, sample_weight: Any = None, mask: Any = None) -> LossResult:
        """The loss, and its gradient in the form of `y_pred`."""
        parts = [None if part is None else flatten(part) for part in (y_true, y_pred, sample_weight)]
        arrays = [np.asarray(array) for part in parts if part is not None for array in part]
        value, cache = self._function_for(y_true, y_pred, sample_weight, parts).forward(*arrays)
        if value.size != 1:
            raise ValueError(f"{self.model.title}: compute_loss returns one number, got an array of shape {value.shape}")
        gradients = self._function_for(y_true, y_pred, sample_weight, parts).backward(np.ones_like(value), cache)
        start = 0 if parts[0] is None else len(parts[0])
        own = [
            np.zeros_like(array) if gradient is None else gradient
            for gradient, array in zip(gradients[start : start + len(flatten(y_pred))], flatten(y_pred), strict=True)
        ]
        return LossResult(float(value), [], rebuild(y_pred, own))

    def predictions(self, y_pred: Any) -> Any:
        """The outputs as they are."""
        return y_pred

    def _function_for(self, y_true: Any, y_pred: Any, sample_weight: Any, parts: list[Any]) -> TracedFunction:
        kind = repr([None if part is None else len(part) for part in parts])
        if kind not in self.functions:
            structures = (y_true, y_pred, sample_weight)

            def compute(*tensors: Any) -> Any:
                coming = iter(tensors)
                y, outputs, weights = (
                    None if part is None else rebuild(structure, [next(coming) for _ in part])
                    for structure, part in zip(structures, parts, strict=True)
                )
                return self.model.compute_loss(None, y, outputs, weights, True)

            names = [
                f"{name}_{n}" for name, part in zip("tyw", parts, strict=True) if part is not None for n in range(len(part))
            ]
            self.functions[kind] = TracedFunction(compute, f"compute_loss of {self.model.title}", names)
        return self.functions[kind]
