"""InceptionV3: parallel convolutions of several sizes, large ones factored (Szegedy et al. 2015, arXiv:1512.00567)."""

from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.inception import BaseInception, Branch, along, convolution, first_block, mixed, stem
from minidl.applications.preprocessing import between_minus_one_and_one as preprocess_input
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Concatenate

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]


class InceptionV3Network(BaseInception):
    """InceptionV3, made by calling it.

    Example:
        >>> InceptionV3.size, InceptionV3.minimum  # height and width of images: the default, and the smallest
        (299, 75)
    """

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Table 1 of the paper."""
        blocks: list[list[Branch]] = [
            *(first_block(64, pooled) for pooled in (32, 64, 64)),
            [[(384, 3, 3, 2)], [(64,), (96, 3, 3), (96, 3, 3, 2)], ["max"]],
            *(_factored(channels) for channels in (128, 160, 160, 192)),
            [[(192,), (320, 3, 3, 2)], [(192,), (192, 1, 7), (192, 7, 1), (192, 3, 3, 2)], ["max"]],
        ]
        x = stem(x)
        for number, block in enumerate(blocks):
            x = mixed(x, block, f"mixed{number}")
        for number in range(2):
            small = convolution(x, 320)
            middle = _split(convolution(x, 384), f"mixed9_{number}")
            large = _split(along(x, [(448,), (384, 3, 3)]), None)
            pooled = along(x, ["average", (192,)])
            x = Concatenate(name=f"mixed{9 + number}")([small, middle, large, pooled])
        return x


def _factored(channels: int) -> list[Branch]:
    """Figure 6 of the paper: 7 x 7 kernels as 1 x 7 and 7 x 1."""
    down, across = (channels, 7, 1), (channels, 1, 7)
    return [
        [(192,)],
        [(channels,), across, (192, 7, 1)],
        [(channels,), down, across, down, (192, 1, 7)],
        ["average", (192,)],
    ]


def _split(x: SymbolicTensor, name: str | None) -> SymbolicTensor:
    """Figure 7 of the paper: 1 x 3 and 3 x 1 side by side."""
    return mixed(x, [[(384, 1, 3)], [(384, 3, 1)]], name)


InceptionV3 = InceptionV3Network("inception_v3")
