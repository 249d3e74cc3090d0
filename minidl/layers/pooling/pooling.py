"""`MaxPooling1D` ... `AveragePooling3D`: the maximum or mean of each window, channel by channel."""

from __future__ import annotations

from typing import Unpack

from minidl.config.types import Array, Shape, Sizes
from minidl.kernels.geometry import Geometry, pooling_geometry, window_outputs
from minidl.kernels.pooling import average_pool, average_pool_backward, max_pool, max_pool_backward
from minidl.layers.channels import channels_back, channels_last, check_channels, data_format_of, shape_back, shape_last
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.windows import check_not_smaller, check_windows


class Pooling(Layer):
    """Base of the pooling layers: constructor, shapes and checks. Subclasses set `rank`, the number of axes of a window."""

    rank: int

    def __init__(
        self,
        pool_size: Sizes = 2,
        strides: Sizes | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.pool_size, self.strides, self.padding, _ = check_windows(owner, self.rank, strides, padding, pool_size=pool_size)
        self.data_format = data_format_of(owner, data_format)

    def geometry(self, sizes: tuple[int, ...]) -> Geometry:
        """Where the windows lie in an input of these sizes."""
        return pooling_geometry(sizes, self.pool_size, self.strides, self.padding)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        batch, *sizes, channels = shape_last(input_shape, self.data_format)
        outputs = window_outputs(tuple(sizes), self.pool_size, self.strides, self.padding, (1,) * self.rank)
        return shape_back((batch, *outputs, channels), self.data_format)

    def check_input(self, shape: Shape) -> None:
        check_channels(self, shape, self.rank)
        if self.padding == "valid":
            check_not_smaller(self.title, "pool_size", self.pool_size, shape_last(shape, self.data_format)[1:-1], shape)


class MaxPooling(Pooling):
    """Base of `MaxPooling1D`, `MaxPooling2D` and `MaxPooling3D`."""

    def infer(self, x: Array, *args: object, **options: object) -> Array:
        """`y[p] = max over k of x[p * strides + k]`, without a cache."""
        x = channels_last(x, self.data_format)
        return channels_back(max_pool(x, self.geometry(x.shape[1:-1])), self.data_format)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[Array, Array]]:
        """`y[p] = max over k of x[p * strides + k]`."""
        x = channels_last(x, self.data_format)
        y = max_pool(x, self.geometry(x.shape[1:-1]))
        return channels_back(y, self.data_format), (x, y)

    def backward(self, dy: Array, cache: tuple[Array, Array]) -> Array:
        """`dx[first argmax of window p] += dy[p]`."""
        x, y = cache
        dy = channels_last(dy, self.data_format)
        return channels_back(max_pool_backward(dy, x, y, self.geometry(x.shape[1:-1])), self.data_format)


class AveragePooling(Pooling):
    """Base of `AveragePooling1D`, `AveragePooling2D` and `AveragePooling3D`."""

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array]:
        """`y[p] = mean over k of x[p * strides + k]`."""
        x = channels_last(x, self.data_format)
        return channels_back(average_pool(x, self.geometry(x.shape[1:-1])), self.data_format), x

    def backward(self, dy: Array, cache: Array) -> Array:
        """`dx[p * strides + k] += dy[p] / count[p]`."""
        x = cache
        dy = channels_last(dy, self.data_format)
        return channels_back(average_pool_backward(dy, x, self.geometry(x.shape[1:-1])), self.data_format)


class MaxPooling1D(MaxPooling):
    """Maximum of each window of steps: `y[t] = max over k of x[t * strides + k]`.

    Args:
        pool_size: steps in a window.
        strides: steps from one window to the next; `pool_size` by default, so that windows do not overlap.
        padding: "valid" (only windows inside the input) or "same" (windows also cover the ends).
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, steps, channels) -> y (batch, new_steps, channels).
    Raises:
        ValueError: x has another rank, or is smaller than a window.
    Source: Weng et al. 1992; Riesenhuber & Poggio 1999.
    Example:
        >>> MaxPooling1D(2)(np.array([[[1.0], [3.0], [2.0], [5.0]]]))[0, :, 0]
        array([3., 5.], dtype=float32)
    """

    rank = 1


class MaxPooling2D(MaxPooling):
    """Maximum of each window of an image; arguments and errors as in `MaxPooling1D`, each size one for both axes or a pair.

    Shapes:
        x (batch, height, width, channels) -> y (batch, new_height, new_width, channels).
    Example:
        >>> MaxPooling2D()(np.ones((2, 5, 4, 3))).shape
        (2, 2, 2, 3)
    """

    rank = 2


class MaxPooling3D(MaxPooling):
    """Maximum of each window of a volume; arguments and errors as in `MaxPooling1D`, each size one for all axes or a triple.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, new_depth, new_height, new_width, channels).
    Example:
        >>> MaxPooling3D()(np.ones((2, 5, 4, 6, 3))).shape
        (2, 2, 2, 3, 3)
    """

    rank = 3


class AveragePooling1D(AveragePooling):
    """Mean of each window of steps: `y[t] = mean over k of x[t * strides + k]`.

    With padding "same" the padding does not count in the mean. Arguments and errors as in `MaxPooling1D`.

    Shapes:
        x (batch, steps, channels) -> y (batch, new_steps, channels).
    Source: LeCun et al. 1989.
    Example:
        >>> AveragePooling1D(2)(np.array([[[1.0], [3.0], [2.0], [5.0]]]))[0, :, 0]
        array([2. , 3.5], dtype=float32)
    """

    rank = 1


class AveragePooling2D(AveragePooling):
    """Mean of each window of an image; arguments and errors as in `AveragePooling1D`, each size one for both axes or a pair.

    Shapes:
        x (batch, height, width, channels) -> y (batch, new_height, new_width, channels).
    Example:
        >>> AveragePooling2D(2)(np.ones((2, 5, 4, 3))).shape
        (2, 2, 2, 3)
    """

    rank = 2


class AveragePooling3D(AveragePooling):
    """Mean of each window of a volume; arguments and errors as in `AveragePooling1D`, each size one for all axes or a triple.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, new_depth, new_height, new_width, channels).
    Example:
        >>> AveragePooling3D(2)(np.ones((2, 5, 4, 6, 3))).shape
        (2, 2, 2, 3, 3)
    """

    rank = 3
