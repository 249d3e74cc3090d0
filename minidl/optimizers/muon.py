"""`Muon`: orthogonalized momentum for matrices, AdamW for all other variables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array, LearningRateLike
from minidl.optimizers.optimizer import Optimizer
from minidl.optimizers.options import DecayOptimizerOptions
from minidl.variable import Variable


class Muon(Optimizer):
    """`w -= learning_rate * scale * orthogonal(m)`, where `m` is the momentum of a matrix's gradient.

    Variables that are not matrices, embeddings and those of excluded layers (exclude the output layer) use AdamW.

    Args:
        learning_rate: a number of at least 0, or a schedule.
        adam_beta_1, adam_beta_2, epsilon: as for `Adam`.
        adam_weight_decay: weight decay of the variables that use AdamW.
        weight_decay: weight decay of the others.
        exclude_layers: regular expressions; a variable whose path ("dense_1/kernel") matches one uses AdamW.
        exclude_embeddings: whether embeddings use AdamW.
        muon_a, muon_b, muon_c: coefficients of the Newton-Schulz iteration.
        adam_lr_ratio: AdamW's learning rate divided by `learning_rate`.
        momentum: decay rate of `m`, in [0, 1].
        ns_steps: number of Newton-Schulz iterations.
        nesterov: use `g + momentum * m` instead of `m`.
        rms_rate: `scale` is this times the root of the longer side of the matrix; `None` for a scale of 1.
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
        learning_rate: LearningRateLike = 0.001,
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
        **kwargs: Unpack[DecayOptimizerOptions],
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

    def uses_adamw(self, variable: Variable) -> bool:
        """True if a variable is not a matrix, is an embedding or is excluded."""
        path = variable.path
        embeds = self.exclude_embeddings and "embedding" in path.lower()
        return variable.ndim != 2 or embeds or any(re.search(name, path) for name in self.exclude_layers or ())

    def decays(self, variable: Variable) -> bool:
        """True if `weight_decay` applies to a variable; those that use AdamW have `adam_weight_decay`."""
        return super().decays(variable) and not self.uses_adamw(variable)

    def update_step(self, gradient: Array, variable: Variable, learning_rate: float) -> None:
        """Update `m` and the weights by Muon's rule or by AdamW's."""
        w, g, slots = variable.value, gradient, self.slots(variable)
        if self.uses_adamw(variable):
            if self.adam_weight_decay and not self.is_excluded(variable):
                w -= learning_rate * self.adam_weight_decay * w
            self._adam_step(w, g, slots["momentum"], slots["velocity"], learning_rate * self.adam_lr_ratio)
            return
        m = slots["momentum"]
        m *= self.momentum
        m += g
        step = self.zeropower_via_newtonschulz5(g + self.momentum * m if self.nesterov else m, self.ns_steps)
        w -= learning_rate * self.lr_adjust(step)

    def lr_adjust(self, x: Array) -> Array:
        """A step scaled so that its root mean square is about `rms_rate`, as those of Adam."""
        return x if self.rms_rate is None else self.rms_rate * max(x.shape) ** 0.5 * x

    def zeropower_via_newtonschulz5(self, x: Array, steps: int) -> Array:
        """A matrix with the same singular vectors, whose singular values are about 1 (between 0.7 and 1.2).

        Each Newton-Schulz iteration maps every singular value `s` to `a * s + b * s**3 + c * s**5`.
        """
        is_high = x.shape[0] > x.shape[1]
        x = x.T if is_high else x
        x = x / (np.linalg.norm(x) + 1e-7)  # so that no singular value is above 1
        for _ in range(steps):
            square = x @ x.T
            x = self.muon_a * x + (self.muon_b * square + self.muon_c * square @ square) @ x
        return x.T if is_high else x

    def _adam_step(self, w: Array, g: Array, m: Array, v: Array, learning_rate: float) -> None:
        t = self.updates + 1
        alpha = learning_rate * (1 - self.adam_beta_2**t) ** 0.5 / (1 - self.adam_beta_1**t)
        m += (1 - self.adam_beta_1) * (g - m)
        v += (1 - self.adam_beta_2) * (g * g - v)
        w -= alpha * m / (np.sqrt(v) + self.epsilon)
