"""The base class of `MLPClassifier` and `MLPRegressor`: scikit-learn's arguments and attributes on a minidl model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from minidl.config.types import Array, ArrayLike, MaybeNone, Sizes
from minidl.layers.layer import Layer
from minidl.models import Sequential
from minidl.models.loops import run_training
from minidl.wrappers.mlp_checks import check_parameters
from minidl.wrappers.mlp_network import (
    compile_network,
    dense_layers,
    draw_weights,
    make_network,
    make_optimizer,
    set_weights,
)
from minidl.wrappers.mlp_training import TrainingData, train_with_batches, train_with_lbfgs
from minidl.wrappers.validation import TableLike, check_sample_weight

BATCH_SOLVERS = ("sgd", "adam")


class BaseMLP(BaseEstimator):
    """What both estimators share: `fit`, `partial_fit` and the attributes of the fitted network.

    A subclass encodes targets and decodes outputs.
    """

    model_: Sequential
    coefs_: list[Array]
    intercepts_: list[Array]

    def __init__(
        self,
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
        random_state: object = None,
        tol: float = 1e-4,
        verbose: object = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        hidden_layers: Sequence[Layer] | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.max_fun = max_fun
        self.hidden_layers = hidden_layers

    # What a subclass defines.

    def _check_data(self, X: TableLike, y: TableLike, incremental: bool, reset: bool) -> tuple[Array, Array]:
        """Inputs, and targets as two axes in the dtype of the inputs."""
        raise NotImplementedError

    def _find_out_activation(self) -> str:
        raise NotImplementedError

    def _targets(self, y: Array) -> Array:
        """Targets as the model's loss takes them."""
        return y

    def _stratify(self, y: Array) -> Array | None:
        """Labels whose shares the validation rows should have, if any."""
        return None

    def _validation_score(self, validation: TrainingData) -> float:
        raise NotImplementedError

    def _validation_targets(self, y: Array) -> Array:
        return y

    # Learning.

    def fit(self, X: TableLike, y: TableLike, sample_weight: ArrayLike | None = None) -> Self:
        """Train the network.

        Args:
            X: array, frame or sparse matrix of shape (rows, features).
            y: targets, of shape (rows,) or (rows, outputs).
            sample_weight: a weight for each row.
        """
        return self._fit(X, y, sample_weight, incremental=False)

    def _fit(self, X: TableLike, y: TableLike, sample_weight: ArrayLike | None, incremental: bool) -> Self:
        check_parameters(self)
        first = not hasattr(self, "coefs_") or not (self.warm_start or incremental)
        X, y = self._check_data(X, y, incremental, reset=first)
        if sample_weight is not None:
            sample_weight = check_sample_weight(sample_weight, X, X.dtype)
        self._random_state = check_random_state(self.random_state)
        self.n_outputs_ = y.shape[1]
        self._prepare_network(X, y, first, incremental)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        validation: TrainingData | None = None
        if self.early_stopping and self.solver in BATCH_SOLVERS:
            X, y, sample_weight, validation = self._split_validation(X, y, sample_weight)
        data = TrainingData(X, self._targets(y), sample_weight)
        run_training(self.model_, partial(self._train, data, validation, incremental))
        if validation is not None and self._best_weights is not None:
            self.model_.set_weights(self._best_weights)
        if not all(np.isfinite(array).all() for array in (*self.coefs_, *self.intercepts_)):
            raise ValueError(
                "Solver produced non-finite parameter weights. The input data may contain large values and need to be "
                "preprocessed."
            )
        return self

    def _train(self, data: TrainingData, validation: TrainingData | None, incremental: bool) -> None:
        if self.solver in BATCH_SOLVERS:
            train_with_batches(self, data, validation, incremental)
        else:
            train_with_lbfgs(self, data)

    def _prepare_network(self, X: Array, y: Array, first: bool, incremental: bool) -> None:
        """Make the model, or take over the weights it has; reset what describes the progress of training."""
        if first:
            self.n_iter_, self.t_ = 0, 0
            self.out_activation_ = self._find_out_activation()
            self._make_model(X.shape[1], X.dtype.name)
            self._start_progress()
        elif not hasattr(self, "model_"):  # a user has set coefs_ before the first fit
            given = (list(self.coefs_), list(self.intercepts_))
            self._make_model(X.shape[1], X.dtype.name)
            self.coefs_, self.intercepts_ = given
        if not incremental or not hasattr(self, "_optimizer"):
            self._optimizer = make_optimizer(self)
            compile_network(self.model_, self._optimizer, self.out_activation_)
        self.model_.plan  # noqa: B018  # making it moves the weights into one buffer
        self._write_weights()

    def _make_model(self, features: int, dtype: str) -> None:
        if self.hidden_layers is None:
            self.model_ = make_network(self, features, dtype, seed=0)
            draw_weights(self.model_, self.activation, self._random_state)
        else:
            self.model_ = make_network(self, features, dtype, seed=int(self._random_state.randint(2**31 - 1)))
        layers = dense_layers(self.model_)
        self.coefs_ = [layer.kernel.value for layer in layers]
        self.intercepts_ = [layer.bias.value for layer in layers]
        self.n_layers_ = len(layers) + 1

    def _start_progress(self) -> None:
        if self.solver not in BATCH_SOLVERS:
            return
        self.loss_curve_: list[float] = []
        self._no_improvement_count = 0
        self._best_weights: list[Array] | None = None
        self.best_loss_: float | MaybeNone = None if self.early_stopping else np.inf
        self.validation_scores_: list[float] | MaybeNone = [] if self.early_stopping else None
        self.best_validation_score_: float | MaybeNone = -np.inf if self.early_stopping else None

    def _split_validation(
        self, X: Array, y: Array, sample_weight: Array | None
    ) -> tuple[Array, Array, Array | None, TrainingData]:
        """Rows to learn from, and a part held out for early stopping."""
        weights = [] if sample_weight is None else [sample_weight]
        parts = train_test_split(
            X, y, *weights, random_state=self._random_state, test_size=self.validation_fraction, stratify=self._stratify(y)
        )
        X, X_held, y, y_held = parts[:4]
        weight, weight_held = parts[4:] or (None, None)
        if X_held.shape[0] < 2:
            raise ValueError("The validation set is too small. Increase 'validation_fraction' or the size of your dataset.")
        return X, y, weight, TrainingData(X_held, self._validation_targets(y_held), weight_held)

    # Predicting.

    def _outputs(self, X: TableLike) -> Array:
        """The network's outputs for new data."""
        check_is_fitted(self, "coefs_")
        return self._run(validate_data(self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=False))

    def _run(self, X: Array) -> Array:
        """The network's outputs for data that was checked."""
        self._write_weights()
        kind = self.coefs_[0].dtype
        outputs: Array = self.model_.predict(X.astype(kind, copy=False), verbose=0)
        return outputs

    def _write_weights(self) -> None:
        set_weights(self.model_, self.coefs_, self.intercepts_)

    # Checks and tags.

    def _has_partial_fit(self) -> bool:
        if self.solver not in BATCH_SOLVERS:
            raise AttributeError(f"partial_fit needs solver='sgd' or 'adam': {self.solver!r} learns from all rows at once")
        return True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
