"""Layers with one deliberate error each, for the tests of `check_layer`."""

import numpy as np

from minidl.config.randomness import LateGenerator
from minidl.layers import Add, BatchNormalization, Dense, Dropout, Embedding, Layer, SimpleRNN


class Linear(Layer):
    """Healthy: `y = x * factor * weight + bias`, a base for faults."""

    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, input_shape):
        self.weight = self.add_weight((input_shape[-1],), "ones", name="weight")
        self.bias = self.add_weight((input_shape[-1],), "zeros", name="bias")

    def forward(self, x, training=False):
        return x * (self.factor * self.weight.value) + self.bias.value, x

    def backward(self, dy, x):
        axes = tuple(range(x.ndim - 1))
        self.weight.grad += self.factor * (dy * x).sum(axis=axes)
        self.bias.grad += dy.sum(axis=axes)
        return dy * (self.factor * self.weight.value)


# Weights and dx.


class WrongSign(Dense):
    def backward(self, dy, cache):
        return -super().backward(dy, cache)


class AlmostRight(Dense):
    def backward(self, dy, cache):
        return np.multiply(super().backward(dy, cache), 1.00001, dtype=dy.dtype)


class ForgetsActivation(Dense):
    def _backward_to_logits(self, dy, cache):
        super()._backward_to_logits(dy, cache)
        return dy


class WrongFactor(Linear):
    def backward(self, dy, x):
        dx = super().backward(dy, x)
        self.weight.grad += 0.001 * (dy * x).sum(axis=0)
        return dx


class OneElementWrong(Linear):
    def backward(self, dy, x):
        dx = super().backward(dy, x)
        self.weight.grad[-1] += 0.01 * dy[0, -1]
        return dx


class MeanForSum(Linear):
    def backward(self, dy, x):
        self.weight.grad += self.factor * (dy * x).sum(axis=0)
        self.bias.grad += dy.mean(axis=0)
        return dy * (self.factor * self.weight.value)


class ForgetsBias(Linear):
    def backward(self, dy, x):
        self.weight.grad += self.factor * (dy * x).sum(axis=0)
        return dy * (self.factor * self.weight.value)


class Overwrites(Linear):
    def backward(self, dy, x):
        self.weight.grad[...] = self.factor * (dy * x).sum(axis=0)
        self.bias.grad += dy.sum(axis=0)
        return dy * (self.factor * self.weight.value)


class ForgetsDx(Linear):
    def backward(self, dy, x):
        super().backward(dy, x)


class DxOfAnotherShape(Linear):
    def backward(self, dy, x):
        return super().backward(dy, x).sum(axis=0, keepdims=True)


class HalfWeights(Linear):
    def backward_weights(self, dy, x):
        self.weight.grad += self.factor * (dy * x).sum(axis=0)


class InferDiffers(Linear):
    def infer(self, x):
        return self.forward(x)[0] + self.dtype_one()

    def dtype_one(self):
        return np.asarray(0.001, self.dtype)


class SpoilsItsCache(Linear):
    def forward(self, x, training=False):
        y, _ = super().forward(x)
        return y, x.copy()

    def backward(self, dy, cache):
        dx = super().backward(dy, cache)
        cache *= 0.5
        return dx


class Dead(Linear):
    def forward(self, x, training=False):
        return np.zeros_like(x) + self.bias.value, x

    def backward(self, dy, x):
        self.bias.grad += dy.sum(axis=0)
        return np.zeros_like(x)


class NotFinite(Linear):
    def backward(self, dy, x):
        return super().backward(dy, x) * np.asarray(np.inf, dy.dtype)


class DividesByX(Layer):
    """`|x|`, right everywhere but at its kink."""

    def forward(self, x, training=False):
        return np.abs(x), x

    def backward(self, dy, x):
        return dy * np.abs(x) / x


# What is changed or kept where it should not be.


class ChangesX(Linear):
    def forward(self, x, training=False):
        if x.flags.writeable:
            x += 1
        return super().forward(x)


class ChangesDy(Linear):
    def backward(self, dy, x):
        dx = super().backward(dy, x)
        if dy.flags.writeable:
            dy *= 0.5
        return dx


class ChangesWeights(Linear):
    def forward(self, x, training=False):
        self.weight.value[...] = np.clip(self.weight.value, -0.5, 0.5)
        return super().forward(x)


class WritesIntoReadOnly(Linear):
    def forward(self, x, training=False):
        x += 1
        x -= 1
        return super().forward(x)


class ReadsMemoryOrder(Linear):
    def forward(self, x, training=False):
        y, _ = super().forward(x.ravel(order="K").reshape(x.shape))
        return y, x


class KeepsCache(Linear):
    def forward(self, x, training=False):
        self.x = x
        return super().forward(x)[0], None

    def backward(self, dy, cache):
        return super().backward(dy, self.x)


class KeepsShape(Linear):
    def forward(self, x, training=False):
        self.rows = len(x)
        return super().forward(x)

    def backward(self, dy, x):
        return super().backward(dy.reshape(self.rows, -1), x)


class KeepsBuffer(Linear):
    def forward(self, x, training=False):
        y, cache = super().forward(x)
        buffer = self.__dict__.setdefault("buffer", np.zeros((64, y.shape[-1]), y.dtype))
        buffer[: len(y)] = y
        return buffer[: len(y)], cache


# Types and shapes.


class WidensY(Linear):
    def forward(self, x, training=False):
        return super().forward(x)[0] * np.float64(1.0), x


class WidensDx(Linear):
    def backward(self, dy, x):
        return super().backward(dy, x) * np.float64(1.0)


class WrongShape(Linear):
    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)


class InventsBatch(Linear):
    def compute_output_shape(self, input_shape):
        return (input_shape[0] or 7, *input_shape[1:])


class Squeezes(Linear):
    def forward(self, x, training=False):
        return super().forward(np.squeeze(x))[0].reshape(x.shape), x

    def backward(self, dy, x):
        return super().backward(np.squeeze(dy), np.squeeze(x)).reshape(x.shape)


class Squares(Layer):
    """Its batch of one is its batch of all: fails only on an axis of size 1."""

    def forward(self, x, training=False):
        return x * x, x

    def backward(self, dy, x):
        return dy * x if x.shape[-1] == 1 else 2 * dy * x


class IdsWithGradient(Embedding):
    def backward(self, dy, cache):
        super().backward(dy, cache)
        return np.zeros(cache.shape, dy.dtype)


# State and randomness.


class CountsInference(Linear):
    def build(self, input_shape):
        super().build(input_shape)
        self.count = self.add_weight((), "zeros", trainable=False, name="count")

    def forward(self, x, training=False):
        self.count.assign(self.count.value + 1)
        return super().forward(x)


class DrawsInInference(Dropout):
    def infer(self, x):
        self._random.generator.random()
        return x


class UnregisteredGenerator(Linear):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = np.random.default_rng(0)

    def forward(self, x, training=False):
        noise = self.generator.normal(size=x.shape).astype(x.dtype) if training else 0
        return super().forward(x)[0] + noise, x


class UnregisteredState(Linear):
    def build(self, input_shape):
        super().build(input_shape)
        self.mean = np.zeros(input_shape[-1])

    def forward(self, x, training=False):
        if training:
            self.mean = 0.9 * self.mean + 0.1 * x.mean(axis=0)
        return super().forward(x)[0] + self.mean.astype(x.dtype), x


class DrawsAnotherMask(Dropout):
    def backward(self, dy, cache):
        if cache is None:
            return dy
        again = np.random.default_rng(0).random(dy.shape) >= self.rate
        return dy * (again / (1 - self.rate)).astype(dy.dtype)


class ConstantStatistics(BatchNormalization):
    def backward(self, dy, cache):
        centered, inverse, _, share, correction = cache
        return super().backward(dy, (centered, inverse, False, share, correction))


class MixesRows(Linear):
    def forward(self, x, training=False):
        return super().forward(x)[0] + x.mean(axis=0), x

    def backward(self, dy, x):
        return super().backward(dy, x) + dy.mean(axis=0)


class CountsRows(Linear):
    def forward(self, x, training=False):
        return super().forward(x)[0] * np.asarray(len(x), x.dtype), x

    def backward(self, dy, x):
        return super().backward(dy * np.asarray(len(x), x.dtype), x)


# Masks.


class IgnoresMask(SimpleRNN):
    def forward(self, x, training=False, mask=None):
        return super().forward(x, training, None)


class IgnoresMaskBackward(SimpleRNN):
    def recurrent_backward(self, dy, dstates, cache, mask, dropout):
        return super().recurrent_backward(dy, dstates, cache, None, dropout)


class IgnoresMaskInInference(SimpleRNN):
    def infer(self, x, mask=None):
        return self.forward(x)[0]


class MaskedStatistics(BatchNormalization):
    """Normalises by unmasked steps, and lets the masked ones into its moving mean."""

    def forward(self, x, training=False, mask=None):
        result = super().forward(x, training, mask)
        if training:
            self.moving_mean.assign(self.moving_mean.value + x.mean(axis=(0, 1)))
        return result


class TakesAnyMask(SimpleRNN):
    """Does without a mask that does not fit, instead of refusing it."""

    def expected_mask_shape(self, mask_shape, input_shape):
        return mask_shape

    def forward(self, x, training=False, mask=None):
        return super().forward(x, training, None if mask is None or mask.shape != x.shape[:2] else mask)


class RefusesWithoutAName(TakesAnyMask):
    def forward(self, x, training=False, mask=None):
        if mask is not None and mask.shape != x.shape[:2]:
            raise ValueError("operands could not be broadcast together")
        return super().forward(x, training, mask)


# Several inputs and outputs.


class Difference(Layer):
    """Healthy: `y = x[0] - 2 * x[1]`."""

    def forward(self, x, training=False):
        return x[0] - 2 * x[1], None

    def backward(self, dy, cache):
        return [dy, -2 * dy]


class SwapsInputs(Difference):
    def backward(self, dy, cache):
        return [-2 * dy, dy]


class OneGradient(Difference):
    def backward(self, dy, cache):
        return [dy]


class SecondInputForgotten(Add):
    def backward(self, dy, cache):
        first, *others = super().backward(dy, cache)
        return [first, *(np.zeros_like(other) for other in others)]


class Halves(Layer):
    """Healthy: two outputs, `2 * x` and `x * x`."""

    def forward(self, x, training=False):
        return (2 * x, x * x), x

    def backward(self, dy, x):
        doubled, squared = dy
        dx = np.zeros_like(x)
        if doubled is not None:
            dx += 2 * doubled
        if squared is not None:
            dx += 2 * x * squared
        return dx


class SecondOutputDropped(Halves):
    def backward(self, dy, x):
        return super().backward((dy[0], None), x)


class NoneNotExpected(Halves):
    def backward(self, dy, x):
        return 2 * dy[0] + 2 * x * dy[1]


class NoneMeansNothing(Halves):
    def backward(self, dy, x):
        return np.zeros_like(x) if dy[1] is None else super().backward(dy, x)


# Penalties, configs, copies.


class Penalised(Layer):
    """Healthy: `y = x`, with a penalty of the sum of squares."""

    def forward(self, x, training=False):
        return x, x

    def penalty(self, x):
        return float((x * x).sum())

    def backward(self, dy, x):
        return dy + 2 * x


class PenaltyForgotten(Penalised):
    def backward(self, dy, x):
        return dy


class PenaltyHalved(Penalised):
    def backward(self, dy, x):
        return dy + x


class ForgetsArgument(Linear):
    def get_config(self):
        return {key: value for key, value in super().get_config().items() if key != "factor"}


class ChangesArgument(Linear):
    def __init__(self, factor=2.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor + 1

    def get_config(self):
        return super().get_config() | {"factor": self.factor}


class NotWritable(Linear):
    def get_config(self):
        return super().get_config() | {"factor": object()}


class PicklesBadly(Linear):
    def __getstate__(self):
        return self.__dict__ | {"factor": 1.0}


class NewDrawsWhenCopied(Dropout):
    def __getstate__(self):
        late = LateGenerator(5)
        return self.__dict__ | {"_random": late, "_generators": [late]}


class SharesWhenCopied(Linear):
    def __deepcopy__(self, memo):
        other = type(self).from_config(self.get_config())
        other.build((None, self.weight.shape[0]))
        return other


class MoreWeightsEachTime(Linear):
    made = 0

    def build(self, input_shape):
        super().build(input_shape)
        type(self).made += 1
        for number in range(self.made):
            self.add_weight((1,), "zeros", trainable=False, name=f"extra_{number}")
