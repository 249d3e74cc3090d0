"""`check_loss`: check a loss's gradient against numerical ones, for every reduction and with sample weights."""

import numpy as np

from minidl import activations
from minidl.config.types import Array
from minidl.losses.loss import Loss
from minidl.testing.numeric import RELATIVE, check_gradient
from minidl.testing.rebuilding import check_configurable
from minidl.testing.report import assert_close, checking, fail

_REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none")
_EXTREME = 1e4  # at logits this large softmax and sigmoid are 0 or 1 in float32


def check_loss(loss: Loss, y_true: Array, y_pred: Array, *, tolerance: tuple[float, str] | None = None, seed: int = 0) -> None:
    """Check that a loss follows the protocol, and that its gradient is right.

    | check | what it verifies |
    |---|---|
    | gradient | that of `value_and_grad` equals numeric differences in float64, for every reduction, with and without weights |
    | zero gradient | the compared gradient is not zero everywhere |
    | value | calling the loss gives the value of `value_and_grad` |
    | dtype | float32 stays float32, float64 stays float64 |
    | mutation | targets, outputs and weights are not modified, and may be read-only or strided |
    | weights | a row of weight 0 has no gradient, unless the loss sets `mixes_batch` |
    | extremes | values and gradients stay finite for confident wrong outputs |
    | logits | the loss of logits equals the loss of the activated outputs |
    | config | config, JSON, `repr`, pickle and deepcopy give an equal loss |

    Args:
        loss: the loss.
        y_true: targets, as the loss takes them.
        y_pred: outputs away from kinks, of at least two rows.
        tolerance: tolerance of the gradients, relative to their norm (1e-6), with the reason why this loss needs another.
        seed: seed of the weights and directions.
    Raises:
        AssertionError: a check failed; the message names the check, the tensor, the index and the values.
    Example:
        >>> from minidl.losses import MeanSquaredError
        >>> check_loss(MeanSquaredError(), np.ones((2, 3)), np.zeros((2, 3)))
    """
    generator = np.random.default_rng(seed)
    allowed = RELATIVE if tolerance is None else tolerance[0]
    y_true, outputs = np.asarray(y_true), np.asarray(y_pred, dtype="float64")
    values, _ = loss.forward(loss.prepare(y_true, outputs), outputs)
    weights: list[Array | None] = [None, generator.uniform(0.5, 2.0, len(outputs))]
    if np.ndim(values) > 1:
        weights.append(generator.uniform(0.5, 2.0, np.shape(values)))
    with checking("config", repr(loss)):
        check_configurable(loss)
    for reduction in _REDUCTIONS:
        one = loss.with_arguments(reduction=reduction)
        forms = [(one, outputs)]
        if loss.paired_activation is not None and not loss.from_logits:
            forms.append((one.with_logits(), generator.uniform(0.3, 2.0, outputs.shape)))
        for form, where in forms:
            for weight in weights:
                subject = f"{form!r} (reduction={reduction!r}, sample_weight of shape {getattr(weight, 'shape', None)})"
                with checking("mutation", subject):
                    _check_mutation(form, y_true, where, weight)
                with checking("gradient", subject):
                    _check_gradient(form, y_true, where, weight, generator, allowed)
                with checking("dtype", subject):
                    _check_types(form, y_true, where, weight)
            with checking("weights", repr(form)):
                _check_zero_weight(form, y_true, where)
            with checking("extremes", repr(form)):
                _check_extremes(form, y_true, where, generator)
    with checking("logits", repr(loss)):
        _check_logits(loss, y_true, generator.standard_normal(outputs.shape))


def _check_gradient(
    loss: Loss, y_true: Array, outputs: Array, weight: Array | None, generator: np.random.Generator, tolerance: float
) -> None:
    y_pred = outputs.copy()
    value, gradient = loss.value_and_grad(y_true, y_pred, weight)
    called = loss(y_true, y_pred, weight)
    assert_close("value", "value", called, value, "calling the loss differs from value_and_grad")
    strength = check_gradient(
        "y_pred",
        lambda: float(np.sum(loss(y_true, y_pred, weight))),
        y_pred,
        gradient,
        generator=generator,
        magnitude=1.0 + float(np.sum(np.abs(value))),
        tolerance=tolerance,
    )
    if strength < 1e3:
        fail("zero gradient", "y_pred", "is zero everywhere, so nothing was compared; choose other outputs")


def _check_types(loss: Loss, y_true: Array, outputs: Array, weight: Array | None) -> None:
    for dtype in ("float32", "float64"):
        value, gradient = loss.value_and_grad(y_true, outputs.astype(dtype), weight)
        for name, array in (("value", value), ("dy_pred", gradient), ("value", loss(y_true, outputs.astype(dtype), weight))):
            if getattr(array, "dtype", None) != dtype:
                fail("dtype", name, f"is {getattr(array, 'dtype', type(array))} for outputs of {dtype}")


def _check_mutation(loss: Loss, y_true: Array, outputs: Array, weight: Array | None) -> None:
    def compare(given: list[Array | None], before: list[Array | None]) -> None:
        for name, array, kept in zip(("y_true", "y_pred", "sample_weight"), given, before, strict=True):
            assert_close("mutation", name, array, kept, "the loss changed what it was given", 0.0)

    before = [y_true, outputs, weight]
    plain = [None if array is None else array.copy() for array in before]
    value, gradient = loss.value_and_grad(*plain)
    loss(*plain)
    compare(plain, before)
    strided = [None if array is None else np.asfortranarray(np.repeat(array, 2, axis=0))[::2] for array in before]
    for array in strided:
        if array is not None:
            array.flags.writeable = False
    again, gradient_again = loss.value_and_grad(*strided)
    loss(*strided)
    compare(strided, before)
    assert_close("mutation", "value", again, value, "read-only, strided arrays give another value")
    assert_close("mutation", "dy_pred", gradient_again, gradient, "read-only, strided arrays give another gradient")


def _check_zero_weight(loss: Loss, y_true: Array, outputs: Array) -> None:
    if getattr(loss, "mixes_batch", False):
        return
    weight = np.ones(len(outputs))
    weight[0] = 0.0
    value, gradient = loss.value_and_grad(y_true, outputs, weight)
    assert_close("weights", "dy_pred", gradient[0], np.zeros_like(gradient[0]), "a row of weight 0 has a gradient")
    for number in (np.nan, np.inf):
        broken = outputs.copy()
        broken[0] = number
        found, found_gradient = loss.value_and_grad(y_true, broken, weight)
        assert_close("weights", "value", found, value, f"a row of weight 0 whose outputs are {number} changes the loss")
        assert_close("weights", "dy_pred", found_gradient, gradient, f"a row of weight 0 has a gradient at outputs of {number}")


def _check_extremes(loss: Loss, y_true: Array, outputs: Array, generator: np.random.Generator) -> None:
    signs = np.where(generator.random(outputs.shape) < 0.5, -1.0, 1.0)
    if loss.paired_activation is not None and not loss.from_logits:  # probabilities of 0 and 1
        extremes = [np.eye(outputs.shape[-1])[generator.integers(outputs.shape[-1], size=outputs.shape[:-1])]]
        if loss.paired_activation == "sigmoid":
            extremes += [np.zeros(outputs.shape), np.ones(outputs.shape)]
    else:
        extremes = [_EXTREME * signs, -_EXTREME * signs, np.zeros(outputs.shape)]
    for y_pred in extremes:
        for dtype in ("float32", "float64"):
            value, gradient = loss.value_and_grad(y_true, y_pred.astype(dtype))
            for name, array in (("value", value), ("dy_pred", gradient)):
                if not np.isfinite(array).all():
                    fail("extremes", name, f"is not finite for outputs of {y_pred.min():g} to {y_pred.max():g} in {dtype}")


def _check_logits(loss: Loss, y_true: Array, logits: Array) -> None:
    if loss.paired_activation is None or loss.from_logits:
        return
    activation = activations.get(loss.paired_activation)
    behind = loss(y_true, activation(logits))
    assert_close("logits", "value", loss.with_logits()(y_true, logits), behind, "on logits the loss has another value", 1e-6)
