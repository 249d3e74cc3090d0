"""Plots of a confusion matrix and of weights: matplotlib figures made without pyplot's global state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from minidl.callbacks.history import make_figure
from minidl.config.checks import shown
from minidl.config.types import Array, ArrayLike
from minidl.data.string_inputs import is_text
from minidl.layers.layer import Layer

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_confusion_matrix(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    class_names: Sequence[str] | None = None,
    normalize: bool = False,
    title: str | None = None,
) -> Figure:
    """Plot a confusion matrix: rows are true classes, columns predicted ones.

    It needs matplotlib: `pip install matplotlib`.

    Args:
        y_true: labels, as numbers or strings, or one-hot rows.
        y_pred: labels of the same kind, or rows of scores as returned by `predict`; a single column is thresholded at 0.5.
        class_names: labels of rows and columns; the class numbers by default.
        normalize: whether to show fractions of each row instead of counts.
        title: title of the plot; the accuracy by default.
    Returns:
        A matplotlib `Figure`: `figure.savefig("confusion.png")`; a notebook shows it.
    Raises:
        ValueError: y_true and y_pred differ in length, or labels are not integers of at least 0.
    Example:
        >>> figure = plot_confusion_matrix([0, 1, 1], [0, 1, 0])
        >>> figure.axes[0].get_title()
        '66.7% of 3 are right'
    """
    if is_text(np.asarray(y_true)) and is_text(np.asarray(y_pred)):
        class_names = np.unique([np.ravel(y_true), np.ravel(y_pred)]).tolist() if class_names is None else list(class_names)
        y_true, y_pred = _numbered(y_true, class_names), _numbered(y_pred, class_names)
    true, predicted = _labels(y_true, "y_true"), _labels(y_pred, "y_pred")
    if len(true) != len(predicted):
        raise ValueError(f"plot_confusion_matrix expects as many predictions as truths, got {len(predicted)} and {len(true)}")
    widths = [np.shape(y)[1] for y in (y_true, y_pred) if np.ndim(y) == 2 and np.shape(y)[1] > 1]
    count = max([len(class_names or ()), int(max(true.max(), predicted.max())) + 1, *widths])
    if class_names is not None and len(class_names) < count:
        raise ValueError(f"class_names has {len(class_names)} names, there are {count} classes")
    counts = np.zeros((count, count), int)
    np.add.at(counts, (true, predicted), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    side = min(max(4.0, 0.45 * count + 2.0), 14.0)
    figure = make_figure((side, side))
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)  # colors show fractions, so that rare classes are visible too
    names = [str(name) for name in class_names or range(count)]
    axes.set_xticks(range(count), names, rotation=90 if max(map(len, names)) > 3 else 0)
    axes.set_yticks(range(count), names)
    axes.set(xlabel="predicted", ylabel="true", title=title or f"{np.mean(true == predicted):.1%} of {len(true)} are right")
    for row, column in np.ndindex(count, count):
        text = f"{shares[row, column]:.2f}" if normalize else f"{counts[row, column]}"
        color = "white" if shares[row, column] > 0.5 else "#444444" if counts[row, column] else "#bbbbbb"
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=10 if count <= 12 else 7)
    return figure


def plot_weights(layer: Layer, weight: str = "kernel", image_shape: tuple[int, ...] | None = None, limit: int = 64) -> Figure:
    """Plot a layer's weights: an image for each filter of a convolution or unit of a Dense, or the whole matrix.

    Blue is negative, white 0, red positive, on one scale for all. It needs matplotlib: `pip install matplotlib`.

    Args:
        layer: a built layer.
        weight: name of the weight.
        image_shape: (height, width) or (height, width, channels) of the input of a Dense: its columns are then shown as images.
        limit: maximum number of images.
    Returns:
        A matplotlib `Figure`.
    Raises:
        ValueError: the layer has no such weight, or image_shape does not fit.
    Example:
        >>> layer = minidl.layers.Dense(4)
        >>> y = layer(np.ones((1, 6)))
        >>> figure = plot_weights(layer, image_shape=(2, 3))
        >>> len(figure.axes)
        5
    """
    if not isinstance(layer, Layer):
        raise TypeError(f"plot_weights expects a layer, such as model.layers[0] or model.get_layer(name), got {layer!r}")
    found = {variable.name: variable for variable in layer.weights}
    if weight not in found:
        known = f"it has {', '.join(found)}" if found else "it has none: build it first, or choose another layer"
        raise ValueError(f"{layer.title} has no weight {weight!r}; {known}")
    images = _as_images(layer, np.asarray(found[weight].value), image_shape)
    total, images = len(images), images[:limit]
    extent = float(np.abs(images).max()) or 1.0
    columns = int(np.ceil(np.sqrt(len(images))))
    rows = -(-len(images) // columns)
    size = (7.0, 4.5) if len(images) == 1 else (min(1.1 * columns + 1.2, 14.0), min(1.1 * rows + 0.8, 14.0))
    figure = make_figure(size)
    axes = figure.subplots(rows, columns, squeeze=False)
    for number, place in enumerate(axes.flat):
        place.axis("off")
        if number < len(images):
            drawn = place.imshow(
                images[number], cmap="RdBu_r", vmin=-extent, vmax=extent, aspect="auto" if len(images) == 1 else None
            )
    figure.colorbar(drawn, ax=axes, shrink=0.8)
    which = "" if len(images) == 1 else f", {len(images)} of {total}" if total > len(images) else f", {total} images"
    figure.suptitle(f"{layer.title} {weight} {tuple(found[weight].shape)}{which}", fontsize=10)
    return figure


def _numbered(y: ArrayLike, names: Sequence[str]) -> list[int]:
    """The number of each label among the names."""
    labels = np.ravel(np.asarray(y)).astype(str).tolist()
    numbers = {str(name): number for number, name in enumerate(names)}
    if unknown := sorted(set(labels) - set(numbers)):
        raise ValueError(f"plot_confusion_matrix got the labels {unknown}, which are not among class_names {list(names)}")
    return [numbers[label] for label in labels]


def _labels(y: ArrayLike, name: str) -> Array:
    array = np.asarray(y)
    if array.ndim > 2:
        raise ValueError(
            f"plot_confusion_matrix expects {name} to have one label, or one row of scores, for each example, got shape "
            f"{array.shape}; for sequences give all steps in one row: y.reshape(-1), scores.reshape(-1, classes)"
        )
    if array.ndim == 2 and array.shape[1] > 1:
        return np.asarray(array.argmax(axis=1))
    array = array.reshape(-1)
    if array.dtype.kind == "f" and name == "y_pred" and array.size and not np.array_equal(array, np.round(array)):
        array = array > 0.5  # probabilities of a yes
    whole = array.dtype.kind in "biuf" and array.size > 0 and np.array_equal(array, np.round(array))
    labels: Array = array.astype(int) if whole else array
    if not whole or labels.min() < 0:
        raise ValueError(
            f"plot_confusion_matrix expects {name} to be labels 0, 1, 2 ... or a row of scores for each, got {shown(y)}"
        )
    return labels


def _as_images(layer: Layer, value: Array, image_shape: tuple[int, ...] | None) -> Array:
    """(images, height, width)."""
    if image_shape is not None:
        if value.ndim != 2 or np.prod(image_shape) != len(value):
            raise ValueError(
                f"{layer.title} has weights of shape {value.shape}, which cannot be shown as images of shape {image_shape}"
            )
        value = value.reshape(*image_shape, value.shape[1])
        value = value if len(image_shape) == 3 else value[:, :, np.newaxis]
    if value.ndim == 5:  # (depth, height, width, channels, filters): slices side by side with the channels
        return np.asarray(value.transpose(4, 3, 0, 1, 2).reshape(-1, *value.shape[1:3]))
    if value.ndim == 4:  # (height, width, channels, filters), a channel an image, a filter's side by side
        return np.asarray(value.transpose(3, 2, 0, 1).reshape(-1, *value.shape[:2]))
    if value.ndim == 3:  # (steps, channels, filters)
        return np.asarray(value.transpose(2, 1, 0))
    return np.atleast_2d(value)[np.newaxis]
