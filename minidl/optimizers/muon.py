"""`Muon`: for matrices, momentum whose singular values are all made about equal; for all else, AdamW."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array
from minidl.optimizers.means import blend
from minidl.optimizers.optimizer import Optimizer
from minidl.variable import Variable


class Muon(Optimizer):
    """`w -= learning_rate * scale * orthogonal(m)`, where `m` is the momentum of a matrix's gradient.

    Variables that are no matrices, embeddings, and those of excluded layers (name your output layer) learn by AdamW.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        adam_beta_1, adam_beta_2, epsilon: as for `Adam`.
        adam_weight_decay: weight decay of the variables that learn by AdamW.
        weight_decay: that of the others.
        exclude_layers: regular expressions; a variable whose path ("dense_1/kernel") holds one learns by AdamW.
        exclude_embeddings: whether embeddings do.
        muon_a, muon_b, muon_c: coefficients of the iteration that makes a matrix orthogonal.
        adam_lr_ratio: AdamW's learning rate is so many times `learning_rate`.
        momentum: share of `m` kept at each step, in [0, 1].
        ns_steps: steps of the iteration.
        nesterov: look ahead along the momentum before the step.
        rms_rate: `scale` is this times the root of the matrix's longer side; `None` for a scale of 1.
        **kwargs: clipping, averaging and `name`, as for every `Optimizer`.
    Source: Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"; Liu et al. 2025, "Muon is scalable
        for LLM training" (rms_rate).
    Example:
        >>> Muon(0.01, exclude_layers=["output"])
        Muon(learning_rate=0.01, exclude_layers=['output'])
    """

    slot_names = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)
        self.adam_beta_1 = check_real("Muon", "adam_beta_1", adam_beta_1, 0.0, 1.0, open_high=True)
        self.adam_beta_2 = check_real("Muon", "adam_beta_2", adam_beta_2, 0.0, 1.0, open_high=True)
        if adam_weight_decay is not None:
            check_real("Muon", "adam_weight_decay", adam_weight_decay, 0.0)
        self.adam_weight_decay, self.epsilon = adam_weight_decay, check_real("Muon", "epsilon", epsilon, 0.0)
        self.exclude_layers, self.exclude_embeddings = exclude_layers, exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = (check_real("Muon", "muon_a ... muon_c", c) for c in (muon_a, muon_b, muon_c))
        self.adam_lr_ratio = check_real("Muon", "adam_lr_ratio", adam_lr_ratio, 0.0)
        self.momentum = check_real("Muon", "momentum", momentum, 0.0, 1.0)
        self.ns_steps = check_positive_integer("Muon", "ns_steps", ns_steps)
        self.nesterov = nesterov
        self.rms_rate = None if rms_rate is None else check_real("Muon", "rms_rate", rms_rate, 0.0)

    def learns_by_adamw(self, variable: Variable) -> bool:
        """Whether a variable is no matrix, or an embedding, or excluded."""
        path = variable.path
        embeds = self.exclude_embeddings and "embedding" in path.lower()
        return variable.ndim != 2 or embeds or any(re.search(name, path) for name in self.exclude_layers or ())

    def decays(self, variable: Variable) -> bool:
        """Whether `weight_decay` counts for a variable; for AdamW's `adam_weight_decay` does."""
        return super().decays(variable) and not self.learns_by_adamw(variable)

    def update_step(self, gradient: Array, variable: Variable, learning_rate: float) -> None:
        """AdamW's step, or `m = momentum * m + g` and the step along its nearest orthogonal matrix."""
        slots, value = self.slots(variable), variable.value
        m = slots["momentum"]
        if self.learns_by_adamw(variable):
            if self.adam_weight_decay and not self.is_excluded(variable):
                value *= 1 - learning_rate * self.adam_weight_decay
            value -= learning_rate * self.adam_lr_ratio * self._adam_step(gradient, m, slots["velocity"])
            return
        m *= self.momentum
        m += gradient
        step = self.orthogonal(gradient + self.momentum * m if self.nesterov else m)
        if self.rms_rate is not None:
            step = step * (self.rms_rate * max(variable.shape) ** 0.5)
        value -= learning_rate * step

    def orthogonal(self, matrix: Array) -> Array:
        """A matrix with the same singular vectors, whose singular values are about 1 (between 0.7 and 1.2).

        Each round of the iteration takes every singular value `s` to `a * s + b * s**3 + c * s**5`.
        """
        x: Array = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
        x = x / (np.linalg.norm(x) + 1e-7)  # so that no singular value is above 1
        for _ in range(self.ns_steps):
            square = x @ x.T
            x = self.muon_a * x + (self.muon_b * square + self.muon_c * square @ square) @ x
        return x.T if matrix.shape[0] > matrix.shape[1] else x

    def _adam_step(self, gradient: Array, m: Array, v: Array) -> Array:
        t = self.iterations + 1
        blend(m, gradient, self.adam_beta_1)
        blend(v, gradient * gradient, self.adam_beta_2)
        corrected = (1 - self.adam_beta_2**t) ** 0.5 / (1 - self.adam_beta_1**t)
        step: Array = corrected * m / (np.sqrt(v) + self.epsilon)
        return step
