"""The loss of each output, from what `compile` was given: a name, a function, an object, or lists and dicts of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from minidl import losses
from minidl.autodiff.tensor import TensorLike
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.config.types import Array, Shape, Tensors
from minidl.losses.compile_loss import LossResult
from minidl.losses.loss import Loss

Losses: TypeAlias = Any  # a Loss, `None`, or a list, tuple or dict of them
CHOSEN_BY_TARGETS = ("crossentropy", "ce")


def make_losses(given: object) -> Losses:
    """The structure that `compile` was given, with a `Loss` or `None` for each name, function or object in it."""
    if is_structure(given):
        return rebuild(given, [make_losses(entry) for entry in flatten(given)])
    if isinstance(given, str) and given.lower() in CHOSEN_BY_TARGETS:
        return ChosenCrossentropy()
    return losses.as_loss(given)


def loss_names(given: object) -> list[str]:
    """The names of the losses that `compile` was given, as Keras's logs have them: "mse" stays "mse"."""
    entries = [entry[0] if is_structure(entry) and len(entry) == 1 else entry for entry in flatten(given)]
    return [entry if isinstance(entry, str) else str(getattr(_added(make_losses(entry)), "name", "")) for entry in entries]


def named_losses(losses: object) -> list[str]:
    """The names in a dict of losses, in its order; "heads/left" in nested ones."""
    if not isinstance(losses, Mapping):
        return []
    return [path for name, inner in losses.items() for path in [f"{name}/{rest}" for rest in named_losses(inner)] or [name]]


def losses_per_output(made: Losses, output_names: Sequence[str]) -> Losses:
    """The result of `make_losses` with one entry for each output.

    Several losses of a single output are added. A list that is shorter than the outputs is for the first ones, as in Keras.
    """
    if not is_structure(made):
        return [made] * len(output_names)
    made = rebuild(made, [_added(entry) for entry in flatten(made)])
    if isinstance(made, Mapping):
        return made
    if list(output_names) == ["output"]:  # code with forward and backward: the number of its outputs is not known
        return list(made)
    if len(output_names) == 1 and len(made) > 1 and None not in made:
        return [SumOfLosses(list(made))]
    return [*made, *[None] * (len(output_names) - len(made))]


def _added(entry: Losses) -> Losses:
    """One loss for an output that several were given for."""
    if not is_structure(entry):
        return entry
    members = [_added(member) for member in flatten(entry)]
    return members[0] if len(members) == 1 else SumOfLosses(members)


class SumOfLosses(Loss):
    """Several losses of one output, added."""

    def __init__(self, members: list[Loss], name: str | None = None) -> None:
        super().__init__(name or "sum_of_losses")
        self.members = members

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        """Raise ValueError if targets do not fit one of the losses."""
        for loss in self.members:
            loss.check_targets(y_true, output_shape)

    def value_and_grad(
        self, y_true: TensorLike, y_pred: TensorLike, sample_weight: TensorLike | None = None, mask: Array | None = None
    ) -> tuple[Tensors, Array]:
        """The sums of values and gradients."""
        found = [loss.value_and_grad(y_true, y_pred, sample_weight, mask) for loss in self.members]
        values, gradients = zip(*found, strict=True)
        return sum(values), sum(gradients[1:], gradients[0])

    def __call__(self, y_true: Tensors, y_pred: TensorLike, sample_weight: TensorLike | None = None) -> Tensors:
        """The sum of the values."""
        return sum(loss(y_true, y_pred, sample_weight) for loss in self.members)


class ChosenCrossentropy(Loss):
    """The cross-entropy that fits outputs and targets, `loss="crossentropy"`.

    Binary for a single unit; otherwise sparse for labels and categorical for rows of probabilities.
    """

    paired_activation = "softmax"

    def __init__(self, from_logits: bool = False) -> None:
        super().__init__("crossentropy")
        self.from_logits = from_logits

    def chosen(self, target_shape: Sequence[int], output_shape: Sequence[int | None]) -> Loss:
        """The loss for targets and outputs of these shapes."""
        if output_shape[-1] == 1:
            return losses.BinaryCrossentropy(from_logits=self.from_logits)
        if len(target_shape) < len(output_shape) or target_shape[-1] == 1:
            return losses.SparseCategoricalCrossentropy(from_logits=self.from_logits)
        return losses.CategoricalCrossentropy(from_logits=self.from_logits)

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        """Raise ValueError if targets do not fit the chosen loss."""
        self.chosen(y_true.shape, output_shape).check_targets(y_true, output_shape)

    def value_and_grad(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None, mask: Array | None = None
    ) -> tuple[Tensors, Array]:
        """Value and gradient of the chosen loss."""
        return self.chosen(y_true.shape, y_pred.shape).value_and_grad(y_true, y_pred, sample_weight, mask)

    def __call__(self, y_true: Tensors, y_pred: Array, sample_weight: Array | None = None) -> Tensors:
        """The value of the chosen loss."""
        return self.chosen(y_true.shape, y_pred.shape)(y_true, y_pred, sample_weight)


class CompiledLoss(Protocol):
    """One number for all outputs: the `CompileLoss` of a model, or its own `compute_loss`.

    Attributes:
        activations: for each output the softmax or sigmoid that the loss computes itself, or `None`.
    """

    activations: list[object]

    def __call__(self, y_true: Tensors, y_pred: Tensors, sample_weight: Tensors = None) -> Array: ...
    def value_and_grad(
        self, y_true: Tensors, y_pred: Tensors, sample_weight: Tensors = None, mask: Tensors = None
    ) -> LossResult: ...
    def predictions(self, y_pred: Tensors) -> Tensors: ...
