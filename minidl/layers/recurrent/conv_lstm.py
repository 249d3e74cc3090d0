"""`ConvLSTM1D`, `ConvLSTM2D`, `ConvLSTM3D`: the long short-term memory of images in time, its products convolutions."""

from typing import Any

import numpy as np

from minidl import activations
from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array, Shape
from minidl.kernels.convolution import convolve, convolve_backward_input, convolve_backward_kernel
from minidl.kernels.geometry import Geometry, window_geometry
from minidl.kernels.recurrence.lstm import lstm, lstm_backward, lstm_gates
from minidl.layers.channels import channels_back, channels_last, data_format_of, shape_back, shape_last
from minidl.layers.recipes import add_by_recipe, note_recipes
from minidl.layers.recurrent.recurrence import draw_scale, open_forget_gate
from minidl.layers.recurrent.sequence_layer import SequenceLayer
from minidl.layers.sizes import choice_of, sizes_of


class ConvLSTM(SequenceLayer):
    """The base of the three, which differ in the number of axes alone.

    To the loop every place of an image is a row of its own; only the recurrent kernel's convolution sees them side by side.
    """

    rank: int

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = 1,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        owner = type(self).__name__
        self.filters = check_positive_integer(owner, "filters", filters)
        self.kernel_size = sizes_of(owner, "kernel_size", kernel_size, self.rank)
        self.strides = sizes_of(owner, "strides", strides, self.rank)
        self.padding = choice_of(owner, "padding", padding, ("valid", "same"))
        self.data_format = data_format_of(owner, data_format)
        self.dilation_rate = sizes_of(owner, "dilation_rate", dilation_rate, self.rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{owner} takes strides or a dilation_rate above 1, not both, got {strides!r} and {dilation_rate!r}"
            )
        self.activation = activations.get_keeping_shape(type(self).__name__, activation)
        self.recurrent_activation = activations.get_keeping_shape(type(self).__name__, recurrent_activation)
        self.use_bias = use_bias
        self.unit_forget_bias = unit_forget_bias
        self.dropout = check_real(owner, "dropout", dropout, 0.0, 1.0, open_high=True)
        self.recurrent_dropout = check_real(owner, "recurrent_dropout", recurrent_dropout, 0.0, 1.0, open_high=True)
        self.seed = seed
        self.generator = self.add_generator(seed)
        note_recipes(
            self,
            kernel=(kernel_initializer, kernel_regularizer, kernel_constraint),
            recurrent=(recurrent_initializer, recurrent_regularizer, recurrent_constraint),
            bias=(bias_initializer, bias_regularizer, bias_constraint),
        )

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the input's axes."""
        sizes = ("height", "width")[2 - self.rank :] if self.rank < 3 else ("depth", "height", "width")
        return ("batch", "time", *(("channels", *sizes) if self.data_format == "channels_first" else (*sizes, "channels")))

    @property
    def state_size(self) -> list[int]:
        """Numbers of channels of h and c."""
        return [self.filters, self.filters]

    def step_shapes(self, batch: int | None, step: Shape) -> tuple[Shape, list[Shape]]:
        """The output, h and c are images of one shape."""
        *sizes, _ = shape_last((batch, *step), self.data_format)[1:]
        made = self._geometry(sizes).outputs
        outputs = [None if size is None else out for size, out in zip(sizes, made, strict=True)]
        image = shape_back((batch, *outputs, self.filters), self.data_format)
        return image, [image, image]

    def add_weights(self, shape: Shape) -> None:
        """Create both kernels, (..., channels, 4 * filters), for the gates i, f, g and o side by side, and the bias."""
        *_, channels = shape_last(shape, self.data_format)
        if None in shape[1:] or channels is None:
            raise ValueError(f"{self.title} needs to know the sizes of its images, got images of shape {shape}")
        self.kernel = add_by_recipe(self, "kernel", (*self.kernel_size, channels, 4 * self.filters))
        recurrent = (*self.kernel_size, self.filters, 4 * self.filters)
        self.recurrent_kernel = add_by_recipe(self, "recurrent_kernel", recurrent, "recurrent")
        if self.use_bias:
            self.bias = add_by_recipe(self, "bias", (4 * self.filters,))
            if self.unit_forget_bias:
                open_forget_gate(self.bias)

    def walk(
        self, steps: Array, states: list[Array], keep: Array | None, drawn: Any, training: bool
    ) -> tuple[Array, list[Array], Any]:
        """The inputs' part of all steps in one convolution, then the loop of the LSTM, a row for every place of every image."""
        drop_x, drop_h = (None, None) if drawn is None else drawn
        time, batch = steps.shape[:2]
        x = channels_last(steps.reshape(time * batch, *steps.shape[2:]), self.data_format)
        drop_x = None if drop_x is None else np.tile(drop_x, (time, *(1,) * (x.ndim - 1)))
        x = np.ascontiguousarray(x if drop_x is None else x * drop_x)
        geometry = self._geometry(list(x.shape[1:-1]))
        z = convolve(x, self.kernel.value, geometry)
        if self.use_bias:
            z += self.bias.value
        image = (batch, *geometry.outputs)
        h, c = (self._as_rows(one) for one in states)
        kernel, inside = self.recurrent_kernel.value, self._inside(geometry)

        def times(before: Array, room: Array) -> Array:
            return convolve(before.reshape(*image, -1), kernel, inside).reshape(room.shape)

        if keep is not None:
            keep = np.repeat(keep.reshape(time, batch, 1), len(h) // batch, axis=1)
        gates = lstm_gates(self.recurrent_activation, self.activation, h)
        made = lstm(z.reshape(time, len(h), -1), h, c, times, *gates, keep, drop_h)
        outputs = self._as_images(made.h[1:].reshape(time * batch, -1), geometry)
        ends = [self._as_images(one, geometry) for one in (made.h[-1], made.c[-1])]
        return outputs.reshape(time, batch, *outputs.shape[1:]), ends, (x, made, geometry, keep, drop_x, drop_h)

    def walk_back(
        self, dy: Any, dstates: list[Array | None], cache: Any, needs_dx: bool = True
    ) -> tuple[Array | None, list[Array]]:
        """Backward through time, and from dz of all steps through the inputs' convolution."""
        x, made, geometry, keep, drop_x, drop_h = cache
        dh, dc = (np.zeros_like(made.c[0]) if one is None else self._as_rows(one) for one in dstates)
        time, image = len(made.z), (-1, *geometry.outputs)
        batch = len(x) // time
        rows = np.stack([self._as_rows(one) for one in dy]) if len(dy) else dy
        kernel, inside = self.recurrent_kernel.value, self._inside(geometry)

        def times_back(dz: Array, room: Array) -> Array:
            dbefore = convolve_backward_input(dz.reshape(*image, dz.shape[-1]), kernel, geometry.outputs, inside)
            return dbefore.reshape(room.shape)

        gates = lstm_gates(self.recurrent_activation, self.activation, dh)
        dz, dh, dc = lstm_backward(rows, dh, dc, made, times_back, *gates, keep, drop_h)
        before = made.h[:-1] if drop_h is None else made.h[:-1] * drop_h
        dimages = dz.reshape(*image, dz.shape[-1])  # (time * batch, ..., 4 * filters)
        self.kernel.grad += convolve_backward_kernel(dimages, x, geometry)
        self.recurrent_kernel.grad += convolve_backward_kernel(dimages, before.reshape(*image, self.filters), inside)
        if self.use_bias:
            self.bias.grad += dz.sum(axis=(0, 1))
        dstarts = [self._as_images(one, geometry) for one in (dh, dc)]
        if not needs_dx:
            return None, dstarts
        dx = convolve_backward_input(dimages, self.kernel.value, x.shape[1:-1], geometry)
        if drop_x is not None:
            dx = dx * drop_x
        dx = channels_back(dx, self.data_format)
        return dx.reshape(time, batch, *dx.shape[1:]), dstarts

    def draw_dropout(self, batch: int) -> tuple[Array | None, Array | None] | None:
        """The dropout masks of a whole batch of sequences, one for all steps and gates: of images, and of the rows of h."""
        if self.dropout == self.recurrent_dropout == 0.0:
            return None
        inputs = shape_last((batch, *self.step_shape), self.data_format)
        state = shape_last(self.step_shapes(batch, self.step_shape)[0], self.data_format)
        drop_x = draw_scale(self, self.dropout, inputs)
        drop_h = draw_scale(self, self.recurrent_dropout, state)
        return drop_x, None if drop_h is None else drop_h.reshape(-1, self.filters)

    def check_step(self, shape: Shape) -> None:
        """Refuse images of another shape than the layer was built for, and images in which no window has room."""
        super().check_step(shape)
        *sizes, _ = shape_last((shape[0], *shape[2:]), self.data_format)[1:]
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        if self.padding == "valid" and any(size is not None and size < need for size, need in zip(sizes, reach, strict=True)):
            raise ValueError(
                f"{self.title} has windows of {tuple(reach)}, got images of {tuple(sizes)} (shape {shape}); take padding='same'"
            )

    def _geometry(self, sizes: list[int | None]) -> Geometry:
        """Where the inputs' windows lie."""
        known = tuple(1 << 20 if size is None else size for size in sizes)
        return window_geometry(known, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def _inside(self, geometry: Geometry) -> Geometry:
        """Where the state's windows lie: one round every place."""
        ones = (1,) * self.rank
        return window_geometry(geometry.outputs, self.kernel_size, ones, "same", ones)

    def _as_rows(self, images: Array) -> Array:
        """Every place of every image a row of channels."""
        return channels_last(images, self.data_format).reshape(-1, self.filters)

    def _as_images(self, rows: Array, geometry: Geometry) -> Array:
        """The rows as images, in the layer's data format."""
        return channels_back(rows.reshape(-1, *geometry.outputs, self.filters), self.data_format)


class ConvLSTM1D(ConvLSTM):
    """Long short-term memory of rows in time: as `LSTM`, with convolutions in place of the products with the kernels.

    With `z = x[t] convolved with kernel + h[t - 1] convolved with recurrent_kernel + bias`, its channels i, f, g and o:
    `c[t] = f * c[t - 1] + i * g`, `h[t] = o * activation(c[t])`. The convolution of h keeps its size.

    A masked step keeps both states and repeats the output before it; on JAX, Keras cannot take a mask here. Dropout draws one
    mask for all gates, where Keras draws one for each.

    Args:
        filters: number of channels of output and memory, a positive integer.
        kernel_size: sizes of the windows, one for all axes or one for each.
        strides: steps from one window to the next, in x.
        padding: "valid" or "same", in x.
        data_format: "channels_last" (the default) or "channels_first".
        dilation_rate: steps inside a window, in x; above 1 only with strides 1.
        activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            unit_forget_bias, kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed, return_sequences,
            return_state, go_backwards, stateful: as in `LSTM`.
        **kwargs: `zero_output_for_mask` (a masked step puts out zeros), `name`, `dtype`, `trainable`, `input_shape`.
    Shapes:
        x (batch, time, steps, channels) -> y (batch, new_steps, filters) or (batch, time, new_steps, filters); h and c
        (batch, new_steps, filters); mask (batch, time); kernel (kernel_size, channels, 4 * filters); recurrent_kernel
        (kernel_size, filters, 4 * filters); bias (4 * filters,).
    Raises:
        ValueError: x has another rank or other images than the layer was built for, or no room for a window.
    Source: Shi et al. 2015.
    Example:
        >>> ConvLSTM1D(4, 3)(np.ones((2, 5, 8, 3))).shape
        (2, 6, 4)
    """

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """Long short-term memory of images in time: as `LSTM`, with convolutions in place of the products with the kernels.

    Arguments as in `ConvLSTM1D`, each size one for both axes or a pair (height, width).

    Shapes:
        x (batch, time, height, width, channels) -> y (batch, new_height, new_width, filters), or with time behind the batch.
    Raises:
        ValueError: as `ConvLSTM1D`.
    Source: Shi et al. 2015.
    Example:
        >>> ConvLSTM2D(4, 3, padding="same", return_sequences=True)(np.ones((2, 5, 8, 6, 3))).shape
        (2, 5, 8, 6, 4)
    """

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """Long short-term memory of volumes in time: as `LSTM`, with convolutions in place of the products with the kernels.

    Arguments as in `ConvLSTM1D`, each size one for all axes or a triple (depth, height, width).

    Shapes:
        x (batch, time, depth, height, width, channels) -> y (batch, new_depth, new_height, new_width, filters), or with time
        behind the batch.
    Raises:
        ValueError: as `ConvLSTM1D`.
    Source: Shi et al. 2015.
    Example:
        >>> ConvLSTM3D(2, 2)(np.ones((1, 3, 4, 4, 3, 2))).shape
        (1, 3, 3, 2, 2)
    """

    rank = 3
