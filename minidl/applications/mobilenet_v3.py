"""MobileNetV3: inverted residual blocks, some with squeeze and excitation (Howard et al. 2019, arXiv:1905.02244)."""

from __future__ import annotations

from minidl.applications.application import Application, after, channels_of, padding_before_stride, rounded
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.mobilenet_v2 import normalized
from minidl.applications.preprocessing import unchanged as preprocess_input
from minidl.config.types import ActivationLike
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import (
    Activation,
    Add,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    Multiply,
    ReLU,
    Rescaling,
    ZeroPadding2D,
)
from minidl.models import Model

__all__ = ["decode_predictions", "preprocess_input"]

# Tables 1 and 2 of the paper: expansion of the channels, channels, kernel size, stride, squeeze and excitation, hard swish.
LARGE = (
    *((1, 16, 3, 1, 0, 0), (4, 24, 3, 2, 0, 0), (3, 24, 3, 1, 0, 0), (3, 40, 5, 2, 1, 0)),
    *((3, 40, 5, 1, 1, 0), (3, 40, 5, 1, 1, 0), (6, 80, 3, 2, 0, 1), (2.5, 80, 3, 1, 0, 1)),
    *((2.3, 80, 3, 1, 0, 1), (2.3, 80, 3, 1, 0, 1), (6, 112, 3, 1, 1, 1), (6, 112, 3, 1, 1, 1)),
    *((6, 160, 5, 2, 1, 1), (6, 160, 5, 1, 1, 1), (6, 160, 5, 1, 1, 1)),
)
SMALL = (
    *((1, 16, 3, 2, 1, 0), (72 / 16, 24, 3, 2, 0, 0), (88 / 24, 24, 3, 1, 0, 0), (4, 40, 5, 2, 1, 1)),
    *((6, 40, 5, 1, 1, 1), (6, 40, 5, 1, 1, 1), (3, 48, 5, 1, 1, 1), (3, 48, 5, 1, 1, 1)),
    *((6, 96, 5, 2, 1, 1), (6, 96, 5, 1, 1, 1), (6, 96, 5, 1, 1, 1)),
)


class MobileNetV3:
    """MobileNetV3, made by calling it: the arguments of every network of `applications`, and four more.

    Args:
        alpha: factor of the channels.
        minimalistic: whether to leave out squeeze and excitation, hard swish, and kernels larger than 3 x 3.
        dropout_rate: rate of dropout before the classifier.
        include_preprocessing: whether the network scales pixels from 0 ... 255 itself.
    Example:
        >>> MobileNetV3Small((32, 32, 3), alpha=0.75, weights=None, classes=10).output_shape
        (None, 10)
    """

    def __init__(self, name: str, blocks: tuple[tuple[float, int, int, int, int, int], ...], last: int) -> None:
        self.name, self.blocks, self.last = name, blocks, last

    def __call__(
        self,
        input_shape: tuple[int | None, ...] | None = None,
        alpha: float = 1.0,
        minimalistic: bool = False,
        include_top: bool = True,
        weights: str = "imagenet",
        input_tensor: SymbolicTensor | None = None,
        classes: int = 1000,
        pooling: str | None = None,
        dropout_rate: float = 0.2,
        classifier_activation: ActivationLike = "softmax",
        include_preprocessing: bool = True,
        name: str | None = None,
    ) -> Model:
        """The network, a functional model."""
        network = _MobileNetV3(self, alpha, minimalistic, dropout_rate, include_preprocessing)
        return network(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)


class _MobileNetV3(Application):
    needs_size, names_pooling = False, True

    def __init__(self, kind: MobileNetV3, alpha: float, minimalistic: bool, dropout: float, rescales: bool) -> None:
        super().__init__(kind.name)
        self.kind, self.alpha, self.minimalistic, self.dropout, self.rescales = kind, alpha, minimalistic, dropout, rescales

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Table 1 or 2 of the paper."""
        swish = not self.minimalistic
        if self.rescales:
            x = Rescaling(1 / 127.5, offset=-1.0)(x)
        x = Conv2D(16, 3, strides=2, padding="same", use_bias=False, name="conv")(x)
        x = _activated(x, "conv_bn", swish)
        for number, (expansion, channels, kernel, stride, squeezed, swished) in enumerate(self.kind.blocks):
            if self.minimalistic:
                kernel, squeezed, swished = 3, 0, 0
            name = f"expanded_conv_{number}_" if number else "expanded_conv_"
            expanded = rounded(channels_of(x) * expansion) if number else None
            x = _block(x, expanded, rounded(channels * self.alpha), kernel, stride, bool(squeezed), bool(swished), name)
        x = Conv2D(rounded(6 * channels_of(x)), 1, padding="same", use_bias=False, name="conv_1")(x)
        return _activated(x, "conv_1_bn", swish)

    def top(self, x: SymbolicTensor, classes: int, activation: ActivationLike) -> SymbolicTensor:
        """Two 1 x 1 convolutions of the global average."""
        last = rounded(self.kind.last * self.alpha) if self.alpha > 1 else self.kind.last
        x = Conv2D(last, 1, padding="same", name="conv_2")(GlobalAveragePooling2D(keepdims=True)(x))
        x = _activation(not self.minimalistic)(x)
        if self.dropout > 0:
            x = Dropout(self.dropout)(x)
        x = Flatten()(Conv2D(classes, 1, padding="same", name="logits")(x))
        return after(x, Activation(activation, name="predictions"))


def _block(
    x: SymbolicTensor, expanded: int | None, channels: int, kernel: int, stride: int, squeezed: bool, swish: bool, name: str
) -> SymbolicTensor:
    """Expand the channels, filter and rescale each, project them; add x if the shape is the same."""
    y, before = x, channels_of(x)
    if expanded is not None:
        y = Conv2D(expanded, 1, padding="same", use_bias=False, name=f"{name}expand")(y)
        y = _activated(y, f"{name}expand_bn", swish)
    if stride == 2:
        y = ZeroPadding2D(padding_before_stride(y.shape, kernel), name=f"{name}depthwise_pad")(y)
    padding = "same" if stride == 1 else "valid"
    y = DepthwiseConv2D(kernel, strides=stride, padding=padding, use_bias=False, name=f"{name}depthwise")(y)
    y = _activated(y, f"{name}depthwise_bn", swish)
    if squeezed:
        y = _squeeze_and_excite(y, f"{name}squeeze_excite_")
    y = normalized(Conv2D(channels, 1, padding="same", use_bias=False, name=f"{name}project")(y), f"{name}project_bn")
    return after([x, y], Add(name=f"{name}add")) if stride == 1 and before == channels else y


def _squeeze_and_excite(x: SymbolicTensor, name: str) -> SymbolicTensor:
    """x, each channel times a number from 0 to 1 computed from the means of all channels."""
    channels = channels_of(x)
    weight = GlobalAveragePooling2D(keepdims=True, name=f"{name}avg_pool")(x)
    weight = Conv2D(rounded(channels * 0.25), 1, padding="same", name=f"{name}conv")(weight)
    weight = ReLU(name=f"{name}relu")(weight)
    weight = Conv2D(channels, 1, padding="same", name=f"{name}conv_1")(weight)
    weight = ReLU(6.0)(weight + 3.0) * (1.0 / 6.0)  # hard sigmoid
    return after([x, weight], Multiply(name=f"{name}mul"))


def _activation(swish: bool) -> Layer:
    return Activation("hard_swish") if swish else ReLU()


def _activated(x: SymbolicTensor, name: str, swish: bool) -> SymbolicTensor:
    return after(normalized(x, name), _activation(swish))


MobileNetV3Small = MobileNetV3("MobileNetV3Small", SMALL, 1024)
MobileNetV3Large = MobileNetV3("MobileNetV3Large", LARGE, 1280)
