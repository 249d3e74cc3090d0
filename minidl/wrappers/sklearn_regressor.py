"""`SKLearnRegressor`: a model as a scikit-learn regressor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sklearn.base import RegressorMixin

from minidl.config.types import Array
from minidl.wrappers.sklearn_base import SKLearnBase, without_axis_of_one
from minidl.wrappers.validation import TableLike

if TYPE_CHECKING:
    from sklearn.utils import Tags


class SKLearnRegressor(RegressorMixin, SKLearnBase):
    """A model as a scikit-learn regressor.

    Args:
        model: a `Model`, of which each `fit` trains a copy with new weights; or a function of `X`, `y` and `model_kwargs` that
            returns a model.
        warm_start: whether `fit` continues with the weights of the last one.
        model_kwargs: further arguments of the function.
        fit_kwargs: arguments of `Model.fit`.
        random_state: an integer for the same weights and order of the rows in each `fit`.
    Attributes:
        model_: the trained model.
        history_: its `History`.
    Example:
        >>> from minidl import Sequential
        >>> from minidl.layers import Dense
        >>> def build(X, y, units=8):
        ...     return Sequential([Dense(units, "relu"), Dense(1)])
        >>> X = np.random.default_rng(0).normal(size=(60, 3))
        >>> options = {"epochs": 2, "verbose": 0}
        >>> SKLearnRegressor(build, model_kwargs={"units": 4}, fit_kwargs=options).fit(X, X[:, 0]).predict(X).shape
        (60,)
    """

    def predict(self, X: TableLike) -> Array:
        """The network's outputs: a vector, or a column for each target."""
        return without_axis_of_one(self._outputs(X))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # how well it does depends on the model
        return tags
