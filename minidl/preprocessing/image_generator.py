"""`ImageDataGenerator`: random changes of images, drawn for each batch, under Keras's older name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minidl.config.randomness import make_generator
from minidl.config.settings import floatx, image_data_format
from minidl.config.types import Array, DTypeLike, Options
from minidl.config.user_warnings import warn_user

if TYPE_CHECKING:
    from minidl.preprocessing.image_batches import Iterator
from minidl.preprocessing.image_transforms import apply_affine_transform, apply_brightness_shift, apply_channel_shift


class ImageDataGenerator:
    """Batches of images, randomly changed and standardized, from arrays, folders or frames.

    Args:
        featurewise_center, featurewise_std_normalization: whether to subtract the mean, and divide by the deviation, of
            each channel, as learned by `fit`.
        samplewise_center, samplewise_std_normalization: the same with the mean and deviation of each image.
        zca_whitening: whether to decorrelate pixels with the matrix learned by `fit`.
        zca_epsilon: added to the singular values.
        rotation_range: largest rotation in degrees.
        width_shift_range, height_shift_range: largest shift, as a fraction of the side if below 1, else in pixels; a list of
            shifts to choose from; an integer n above 0 chooses from 0 ... n - 1.
        brightness_range: two factors of brightness; needs Pillow.
        shear_range: largest shear in degrees.
        zoom_range: a number z for factors from 1 - z to 1 + z, or two factors.
        channel_shift_range: largest number added to all channels.
        fill_mode: "constant", "nearest", "reflect" or "wrap": how SciPy fills points outside.
        cval: the value for "constant".
        horizontal_flip, vertical_flip: whether to flip half of the images.
        rescale: factor of all values.
        preprocessing_function: applied to each image after the random changes.
        data_format: "channels_last" or "channels_first".
        validation_split: fraction of the data, from its beginning, that `subset="validation"` takes.
        interpolation_order: order of SciPy's spline.
        dtype: dtype of the images.
    Raises:
        ValueError: a range has the wrong form.
    Example:
        >>> images = np.arange(32.0).reshape(2, 4, 4, 1)
        >>> batches = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True).flow(images, np.array([0, 1]), batch_size=2)
        >>> x, y = next(batches)
        >>> x.shape, y.shape
        ((2, 4, 4, 1), (2,))
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: float | Sequence[float] = 0.0,
        height_shift_range: float | Sequence[float] = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Array], object] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: DTypeLike = None,
    ) -> None:
        self.data_format = data_format or image_data_format()
        if self.data_format not in ("channels_last", "channels_first"):
            raise ValueError(f'data_format is "channels_last" or "channels_first", got {data_format!r}')
        if fill_mode not in ("constant", "nearest", "reflect", "wrap"):
            raise ValueError(f'fill_mode is "constant", "nearest", "reflect" or "wrap", got {fill_mode!r}')
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(f"validation_split is a fraction in (0, 1), got {validation_split!r}")
        if np.shape(zoom_range) not in ((), (2,)):
            raise ValueError(f"zoom_range is a number or two, got {zoom_range!r}")
        if brightness_range is not None and np.shape(brightness_range) != (2,):
            raise ValueError(f"brightness_range is two numbers, got {brightness_range!r}")
        self.zca_whitening, self.zca_epsilon = zca_whitening, zca_epsilon
        self.featurewise_std_normalization = featurewise_std_normalization and not zca_whitening
        self.featurewise_center = featurewise_center or zca_whitening or featurewise_std_normalization
        self.samplewise_center = samplewise_center or samplewise_std_normalization
        self.samplewise_std_normalization = samplewise_std_normalization
        if (self.featurewise_center, self.samplewise_center) != (featurewise_center, samplewise_center):
            warn_user("dividing by the standard deviation, and whitening, also subtract the mean")
        if zca_whitening and featurewise_std_normalization:
            warn_user("zca_whitening switches featurewise_std_normalization off")
        self.rotation_range, self.shear_range = rotation_range, shear_range
        self.width_shift_range, self.height_shift_range = width_shift_range, height_shift_range
        self.brightness_range, self.channel_shift_range = brightness_range, channel_shift_range
        self.zoom_range = list(zoom_range) if isinstance(zoom_range, Sequence) else [1 - zoom_range, 1 + zoom_range]
        self.fill_mode, self.cval, self.interpolation_order = fill_mode, cval, interpolation_order
        self.horizontal_flip, self.vertical_flip = horizontal_flip, vertical_flip
        self.rescale, self.preprocessing_function = rescale, preprocessing_function
        self.validation_split, self.dtype = validation_split, dtype or floatx()
        self.row_axis, self.col_axis, self.channel_axis = (1, 2, 3) if self.data_format == "channels_last" else (2, 3, 1)
        self.mean: Array | None = None
        self.std: Array | None = None
        self.zca_whitening_matrix: Array | None = None
        self._generator = make_generator(None)

    def fit(self, x: object, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Learn what the featurewise arguments and `zca_whitening` need, from images (n, ...), changed if `augment`."""
        images = np.array(x, self.dtype)
        if images.ndim != 4:
            raise ValueError(f"ImageDataGenerator.fit expects images of four axes, got shape {images.shape}")
        if seed is not None:
            self._generator = make_generator(seed)
        if self.rescale:
            images *= self.rescale
        if augment:
            images = np.stack([self.random_transform(image) for _ in range(rounds) for image in images])
        shape = np.ones(3, int)
        shape[self.channel_axis - 1] = -1
        if self.featurewise_center:
            self.mean = images.mean(axis=(0, self.row_axis, self.col_axis)).reshape(shape)
            images -= self.mean
        if self.featurewise_std_normalization:
            self.std = images.std(axis=(0, self.row_axis, self.col_axis)).reshape(shape)
            images /= self.std + 1e-6
        if self.zca_whitening:
            u, s, _ = np.linalg.svd(images.reshape(len(images), -1).T, full_matrices=False)
            self.zca_whitening_matrix = (u * (np.sqrt(len(images)) / (s + self.zca_epsilon))) @ u.T

    def standardize(self, x: Array) -> Array:
        """One image after `preprocessing_function`, `rescale` and the normalizations, in this order; x is not changed."""
        x = np.asarray(x if self.preprocessing_function is None else self.preprocessing_function(x))
        x = x if x.dtype.kind == "f" else x.astype(self.dtype)
        x = x * x.dtype.type(self.rescale) if self.rescale else x
        x = x - x.mean() if self.samplewise_center else x
        x = x / (x.std() + 1e-6) if self.samplewise_std_normalization else x
        if self.featurewise_center:
            x = x - self._learned(self.mean, "featurewise_center")
        if self.featurewise_std_normalization:
            x = x / (self._learned(self.std, "featurewise_std_normalization") + 1e-6)
        if self.zca_whitening:
            x = (x.reshape(1, -1) @ self._learned(self.zca_whitening_matrix, "zca_whitening")).reshape(x.shape)
        return np.asarray(x)

    def _learned(self, value: Array | None, name: str) -> Array:
        if value is None:
            raise ValueError(f"ImageDataGenerator({name}=True) needs fit(x) before it makes batches; Keras only warns")
        return value

    def get_random_transform(self, img_shape: Sequence[int], seed: int | None = None) -> dict[str, float]:
        """Random values of all changes of one image, the argument of `apply_transform`."""
        random = self._generator if seed is None else make_generator(seed)
        height, width = img_shape[self.row_axis - 1], img_shape[self.col_axis - 1]
        drawn: Options = {"theta": random.uniform(-1, 1) * self.rotation_range}
        drawn["tx"] = _shift(self.height_shift_range, height, random)
        drawn["ty"] = _shift(self.width_shift_range, width, random)
        drawn["shear"] = random.uniform(-1, 1) * self.shear_range
        drawn["zx"], drawn["zy"] = random.uniform(self.zoom_range[0], self.zoom_range[1], 2)
        drawn["flip_horizontal"] = bool(random.random() < 0.5) and self.horizontal_flip
        drawn["flip_vertical"] = bool(random.random() < 0.5) and self.vertical_flip
        shift = random.uniform(-1, 1) * self.channel_shift_range
        drawn["channel_shift_intensity"] = shift if self.channel_shift_range else None
        drawn["brightness"] = self.brightness_range and random.uniform(self.brightness_range[0], self.brightness_range[1])
        return drawn

    def apply_transform(self, x: object, transform_parameters: dict[str, float]) -> Array:
        """One image, changed as the values say: "theta", "tx", "ty", "shear", "zx", "zy", "flip_horizontal" and so on."""
        given = transform_parameters
        moves = {name: given[name] for name in ("theta", "tx", "ty", "shear", "zx", "zy") if name in given}
        row, column, channel = self.row_axis - 1, self.col_axis - 1, self.channel_axis - 1
        x = apply_affine_transform(
            x, **moves, row_axis=row, col_axis=column, channel_axis=channel,
            fill_mode=self.fill_mode, cval=self.cval, order=self.interpolation_order,
        )  # fmt: skip
        if given.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, given["channel_shift_intensity"])
        x = np.flip(x, column) if given.get("flip_horizontal", False) else x
        x = np.flip(x, row) if given.get("flip_vertical", False) else x
        return x if given.get("brightness") is None else apply_brightness_shift(x, given["brightness"], self.data_format)

    def random_transform(self, x: Array, seed: int | None = None) -> Array:
        """One image with random changes."""
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    def flow(
        self,
        x: object,
        y: object = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: object = None,
        seed: int | None = None,
        save_to_dir: str | Path | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> Iterator:
        """Infinite batches of images in memory: `x`, `(x, y)` or `(x, y, sample_weight)`."""
        from minidl.preprocessing.image_batches import batches_from_arrays

        saving = (save_to_dir, save_prefix, save_format)
        return batches_from_arrays(self, x, y, batch_size, shuffle, sample_weight, seed, saving, ignore_class_split, subset)

    def flow_from_directory(
        self,
        directory: str | Path,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | Path | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> Iterator:
        """Infinite batches of images in a folder with one folder for each class; `class_mode` is the form of the labels."""
        from minidl.preprocessing.image_batches import batches_from_folder

        reading: dict[str, object] = {"target_size": target_size, "color_mode": color_mode, "interpolation": interpolation}
        reading["keep_aspect_ratio"] = keep_aspect_ratio
        saving = (save_to_dir, save_prefix, save_format)
        order = (batch_size, shuffle, seed)
        return batches_from_folder(self, directory, classes, class_mode, order, reading, saving, follow_links, subset)

    def flow_from_dataframe(
        self,
        dataframe: object,
        directory: str | Path | None = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | Path | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **kwargs: object,
    ) -> Iterator:
        """Infinite batches of the images that a pandas frame names in `x_col`, with labels or targets in `y_col`."""
        from minidl.preprocessing.image_batches import batches_from_frame

        if unknown := set(kwargs) - {"keep_aspect_ratio"}:
            raise TypeError(f"flow_from_dataframe has no argument {sorted(unknown)[0]!r}")
        reading = {"target_size": target_size, "color_mode": color_mode, "interpolation": interpolation} | kwargs
        saving = (save_to_dir, save_prefix, save_format)
        columns, order = (x_col, y_col, weight_col), (batch_size, shuffle, seed)
        return batches_from_frame(
            self, dataframe, directory, columns, classes, class_mode, order, reading, saving, subset, validate_filenames
        )


def _shift(given: float | Sequence[float], side: int, random: np.random.Generator) -> float:
    """A shift in pixels."""
    if np.ndim(given) == 0 and isinstance(given, (float, np.floating)):
        shift = random.uniform(-given, given)
    elif np.ndim(given) == 0 and given == 0:
        return 0.0
    else:
        shift = random.choice(given) * random.choice([-1, 1])
    return float(shift * side if np.max(given) < 1 else shift)
