"""`SpatialDropout1D`, `SpatialDropout2D`, `SpatialDropout3D`: in training, whole channels are set to 0 at random."""

from __future__ import annotations

from typing import Any, Unpack

from minidl.config.checks import check_real
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, DTypeLike, Shape
from minidl.kernels.dropout import drop
from minidl.kernels.in_use import in_use
from minidl.layers.channels import channels_back, channels_last, check_channels, data_format_of
from minidl.layers.options import NamelessOptions
from minidl.layers.regularization.dropout import draw_keep_mask
from minidl.layers.same_shape import SameShape


class SpatialDropout(SameShape):
    """Base of the spatial dropout layers. Subclasses set `rank`, the number of axes of a channel."""

    rank: int

    def __init__(
        self,
        rate: float,
        data_format: str | None = None,
        seed: int | None = None,
        name: str | None = None,
        dtype: DTypeLike = None,
        **kwargs: Unpack[NamelessOptions],
    ) -> None:
        super().__init__(name=name, dtype=dtype, **kwargs)
        self.rate = check_real(type(self).__name__, "rate", rate, 0.0, 1.0)
        self.data_format = data_format_of(type(self).__name__, data_format)
        self.seed = seed
        self._random = self.add_late_generator(seed)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array | None]:
        """`y = x * keep / (1 - rate)`, one draw for each row and channel, or `y = x` outside training."""
        if not training or self.rate == 0.0:
            return x, None
        batch, *_, channels = channels_last(x, self.data_format).shape
        keep = draw_keep_mask(self._random.generator, (batch, *(1,) * self.rank, channels), self.rate, x.dtype)
        keep = channels_back(keep, self.data_format)
        return in_use[drop](x, keep, self.rate), keep

    def backward(self, dy: Array, cache: Array | None) -> Array:
        """`dx = dy * keep / (1 - rate)` under the same mask."""
        return dy if cache is None else in_use[drop](dy, cache, self.rate)

    def check_input(self, shape: Shape) -> None:
        check_channels(self, shape, self.rank)


class SpatialDropout1D(SpatialDropout):
    """`Dropout` of whole channels: sets a random fraction of those of each sequence to 0, at all its steps, in training.

    Neighboring steps are strongly correlated, so dropping single elements would hardly regularize.

    Args:
        rate: fraction of the channels to drop, in [0, 1].
        seed: seed of the random draws; the next global seed by default.
        name, dtype: as for every `Layer`.
        **kwargs: further arguments of `Layer`.
    Shapes:
        x (batch, steps, channels) -> y of the same shape.
    Raises:
        ValueError: `rate` is not in [0, 1], `seed` is not an integer of at least 0, or x has another rank.
    Source: Tompson et al. 2015.
    Example:
        >>> SpatialDropout1D(0.5, seed=6)(np.ones((1, 3, 4)), training=True)[0]
        array([[0., 2., 2., 0.],
               [0., 2., 2., 0.],
               [0., 2., 2., 0.]], dtype=float32)
    """

    rank = 1

    @inherit_arguments(SpatialDropout, without=("data_format",))
    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(rate, **kwargs)


class SpatialDropout2D(SpatialDropout):
    """`Dropout` of whole channels: sets a random fraction of those of each image to 0, at all its pixels, in training.

    Arguments and errors as in `SpatialDropout1D`, and `data_format`: "channels_last" (the default) or "channels_first".

    Shapes:
        x (batch, height, width, channels), or (batch, channels, height, width) -> y of the same shape.
    Source: Tompson et al. 2015.
    Example:
        >>> SpatialDropout2D(0.5, seed=6)(np.ones((1, 5, 5, 4)), training=True).max(axis=(1, 2))
        array([[0., 2., 2., 0.]], dtype=float32)
    """

    rank = 2


class SpatialDropout3D(SpatialDropout):
    """`Dropout` of whole channels: sets a random fraction of those of each volume to 0, at all its voxels, in training.

    Arguments and errors as in `SpatialDropout1D`, and `data_format`: "channels_last" (the default) or "channels_first".

    Shapes:
        x (batch, depth, height, width, channels), or with the channels first -> y of the same shape.
    Source: Tompson et al. 2015.
    Example:
        >>> SpatialDropout3D(0.5, seed=6)(np.ones((1, 2, 2, 2, 4)), training=True).max(axis=(1, 2, 3))
        array([[0., 2., 2., 0.]], dtype=float32)
    """

    rank = 3
