"""`SKLearnTransformer`: a model's outputs as features for other estimators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.utils.validation import validate_data

from minidl.config.types import Array, ArrayLike
from minidl.wrappers.sklearn_base import SKLearnBase
from minidl.wrappers.validation import TableLike

if TYPE_CHECKING:
    from sklearn.utils import Tags


class SKLearnTransformer(TransformerMixin, SKLearnBase):
    """A model as a scikit-learn transformer: its outputs are the new features.

    Without targets the model learns to reproduce its inputs, as an autoencoder.

    Attributes:
        model_: the trained model.
        history_: its `History`.
    Example:
        >>> from minidl import Sequential
        >>> from minidl.layers import Dense
        >>> X = np.random.default_rng(0).normal(size=(60, 4))
        >>> model = Sequential([Dense(2, "tanh"), Dense(4)])
        >>> SKLearnTransformer(model, fit_kwargs={"verbose": 0}).fit_transform(X).shape
        (60, 4)
    """

    def fit(self, X: TableLike, y: TableLike | None = None, sample_weight: ArrayLike | None = None, **kwargs: object) -> Self:
        """Train the model; without `y` to reproduce `X`."""
        if y is None:
            y = validate_data(self, X, allow_nd=True)
        return super().fit(X, y, sample_weight, **kwargs)

    def transform(self, X: TableLike) -> Array:
        """The model's outputs."""
        outputs = self._outputs(X)
        return outputs.reshape(len(outputs), -1)

    def get_feature_names_out(self, input_features: object = None) -> Array:
        """Names of the outputs: the model's name and a number each."""
        count = self.model_.compute_output_shape((None, self.n_features_in_))[-1]
        return np.array([f"{self.model_.name}{number}" for number in range(count)], dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # the model's dtype, float32 by default
        return tags
