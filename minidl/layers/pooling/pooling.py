"""`MaxPooling1D` ... `AveragePooling3D`: one number in place of each window, channel by channel."""

from typing import Any

from minidl.config.checks import check_choice, check_sizes
from minidl.config.types import Array, Shape
from minidl.kernels.geometry import Geometry, window_geometry
from minidl.kernels.pooling import average_pool, average_pool_backward, max_pool, max_pool_backward
from minidl.layers.channels import channels_back, channels_last, check_channels, data_format_of, shape_back, shape_last
from minidl.layers.layer import Layer


class Pooling(Layer):
    """The base of the layers that pool windows; a leaf says over how many axes."""

    rank: int

    def __init__(
        self, pool_size: Any = 2, strides: Any = None, padding: str = "valid", data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.pool_size = check_sizes(owner, "pool_size", pool_size, self.rank)
        self.strides = self.pool_size if strides is None else check_sizes(owner, "strides", strides, self.rank)
        self.padding = check_choice(owner, "padding", padding, ("valid", "same"))
        self.data_format = data_format_of(owner, data_format)

    def geometry(self, sizes: tuple[int, ...]) -> Geometry:
        """Where the windows lie in an input of these sizes."""
        return window_geometry(sizes, self.pool_size, self.strides, self.padding, (1,) * self.rank)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """`(batch, ..., channels)`, in the layer's data format."""
        batch, *sizes, channels = shape_last(input_shape, self.data_format)
        outputs = self.geometry(tuple(size if size is not None else 1 << 20 for size in sizes)).outputs
        made = [None if size is None else out for size, out in zip(sizes, outputs, strict=True)]
        return shape_back((batch, *made, channels), self.data_format)

    def check_input(self, shape: Any) -> None:
        """Refuse another rank, and inputs smaller than a window."""
        check_channels(self, shape, self.rank)
        sizes = shape_last(shape, self.data_format)[1:-1]
        small = any(size is not None and size < window for size, window in zip(sizes, self.pool_size, strict=True))
        if self.padding == "valid" and small:
            raise ValueError(
                f"{self.title} has windows of {self.pool_size} and got inputs of {tuple(sizes)} (shape {shape}), smaller ones; "
                f"take a smaller pool_size, fewer layers that shrink, or padding='same'"
            )


class MaxPooling(Pooling):
    """The base of `MaxPooling1D`, `MaxPooling2D` and `MaxPooling3D`."""

    def infer(self, x: Array, *args: Any, **options: Any) -> Array:
        """The largest of each window; nothing is kept."""
        x = channels_last(x, self.data_format)
        return channels_back(max_pool(x, self.geometry(x.shape[1:-1])), self.data_format)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Any]:
        """`y[p] = max over k of x[p * strides + k]`."""
        x = channels_last(x, self.data_format)
        y = max_pool(x, self.geometry(x.shape[1:-1]))
        return channels_back(y, self.data_format), (x, y)

    def backward(self, dy: Array, cache: Any) -> Array:
        """Dy goes to the first largest element of each window."""
        x, y = cache
        dy = channels_last(dy, self.data_format)
        return channels_back(max_pool_backward(dy, x, y, self.geometry(x.shape[1:-1])), self.data_format)


class AveragePooling(Pooling):
    """The base of `AveragePooling1D`, `AveragePooling2D` and `AveragePooling3D`."""

    def forward(self, x: Array, training: bool = False) -> tuple[Array, Array]:
        """`y[p] = mean over k of x[p * strides + k]`."""
        x = channels_last(x, self.data_format)
        return channels_back(average_pool(x, self.geometry(x.shape[1:-1])), self.data_format), x

    def backward(self, dy: Array, cache: Array) -> Array:
        """Each element of a window gets its equal share of dy."""
        x = cache
        dy = channels_last(dy, self.data_format)
        return channels_back(average_pool_backward(dy, x, self.geometry(x.shape[1:-1])), self.data_format)


class MaxPooling1D(MaxPooling):
    """The largest value of each window of steps: `y[t] = max over k of x[t * strides + k]`.

    Args:
        pool_size: steps in a window.
        strides: steps from one window to the next; `pool_size` by default, so that windows tile the input.
        padding: "valid" (whole windows alone) or "same" (also what is left over at the ends).
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
    """The largest value of each window of an image; arguments as in `MaxPooling1D`, each size one for both axes or a pair.

    Shapes:
        x (batch, height, width, channels) -> y (batch, new_height, new_width, channels).
    Raises:
        ValueError: x has another rank, or is smaller than a window.
    Example:
        >>> MaxPooling2D()(np.ones((2, 5, 4, 3))).shape
        (2, 2, 2, 3)
    """

    rank = 2


class MaxPooling3D(MaxPooling):
    """The largest value of each window of a volume; arguments as in `MaxPooling1D`, each size one for all axes or a triple.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, new_depth, new_height, new_width, channels).
    Raises:
        ValueError: x has another rank, or is smaller than a window.
    Example:
        >>> MaxPooling3D()(np.ones((2, 5, 4, 6, 3))).shape
        (2, 2, 2, 3, 3)
    """

    rank = 3


class AveragePooling1D(AveragePooling):
    """The mean of each window of steps: `y[t] = mean over k of x[t * strides + k]`.

    With padding "same" the mean is over the steps that are there; what is added does not count. `pool_size` is 2 where it is
    left out; the other arguments are those of `MaxPooling1D`.

    Shapes:
        x (batch, steps, channels) -> y (batch, new_steps, channels).
    Raises:
        ValueError: x has another rank, or is smaller than a window.
    Source: LeCun et al. 1989.
    Example:
        >>> AveragePooling1D(2)(np.array([[[1.0], [3.0], [2.0], [5.0]]]))[0, :, 0]
        array([2. , 3.5], dtype=float32)
    """

    rank = 1


class AveragePooling2D(AveragePooling):
    """The mean of each window of an image; arguments as in `AveragePooling1D`, each size one for both axes or a pair.

    Shapes:
        x (batch, height, width, channels) -> y (batch, new_height, new_width, channels).
    Raises:
        ValueError: x has another rank, or is smaller than a window.
    Example:
        >>> AveragePooling2D(2)(np.ones((2, 5, 4, 3))).shape
        (2, 2, 2, 3)
    """

    rank = 2


class AveragePooling3D(AveragePooling):
    """The mean of each window of a volume; arguments as in `AveragePooling1D`, each size one for all axes or a triple.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, new_depth, new_height, new_width, channels).
    Raises:
        ValueError: x has another rank, or is smaller than a window.
    Example:
        >>> AveragePooling3D(2)(np.ones((2, 5, 4, 6, 3))).shape
        (2, 2, 2, 3, 3)
    """

    rank = 3
