"""NASNet: two kinds of cells, found by a search and repeated (Zoph et al. 2018, arXiv:1707.07012)."""

from __future__ import annotations

from minidl.applications.application import Application, after, padding_before_stride
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import between_minus_one_and_one as preprocess_input
from minidl.config.types import ActivationLike
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Cropping2D,
    GlobalAveragePooling2D,
    MaxPooling2D,
    SeparableConv2D,
    ZeroPadding2D,
)
from minidl.models import Model

__all__ = ["NASNetLarge", "NASNetMobile", "decode_predictions", "preprocess_input"]


class NASNet:
    """NASNet, made by calling it with the arguments of every network of `applications`; it needs to know the images' size.

    Example:
        >>> small = NASNet("small", 32, repeats=1, stem=8, filters=24, skips_reduction=True)
        >>> small(weights=None, classes=10).output_shape
        (None, 10)
    """

    def __init__(self, name: str, size: int, repeats: int, stem: int, filters: int, skips_reduction: bool) -> None:
        self.name, self.size = name, size
        self.repeats, self.stem, self.filters, self.skips_reduction = repeats, stem, filters, skips_reduction

    def __call__(
        self,
        input_shape: tuple[int | None, ...] | None = None,
        include_top: bool = True,
        weights: str = "imagenet",
        input_tensor: SymbolicTensor | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: ActivationLike = "softmax",
        name: str | None = None,
    ) -> Model:
        """The network, a functional model."""
        shape = (self.size, self.size, 3) if input_shape is None else input_shape
        if None in shape:
            raise ValueError(f"{self.name} needs to know the whole shape of its images, got input_shape={input_shape}")
        network = _NASNet(self)
        return network(include_top, weights, input_tensor, shape, pooling, classes, classifier_activation, name)


class _NASNet(Application):
    def __init__(self, kind: NASNet) -> None:
        super().__init__(kind.name)
        self.kind = kind

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Figure 2 of the paper: each cell sees the outputs of the two cells before it."""
        filters, repeats = self.kind.filters, self.kind.repeats
        x = _normalized(_conv(x, self.kind.stem, "stem_conv1", size=3, stride=2, padding="valid"), "stem_bn1")
        x, before = _reduction_cell(x, x, filters // 4, "stem_1"), x
        x, before = _reduction_cell(x, before, filters // 2, "stem_2"), x
        for stage in range(3):
            if stage > 0:
                reduced = _reduction_cell(x, before, filters * 2**stage, f"reduce_{stage * repeats}")
                x, before = reduced, before if self.kind.skips_reduction else x
            for cell in range(repeats):
                number = stage * repeats + cell + (stage > 0)
                x, before = _normal_cell(x, before, filters * 2**stage, str(number)), x
        return after(x, Activation("relu"))

    def before_classifier(self, x: SymbolicTensor) -> SymbolicTensor:
        return after(x, GlobalAveragePooling2D())


def _normal_cell(x: SymbolicTensor, before: SymbolicTensor, filters: int, name: str) -> SymbolicTensor:
    """Figure 4 of the paper, left: five sums of two branches of the same size as x."""
    p, h = _adjusted(before, x, filters, name), _projected(x, filters, "normal", name)

    def average(of: SymbolicTensor, side: str) -> SymbolicTensor:
        return after(of, AveragePooling2D(3, strides=1, padding="same", name=f"normal_{side}_{name}"))

    def separable(of: SymbolicTensor, size: int, side: str) -> SymbolicTensor:
        return _separable(of, filters, size, f"normal_{side}_{name}")

    def added(number: int, *pair: SymbolicTensor) -> SymbolicTensor:
        return after(list(pair), Add(name=f"normal_add_{number}_{name}"))

    sums = [
        added(1, separable(h, 5, "left1"), separable(p, 3, "right1")),
        added(2, separable(p, 5, "left2"), separable(p, 3, "right2")),
        added(3, average(h, "left3"), p),
        added(4, average(p, "left4"), average(p, "right4")),
        added(5, separable(h, 3, "left5"), h),
    ]
    return after([p, *sums], Concatenate(name=f"normal_concat_{name}"))


def _reduction_cell(x: SymbolicTensor, before: SymbolicTensor, filters: int, name: str) -> SymbolicTensor:
    """Figure 4 of the paper, right: five sums of two branches of half x's height and width."""
    p, h = _adjusted(before, x, filters, name), _projected(x, filters, "reduction", name)
    padded = ZeroPadding2D(padding_before_stride(h.shape, 3), name=f"reduction_pad_1_{name}")(h)

    def separable(of: SymbolicTensor, size: int, side: str, stride: int = 2) -> SymbolicTensor:
        return _separable(of, filters, size, f"reduction_{side}_{name}", stride)

    def pooled(kind: type[AveragePooling2D | MaxPooling2D], side: str) -> SymbolicTensor:
        return after(padded, kind(3, strides=2, padding="valid", name=f"reduction_{side}_{name}"))

    one = Add(name=f"reduction_add_1_{name}")([separable(h, 5, "left1"), separable(p, 7, "right1")])
    two = Add(name=f"reduction_add_2_{name}")([pooled(MaxPooling2D, "left2"), separable(p, 7, "right2")])
    three = Add(name=f"reduction_add3_{name}")([pooled(AveragePooling2D, "left3"), separable(p, 5, "right3")])
    four = Add()([two, AveragePooling2D(3, strides=1, padding="same", name=f"reduction_left4_{name}")(one)])
    five = Add(name=f"reduction_add4_{name}")([separable(one, 3, "left4", stride=1), pooled(MaxPooling2D, "right5")])
    return after([two, three, four, five], Concatenate(name=f"reduction_concat_{name}"))


def _adjusted(before: SymbolicTensor, x: SymbolicTensor, filters: int, name: str) -> SymbolicTensor:
    """The output of the cell before the last, with x's height and width and the number of filters."""
    if before is x:
        return x
    if before.shape[2] != x.shape[2]:
        p = Activation("relu", name=f"adjust_relu_1_{name}")(before)
        halves = []
        for number, pixels in ((1, p), (2, Cropping2D(((1, 0), (1, 0)))(ZeroPadding2D(((0, 1), (0, 1)))(p)))):
            pixels = AveragePooling2D(1, strides=2, padding="valid", name=f"adjust_avg_pool_{number}_{name}")(pixels)
            halves.append(_conv(pixels, filters // 2, f"adjust_conv_{number}_{name}"))
        return _normalized(Concatenate()(halves), f"adjust_bn_{name}")
    if before.shape[-1] != filters:
        p = _conv(Activation("relu")(before), filters, f"adjust_conv_projection_{name}")
        return _normalized(p, f"adjust_bn_{name}")
    return before


def _projected(x: SymbolicTensor, filters: int, kind: str, name: str) -> SymbolicTensor:
    """ReLU, and a 1 x 1 convolution to the number of filters."""
    return _normalized(_conv(Activation("relu")(x), filters, f"{kind}_conv_1_{name}"), f"{kind}_bn_1_{name}")


def _separable(x: SymbolicTensor, filters: int, size: int, name: str, stride: int = 1) -> SymbolicTensor:
    """ReLU and a separable convolution, twice."""
    for number in (1, 2):
        x, padding = Activation("relu")(x), "same"
        if stride == 2 and number == 1:
            x, padding = ZeroPadding2D(padding_before_stride(x.shape, size), name=f"separable_conv_1_pad_{name}")(x), "valid"
        strides = stride if number == 1 else 1
        convolution = SeparableConv2D(
            filters, size, strides=strides, padding=padding, use_bias=False, name=f"separable_conv_{number}_{name}"
        )
        x = _normalized(convolution(x), f"separable_conv_{number}_bn_{name}")
    return x


def _conv(x: SymbolicTensor, filters: int, name: str, size: int = 1, stride: int = 1, padding: str = "same") -> SymbolicTensor:
    return after(
        x, Conv2D(filters, size, strides=stride, padding=padding, use_bias=False, kernel_initializer="he_normal", name=name)
    )


def _normalized(x: SymbolicTensor, name: str) -> SymbolicTensor:
    return after(x, BatchNormalization(momentum=0.9997, epsilon=1e-3, name=name))


NASNetMobile = NASNet("nasnet_mobile", 224, repeats=4, stem=32, filters=44, skips_reduction=False)
NASNetLarge = NASNet("nasnet_large", 331, repeats=6, stem=96, filters=168, skips_reduction=True)
