"""What to do about targets that a loss or metric rejects: the end of its error message, chosen by looking at the targets."""

from __future__ import annotations

import numpy as np

from minidl.config.types import Array, Shape

_REGRESSION = 'end the model in Dense(1) without activation and use loss="mean_squared_error"'

_ONE_OUTPUT = (
    "for one target per row put Flatten() or a global pooling layer before the last Dense layer; a recurrent layer gives one "
    "output per row with return_sequences=False"
)


def fix_for_probabilities(y_true: Array) -> str:
    """For targets outside [0, 1]."""
    if y_true.size != len(y_true):
        return (
            "if they are intensities, divide them by the largest possible value (pixels: y / 255); otherwise end the model "
            'without activation and use loss="mean_squared_error"'
        )
    if not are_whole(y_true):
        return f"they are not class labels, so this is a regression: {_REGRESSION}"
    labels = [int(label) for label in np.unique(y_true)]
    if len(labels) == 1:
        return f"every row has the label {labels[0]}; two classes have the labels 0 and 1"
    return _fix_for_two(*labels) if len(labels) == 2 else _fix_for_classes(labels)


def fix_for_fractions(y_true: Array) -> str:
    """For labels that are not whole numbers."""
    place = tuple(np.argwhere(y_true != np.round(y_true))[0].tolist())
    where = ", ".join(map(str, place))
    return (
        f"y[{where}] is {y_true[place]:g}, which is not a class label; if y holds quantities, this is a regression: "
        f"{_REGRESSION}"
    )


def message_of_label_range(owner: str, y_true: Array, place: list[int], known: Array, classes: int) -> str:
    """For a label at this place that is not in 0 ... classes - 1, where `known` are the labels that are not ignored."""
    return (
        f"{owner} expects labels in 0 ... {classes - 1}, as the model has {classes} class{'es' if classes != 1 else ''}, "
        f"got label {y_true[tuple(place)]} at y[{', '.join(map(str, place))}]; {fix_for_label_range(known, classes)}"
    )


def fix_for_label_range(y_true: Array, classes: int) -> str:
    """For integer labels outside 0 ... classes - 1."""
    labels = [int(label) for label in np.unique(y_true)]
    if classes == 1:
        fits = labels[0] >= 0 and labels[-1] <= 1
        return 'for yes or no from one output use loss="binary_crossentropy"' if fits else _fix_for_classes(labels)
    low, count = labels[0], labels[-1] - labels[0] + 1
    if (low < 0 or (low > 0 and count > 1)) and count <= classes:
        return f"labels start at 0: write y {_minus(low)}"
    if low >= 0 and (labels[-1] < 2 * len(labels) or count == 1):
        return f"labels up to {labels[-1]} need a last layer of {labels[-1] + 1} units"
    return f"give the last layer {len(labels)} units and number the labels: np.unique(y, return_inverse=True)[1]"


def fix_for_shape(owner: str, target: tuple[int, ...], output: Shape) -> str:
    """For rows of targets of another shape than the rows of outputs; the owner may be a loss or a metric."""
    if len(output) == 1 and target in ((), (1,)):
        return (
            f'class labels fit loss="sparse_categorical_crossentropy" and metrics such as "sparse_categorical_accuracy"; '
            f"{owner} needs one-hot rows, y = utils.to_categorical(y, {output[0]}), which fit "
            f'loss="categorical_crossentropy"; to predict a single number, end the model in Dense(1)'
        )
    if len(output) == len(target) == 1:
        return f"give the last layer {target[0]} units, or targets of {output[0]} number{'' if output[0] == 1 else 's'} per row"
    if len(output) > 1 and target in ((), (1,)):
        return _ONE_OUTPUT
    return "give the last layer's output and the targets the same shape"


def fix_for_label_shape(labels: tuple[int, ...], output: Shape, axis: int) -> str:
    """For class labels whose shape is not that of the outputs without the classes' axis."""
    if len(output) > 2 and len(labels) == 1:
        return f"; {_ONE_OUTPUT}"
    same_rank = len(labels) == len(output)
    if same_rank and all(size in (None, given) for size, given in zip(output, labels, strict=True)):
        return f"; one-hot rows become labels with y.argmax(axis={axis})"
    return ""


def _fix_for_two(low: int, high: int) -> str:
    """Two labels that are not 0 and 1."""
    if (low, high) == (-1, 1):
        return "labels -1 and 1 become 0 and 1 by y = (y + 1) / 2"
    if high == low + 1:
        return f"labels {low} and {high} become 0 and 1 by y = y {_minus(low)}"
    return f"labels {low} and {high} become 0 and 1 by y = (y == {high}).astype(int)"


def _fix_for_classes(labels: list[int]) -> str:
    """More than two labels on one output."""
    low, high, count = labels[0], labels[-1], len(labels)
    if count > 100:
        return f"{count} different numbers look like quantities, so this is a regression: {_REGRESSION}"
    if count != high - low + 1:
        number = ", and number the labels: y = np.unique(y, return_inverse=True)[1]"
    else:
        number = f", and let the labels start at 0: y = y {_minus(low)}" if low else ""
    return (
        f'labels {low} ... {high} are {count} classes: end the model in Dense({count}, activation="softmax"), use '
        f'loss="sparse_categorical_crossentropy"{number}'
    )


def _minus(low: int) -> str:
    return f"- {low}" if low > 0 else f"+ {-low}"


def are_whole(y_true: Array) -> bool:
    """Whether all targets are whole numbers."""
    return y_true.dtype.kind != "f" or bool((y_true == np.round(y_true)).all())
