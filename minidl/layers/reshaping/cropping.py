"""`Cropping1D`, `Cropping2D`, `Cropping3D`: elements removed at the edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Shape, Sizes
from minidl.layers.channels import check_channels, data_format_of, shape_back, shape_last
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.reshaping.zero_padding import pairs_of, with_edges, without_edges


class Cropping(Layer):
    """Base of the cropping layers. Subclasses set `rank`, the number of cropped axes."""

    rank: int

    def __init__(
        self, cropping: Sizes | Sequence[Sizes], data_format: str | None = None, **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.cropping = pairs_of(type(self).__name__, "cropping", cropping, self.rank)
        self.data_format = data_format_of(type(self).__name__, data_format)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y = x[:, before : size - after, ...]` along each axis."""
        return without_edges(x, self.cropping, self.data_format), None

    def backward(self, dy: Array, cache: None) -> Array:
        """`dx`: dy surrounded by zeros."""
        return with_edges(dy, self.cropping, self.data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        batch, *sizes, channels = shape_last(input_shape, self.data_format)
        made = [None if size is None else size - sum(pair) for size, pair in zip(sizes, self.cropping, strict=True)]
        return shape_back((batch, *made, channels), self.data_format)

    def check_input(self, shape: Shape) -> None:
        check_channels(self, shape, self.rank)
        sizes = shape_last(shape, self.data_format)[1:-1]
        if any(size is not None and size <= sum(pair) for size, pair in zip(sizes, self.cropping, strict=True)):
            raise ValueError(
                f"{self.title} cuts {self.cropping} off inputs of {tuple(sizes)} (shape {shape}): nothing is left; "
                f"use a smaller cropping"
            )


class Cropping1D(Cropping):
    """Removes steps at both ends.

    Args:
        cropping: number of steps at each end, or a pair (before, after).
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, steps, channels) -> y (batch, steps - before - after, channels).
    Raises:
        ValueError: `cropping` is negative, x has another rank, or nothing is left.
    Example:
        >>> Cropping1D((1, 2))(np.arange(5.0).reshape(1, 5, 1))[0, :, 0]
        array([1., 2.], dtype=float32)
    """

    rank = 1

    @inherit_arguments(Cropping, without=("data_format",))
    def __init__(self, cropping: Sizes | Sequence[Sizes] = (1, 1), **kwargs: Any) -> None:
        super().__init__(cropping, **kwargs)


class Cropping2D(Cropping):
    """Removes the edges of an image; `cropping` is one number, one for each axis, or a pair (before, after) for each axis.

    By default nothing is removed, as in Keras.

    Shapes:
        x (batch, height, width, channels) -> y (batch, new_height, new_width, channels).
    Raises:
        ValueError: `cropping` is negative or has another form, x has another rank, or nothing is left.
    Example:
        >>> Cropping2D((1, 0))(np.ones((2, 5, 4, 3))).shape
        (2, 3, 4, 3)
    """

    rank = 2

    def __init__(
        self,
        cropping: Sizes | Sequence[Sizes] = ((0, 0), (0, 0)),
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(Cropping):
    """Removes the edges of a volume; `cropping` is one number, one for each axis, or a pair (before, after) for each axis.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, new_depth, new_height, new_width, channels).
    Raises:
        ValueError: `cropping` is negative or has another form, x has another rank, or nothing is left.
    Example:
        >>> Cropping3D(((0, 1), (1, 1), (2, 0)))(np.ones((2, 5, 4, 6, 3))).shape
        (2, 4, 2, 4, 3)
    """

    rank = 3

    def __init__(
        self,
        cropping: Sizes | Sequence[Sizes] = ((1, 1), (1, 1), (1, 1)),
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(cropping, data_format, **kwargs)
