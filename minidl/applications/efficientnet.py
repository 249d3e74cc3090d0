"""EfficientNet: one network, scaled in width, depth and resolution (Tan & Le 2019, arXiv:1905.11946)."""

from __future__ import annotations

import math

import numpy as np

from minidl.applications.application import Application, after, channels_of, padding_before_stride, rounded
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import unchanged as preprocess_input
from minidl.config.types import ActivationLike
from minidl.graph.symbolic import SymbolicTensor
from minidl.initializers import VarianceScaling
from minidl.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    Multiply,
    Normalization,
    Rescaling,
    Reshape,
    ZeroPadding2D,
)

__all__ = [*(f"EfficientNetB{scale}" for scale in range(8)), "decode_predictions", "preprocess_input"]

# Table 1 of the paper: expansion of the channels, kernel size, stride of the first block, channels, number of blocks.
STAGES = (
    *((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3)),
    *((6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)),
)
DROP_CONNECT = 0.2  # rate of dropping the last block, which grows from 0 with the depth


class EfficientNet(Application):
    """EfficientNet; its channels are multiplied by `width`, its blocks by `depth`.

    Example:
        >>> small = EfficientNet("small", width=0.25, depth=0.25, size=64, dropout=0.1)
        >>> small(weights=None, classes=10).output_shape
        (None, 10)
    """

    names_pooling = True

    def __init__(self, name: str, width: float, depth: float, size: int, dropout: float) -> None:
        super().__init__(name)
        self.width, self.depth, self.size, self.dropout = width, depth, size, dropout

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Table 1 of the paper, scaled."""
        x = Rescaling(1 / 255, name="rescaling")(x)
        normalization = Normalization(name="normalization")
        normalization.adapt(np.array([-1.0, 1.0])[:, None, None, None] * np.ones(channels_of(x)))  # mean 0, variance 1
        x = normalization(x)
        x = ZeroPadding2D(padding_before_stride(x.shape, 3), name="stem_conv_pad")(x)
        x = convolution(x, rounded(32 * self.width), "stem_conv", kernel_size=3, strides=2, padding="valid")
        x = activated(x, "stem_bn", "stem_activation")
        repeats = [math.ceil(self.depth * stage[-1]) for stage in STAGES]
        number = 0
        for stage, (expansion, kernel, stride, channels, _) in enumerate(STAGES):
            for block in range(repeats[stage]):
                name = f"block{stage + 1}{chr(ord('a') + block)}_"
                first = stride if block == 0 else 1
                drop = DROP_CONNECT * number / sum(repeats)
                x = _block(x, expansion, kernel, first, rounded(channels * self.width), drop, name)
                number += 1
        x = convolution(x, rounded(1280 * self.width), "top_conv")
        return activated(x, "top_bn", "top_activation")

    def before_classifier(self, x: SymbolicTensor) -> SymbolicTensor:
        """A global average and dropout."""
        return after(super().before_classifier(x), Dropout(self.dropout, name="top_dropout"))

    def classifier(self, classes: int, activation: ActivationLike) -> Dense:
        kernel = VarianceScaling(1 / 3, "fan_out", "uniform")
        return Dense(classes, activation=activation, kernel_initializer=kernel, name="predictions")


def _block(
    x: SymbolicTensor, expansion: int, kernel: int, stride: int, channels: int, drop: float, name: str
) -> SymbolicTensor:
    """An inverted residual block with squeeze and excitation, dropped at random in training."""
    y, before = x, channels_of(x)
    if expansion > 1:
        y = convolution(y, expansion * before, f"{name}expand_conv")
        y = activated(y, f"{name}expand_bn", f"{name}expand_activation")
    if stride == 2:
        y = ZeroPadding2D(padding_before_stride(y.shape, kernel), name=f"{name}dwconv_pad")(y)
    y = DepthwiseConv2D(
        kernel,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        use_bias=False,
        depthwise_initializer=kernels(),
        name=f"{name}dwconv",
    )(y)
    y = activated(y, f"{name}bn", f"{name}activation")
    y = squeeze_and_excite(y, max(1, before // 4), name)
    y = after(convolution(y, channels, f"{name}project_conv"), BatchNormalization(name=f"{name}project_bn"))
    if stride > 1 or before != channels:
        return y
    return added(x, y, drop, name)


def added(x: SymbolicTensor, y: SymbolicTensor, drop: float, name: str) -> SymbolicTensor:
    """`x + y`, where y is dropped at random in training."""
    if drop > 0:
        y = Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(y)
    return after([y, x], Add(name=f"{name}add"))


def squeeze_and_excite(x: SymbolicTensor, squeezed: int, name: str) -> SymbolicTensor:
    """x, each channel times a number from 0 to 1 computed from the means of all channels."""
    channels = channels_of(x)
    weight = Reshape((1, 1, channels), name=f"{name}se_reshape")(GlobalAveragePooling2D(name=f"{name}se_squeeze")(x))
    weight = convolution(weight, squeezed, f"{name}se_reduce", use_bias=True, activation="silu")
    weight = convolution(weight, channels, f"{name}se_expand", use_bias=True, activation="sigmoid")
    return after([x, weight], Multiply(name=f"{name}se_excite"))


def convolution(
    x: SymbolicTensor,
    filters: int,
    name: str,
    kernel_size: int = 1,
    strides: int = 1,
    padding: str = "same",
    use_bias: bool = False,
    activation: str | None = None,
) -> SymbolicTensor:
    """A convolution with the network's initializer."""
    start = kernels()
    layer = Conv2D(
        filters, kernel_size, strides, padding, activation=activation, use_bias=use_bias, kernel_initializer=start, name=name
    )
    return after(x, layer)


def activated(x: SymbolicTensor, normalization: str, activation: str, momentum: float = 0.99) -> SymbolicTensor:
    """Batch normalization and SiLU."""
    return after(x, BatchNormalization(momentum=momentum, name=normalization), Activation("silu", name=activation))


def kernels() -> VarianceScaling:
    """The initializer of all kernels."""
    return VarianceScaling(2.0, "fan_out", "truncated_normal")


EfficientNetB0 = EfficientNet("efficientnetb0", 1.0, 1.0, 224, 0.2)
EfficientNetB1 = EfficientNet("efficientnetb1", 1.0, 1.1, 240, 0.2)
EfficientNetB2 = EfficientNet("efficientnetb2", 1.1, 1.2, 260, 0.3)
EfficientNetB3 = EfficientNet("efficientnetb3", 1.2, 1.4, 300, 0.3)
EfficientNetB4 = EfficientNet("efficientnetb4", 1.4, 1.8, 380, 0.4)
EfficientNetB5 = EfficientNet("efficientnetb5", 1.6, 2.2, 456, 0.4)
EfficientNetB6 = EfficientNet("efficientnetb6", 1.8, 2.6, 528, 0.5)
EfficientNetB7 = EfficientNet("efficientnetb7", 2.0, 3.1, 600, 0.5)
