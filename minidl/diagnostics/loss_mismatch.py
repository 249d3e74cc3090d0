"""Losses that do not match the targets or the last activation."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from minidl.diagnostics import fixes
from minidl.diagnostics.examination import Examination
from minidl.diagnostics.layer_facts import has_activation
from minidl.diagnostics.outputs import Output, outputs
from minidl.diagnostics.report import Finding
from minidl.diagnostics.targets import classes_of
from minidl.models.model import Model

CATEGORICAL = ("CategoricalCrossentropy", "SparseCategoricalCrossentropy", "CategoricalFocalCrossentropy")
BINARY = ("BinaryCrossentropy", "BinaryFocalCrossentropy")
DISTANCES = ("MeanSquaredError", "MeanAbsoluteError", "Huber", "LogCosh", "MeanSquaredLogarithmicError")
RANGES = {
    "sigmoid": (0, 1),
    "hard_sigmoid": (0, 1),
    "keras_2_hard_sigmoid": (0, 1),
    "softmax": (0, 1),
    "tanh": (-1, 1),
    "relu": (0, np.inf),
    "softplus": (0, np.inf),
}


def examine_loss_mismatch(examination: Examination) -> Iterator[Finding]:
    """Compare loss, last activation and targets."""
    if examination.target_error is not None:
        yield _unsuitable_targets(examination)
        return
    if examination.data.y is None:
        return
    single = len(outs := outputs(examination)) == 1
    for out in outs:
        if out.loss is not None and out.y_true is not None:
            found = _wrong(out)
            if found is not None:
                sentence, fix, loss, activation = found
                model_fix = _model_fix(examination, out, loss, activation) if single else None
                name = None if out.layer is None else out.layer.name
                yield Finding("wrong_loss", name, float(out.y_pred.shape[-1]), sentence, fix, model_fix)


def _wrong(out: Output) -> tuple[str, str, str | None, str | None] | None:
    """What is wrong, how to fix it, and the loss or activation to use."""
    name, units = type(out.loss).__name__, out.y_pred.shape[-1]
    title = "The last layer" if out.layer is None else out.layer.title
    classes = classes_of(out.y_true, out.y_pred.shape)
    labels = classes is not None and np.asarray(out.y_true).ndim == 2 and np.asarray(out.y_true).shape[1] > 1
    right = "categorical_crossentropy" if labels else "sparse_categorical_crossentropy"
    inside = bool(((out.y_pred >= 0) & (out.y_pred <= 1)).all())
    if out.activation == "softmax" and units == 1:
        return (
            f"{title} is a softmax of one unit, whose output is always 1 for any input.",
            'Use activation="sigmoid" with loss="binary_crossentropy", or one unit for each class.',
            "binary_crossentropy",
            "sigmoid",
        )
    if out.activation == "softmax" and labels and name in (*DISTANCES, *BINARY):
        return (
            f"{title} ends in a softmax over {units} classes, but the loss is {name}, whose gradient vanishes where the "
            f"network is confident and wrong." if name in DISTANCES else
            f"{title} ends in a softmax over {units} classes, but {name} treats it as {units} independent binary labels.",
            f'Compile with loss="{right}".',
            right,
            None,
        )  # fmt: skip
    if name in CATEGORICAL and out.activation == "sigmoid":
        return (
            f"{title} ends in {units} sigmoids, which are independent binary outputs, but {name} expects a distribution over "
            f"{units} classes.",
            'Use activation="softmax" in the last layer.',
            None,
            "softmax",
        )
    if name in (*CATEGORICAL, *BINARY):
        return _about_logits(out, name, title, inside)
    return _out_of_range(out, name, title)


def _about_logits(out: Output, name: str, title: str, inside: bool) -> tuple[str, str, str | None, str | None] | None:
    wanted = out.loss.paired_activation
    if out.loss.from_logits and out.activation in ("softmax", "sigmoid"):
        plain = out.loss.with_arguments(from_logits=False)
        return (
            f"{title} ends in a {out.activation}, and {name}(from_logits=True) applies it a second time.",
            "Remove from_logits=True, or the activation of the last layer.",
            plain,
            None,
        )
    if not out.loss.from_logits and (not inside or out.activation in ("linear", "relu", "tanh")):
        return (
            f"{title} ends in {'no activation' if out.activation in ('linear', '') else out.activation}, so its outputs "
            f"(from {out.y_pred.min():.2g} to {out.y_pred.max():.2g}) are not probabilities, as {name} expects.",
            f'Use activation="{wanted}" there, or compile with {name}(from_logits=True).',
            None,
            wanted,
        )
    return None


def _out_of_range(out: Output, name: str, title: str) -> tuple[str, str, str | None, str | None] | None:
    if out.activation not in RANGES or name not in DISTANCES:
        return None
    low, high = RANGES[out.activation]
    y = np.asarray(out.y_true, "float64")
    beyond = float(((y < low - 0.02) | (y > high + 0.02)).mean())
    if beyond < 0.01:
        return None
    return (
        f"{title} ends in {out.activation}, whose outputs stay {f'above {low}' if high == np.inf else f'in [{low}, {high}]'}, "
        f"and {beyond:.0%} of the targets (from {y.min():.3g} to {y.max():.3g}) lie beyond.",
        "Remove the activation of the last layer.",
        None,
        "linear",
    )


def _model_fix(examination: Examination, out: Output, loss: object, activation: str | None) -> Callable[[Model], Model] | None:
    if activation is None:
        return partial(fixes.with_loss, like=examination.model, loss=loss)
    if out.layer is None or not has_activation(out.layer):
        return None
    return partial(fixes.with_activation, like=examination.model, layer=out.layer.name, activation=activation, loss=loss)


def _unsuitable_targets(examination: Examination) -> Finding:
    """Targets that the loss rejects: the error message, and a loss that accepts them."""
    reason, _, fix = str(examination.target_error).partition("; ")
    loss = examination.other_loss()
    advice = f'Compile with loss="{loss}".' if loss is not None else fix[:1].upper() + fix[1:] + "." if fix else ""
    model_fix = None if loss is None else partial(fixes.with_loss, like=examination.model, loss=loss)
    return Finding("wrong_loss", None, float("nan"), f"The loss does not match these targets: {reason}.", advice, model_fix)
