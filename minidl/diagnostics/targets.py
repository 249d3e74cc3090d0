"""Unscaled targets and unbalanced classes."""

from collections.abc import Iterator

import numpy as np

from minidl.config.nest import flatten, for_each_output
from minidl.config.types import Array
from minidl.diagnostics.examination import Examination
from minidl.diagnostics.outputs import Output, outputs
from minidl.diagnostics.report import Finding

LARGE, SMALL = 10.0, 0.005  # of the targets' root mean square
SCALED = ("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh")  # losses that expect targets near 1
RARE = 0.22  # a class is rare below this fraction of an equal share: 11% with two classes, 2.2% with ten
CLASSES = 50  # with more classes, as in text, rare ones are normal


def examine_targets(examination: Examination) -> Iterator[Finding]:
    """Check the mean and standard deviation of regression targets, and count classes."""
    if examination.data.y is None:
        return
    outs = outputs(examination)
    whole, weights = for_each_output(examination.data.y, len(outs)), for_each_output(examination.data.sample_weight, len(outs))
    for out, target, weight in zip(outs, whole, weights, strict=True):
        if target is None or out.loss is None:
            continue
        if type(out.loss).__name__ in SCALED:
            yield from _unscaled(examination, out)
        elif weight is None and out.loss.paired_activation is not None:
            yield from _unbalanced(classes_of(target, out.y_pred.shape))


def _unscaled(examination: Examination, out: Output) -> Iterator[Finding]:
    """Find targets far from mean 0 and variance 1, which a last layer needs thousands of steps to reach.

    Source: LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", section 4.5.
    """
    last = type(out.layer).__name__
    if last in ("Rescaling", "Normalization", "Lambda") or out.activation in ("", "exponential"):
        return  # the model itself rescales its outputs
    y = np.asarray(flatten(examination.sample[1])[0] if out.y_true is None else out.y_true, "float64")
    size = float(np.sqrt((y**2).mean()))
    if LARGE >= size >= SMALL or size == 0:
        return
    yield Finding(
        "unscaled_targets",
        None if out.layer is None else out.layer.name,
        size,
        f"The targets are not scaled: mean {y.mean():,.4g}, standard deviation {y.std():,.4g}, where the last layer "
        f"starts with outputs near 0 and steps for numbers near 1.",
        "Train on (y - y.mean()) / y.std(), and convert predictions back with * y.std() + y.mean().",
    )


def classes_of(target: Array, shape: tuple[int, ...]) -> Array | None:
    """The class of each row; `None` if rows have none or several, as for sequences and multi-label targets."""
    y = np.asarray(target)
    if y.ndim == 2 and y.shape[1] > 1:
        one_hot = y.shape == (len(y), shape[-1]) and bool(((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())
        return y.argmax(axis=1) if one_hot else None
    if y.size != len(y) or len(shape) > 2 or not (y == np.round(y)).all():
        return None
    return y.reshape(-1).astype(int)


def _unbalanced(classes: Array | None) -> Iterator[Finding]:
    """Find class frequencies so unequal that always predicting the most frequent class is nearly always right.

    Source: He & Garcia 2009, "Learning from Imbalanced Data".
    """
    if classes is None:
        return
    names, counts = np.unique(classes, return_counts=True)
    shares = counts / counts.sum()
    if not 2 <= len(names) <= CLASSES or len(classes) < 50 or shares.min() * len(names) > RARE:
        return
    rare, common = int(names[counts.argmin()]), int(names[counts.argmax()])
    weights = {int(name): round(len(classes) / (len(names) * int(n)), 2) for name, n in zip(names, counts, strict=True)}
    class_weights_text = str(weights) if len(weights) <= 5 else f"{{{rare}: {weights[rare]}, {common}: {weights[common]}, ...}}"
    yield Finding(
        "unbalanced_classes",
        None,
        float(shares.max()),
        f"The classes are unbalanced: {shares.max():.1%} of the rows are of class {common} and {shares.min():.1%} of class "
        f"{rare}, so always predicting {common} has an accuracy of {shares.max():.1%}.",
        f"Weight the classes, fit(..., class_weight={class_weights_text}), and measure recall or F1Score rather than accuracy.",
    )
