"""The base class of the wrappers that make a model a scikit-learn estimator."""

from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from minidl.config.randomness import seeds_from
from minidl.config.types import Array, ArrayLike, Options
from minidl.models import Model, clone_model
from minidl.wrappers.validation import TableLike, as_vector, check_sample_weight


class SKLearnBase(BaseEstimator):
    """A model as a scikit-learn estimator.

    Args:
        model: a `Model`, of which each `fit` trains a copy with new weights; or a function of `X`, `y` and `model_kwargs` that
            returns a model. One that is not compiled is compiled as `Model.fit` does it.
        warm_start: whether `fit` continues with the weights of the last one.
        model_kwargs: further arguments of the function.
        fit_kwargs: arguments of `Model.fit`, such as `{"epochs": 20, "verbose": 0}`.
        random_state: an integer, or a NumPy `RandomState`, for the same weights and order of the rows in each `fit`; `None` for
            those of `utils.set_random_seed`.
    """

    model_: Model

    def __init__(
        self,
        model: Model | Callable[..., Model],
        warm_start: bool = False,
        model_kwargs: Options | None = None,
        fit_kwargs: Options | None = None,
        random_state: object = None,
    ) -> None:
        self.model = model
        self.warm_start = warm_start
        self.model_kwargs = model_kwargs
        self.fit_kwargs = fit_kwargs
        self.random_state = random_state

    def fit(self, X: TableLike, y: TableLike, sample_weight: ArrayLike | None = None, **kwargs: Any) -> Self:
        """Train the model.

        Args:
            X, y: data; for a function `model(X=X, y=y)` y is as the network sees it, one-hot in a classifier.
            sample_weight: a weight for each row.
            **kwargs: arguments of `Model.fit`, which come before those of `fit_kwargs`.
        """
        reset = not (self.warm_start and hasattr(self, "model_"))
        X, y = self._check(X, y, reset)
        y = self._encode(y, reset)
        if reset:
            seed = None if self.random_state is None else int(check_random_state(self.random_state).randint(2**31 - 1))
            with nullcontext() if seed is None else seeds_from(seed):
                self.model_ = self._make_model(X, y)
                self.model_.build_for((None, *X.shape[1:]))
        arguments = (self.fit_kwargs or {}) | kwargs
        if sample_weight is not None:
            arguments["sample_weight"] = check_sample_weight(sample_weight, X, np.float64)
        self.history_ = self.model_.fit(X, self._targets(y), **arguments)
        return self

    def _check(self, X: TableLike, y: TableLike, reset: bool) -> tuple[Array, Array]:
        X, y = validate_data(self, X, y, multi_output=True, allow_nd=True, reset=reset)
        type_of_target(y, raise_unknown=True)
        return X, as_vector(y)

    def _make_model(self, X: Array, y: Array) -> Model:
        if isinstance(self.model, Model):
            model = clone_model(self.model)
            if self.model.compiled and not model.compiled:
                optimizer = type(self.model.optimizer).from_config(self.model.optimizer.get_config())
                model.compile(optimizer, deepcopy(self.model.loss), **deepcopy(self.model.compile_settings))
            return model
        if not callable(self.model):
            raise TypeError(f"{type(self).__name__} expects a model, or a function that returns one, got {self.model!r}")
        made = self.model(X=X, y=y, **(self.model_kwargs or {}))
        if not isinstance(made, Model):
            raise TypeError(f"the function {self.model!r} returned {made!r}; {type(self).__name__} needs a model")
        return made

    def _encode(self, y: Array, reset: bool) -> Array:
        """Targets as a function `model` sees them."""
        return y

    def _targets(self, y: Array) -> Array:
        """Targets as the model's loss takes them."""
        return y

    def _outputs(self, X: TableLike) -> Array:
        check_is_fitted(self, "model_")
        X = validate_data(self, X, allow_nd=True, reset=False)
        outputs: Array = self.model_.predict(X, verbose=0)
        return outputs

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.non_deterministic = self.random_state is None
        return tags


def without_axis_of_one(outputs: Array) -> Array:
    """A single column as a vector."""
    return outputs[:, 0] if outputs.ndim == 2 and outputs.shape[1] == 1 else np.asarray(outputs)
