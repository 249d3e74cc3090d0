"""`AugMix`: mixes several chains of augmentations in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.layers.argument_checks import check_sizes
from minidl.layers.options import ImageOptions
from minidl.layers.preprocessing.augmentation import check_value_range, factor_between
from minidl.layers.preprocessing.augmentation_steps import augmentation_steps, transformation_for
from minidl.layers.preprocessing.base_image import ImageLayer, Transformation

_COLORS = ("random_brightness", "random_color_degeneration", "random_contrast", "random_sharpness")


class AugMix(ImageLayer):
    """In training, `y = w * x + (1 - w) * sum(v[c] * chain[c](x))`, clipped to `value_range`; in inference `y = x`.

    Each chain applies up to `chain_depth` augmentations, drawn for the whole batch with replacement from those of
    `RandAugment` and none. w is drawn from the beta distribution with both parameters `alpha`, the weights v of the chains
    from the Dirichlet distribution with all parameters `alpha`.

    Args:
        value_range: the smallest and the largest value of a pixel.
        num_chains: number of chains.
        chain_depth: largest number of augmentations of a chain.
        factor: their strength, in [0, 1]: a pair (min, max), or one number f for (0, f).
        alpha: parameter of the distributions of the weights.
        all_ops: whether brightness, color degeneration, contrast and sharpness are drawn too.
        interpolation: "bilinear" or "nearest".
        seed, data_format, **kwargs: as for `RandomFlip`.
    Shapes:
        x (batch, height, width, channels) -> y of the same shape; or a single image without the batch. Segmentation masks are
        mixed like the images; bounding boxes are unchanged.
    Raises:
        ValueError: an argument is out of range, or x has another rank.
    Source: Hendrycks et al. 2020.
    Example:
        >>> AugMix(seed=1)(np.full((2, 4, 4, 3), 99.0), training=True).shape
        (2, 4, 4, 3)
    """

    mixes_batch = moves_pixels = True

    @inherit_arguments(ImageLayer)
    def __init__(
        self,
        value_range: Sequence[float] = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: float | Sequence[float] = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        **kwargs: Unpack[ImageOptions],
    ) -> None:
        super().__init__(**kwargs)
        self.value_range = check_value_range("AugMix", value_range)
        self.num_chains = check_positive_integer("AugMix", "num_chains", num_chains)
        (self.chain_depth,) = check_sizes("AugMix", "chain_depth", chain_depth, 1, least=0)
        self.factor, self.interpolation = factor_between("AugMix", "factor", factor, 0, 1), interpolation
        if not alpha > 0:
            raise ValueError(f"AugMix expects alpha to be positive, got {alpha!r}")
        self.alpha, self.all_ops = alpha, bool(all_ops)
        steps = augmentation_steps(self.factor, self.value_range, interpolation, self.seed, dtype=self.dtype)
        self.channel_counts = (1, 3) if all_ops else ()
        self.steps = {name: step for name, step in steps.items() if all_ops or name not in _COLORS}

    def draw(self, generator: np.random.Generator, shape: tuple[int, ...]) -> dict[str, object]:
        weights = generator.dirichlet(np.full(self.num_chains, self.alpha))
        share = generator.beta(self.alpha, self.alpha)
        chains = [self._chain(generator, shape) for _ in range(self.num_chains)]
        return {"chain_mixing_weights": weights, "weight_sample": share, "chain_transforms": chains}

    def _chain(self, generator: np.random.Generator, shape: tuple[int, ...]) -> list[Transformation]:
        """Name and random numbers of each augmentation of a chain; the number after the last one stands for none."""
        names = [*self.steps, None]
        drawn = [names[index] for index in generator.integers(0, len(names), self.chain_depth)]
        return [
            {"layer_name": name, "transformation": transformation_for(self.steps[name], generator, shape)}
            for name in drawn
            if name is not None
        ]

    def adjust(self, images: Array, transformation: Transformation) -> Array:
        return np.clip(self._mixed(images, transformation, masks=False), *self.value_range)

    def adjust_masks(self, masks: Array, transformation: Transformation) -> Array:
        return self._mixed(masks, transformation, masks=True)

    def _mixed(self, images: Array, transformation: Transformation, masks: bool) -> Array:
        share = float(transformation["weight_sample"])
        mixed = share * images
        for weight, chain in zip(transformation["chain_mixing_weights"], transformation["chain_transforms"], strict=True):
            changed = images
            for link in chain:
                step = self.steps[link["layer_name"]]
                if step.moves_pixels or not masks:
                    changed = (step.adjust_masks if masks else step.adjust)(changed, link["transformation"])
            mixed = mixed + (1 - share) * float(weight) * changed
        return mixed

    def transform_bounding_boxes(
        self, bounding_boxes: dict[str, Array], transformation: Transformation | None = None, training: bool = True
    ) -> dict[str, Array]:
        """The bounding boxes, unchanged."""
        return bounding_boxes
