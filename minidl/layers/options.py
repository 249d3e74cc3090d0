"""Types of the keyword arguments that a layer's constructor passes on to its base class: `**kwargs: Unpack[LayerOptions]`."""

from collections.abc import Sequence
from typing import TypedDict

from minidl.config.types import (
    ActivationLike,
    Axis,
    ConstraintLike,
    DTypeLike,
    InitializerLike,
    RegularizerLike,
    Shape,
    Sizes,
)


class CommonOptions(TypedDict, total=False):
    """Arguments of all layers that no layer has by itself."""

    trainable: bool
    autocast: bool
    input_shape: Shape | None


class WeightLayerOptions(CommonOptions, total=False):
    """Those of a layer that has an `activity_regularizer` by itself."""

    name: str | None
    dtype: DTypeLike


class NamelessOptions(CommonOptions, total=False):
    """Those of a layer that has `name` and `dtype` by itself."""

    activity_regularizer: RegularizerLike


class LayerOptions(WeightLayerOptions, NamelessOptions, total=False):
    """Arguments of `Layer`."""


class DTypelessOptions(NamelessOptions, total=False):
    """Those of a layer that has `dtype` by itself."""

    name: str | None


class RandomImageOptions(LayerOptions, total=False):
    """Those of an image layer that has `seed` and `data_format` by itself."""

    bounding_box_format: str | None


class ImageOptions(RandomImageOptions, total=False):
    """Arguments of all image layers."""

    data_format: str | None
    seed: int | None


class ValueOptions(ImageOptions, total=False):
    """Arguments of image layers that change values."""

    value_range: Sequence[float]


class SamplingOptions(ImageOptions, total=False):
    """Those of an image layer that moves pixels and has `fill_mode` by itself."""

    fill_value: float
    interpolation: str


class AffineOptions(SamplingOptions, total=False):
    """Arguments of image layers that move pixels."""

    fill_mode: str


class ScaleOptions(LayerOptions, total=False):
    """Regularizers and constraints of normalization layers."""

    beta_regularizer: RegularizerLike
    gamma_regularizer: RegularizerLike
    beta_constraint: ConstraintLike
    gamma_constraint: ConstraintLike


class NormalizationOptions(ScaleOptions, total=False):
    """Arguments of normalization layers other than `axis`."""

    epsilon: float
    center: bool
    scale: bool
    beta_initializer: InitializerLike
    gamma_initializer: InitializerLike


class AxisNormalizationOptions(NormalizationOptions, total=False):
    """Arguments of normalization layers."""

    axis: Axis


class BiasOptions(LayerOptions, total=False):
    """The bias of a layer."""

    use_bias: bool
    bias_initializer: InitializerLike
    bias_regularizer: RegularizerLike
    bias_constraint: ConstraintLike


class KernelOptions(BiasOptions, total=False):
    """Kernel and bias of a layer."""

    kernel_initializer: InitializerLike
    kernel_regularizer: RegularizerLike
    kernel_constraint: ConstraintLike


class SeparableConvOptions(BiasOptions, total=False):
    """Arguments of separable convolutions."""

    activation: ActivationLike
    groups: int


class DepthwiseConvOptions(SeparableConvOptions, total=False):
    """Arguments of depthwise convolutions."""

    data_format: str | None
    dilation_rate: Sizes


class ConvOptions(DepthwiseConvOptions, KernelOptions, total=False):
    """Arguments of convolutions."""
