"""MobileNet: depthwise convolutions, each followed by a 1 x 1 convolution (Howard et al. 2017, arXiv:1704.04861)."""

from __future__ import annotations

from minidl.applications.application import Application, after
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import between_minus_one_and_one as preprocess_input
from minidl.config.types import ActivationLike
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    ReLU,
    Reshape,
    ZeroPadding2D,
)
from minidl.models import Model

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

# Table 1 of the paper: channels and stride of each block.
BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


def MobileNet(  # noqa: N802  # Keras's name for this function
    input_shape: tuple[int | None, ...] | None = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: str | None = "imagenet",
    input_tensor: SymbolicTensor | None = None,
    pooling: str | None = None,
    classes: int = 1000,
    classifier_activation: ActivationLike = "softmax",
    name: str | None = None,
) -> Model:
    """MobileNet; `alpha` multiplies the channels, `depth_multiplier` the filters of each channel.

    `dropout` is the rate before the classifier. The other arguments are those of every network of `applications`.

    Example:
        >>> MobileNet((32, 32, 3), alpha=0.25, weights=None, classes=10).output_shape
        (None, 10)
    """
    height = input_shape[0] if input_shape else 224 if include_top else None
    network = _MobileNet(f"mobilenet_{alpha:.2f}_{height}", alpha, depth_multiplier, dropout)
    return network(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)


class _MobileNet(Application):
    def __init__(self, name: str, alpha: float, depth_multiplier: int, dropout: float) -> None:
        super().__init__(name)
        self.alpha, self.depth_multiplier, self.dropout = alpha, depth_multiplier, dropout

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Table 1 of the paper."""
        x = Conv2D(int(32 * self.alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")(x)
        x = _activated(x, "conv1")
        for number, (channels, stride) in enumerate(BLOCKS, start=1):
            if stride == 2:
                x = ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x)
            x = DepthwiseConv2D(
                3,
                strides=stride,
                padding="same" if stride == 1 else "valid",
                depth_multiplier=self.depth_multiplier,
                use_bias=False,
                name=f"conv_dw_{number}",
            )(x)
            x = _activated(x, f"conv_dw_{number}")
            x = Conv2D(int(channels * self.alpha), 1, padding="same", use_bias=False, name=f"conv_pw_{number}")(x)
            x = _activated(x, f"conv_pw_{number}")
        return x

    def top(self, x: SymbolicTensor, classes: int, activation: ActivationLike) -> SymbolicTensor:
        """A classifier as a 1 x 1 convolution."""
        x = Dropout(self.dropout, name="dropout")(GlobalAveragePooling2D(keepdims=True)(x))
        x = Conv2D(classes, 1, padding="same", name="conv_preds")(x)
        return after(x, Reshape((classes,), name="reshape_2"), Activation(activation, name="predictions"))


def _activated(x: SymbolicTensor, name: str) -> SymbolicTensor:
    return after(x, BatchNormalization(name=f"{name}_bn"), ReLU(6.0, name=f"{name}_relu"))
