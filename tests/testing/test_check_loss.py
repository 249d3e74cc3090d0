"""`check_loss` finds every deliberate error, and accepts correct losses."""

import numpy as np
import pytest

from minidl.kernels.activations.smooth import sigmoid
from minidl.losses.loss import Loss
from minidl.testing import check_loss


class Squared(Loss):
    """Healthy: mean of squares."""

    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def forward(self, y_true, y_pred):
        return self.factor * np.square(y_pred - y_true).mean(axis=-1), y_pred - y_true

    def backward(self, dvalues, cache):
        return (2 * self.factor / cache.shape[-1]) * dvalues[..., np.newaxis] * cache


class Logistic(Loss):
    """Healthy: cross-entropy on probabilities, clipped, or on logits."""

    paired_activation = "sigmoid"

    def __init__(self, from_logits=False, **kwargs):
        super().__init__(**kwargs)
        self.from_logits = from_logits

    def forward(self, y_true, y_pred):
        if self.from_logits:
            values = np.maximum(y_pred, 0) - y_pred * y_true + np.log1p(np.exp(-np.abs(y_pred)))
        else:
            p = np.clip(y_pred, 1e-7, 1 - 1e-7, dtype=y_pred.dtype)
            values = -(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))
        return values.mean(axis=-1), (y_true, y_pred)

    def backward(self, dvalues, cache):
        y_true, y_pred = cache
        if self.from_logits:
            inner = sigmoid(y_pred) - y_true
        else:
            p = np.clip(y_pred, 1e-7, 1 - 1e-7, dtype=y_pred.dtype)
            inner = (p - y_true) / (p * (1 - p))
        return dvalues[..., np.newaxis] * inner / np.asarray(y_pred.shape[-1], y_pred.dtype)


class WrongFactor(Squared):
    def backward(self, dvalues, cache):
        return super().backward(dvalues, cache) * np.asarray(1.001, cache.dtype)


class IgnoresWeights(Squared):
    def backward(self, dvalues, cache):
        return super().backward(np.full_like(dvalues, 1 / dvalues.size), cache)


class CallDiffers(Squared):
    def __call__(self, y_true, y_pred, sample_weight=None):
        return 1.001 * super().__call__(y_true, y_pred, sample_weight)


class Widens(Squared):
    def backward(self, dvalues, cache):
        return super().backward(dvalues, cache).astype("float64")


class ChangesOutputs(Squared):
    def forward(self, y_true, y_pred):
        if y_pred.flags.writeable:
            y_pred -= y_true
            return self.factor * np.square(y_pred).mean(axis=-1), y_pred.copy()
        return super().forward(y_true, y_pred)


class WritesIntoReadOnly(Squared):
    def forward(self, y_true, y_pred):
        y_pred += 0
        return super().forward(y_true, y_pred)


class MixesRows(Squared):
    """A weight of 0 leaves a gradient, and value and gradient agree."""

    def forward(self, y_true, y_pred):
        values, cache = super().forward(y_true, y_pred)
        return values[::-1], cache

    def backward(self, dvalues, cache):
        return super().backward(dvalues[::-1], cache)


class Overflows(Squared):
    def forward(self, y_true, y_pred):
        with np.errstate(over="ignore"):
            return np.exp(y_pred).mean(axis=-1), y_pred

    def backward(self, dvalues, cache):
        with np.errstate(over="ignore"):
            return dvalues[..., np.newaxis] * np.exp(cache) / np.asarray(cache.shape[-1], cache.dtype)


class Constant(Squared):
    def forward(self, y_true, y_pred):
        return np.ones(len(y_pred), y_pred.dtype), y_pred

    def backward(self, dvalues, cache):
        return np.zeros_like(cache)


class ForgetsArgument(Squared):
    def get_config(self):
        return {key: value for key, value in super().get_config().items() if key != "factor"}


class ShiftedLogits(Logistic):
    """Value and gradient agree; they are not those of the probabilities."""

    def forward(self, y_true, y_pred):
        return super().forward(y_true, y_pred + 1 if self.from_logits else y_pred)


GENERATOR = np.random.default_rng(0)
Y_TRUE, Y_PRED = GENERATOR.normal(size=(3, 2)), GENERATOR.normal(size=(3, 2))
BITS, PROBABILITIES = GENERATOR.integers(2, size=(3, 2)), GENERATOR.uniform(0.1, 0.9, (3, 2))

FAULTS = {
    "wrong factor": (WrongFactor(), Y_TRUE, Y_PRED, "gradient", "y_pred"),
    "weights ignored in the gradient": (IgnoresWeights(), Y_TRUE, Y_PRED, "gradient", "y_pred"),
    "call differs": (CallDiffers(), Y_TRUE, Y_PRED, "value", "value"),
    "gradient widened": (Widens(), Y_TRUE, Y_PRED, "dtype", "dy_pred"),
    "outputs changed": (ChangesOutputs(), Y_TRUE, Y_PRED, "mutation", "y_pred"),
    "writes into read-only outputs": (WritesIntoReadOnly(), Y_TRUE, Y_PRED, "mutation", "WritesIntoReadOnly"),
    "weights on other rows": (MixesRows(), Y_TRUE, Y_PRED, "weights", "dy_pred"),
    "overflow": (Overflows(), Y_TRUE, Y_PRED, "extremes", "value"),
    "zero gradient": (Constant(), Y_TRUE, Y_PRED, "zero gradient", "y_pred"),
    "argument not in the config": (ForgetsArgument(2.0), Y_TRUE, Y_PRED, "config", "factor"),
    "logits shifted": (ShiftedLogits(), BITS, PROBABILITIES, "logits", "value"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_deliberate_error_is_found_and_named(fault):
    loss, y_true, y_pred, check, tensor = FAULTS[fault]
    with pytest.raises(AssertionError) as caught:
        check_loss(loss, y_true, y_pred.copy())
    assert str(caught.value).startswith(f"[{check}] {tensor}"), str(caught.value)


@pytest.mark.parametrize(
    ("loss", "y_true", "y_pred"),
    [
        (Squared(), Y_TRUE, Y_PRED),
        (Squared(2.0, reduction="sum", name="mine"), Y_TRUE, Y_PRED),
        (Logistic(), BITS, PROBABILITIES),
        (Logistic().with_logits(), BITS, Y_PRED),
    ],
    ids=["plain", "with arguments", "probabilities", "logits"],
)
def test_a_correct_loss_passes(loss, y_true, y_pred):
    check_loss(loss, y_true, y_pred)
