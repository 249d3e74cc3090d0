"""ResNetV2: blocks that normalize and activate before each convolution (He et al. 2016, arXiv:1603.05027)."""

from minidl.applications.application import after
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import between_minus_one_and_one as preprocess_input
from minidl.applications.resnet import ResNet, activated
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Add, Conv2D, MaxPooling2D, ZeroPadding2D

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]


class ResNetV2(ResNet):
    """ResNetV2; `repeats` is the number of blocks of each of its four stages.

    Example:
        >>> ResNetV2("resnet14v2", (1, 1, 1, 1))(weights=None, include_top=False, pooling="avg").output_shape
        (None, 2048)
    """

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Table 1 of arXiv:1512.03385; the stride of a stage is in its last block."""
        x = Conv2D(64, 7, strides=2, name="conv1_conv")(ZeroPadding2D(3, name="conv1_pad")(x))
        x = MaxPooling2D(3, strides=2, name="pool1_pool")(ZeroPadding2D(1, name="pool1_pad")(x))
        for stage, (repeats, filters) in enumerate(zip(self.repeats, (64, 128, 256, 512), strict=True), start=2):
            for block in range(1, repeats + 1):
                stride = 2 if block == repeats and stage < 5 else 1
                x = _bottleneck(x, filters, stride, block == 1, f"conv{stage}_block{block}")
        return activated(x, "post")


def _bottleneck(x: SymbolicTensor, filters: int, stride: int, projects: bool, name: str) -> SymbolicTensor:
    """1 x 1, 3 x 3 and 1 x 1 convolutions, added to x, which the first block of a stage projects to the same channels."""
    y = activated(x, f"{name}_preact")
    if projects:
        shortcut = Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(y)
    else:
        shortcut = MaxPooling2D(1, strides=stride)(x) if stride > 1 else x
    y = activated(Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(y), f"{name}_1")
    y = ZeroPadding2D(1, name=f"{name}_2_pad")(y)
    y = activated(Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(y), f"{name}_2")
    return after([shortcut, Conv2D(4 * filters, 1, name=f"{name}_3_conv")(y)], Add(name=f"{name}_out"))


ResNet50V2 = ResNetV2("resnet50v2", (3, 4, 6, 3))
ResNet101V2 = ResNetV2("resnet101v2", (3, 4, 23, 3))
ResNet152V2 = ResNetV2("resnet152v2", (3, 8, 36, 3))
