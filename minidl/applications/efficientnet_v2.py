"""EfficientNetV2: the first blocks with one full convolution, smaller and faster to train (Tan & Le 2021, arXiv:2104.00298)."""

from __future__ import annotations

import math

from minidl.applications.application import after, channels_of
from minidl.applications.efficientnet import (
    DROP_CONNECT,
    EfficientNet,
    activated,
    added,
    convolution,
    kernels,
    squeeze_and_excite,
)
from minidl.applications.imagenet_utils import DEVIATION_RGB, MEAN_RGB, decode_predictions
from minidl.applications.preprocessing import unchanged as preprocess_input
from minidl.config.types import ActivationLike
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import BatchNormalization, DepthwiseConv2D, Normalization, Rescaling
from minidl.models import Model

__all__ = [
    *(f"EfficientNetV2{scale}" for scale in ("B0", "B1", "B2", "B3", "L", "M", "S")),
    "decode_predictions",
    "preprocess_input",
]

# Table 4 of the paper, for each size: expansion of the channels, stride of the first block, channels, number of blocks.
# The first three stages have one full convolution instead of a depthwise one, and no squeeze and excitation.
STAGES = {
    "b": ((1, 1, 16, 1), (4, 2, 32, 2), (4, 2, 48, 2), (4, 2, 96, 3), (6, 1, 112, 5), (6, 2, 192, 8)),
    "s": ((1, 1, 24, 2), (4, 2, 48, 4), (4, 2, 64, 4), (4, 2, 128, 6), (6, 1, 160, 9), (6, 2, 256, 15)),
    "m": (
        *((1, 1, 24, 3), (4, 2, 48, 5), (4, 2, 80, 5), (4, 2, 160, 7)),
        *((6, 1, 176, 14), (6, 2, 304, 18), (6, 1, 512, 5)),
    ),
    "l": (
        *((1, 1, 32, 4), (4, 2, 64, 7), (4, 2, 96, 7), (4, 2, 192, 10)),
        *((6, 1, 224, 19), (6, 2, 384, 25), (6, 1, 640, 7)),
    ),
}
STEM = {"b": 32, "s": 24, "m": 24, "l": 32}
FULL = 3  # number of stages with full convolutions
MOMENTUM = 0.9


class EfficientNetV2:
    """EfficientNetV2, made by calling it: the arguments of every network of `applications`, and one more.

    Args:
        include_preprocessing: whether the network scales pixels from 0 ... 255 itself.
    Example:
        >>> small = EfficientNetV2("b0", size=64, width=0.25, depth=0.25)
        >>> small(weights=None, classes=10).output_shape
        (None, 10)
    """

    def __init__(self, scale: str, size: int, width: float = 1.0, depth: float = 1.0) -> None:
        self.name, self.kind, self.size, self.width, self.depth = f"efficientnetv2-{scale}", scale[0], size, width, depth

    def __call__(
        self,
        include_top: bool = True,
        weights: str = "imagenet",
        input_tensor: SymbolicTensor | None = None,
        input_shape: tuple[int | None, ...] | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: ActivationLike = "softmax",
        include_preprocessing: bool = True,
        name: str | None = None,
    ) -> Model:
        """The network, a functional model."""
        network = _EfficientNetV2(self, include_preprocessing)
        return network(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)


class _EfficientNetV2(EfficientNet):
    def __init__(self, kind: EfficientNetV2, rescales: bool) -> None:
        super().__init__(kind.name, kind.width, kind.depth, kind.size, dropout=0.2)
        self.kind, self.rescales = kind.kind, rescales

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Table 4 of the paper, scaled."""
        if self.rescales:
            x = self._rescaled(x)
        stages = STAGES[self.kind]
        x = convolution(x, self._channels(STEM[self.kind]), "stem_conv", kernel_size=3, strides=2)
        x = activated(x, "stem_bn", "stem_activation", MOMENTUM)
        number = 0
        for stage, (expansion, stride, channels, repeats) in enumerate(stages):
            block = _full_block if stage < FULL else _depthwise_block
            for repeat in range(math.ceil(self.depth * repeats)):
                name = f"block{stage + 1}{chr(ord('a') + repeat)}_"
                drop = DROP_CONNECT * number / sum(stage[-1] for stage in stages)
                first = stride if repeat == 0 else 1
                y = block(x, expansion, first, self._channels(channels), name)
                x = added(x, y, drop, name) if first == 1 and channels_of(x) == y.shape[-1] else y
                number += 1
        return activated(convolution(x, self._channels(1280), "top_conv"), "top_bn", "top_activation", MOMENTUM)

    def _channels(self, channels: int) -> int:
        return max(8, int(channels * self.width + 4) // 8 * 8)

    def _rescaled(self, x: SymbolicTensor) -> SymbolicTensor:
        if self.kind != "b" or x.shape[-1] != 3:
            return after(x, Rescaling(1 / 128, offset=-1))
        variance = [deviation**2 for deviation in DEVIATION_RGB]
        return after(x, Rescaling(1 / 255), Normalization(mean=list(MEAN_RGB), variance=variance, axis=3))


def _depthwise_block(x: SymbolicTensor, expansion: int, stride: int, channels: int, name: str) -> SymbolicTensor:
    """Expand the channels, filter and rescale each, project them."""
    before = channels_of(x)
    y = activated(
        convolution(x, expansion * before, f"{name}expand_conv"), f"{name}expand_bn", f"{name}expand_activation", MOMENTUM
    )
    y = DepthwiseConv2D(
        3, strides=stride, padding="same", use_bias=False, depthwise_initializer=kernels(), name=f"{name}dwconv2"
    )(y)
    y = squeeze_and_excite(activated(y, f"{name}bn", f"{name}activation", MOMENTUM), max(1, before // 4), name)
    return _projected(y, channels, name)


def _full_block(x: SymbolicTensor, expansion: int, stride: int, channels: int, name: str) -> SymbolicTensor:
    """Expand the channels by a full convolution and project them; without expansion, one convolution alone."""
    if expansion == 1:
        y = convolution(x, channels, f"{name}project_conv", kernel_size=3, strides=stride)
        return activated(y, f"{name}project_bn", f"{name}project_activation", MOMENTUM)
    y = convolution(x, expansion * channels_of(x), f"{name}expand_conv", kernel_size=3, strides=stride)
    y = activated(y, f"{name}expand_bn", f"{name}expand_activation", MOMENTUM)
    return _projected(y, channels, name)


def _projected(y: SymbolicTensor, channels: int, name: str) -> SymbolicTensor:
    return after(
        convolution(y, channels, f"{name}project_conv"), BatchNormalization(momentum=MOMENTUM, name=f"{name}project_bn")
    )


EfficientNetV2B0 = EfficientNetV2("b0", 224)
EfficientNetV2B1 = EfficientNetV2("b1", 240, depth=1.1)
EfficientNetV2B2 = EfficientNetV2("b2", 260, width=1.1, depth=1.2)
EfficientNetV2B3 = EfficientNetV2("b3", 300, width=1.2, depth=1.4)
EfficientNetV2S = EfficientNetV2("s", 384)
EfficientNetV2M = EfficientNetV2("m", 480)
EfficientNetV2L = EfficientNetV2("l", 480)
