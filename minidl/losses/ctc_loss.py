"""`CTC`: connectionist temporal classification, for label sequences without alignment."""

from __future__ import annotations

import numpy as np

from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array, Shape
from minidl.kernels.activations.softmax import log_softmax
from minidl.kernels.ctc import ctc, ctc_backward
from minidl.losses.label_checks import check_numbers
from minidl.losses.plain_loss import PlainLoss


class CTC(PlainLoss):
    """Connectionist temporal classification: negative log-probability of the label, summed over all alignments.

    `loss = -log(sum over a of product over t of p[t, a[t]])`, where a are the paths that spell the label.

    Class 0 is the blank, which separates letters in the output and pads labels at their end. A label that needs more steps
    than there are raises ValueError; Keras returns a loss of 100000.

    Shapes:
        y_true (batch, letters), integers; y_pred (batch, time, classes), logits -> values (batch,).
    Raises:
        ValueError: labels with a 0 between letters, of unknown classes, or longer than the sequence.
    Source: Graves et al. 2006.
    Example:
        >>> CTC()([[1, 2]], np.zeros((1, 3, 3))).round(4)
        np.float64(1.6864)
    """

    def prepare(self, y_true: TensorLike, y_pred: Array) -> Array:
        """The labels, checked, as integers."""
        labels = np.asarray(y_true)
        self.check_targets(labels, y_pred.shape)
        return labels.astype(np.intp)

    def forward(self, y_true: Array, y_pred: Array) -> tuple[Array, tuple[Array, Array, Array]]:
        """`-log(sum of the probabilities of all paths)`."""
        log_p = log_softmax(y_pred)
        values, occupied = ctc(log_p, y_true)
        return values, (log_p, y_true, occupied)

    def backward(self, dvalues: Array, cache: tuple[Array, Array, Array]) -> Array:
        """`dy_pred = softmax(y_pred) - P(class at step | label)`."""
        log_p, labels, occupied = cache
        return ctc_backward(dvalues, log_p, labels, occupied)

    def check_targets(self, y_true: Array, output_shape: Shape) -> None:
        check_numbers(self.name, y_true)
        if len(output_shape) != 3 or y_true.ndim != 2:
            raise ValueError(
                f"{self.name} expects labels (batch, letters) and logits (batch, time, classes), got labels of shape "
                f"{y_true.shape} and logits of shape {output_shape}"
            )
        _, steps, classes = output_shape
        if y_true.size and (y_true.min() < 0 or (classes is not None and y_true.max() >= classes) or (y_true % 1).any()):
            raise ValueError(
                f"{self.name} expects whole numbers of {classes} classes as labels, 0 being the blank, got "
                f"{y_true.min()} to {y_true.max()}; give the last layer a unit for each class and one for the blank"
            )
        letters = y_true != 0
        if (letters[:, 1:] & ~letters[:, :-1]).any():
            raise ValueError(f"{self.name} expects zeros only after the letters, got a row with a 0 between them")
        repeated = letters[:, 1:] & (y_true[:, 1:] == y_true[:, :-1])  # a blank has to separate these
        needed = int((letters.sum(axis=1) + repeated.sum(axis=1)).max(initial=0))
        if steps is not None and needed > steps:
            raise ValueError(
                f"{self.name} got a label that needs {needed} steps for sequences of {steps}; "
                f"make them longer, or leave out pooling and strides before the last layer"
            )
