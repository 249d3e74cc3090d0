"""DenseNet: each layer sees the outputs of all layers before it (Huang et al. 2017, arXiv:1608.06993)."""

from minidl.applications.application import Application, after, channels_of
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import standardized as preprocess_input
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Activation, AveragePooling2D, BatchNormalization, Concatenate, Conv2D, MaxPooling2D, ZeroPadding2D

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

GROWTH = 32


class DenseNet(Application):
    """DenseNet; `repeats` is the number of layers of each of its four dense blocks.

    Example:
        >>> DenseNet("small", (1, 1, 1, 1))(weights=None, classes=10).output_shape
        (None, 10)
    """

    names_pooling = True

    def __init__(self, name: str, repeats: tuple[int, ...]) -> None:
        super().__init__(name)
        self.repeats = repeats

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Table 1 of the paper."""
        x = ZeroPadding2D(3)(x)
        x = Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
        x = _activated(x, "conv1_bn", "conv1_relu")
        x = ZeroPadding2D(1)(x)
        x = MaxPooling2D(3, strides=2, name="pool1")(x)
        for stage, repeats in enumerate(self.repeats, start=2):
            for block in range(1, repeats + 1):
                x = _dense_layer(x, f"conv{stage}_block{block}")
            if stage <= len(self.repeats):
                x = _transition(x, f"pool{stage}")
        return _activated(x, "bn", "relu")


def _dense_layer(x: SymbolicTensor, name: str) -> SymbolicTensor:
    """x, and `GROWTH` new channels from a 1 x 1 and a 3 x 3 convolution."""
    y = _activated(x, f"{name}_0_bn", f"{name}_0_relu")
    y = Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = _activated(y, f"{name}_1_bn", f"{name}_1_relu")
    y = Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return after([x, y], Concatenate(name=f"{name}_concat"))


def _transition(x: SymbolicTensor, name: str) -> SymbolicTensor:
    """Half of the channels, half of the height and width."""
    x = _activated(x, f"{name}_bn", f"{name}_relu")
    x = Conv2D(channels_of(x) // 2, 1, use_bias=False, name=f"{name}_conv")(x)
    return after(x, AveragePooling2D(2, strides=2, name=f"{name}_pool"))


def _activated(x: SymbolicTensor, normalization: str, activation: str) -> SymbolicTensor:
    return after(x, BatchNormalization(epsilon=1.001e-5, name=normalization), Activation("relu", name=activation))


DenseNet121 = DenseNet("densenet121", (6, 12, 24, 16))
DenseNet169 = DenseNet("densenet169", (6, 12, 32, 32))
DenseNet201 = DenseNet("densenet201", (6, 12, 48, 32))
