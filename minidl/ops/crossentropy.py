"""Cross-entropies as operations: one value for each row, or for each element of the binary one.

Probabilities are clipped at `epsilon()`, as in Keras.
"""

from __future__ import annotations

import numpy as np

from minidl.autodiff import composed
from minidl.autodiff.tensor import Tensor, TensorLike
from minidl.config.settings import epsilon
from minidl.config.types import Array
from minidl.ops.activation_functions import log_sigmoid, log_softmax
from minidl.ops.arithmetic import clip
from minidl.ops.elements import take_along_axis
from minidl.ops.math import log
from minidl.ops.reductions import sum as total
from minidl.ops.shapes import ndim, shape, squeeze

__all__ = ["binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"]


def _log_probabilities(output: object, from_logits: bool, axis: int) -> Array:
    """Logarithms of probabilities; probabilities are divided by their sum first."""
    if from_logits:
        return log_softmax(output, axis)
    return log(clip(output / total(output, axis, True), epsilon(), 1 - epsilon()))


@composed(tensors=2)
def binary_crossentropy(target: Array, output: Array, from_logits: bool = False) -> Array:
    """`-target * log(p) - (1 - target) * log(1 - p)`, where p is the output, or the sigmoid of logits.

    Example:
        >>> binary_crossentropy([1.0, 0.0], [0.5, 0.75]).round(2)
        array([0.69, 1.39], dtype=float32)
    """
    _check_same(target, output)
    if from_logits:
        return -target * log_sigmoid(output) - (1.0 - target) * log_sigmoid(-output)
    p = clip(output, epsilon(), 1 - epsilon())
    return -target * log(p) - (1.0 - target) * log(1.0 - p)


@composed(tensors=2)
def categorical_crossentropy(target: Array, output: Array, from_logits: bool = False, axis: int = -1) -> Array:
    """`-sum(target * log(p))` along an axis, where p is the output, or the softmax of logits.

    Example:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(2)
        array([0.69], dtype=float32)
    """
    _check_same(target, output)
    return -total(target * _log_probabilities(output, from_logits, axis), axis)


@composed(tensors=2)
def sparse_categorical_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1) -> Array:
    """`-log(p[target])` for integer labels, where p is the output, or the softmax of logits.

    Example:
        >>> sparse_categorical_crossentropy([1, 0], [[0.5, 0.5], [0.25, 0.75]]).round(2)
        array([0.69, 1.39], dtype=float32)
    """
    labels = np.asarray(target).astype(np.intp)
    if labels.ndim == ndim(output) and labels.shape[-1] == 1:
        labels = labels[..., 0]
    expected = tuple(size for n, size in enumerate(shape(output)) if n != axis % ndim(output))
    if labels.shape != expected:
        raise ValueError(f"labels for an output of shape {tuple(shape(output))} have shape {expected}, got {labels.shape}")
    inside = (labels >= 0) & (labels < shape(output)[axis])
    chosen = np.expand_dims(np.where(inside, labels, 0), axis)
    y: Array = -squeeze(take_along_axis(_log_probabilities(output, from_logits, axis), chosen, axis), axis) * inside
    return y


def _check_same(target: Array | Tensor, output: Array | Tensor) -> None:
    if tuple(shape(target)) != tuple(shape(output)):
        raise ValueError(f"target and output have the same shape, got {tuple(shape(target))} and {tuple(shape(output))}")
