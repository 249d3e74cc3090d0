"""ResNet: blocks that add their input to their output (He et al. 2015, arXiv:1512.03385)."""

from minidl.applications.application import Application, after
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import blue_green_red as preprocess_input
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Activation, Add, BatchNormalization, Conv2D, MaxPooling2D, ZeroPadding2D

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]


class ResNet(Application):
    """ResNet with bottleneck blocks; `repeats` is the number of blocks of each of its four stages.

    Example:
        >>> ResNet("resnet14", (1, 1, 1, 1))(weights=None, include_top=False, pooling="avg").output_shape
        (None, 2048)
    """

    names_pooling = True

    def __init__(self, name: str, repeats: tuple[int, ...]) -> None:
        super().__init__(name)
        self.repeats = repeats

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Table 1 of the paper; the stride of a stage is in its first convolution."""
        x = ZeroPadding2D(3, name="conv1_pad")(x)
        x = activated(Conv2D(64, 7, strides=2, name="conv1_conv")(x), "conv1")
        x = ZeroPadding2D(1, name="pool1_pad")(x)
        x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
        for stage, (repeats, filters) in enumerate(zip(self.repeats, (64, 128, 256, 512), strict=True), start=2):
            for block in range(1, repeats + 1):
                stride = 2 if block == 1 and stage > 2 else 1
                x = _bottleneck(x, filters, stride, block == 1, f"conv{stage}_block{block}")
        return x


def _bottleneck(x: SymbolicTensor, filters: int, stride: int, projects: bool, name: str) -> SymbolicTensor:
    """1 x 1, 3 x 3 and 1 x 1 convolutions, added to x, which the first block of a stage projects to the same channels."""
    shortcut = x
    if projects:
        shortcut = _normalized(Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x), f"{name}_0_bn")
    x = activated(Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x), f"{name}_1")
    x = activated(Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x), f"{name}_2")
    x = _normalized(Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3_bn")
    x = Add(name=f"{name}_add")([shortcut, x])
    return after(x, Activation("relu", name=f"{name}_out"))


def activated(x: SymbolicTensor, name: str) -> SymbolicTensor:
    """Batch normalization and ReLU."""
    return after(_normalized(x, f"{name}_bn"), Activation("relu", name=f"{name}_relu"))


def _normalized(x: SymbolicTensor, name: str) -> SymbolicTensor:
    return after(x, BatchNormalization(epsilon=1.001e-5, name=name))


ResNet50 = ResNet("resnet50", (3, 4, 6, 3))
ResNet101 = ResNet("resnet101", (3, 4, 23, 3))
ResNet152 = ResNet("resnet152", (3, 8, 36, 3))
