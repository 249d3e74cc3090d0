"""`SKLearnClassifier`: a model as a scikit-learn classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from minidl.config.types import Array
from minidl.wrappers.sklearn_base import SKLearnBase
from minidl.wrappers.validation import TableLike

if TYPE_CHECKING:
    from sklearn.utils import Tags


class SKLearnClassifier(ClassifierMixin, SKLearnBase):
    """A model as a scikit-learn classifier: labels may be strings, `predict` returns labels.

    The network has one output for each class, as after a softmax; for two classes it may have a single one. Losses for integer
    labels get integers, others one-hot rows.

    Attributes:
        classes_: the labels.
        model_: the trained model.
        history_: its `History`.
    Raises:
        ValueError: the targets are not labels of at least two classes.
    Example:
        >>> from sklearn.datasets import load_iris
        >>> from minidl import Sequential
        >>> from minidl.layers import Dense
        >>> X, y = load_iris(return_X_y=True)
        >>> model = Sequential([Dense(8, "relu"), Dense(3, "softmax")])
        >>> classifier = SKLearnClassifier(model, fit_kwargs={"epochs": 2, "verbose": 0}).fit(X, y)
        >>> classifier.predict_proba(X).shape
        (150, 3)
    """

    def _encode(self, y: Array, reset: bool) -> Array:
        check_classification_targets(y)
        kind = type_of_target(y)
        if kind not in ("binary", "multiclass"):
            raise ValueError(f"Only binary and multiclass targets are supported, got {kind} targets")
        y = np.ravel(y)
        if reset:
            self.classes_ = np.unique(y)
            if len(self.classes_) == 1:
                raise ValueError(f"a classifier needs more than one class, got only the class {self.classes_[0]!r}")
        elif len(unknown := np.setdiff1d(y, self.classes_)):
            raise ValueError(f"y has the classes {unknown}, but warm_start continues with the classes {self.classes_}")
        return np.eye(len(self.classes_))[np.searchsorted(self.classes_, y)]

    def _targets(self, y: Array) -> Array:
        if self.model_.compute_output_shape((None, self.n_features_in_))[-1] == 1:
            return y[:, 1:]  # one output, for the second class
        sparse = self.model_.compiled and "sparse" in str(getattr(self.model_.loss, "name", self.model_.loss))
        return y.argmax(axis=1) if sparse else y

    def predict(self, X: TableLike) -> Array:
        """The most probable label of each row."""
        probabilities = self.predict_proba(X)
        labels: Array = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def predict_proba(self, X: TableLike) -> Array:
        """The outputs, a column for each class in the order of `classes_`: probabilities where the network ends in them."""
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if outputs.shape[-1] == 1 else outputs

    def decision_function(self, X: TableLike) -> Array:
        """The outputs; for two classes the second's minus the first's."""
        outputs = self.predict_proba(X)
        return outputs[:, 1] - outputs[:, 0] if outputs.shape[1] == 2 else outputs

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = True  # how well it does depends on the model
        return tags
