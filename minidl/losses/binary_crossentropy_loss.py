"""Binary cross-entropy (negative log-likelihood), from probabilities or from logits."""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.activations.relu import positive_part
from minidl.kernels.activations.smooth import sigmoid, softplus
from minidl.losses.categorical_crossentropy_loss import clip_probabilities
from minidl.losses.crossentropy import Crossentropy


class BinaryCrossentropy(Crossentropy):
    """Binary cross-entropy (negative log-likelihood): the mean over an axis of `-t * log(p) - (1 - t) * log(1 - p)`.

    Probabilities are clipped to [1e-7, 1 - 1e-7], as in Keras; logits `z`, with `p = sigmoid(z)`, are not clipped.

    Args:
        from_logits: whether `y_pred` are logits instead of probabilities.
        label_smoothing: in [0, 1]; targets become `(1 - label_smoothing) * t + label_smoothing / 2`.
        axis: the axis of the mean.
        reduction, name, dtype: as for every `Loss`.
    Shapes:
        y_true and y_pred (batch, ..., outputs) -> values (batch, ...).
    Raises:
        ValueError: targets outside [0, 1], or of another shape than the outputs.
    Example:
        >>> BinaryCrossentropy(from_logits=True)([[1.0]], [[0.0]]).round(4)
        np.float32(0.6931)
    """

    paired_activation = "sigmoid"

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array]]:
        """The mean of `-t * log(p) - (1 - t) * log(1 - p)`; on logits the same is `softplus(z) - t * z`."""
        t = self.smoothed(y_true, 2)
        if self.from_logits:  # softplus(z) = max(z, 0) + softplus(-|z|): large terms cancel before small ones are added
            values = positive_part(y_pred) - t * y_pred + softplus(-np.abs(y_pred))
        else:
            p = clip_probabilities(y_pred)
            values = -t * np.log(p) - (1 - t) * np.log(1 - p)
        return values.mean(axis=self.axis), (t, y_pred)

    def backward(self, dvalues: Array, cache: tuple[Array, Array]) -> Array:
        """`dz = (sigmoid(z) - t) / n`, or `dp = (p - t) / (p * (1 - p)) / n`, and 0 where p was clipped."""
        t, y_pred = cache
        if self.from_logits:
            dy_pred: Array = sigmoid(y_pred) - t
        else:
            p = clip_probabilities(y_pred)
            dy_pred = (p - t) / (p * (1 - p)) * (p == y_pred)
        dy_pred *= np.expand_dims(dvalues / y_pred.shape[self.axis], self.axis)
        return dy_pred

    def backward_targets(self, dvalues: Array, y_true: Array, y_pred: Array) -> Array:
        """`dt = (log(1 - p) - log(p)) / n`, which is `-z / n` on logits."""
        p = clip_probabilities(y_pred)
        slope = -y_pred if self.from_logits else np.log(1 - p) - np.log(p)
        share = dvalues * ((1 - self.label_smoothing) / y_pred.shape[self.axis])
        dy_true: Array = slope * np.expand_dims(share, self.axis)
        return dy_true
