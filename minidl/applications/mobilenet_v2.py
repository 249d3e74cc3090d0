"""MobileNetV2: inverted residual blocks with linear bottlenecks (Sandler et al. 2018, arXiv:1801.04381)."""

from __future__ import annotations

from minidl.applications.application import Application, after, channels_of, padding_before_stride, rounded
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import between_minus_one_and_one as preprocess_input
from minidl.config.types import ActivationLike
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Add, BatchNormalization, Conv2D, DepthwiseConv2D, GlobalAveragePooling2D, ReLU, ZeroPadding2D
from minidl.models import Model

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

# Table 2 of the paper: expansion of the channels, channels, number of blocks, stride of the first.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


def MobileNetV2(  # noqa: N802  # Keras's name for this function
    input_shape: tuple[int | None, ...] | None = None,
    alpha: float = 1.0,
    include_top: bool = True,
    weights: str | None = "imagenet",
    input_tensor: SymbolicTensor | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: ActivationLike = "softmax",
    name: str | None = None,
) -> Model:
    """MobileNetV2; `alpha` multiplies the channels, the other arguments are those of every network of `applications`.

    Example:
        >>> MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=10).output_shape
        (None, 10)
    """
    height = input_shape[0] if input_shape else 224 if include_top else None
    network = _MobileNetV2(f"mobilenetv2_{alpha:.2f}_{height}", alpha)
    return network(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)


class _MobileNetV2(Application):
    def __init__(self, name: str, alpha: float) -> None:
        super().__init__(name)
        self.alpha = alpha

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Table 2 of the paper."""
        x = Conv2D(rounded(32 * self.alpha), 3, strides=2, padding="same", use_bias=False, name="Conv1")(x)
        x = ReLU(6.0, name="Conv1_relu")(normalized(x, "bn_Conv1"))
        number = 0
        for expansion, channels, repeats, stride in STAGES:
            for block in range(repeats):
                prefix = f"block_{number}" if number else "expanded_conv"
                x = _inverted_residual(x, expansion, rounded(channels * self.alpha), stride if block == 0 else 1, prefix)
                number += 1
        last = rounded(1280 * self.alpha) if self.alpha > 1 else 1280
        x = normalized(Conv2D(last, 1, use_bias=False, name="Conv_1")(x), "Conv_1_bn")
        return after(x, ReLU(6.0, name="out_relu"))

    def before_classifier(self, x: SymbolicTensor) -> SymbolicTensor:
        return after(x, GlobalAveragePooling2D())


def _inverted_residual(x: SymbolicTensor, expansion: int, channels: int, stride: int, name: str) -> SymbolicTensor:
    """Expand the channels, filter each, project them; add x if the shape is the same."""
    y, before = x, channels_of(x)
    if expansion > 1:
        y = Conv2D(expansion * before, 1, padding="same", use_bias=False, name=f"{name}_expand")(y)
        y = ReLU(6.0, name=f"{name}_expand_relu")(normalized(y, f"{name}_expand_BN"))
    if stride == 2:
        y = ZeroPadding2D(padding_before_stride(y.shape, 3), name=f"{name}_pad")(y)
    padding = "same" if stride == 1 else "valid"
    y = DepthwiseConv2D(3, strides=stride, padding=padding, use_bias=False, name=f"{name}_depthwise")(y)
    y = ReLU(6.0, name=f"{name}_depthwise_relu")(normalized(y, f"{name}_depthwise_BN"))
    y = normalized(Conv2D(channels, 1, padding="same", use_bias=False, name=f"{name}_project")(y), f"{name}_project_BN")
    return after([x, y], Add(name=f"{name}_add")) if stride == 1 and before == channels else y


def normalized(x: SymbolicTensor, name: str) -> SymbolicTensor:
    return after(x, BatchNormalization(epsilon=1e-3, momentum=0.999, name=name))
