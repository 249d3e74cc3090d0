"""InceptionResNetV2: Inception blocks that are scaled and added to their input (Szegedy et al. 2016, arXiv:1602.07261)."""

from minidl.applications.application import after, channels_of
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.inception import BaseInception, Branch, convolution, first_block, mixed, stem
from minidl.applications.preprocessing import between_minus_one_and_one as preprocess_input
from minidl.applications.scaling import CustomScaleLayer
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Activation, Conv2D

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

# Figures 16, 17 and 19 of the paper: name of the blocks, number, scale, branches.
STAGES: tuple[tuple[str, int, float, list[Branch]], ...] = (
    ("block35", 10, 0.17, [[(32,)], [(32,), (32, 3, 3)], [(32,), (48, 3, 3), (64, 3, 3)]]),
    ("block17", 20, 0.1, [[(192,)], [(128,), (160, 1, 7), (192, 7, 1)]]),
    ("block8", 10, 0.2, [[(192,)], [(192,), (224, 1, 3), (256, 3, 1)]]),
)
# Before each stage: name and branches.
REDUCTIONS: tuple[tuple[str, list[Branch]], ...] = (
    ("mixed_5b", first_block(96, 64)),
    ("mixed_6a", [[(384, 3, 3, 2)], [(256,), (256, 3, 3), (384, 3, 3, 2)], ["max"]]),
    ("mixed_7a", [[(256,), (384, 3, 3, 2)], [(256,), (288, 3, 3, 2)], [(256,), (288, 3, 3), (320, 3, 3, 2)], ["max"]]),
)


class InceptionResNetV2Network(BaseInception):
    """InceptionResNetV2, made by calling it.

    Example:
        >>> InceptionResNetV2.size, InceptionResNetV2.minimum  # height and width of images: the default, and the smallest
        (299, 75)
    """

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Figure 15 of the paper; the last block is neither scaled nor activated."""
        x = stem(x)
        for (reduction, branches), (stage, repeats, scale, inner) in zip(REDUCTIONS, STAGES, strict=True):
            x = mixed(x, branches, reduction)
            for number in range(1, repeats + 1):
                is_last = stage == "block8" and number == repeats
                x = _block(x, inner, 1.0 if is_last else scale, f"{stage}_{number}")
                x = x if is_last else Activation("relu", name=f"{stage}_{number}_ac")(x)
        return convolution(x, 1536, name="conv_7b")


def _block(x: SymbolicTensor, branches: list[Branch], scale: float, name: str) -> SymbolicTensor:
    """`x + scale * branches`, the branches projected to x's channels."""
    y = mixed(x, branches, f"{name}_mixed")
    return after([x, Conv2D(channels_of(x), 1, padding="same", name=f"{name}_conv")(y)], CustomScaleLayer(scale))


InceptionResNetV2 = InceptionResNetV2Network("inception_resnet_v2")
