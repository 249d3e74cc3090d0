"""`MLPRegressor`: a multi-layer perceptron for numbers, with scikit-learn's arguments."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, ArrayLike
from minidl.wrappers.mlp_base import BaseMLP
from minidl.wrappers.mlp_training import TrainingData
from minidl.wrappers.validation import TableLike, as_vector


class MLPRegressor(RegressorMixin, BaseMLP):
    """Multi-layer perceptron that minimizes the squared error or the Poisson deviance; replaces scikit-learn's class.

    Arguments, attributes, warnings and initial weights are scikit-learn's: the same `random_state` gives the same network,
    apart from rounding. `MLPClassifier` describes what both have in common.

    Args:
        loss: "squared_error", or "poisson" for counts, whose output is an exponential.
        hidden_layer_sizes, activation, ...: as in `MLPClassifier`; early stopping looks at R2 on held-out rows.
    Attributes:
        model_, history_, coefs_, ...: as in `MLPClassifier`.
    Raises:
        ValueError: an argument, targets or inputs do not fit, or weights became infinite.
    Example:
        >>> X = np.linspace(-1, 1, 50).reshape(-1, 1)
        >>> regressor = MLPRegressor(solver="lbfgs", activation="tanh", random_state=0).fit(X, X[:, 0] ** 2)
        >>> bool(regressor.score(X, X[:, 0] ** 2) > 0.9)
        True
    """

    @inherit_arguments(BaseMLP)
    def __init__(self, loss: str = "squared_error", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.loss = loss

    def _check_data(self, X: TableLike, y: TableLike, incremental: bool, reset: bool) -> tuple[Array, Array]:
        kinds = (np.float64, np.float32)
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, y_numeric=True, dtype=kinds, reset=reset
        )
        y = as_vector(y)
        return X, y.reshape(len(y), -1)

    def _find_out_activation(self) -> str:
        return "exp" if self.loss == "poisson" else "identity"

    def _targets(self, y: Array) -> Array:
        return y.astype(self.coefs_[0].dtype)

    def _validation_score(self, validation: TrainingData) -> float:
        outputs = self._run(validation.X)
        score = float("nan")  # where training diverged
        if np.isfinite(outputs).all():
            with np.errstate(over="ignore"):
                score = float(r2_score(validation.y, outputs, sample_weight=validation.sample_weight))
        return score if np.isfinite(score) else float("nan")

    def predict(self, X: TableLike) -> Array:
        """The network's outputs: a vector, or a column for each target."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self.n_outputs_ == 1 else outputs

    @available_if(lambda estimator: estimator._has_partial_fit())
    def partial_fit(self, X: TableLike, y: TableLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train for one epoch on these rows."""
        return self._fit(X, y, sample_weight, incremental=True)
