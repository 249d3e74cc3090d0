"""Layers that only pass their input on when a model predicts."""

from __future__ import annotations

from collections.abc import Callable

from minidl.interop.onnx.builder import Builder, Tensor
from minidl.layers.identity import Identity
from minidl.layers.input_layer import InputLayer
from minidl.layers.layer import Layer
from minidl.layers.preprocessing.aug_mix import AugMix
from minidl.layers.preprocessing.contrast_curves import Equalization
from minidl.layers.preprocessing.rand_augment import RandAugment
from minidl.layers.preprocessing.random_affine import RandomRotation, RandomShear, RandomTranslation, RandomZoom
from minidl.layers.preprocessing.random_brightness import RandomBrightness
from minidl.layers.preprocessing.random_color_jitter import RandomColorJitter
from minidl.layers.preprocessing.random_contrast import RandomContrast
from minidl.layers.preprocessing.random_elastic_transform import RandomElasticTransform
from minidl.layers.preprocessing.random_erasing import CutMix, MixUp, RandomErasing
from minidl.layers.preprocessing.random_filters import RandomGaussianBlur, RandomSharpness
from minidl.layers.preprocessing.random_flip import RandomFlip
from minidl.layers.preprocessing.random_grayscale import RandomColorDegeneration, RandomGrayscale
from minidl.layers.preprocessing.random_hue import RandomHue, RandomSaturation
from minidl.layers.preprocessing.random_invert import RandomInvert, Solarization
from minidl.layers.preprocessing.random_perspective import RandomPerspective
from minidl.layers.preprocessing.random_posterization import RandomPosterization
from minidl.layers.regularization.activity_regularization import ActivityRegularization
from minidl.layers.regularization.alpha_dropout import AlphaDropout
from minidl.layers.regularization.dropout import Dropout
from minidl.layers.regularization.gaussian import GaussianDropout, GaussianNoise
from minidl.layers.regularization.spatial_dropout import SpatialDropout1D, SpatialDropout2D, SpatialDropout3D


def identity(g: Builder, layer: Layer, x: Tensor, mask: Tensor | None) -> Tensor:
    """No node: the output is the input."""
    return x


LAYERS: dict[type, Callable[..., object]] = dict.fromkeys(
    (
        *(ActivityRegularization, AlphaDropout, Dropout, GaussianDropout, GaussianNoise, Identity, InputLayer),
        *(SpatialDropout1D, SpatialDropout2D, SpatialDropout3D),
        *(AugMix, CutMix, Equalization, MixUp, RandAugment, RandomElasticTransform, RandomPerspective, RandomShear),
        *(RandomBrightness, RandomColorDegeneration, RandomColorJitter, RandomContrast),
        *(RandomErasing, RandomFlip, RandomGaussianBlur, RandomGrayscale, RandomHue, RandomInvert, RandomPosterization),
        *(RandomRotation, RandomSaturation, RandomSharpness, RandomTranslation, RandomZoom, Solarization),
    ),
    identity,
)
