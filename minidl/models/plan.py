"""`Plan`: what training needs to know about a compiled, built model, worked out once."""

import importlib
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minidl.losses.compile_loss import CompileLoss
from minidl.metrics.compile_metrics import CompileMetrics
from minidl.models.pairing import has_own_loss, pair_outputs
from minidl.variable import Variable, settle

if TYPE_CHECKING:
    from minidl.models.model import Model
    from minidl.models.own_loss import OwnLoss


class Plan:
    """How one model is trained: the network that is scored, its objective, its weights in runs.

    An output that ends in a softmax or sigmoid and is judged by its own cross-entropy is paired with it: the network that
    is scored stops at the logits (`scorer`), and the loss reads those.

    Attributes:
        scorer: the model, or the same without the activations that the losses take over.
        objective: the losses, or the model's own `compute_loss`.
        scores: the running means that logs show.
        weights: every variable, once.
    """

    def __init__(self, model: "Model", losses: Sequence[Any], loss_weights: Sequence[float], scores: CompileMetrics) -> None:
        self.scorer: Any
        self.objective: CompileLoss | OwnLoss
        if has_own_loss(model):
            self.scorer, self.objective = model, importlib.import_module("minidl.models.own_loss").OwnLoss(model)
        else:
            self.scorer, activations = pair_outputs(model, losses)
            self.objective = CompileLoss(losses, loss_weights, activations)
        self.scores = scores
        self.weights: list[Variable] = model.weights
        self.state = [variable for variable in self.weights if variable.is_state]
        settle(self.weights)
        self.regularized = [variable for variable in self.weights if variable.regularizer is not None]

    def fits(self, model: "Model") -> bool:
        """Whether the model still has the weights and the output activations that it had."""
        if self.weights != model.weights:
            return False
        return has_own_loss(model) or pair_outputs(model, model.losses)[1] == self.objective.activations

    def trainable(self) -> list[Variable]:
        """The variables that may change now; layers can be frozen and unfrozen at any time."""
        found = [variable for variable in self.weights if variable.trainable]
        if not found:
            warnings.warn(
                "the model has no trainable weights: nothing will be learned; set model.trainable = True", stacklevel=4
            )
        return found

    def zero_gradients(self) -> None:
        """Set every gradient to zero, once at the start of a step."""
        for variable in self.weights:
            variable.forget_gradient()
