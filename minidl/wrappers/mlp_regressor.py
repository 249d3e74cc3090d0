"""`MLPRegressor`: a multi-layer perceptron for numbers, with scikit-learn's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import validate_data

from minidl.config.types import Array, ArrayLike, Sizes
from minidl.layers.layer import Layer
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

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Sizes = (100,),
        activation: str = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | None = None,
        tol: float = 1e-4,
        verbose: int | str = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
        hidden_layers: Sequence[Layer] | None = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
            solver=solver,
            alpha=alpha,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            n_iter_no_change=n_iter_no_change,
            max_fun=max_fun,
            hidden_layers=hidden_layers,
        )
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
        return (
            float(r2_score(validation.y, outputs, sample_weight=validation.sample_weight))
            if np.isfinite(outputs).all()
            else float("nan")
        )

    def predict(self, X: TableLike) -> Array:
        """The network's outputs: a vector, or a column for each target."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self.n_outputs_ == 1 else outputs

    @available_if(lambda estimator: estimator._has_partial_fit())
    def partial_fit(self, X: TableLike, y: TableLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train for one epoch on these rows."""
        return self._fit(X, y, sample_weight, incremental=True)
