"""The layers that `RandAugment` and `AugMix` choose from."""

from typing import Any

import numpy as np

from minidl.layers.preprocessing.base_image import ImageLayer, Transformation
from minidl.layers.preprocessing.contrast_curves import AutoContrast, Equalization
from minidl.layers.preprocessing.random_affine import RandomRotation, RandomShear, RandomTranslation
from minidl.layers.preprocessing.random_brightness import RandomBrightness
from minidl.layers.preprocessing.random_contrast import RandomContrast
from minidl.layers.preprocessing.random_filters import RandomSharpness
from minidl.layers.preprocessing.random_grayscale import RandomColorDegeneration
from minidl.layers.preprocessing.random_invert import Solarization
from minidl.layers.preprocessing.random_posterization import RandomPosterization


def augmentation_steps(
    factor: tuple[float, float], value_range: object, interpolation: str, seed: int | None, **options: Any
) -> dict[str, ImageLayer]:
    """The layers by name, each of the strength `factor`."""
    options |= {"data_format": "channels_last"}
    random = options | {"seed": seed}
    color = random | {"value_range": value_range}
    return {
        "random_shear": RandomShear(factor, factor, interpolation, **random),
        "random_translation": RandomTranslation(factor, factor, interpolation=interpolation, **random),
        "random_rotation": RandomRotation(factor, interpolation=interpolation, **random),
        "random_brightness": RandomBrightness(factor, **color),
        "random_color_degeneration": RandomColorDegeneration(factor, **color),
        "random_contrast": RandomContrast(factor, **color),
        "random_sharpness": RandomSharpness(factor, **color),
        "random_posterization": RandomPosterization(max(1, int(8 * factor[1])), **color),
        "solarization": Solarization(factor, factor, **color),
        "auto_contrast": AutoContrast(value_range, **options),
        "equalization": Equalization(value_range, **options),
    }


def transformation_for(step: ImageLayer, generator: np.random.Generator, shape: tuple[int, ...]) -> Transformation:
    """The random numbers of a step for images of this shape, (batch, height, width, channels)."""
    return step.get_random_transformation(np.broadcast_to(np.float32(0), shape), seed=generator)
