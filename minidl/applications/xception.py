"""Xception: separable convolutions with residual connections (Chollet 2017, arXiv:1610.02357)."""

from minidl.applications.application import Application, after
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import between_minus_one_and_one as preprocess_input
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, SeparableConv2D

__all__ = ["Xception", "decode_predictions", "preprocess_input"]


class XceptionNetwork(Application):
    """Xception, made by calling it.

    Example:
        >>> Xception.size, Xception.minimum  # height and width of images: the default, and the smallest
        (299, 71)
    """

    size, minimum = 299, 71

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Figure 5 of the paper: entry flow, middle flow, exit flow."""
        for number, (filters, stride) in enumerate(((32, 2), (64, 1)), start=1):
            name = f"block1_conv{number}"
            x = BatchNormalization(name=f"{name}_bn")(Conv2D(filters, 3, stride, use_bias=False, name=name)(x))
            x = Activation("relu", name=f"{name}_act")(x)
        for block, filters in ((2, 128), (3, 256), (4, 728)):
            x = _reduced(x, (filters, filters), f"block{block}", activates_first=block > 2)
        for block in range(5, 13):
            x = Add()([_separable(x, (728, 728, 728), f"block{block}"), x])
        x = _reduced(x, (728, 1024), "block13")
        for number, filters in ((1, 1536), (2, 2048)):
            name = f"block14_sepconv{number}"
            x = Activation("relu", name=f"{name}_act")(_convolution(x, filters, name))
        return x


def _reduced(x: SymbolicTensor, filters: tuple[int, ...], name: str, activates_first: bool = True) -> SymbolicTensor:
    """Separable convolutions and a pooling with stride 2, plus x through a 1 x 1 convolution with stride 2."""
    shortcut = BatchNormalization()(Conv2D(filters[-1], 1, strides=2, padding="same", use_bias=False)(x))
    y = _separable(x, filters, name, activates_first)
    return after([MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(y), shortcut], Add())


def _separable(x: SymbolicTensor, filters: tuple[int, ...], name: str, activates_first: bool = True) -> SymbolicTensor:
    """ReLU and a separable convolution for each number of filters."""
    for number, channels in enumerate(filters, start=1):
        if number > 1 or activates_first:
            x = Activation("relu", name=f"{name}_sepconv{number}_act")(x)
        x = _convolution(x, channels, f"{name}_sepconv{number}")
    return x


def _convolution(x: SymbolicTensor, filters: int, name: str) -> SymbolicTensor:
    return after(
        x, SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name), BatchNormalization(name=f"{name}_bn")
    )


Xception = XceptionNetwork("xception")
