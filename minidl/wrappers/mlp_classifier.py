"""`MLPClassifier`: a multi-layer perceptron for classes, with scikit-learn's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import type_of_target, unique_labels
from sklearn.utils.validation import validate_data

from minidl.config.types import Array, ArrayLike
from minidl.wrappers.mlp_base import BaseMLP
from minidl.wrappers.mlp_training import TrainingData
from minidl.wrappers.validation import TableLike, as_vector

if TYPE_CHECKING:
    from sklearn.utils import Tags


class MLPClassifier(ClassifierMixin, BaseMLP):
    """Multi-layer perceptron that minimizes the cross-entropy; replaces scikit-learn's class of that name.

    Arguments, attributes, warnings and initial weights are scikit-learn's: the same `random_state` gives the same network,
    apart from rounding. Beyond it, `hidden_layers` takes any layers of minidl.

    Args:
        hidden_layer_sizes: units of each hidden layer.
        activation: "identity", "logistic", "tanh" or "relu".
        solver: "adam", "sgd" or "lbfgs".
        alpha: strength of the L2 penalty on the kernels, divided by the weight of a batch.
        batch_size: rows per step; "auto" is the smaller of 200 and the number of rows.
        learning_rate: schedule of "sgd": "constant", "invscaling" (`learning_rate_init / t**power_t`) or "adaptive" (a fifth
            whenever the loss stops improving).
        learning_rate_init, power_t: first learning rate, and the exponent of "invscaling".
        max_iter, max_fun: largest number of epochs, or of iterations and loss evaluations of "lbfgs".
        shuffle, random_state: order of the rows; source of weights, order and validation rows.
        tol, n_iter_no_change: training ends after more than that many epochs without an improvement of `tol`.
        verbose: True for a progress bar on terminals; a number, or other outputs, for one line per epoch.
        warm_start: whether `fit` continues from the weights of the last one.
        momentum, nesterovs_momentum: of "sgd".
        early_stopping, validation_fraction: whether to stop by the accuracy on held-out rows, and their share.
        beta_1, beta_2, epsilon: of "adam".
        hidden_layers: layers of minidl, such as `[Dense(64, "relu"), Dropout(0.2)]`, instead of `hidden_layer_sizes` and
            `activation`. Copies are trained.
    Attributes:
        classes_: the labels.
        model_: the network, a `Sequential`; `coefs_` and `intercepts_` are the weights of its `Dense` layers.
        history_: loss, and validation score, of each epoch.
        loss_, best_loss_, loss_curve_, validation_scores_, best_validation_score_: progress of training.
        n_iter_, t_, n_layers_, n_outputs_, n_features_in_, feature_names_in_, out_activation_: as in scikit-learn.
    Raises:
        ValueError: an argument, labels or inputs do not fit, or weights became infinite.
    Example:
        >>> from sklearn.datasets import load_iris
        >>> X, y = load_iris(return_X_y=True)
        >>> classifier = MLPClassifier(solver="lbfgs", max_iter=1000, random_state=0).fit(X / 8, y)
        >>> bool(classifier.score(X / 8, y) > 0.9)
        True
    """

    def _check_data(self, X: TableLike, y: TableLike, incremental: bool, reset: bool) -> tuple[Array, Array]:
        X, y = validate_data(
            self, X, y, accept_sparse=["csr", "csc"], multi_output=True, dtype=(np.float64, np.float32), reset=reset
        )
        y = as_vector(y)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_known_classes(unique_labels(y))
        if y.ndim == 1 and self._find_out_activation() == "softmax":
            return X, y[:, np.newaxis] == self.classes_  # what `transform` computes, in less time
        return X, self._label_binarizer.transform(y).astype(bool)

    def _check_known_classes(self, classes: Array) -> None:
        if self.warm_start and set(classes) != set(self.classes_):
            raise ValueError(
                f"warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {classes}"
            )
        if len(np.setdiff1d(classes, self.classes_)):
            raise ValueError(f"y has the classes {classes}, but the classes are {self.classes_}, as the first call said")

    def _find_out_activation(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _targets(self, y: Array) -> Array:
        return y.argmax(axis=1) if self.out_activation_ == "softmax" else y.astype(self.coefs_[0].dtype)

    def _stratify(self, y: Array) -> Array | None:
        return y if self.n_outputs_ == 1 else None

    def _validation_targets(self, y: Array) -> Any:
        return self._label_binarizer.inverse_transform(y)

    def _validation_score(self, validation: TrainingData) -> float:
        outputs = self._run(validation.X)
        if not np.isfinite(outputs).all():
            return float("nan")
        return float(accuracy_score(validation.y, self._decode(outputs), sample_weight=validation.sample_weight))

    def _decode(self, outputs: Array) -> Any:
        """The labels of outputs."""
        return self._label_binarizer.inverse_transform(outputs.ravel() if self.n_outputs_ == 1 else outputs)

    def predict(self, X: TableLike) -> Any:
        """The most probable label of each row; with several labels a row, those above one half."""
        return self._decode(self._outputs(X))

    def predict_proba(self, X: TableLike) -> Array:
        """The probability of each class, in the order of `classes_`."""
        outputs = self._outputs(X)
        return np.hstack([1 - outputs, outputs]) if self.n_outputs_ == 1 else outputs

    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Its logarithm."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    @available_if(lambda estimator: estimator._has_partial_fit())
    def partial_fit(
        self, X: TableLike, y: TableLike, sample_weight: ArrayLike | None = None, classes: ArrayLike | None = None
    ) -> Self:
        """Train for one epoch on these rows.

        Args:
            X, y, sample_weight: as for `fit`.
            classes: all labels of all calls; needed in the first one.
        """
        if not hasattr(self, "classes_"):
            if classes is None:
                raise ValueError("classes must be passed on the first call to partial_fit: all labels that will occur")
            several = type_of_target(y).startswith("multilabel")
            self._label_binarizer = LabelBinarizer().fit(y if several else classes)
            self.classes_ = unique_labels(classes)
        elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise ValueError(f"classes={classes!r} are not those of the first call to partial_fit, {self.classes_}")
        return self._fit(X, y, sample_weight, incremental=True)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
