"""Layers that only pass their input on when a model predicts."""

from __future__ import annotations

from collections.abc import Callable

from minidl import layers
from minidl.interop.onnx.builder import Builder, Tensor
from minidl.layers.layer import Layer


def identity(g: Builder, layer: Layer, x: Tensor, mask: Tensor | None) -> Tensor:
    """No node: the output is the input."""
    return x


LAYERS: dict[type, Callable[..., object]] = dict.fromkeys(
    (
        *(layers.ActivityRegularization, layers.AlphaDropout, layers.Dropout, layers.GaussianDropout, layers.GaussianNoise),
        *(layers.Identity, layers.InputLayer, layers.SpatialDropout1D, layers.SpatialDropout2D, layers.SpatialDropout3D),
        *(layers.AugMix, layers.CutMix, layers.Equalization, layers.MixUp, layers.RandAugment, layers.Solarization),
        *(layers.RandomElasticTransform, layers.RandomPerspective, layers.RandomShear, layers.RandomBrightness),
        *(layers.RandomColorDegeneration, layers.RandomColorJitter, layers.RandomContrast, layers.RandomErasing),
        *(layers.RandomFlip, layers.RandomGaussianBlur, layers.RandomGrayscale, layers.RandomHue, layers.RandomInvert),
        *(layers.RandomPosterization, layers.RandomRotation, layers.RandomSaturation, layers.RandomSharpness),
        *(layers.RandomTranslation, layers.RandomZoom),
    ),
    identity,
)
