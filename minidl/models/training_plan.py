"""`TrainingPlan`: what the training step needs to know about a compiled, built model, computed once."""

import numpy as np

from minidl.config.user_warnings import warn_user
from minidl.graph.network import Network
from minidl.losses.compile_loss import CompileLoss
from minidl.losses.output_losses import CompiledLoss
from minidl.metrics.compile_metrics import CompileMetrics
from minidl.variable import Variable, allocate, find_slices


class TrainingPlan:
    """How one model is trained: what runs, its loss, its metrics, its variables.

    Args:
        network: what runs; the model's network, or the same without the activations that the loss computes itself.
        loss: the compiled losses, or the model's own `compute_loss`.
        plain_loss: the compiled losses of outputs as the user sees them, for `model.compute_loss`.
        metrics: the running means that logs show.
        weights: every variable, once.
    """

    def __init__(
        self, network: Network, loss: CompiledLoss, plain_loss: CompileLoss, metrics: CompileMetrics, weights: list[Variable]
    ) -> None:
        self.network = network
        self.loss, self.plain_loss, self.metrics, self.weights = loss, plain_loss, metrics, weights
        allocate(weights)
        self.regularized = [variable for variable in weights if variable.regularizer is not None]
        self.state = StateCopy([variable for variable in weights if variable.is_state])

    def trainable(self) -> list[Variable]:
        """The variables that may change now; layers can be frozen and unfrozen at any time."""
        found = [variable for variable in self.weights if variable.trainable]
        if not found:
            warn_user("the model has no trainable weights: nothing will be learned; set model.trainable = True")
        return found

    def zero_gradients(self) -> None:
        """Set every gradient to zero, once at the start of a step; zeros are written where they are needed."""
        for variable in self.weights:
            variable.grad_is_zero = True


class StateCopy:
    """The layers' state before a step, for the case that the step must be undone.

    Variables lie next to one another in a few long vectors, usually one, so a copy is one pass over memory that was allocated
    once; a model without state has nothing to copy.

    Args:
        variables: the state variables, already in their buffers.
    """

    def __init__(self, variables: list[Variable]) -> None:
        self.values = [run.value for run in find_slices(variables)]
        self.copies = [np.empty_like(value) for value in self.values]

    def save(self) -> None:
        """Copy the state as it is now."""
        for copied, value in zip(self.copies, self.values, strict=True):
            np.copyto(copied, value)

    def restore(self) -> None:
        """Set the state to what it was at the last `save`."""
        for copied, value in zip(self.copies, self.values, strict=True):
            np.copyto(value, copied)
