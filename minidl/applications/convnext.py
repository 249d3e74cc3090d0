"""ConvNeXt: wide depthwise convolutions, layer normalization and GELU (Liu et al. 2022, arXiv:2201.03545)."""

from __future__ import annotations

from minidl.applications.application import Application, after
from minidl.applications.imagenet_utils import decode_predictions
from minidl.applications.preprocessing import unchanged as preprocess_input
from minidl.applications.scaling import LayerScale
from minidl.config.types import ActivationLike
from minidl.graph.symbolic import SymbolicTensor
from minidl.layers import Activation, Conv2D, Dense, GlobalAveragePooling2D, LayerNormalization, Normalization
from minidl.models import Model, Sequential

__all__ = [
    *(f"ConvNeXt{size}" for size in ("Base", "Large", "Small", "Tiny", "XLarge")),
    "decode_predictions",
    "preprocess_input",
]

MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet's red, green and blue


class ConvNeXt:
    """ConvNeXt, made by calling it: the arguments of every network of `applications`, and one more.

    Args:
        include_preprocessing: whether the network standardizes pixels from 0 ... 255 of three colors itself.
    Example:
        >>> small = ConvNeXt("small", repeats=(1, 1, 1, 1), channels=8)
        >>> small(weights=None, input_shape=(32, 32, 3), classes=10).output_shape
        (None, 10)
    """

    def __init__(self, name: str, repeats: tuple[int, ...], channels: int) -> None:
        self.name, self.repeats, self.channels = name, repeats, channels

    def __call__(
        self,
        include_top: bool = True,
        include_preprocessing: bool = True,
        weights: str = "imagenet",
        input_tensor: SymbolicTensor | None = None,
        input_shape: tuple[int | None, ...] | None = None,
        pooling: str | None = None,
        classes: int = 1000,
        classifier_activation: ActivationLike = "softmax",
        name: str | None = None,
    ) -> Model:
        """The network, a functional model, whose name begins the names of its layers."""
        network = _ConvNeXt(self.name if name is None else name, self.repeats, self.channels, include_preprocessing)
        return network(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation)


class _ConvNeXt(Application):
    def __init__(self, name: str, repeats: tuple[int, ...], channels: int, standardizes: bool) -> None:
        super().__init__(name)
        self.repeats, self.channels, self.standardizes = repeats, channels, standardizes

    def features(self, x: SymbolicTensor) -> SymbolicTensor:
        """Section 2 of the paper: four stages, each with twice the channels and half the height and width."""
        if self.standardizes and x.shape[-1] == 3:
            variance = [deviation**2 for deviation in DEVIATION]
            x = Normalization(mean=list(MEAN), variance=variance, name=f"{self.name}_prestem_normalization")(x)
        for stage, repeats in enumerate(self.repeats):
            channels = self.channels * 2**stage
            x = self._reduction(stage, channels)(x)
            for block in range(repeats):
                x = _block(x, channels, f"{self.name}_stage_{stage}_block_{block}")
        return x

    def top(self, x: SymbolicTensor, classes: int, activation: ActivationLike) -> SymbolicTensor:
        """A global average, layer normalization and the classifier."""
        x = GlobalAveragePooling2D(name=f"{self.name}_head_gap")(x)
        x = LayerNormalization(epsilon=1e-6, name=f"{self.name}_head_layernorm")(x)
        return after(x, Dense(classes, activation=activation, name=f"{self.name}_head_dense"))

    def without_top(self, x: SymbolicTensor, pooling: str | None) -> SymbolicTensor:
        """The normalized feature maps, or their normalized global pooling."""
        return after(super().without_top(x, pooling), LayerNormalization(epsilon=1e-6))

    def _reduction(self, stage: int, channels: int) -> Sequential:
        """A convolution of patches, before its normalization in the first stage, after it in the others."""
        if stage == 0:
            patches = Conv2D(channels, 4, strides=4, name=f"{self.name}_stem_conv")
            normalization = LayerNormalization(epsilon=1e-6, name=f"{self.name}_stem_layernorm")
            return Sequential([patches, normalization], name=f"{self.name}_stem")
        start = f"{self.name}_downsampling"
        normalization = LayerNormalization(epsilon=1e-6, name=f"{start}_layernorm_{stage - 1}")
        patches = Conv2D(channels, 2, strides=2, name=f"{start}_conv_{stage - 1}")
        return Sequential([normalization, patches], name=f"{start}_block_{stage - 1}")


def _block(x: SymbolicTensor, channels: int, name: str) -> SymbolicTensor:
    """Figure 4 of the paper: x + a filter of each channel, then a network of two layers for each pixel."""
    y = Conv2D(channels, 7, padding="same", groups=channels, name=f"{name}_depthwise_conv")(x)
    y = LayerNormalization(epsilon=1e-6, name=f"{name}_layernorm")(y)
    y = Activation("gelu", name=f"{name}_gelu")(Dense(4 * channels, name=f"{name}_pointwise_conv_1")(y))
    y = Dense(channels, name=f"{name}_pointwise_conv_2")(y)
    y = LayerScale(1e-6, channels, name=f"{name}_layer_scale")(y)
    y = after(y, Activation("linear", name=f"{name}_identity"))
    total: SymbolicTensor = x + y
    return total


ConvNeXtTiny = ConvNeXt("convnext_tiny", (3, 3, 9, 3), 96)
ConvNeXtSmall = ConvNeXt("convnext_small", (3, 3, 27, 3), 96)
ConvNeXtBase = ConvNeXt("convnext_base", (3, 3, 27, 3), 128)
ConvNeXtLarge = ConvNeXt("convnext_large", (3, 3, 27, 3), 192)
ConvNeXtXLarge = ConvNeXt("convnext_xlarge", (3, 3, 27, 3), 256)
