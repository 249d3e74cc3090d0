"""`ConvLSTM1D`, `ConvLSTM2D`, `ConvLSTM3D`: long short-term memory over sequences of images, with convolutions as products."""

from __future__ import annotations

from typing import Any

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array, Cache, Shape, Sizes, Tensors
from minidl.kernels.convolution import convolve, convolve_backward_input, convolve_backward_kernel
from minidl.kernels.geometry import Geometry, window_geometry
from minidl.kernels.recurrence.lstm import lstm, lstm_backward, lstm_gates
from minidl.layers.argument_checks import check_choice, check_sizes
from minidl.layers.channels import channels_back, channels_last, data_format_of, shape_back, shape_last
from minidl.layers.recurrent.base_rnn import BaseRNN
from minidl.layers.recurrent.recurrence import Recurrence, dropout_mask, set_forget_bias_to_one
from minidl.layers.weight_options import add_weight_with


class ConvLSTM(Recurrence, BaseRNN):
    """The base of the three, which differ only in the number of axes.

    In the loop, every position of an image is a row of its own; only the recurrent convolution sees neighboring positions.
    """

    rank: int
    gates, number_of_states = 4, 2

    @inherit_arguments(Recurrence, BaseRNN, without=("units", "reset_after", "unroll", "zero_output_for_mask", "use_cudnn"))
    def __init__(
        self,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes = 1,
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Sizes = 1,
        **kwargs: Any,
    ) -> None:
        owner = type(self).__name__
        self.filters = check_positive_integer(owner, "filters", filters)
        self.kernel_size = check_sizes(owner, "kernel_size", kernel_size, self.rank)
        self.strides = check_sizes(owner, "strides", strides, self.rank)
        self.padding = check_choice(owner, "padding", padding, ("valid", "same"))
        self.data_format = data_format_of(owner, data_format)
        self.dilation_rate = check_sizes(owner, "dilation_rate", dilation_rate, self.rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"{owner} takes strides or a dilation_rate above 1, not both, got {strides!r} and {dilation_rate!r}"
            )
        super().__init__(units=self.filters, **kwargs)

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the input's axes."""
        sizes = ("height", "width")[2 - self.rank :] if self.rank < 3 else ("depth", "height", "width")
        return ("batch", "time", *(("channels", *sizes) if self.data_format == "channels_first" else (*sizes, "channels")))

    def step_shapes(self, batch: int | None, step: Shape) -> tuple[Shape, list[Shape]]:
        """The output, h and c are images of one shape."""
        *sizes, _ = shape_last((batch, *step), self.data_format)[1:]
        known = self._geometry(sizes).outputs
        outputs = [None if size is None else out for size, out in zip(sizes, known, strict=True)]
        image = shape_back((batch, *outputs, self.filters), self.data_format)
        return image, [image, image]

    def add_weights(self, shape: Shape) -> None:
        """Create both kernels, (..., channels, 4 * filters), for the gates i, f, g and o, and the bias."""
        *_, channels = shape_last(shape, self.data_format)
        if None in shape[1:] or not channels:
            raise ValueError(f"{self.title} needs to know the sizes of its images, all at least 1, got images of shape {shape}")
        self.kernel = add_weight_with(self, "kernel", (*self.kernel_size, channels, 4 * self.filters))
        recurrent = (*self.kernel_size, self.filters, 4 * self.filters)
        self.recurrent_kernel = add_weight_with(self, "recurrent_kernel", recurrent, "recurrent")
        self.bias = add_weight_with(self, "bias", (4 * self.filters,)) if self.use_bias else None
        if self.bias is not None and self.unit_forget_bias:
            set_forget_bias_to_one(self.bias)

    def forward_steps(
        self, steps: Array, states: list[Array], mask: Array | None, drawn: Cache, training: bool
    ) -> tuple[Array, list[Array], Cache]:
        """`z[t] = convolve(x[t], kernel) + bias` for all steps at once, then the loop of the LSTM over rows of channels."""
        dropout, recurrent_dropout = (None, None) if drawn is None else drawn
        time, batch = steps.shape[:2]
        x = channels_last(steps.reshape(time * batch, *steps.shape[2:]), self.data_format)
        dropout = None if dropout is None else np.tile(dropout, (time, *(1,) * (x.ndim - 1)))
        x = np.ascontiguousarray(x if dropout is None else x * dropout)
        geometry = self._geometry(list(x.shape[1:-1]))
        z = convolve(x, self.kernel.value, geometry)  # (time * batch, ..., 4 * filters)
        if self.use_bias:
            z += self.bias.value
        image = (batch, *geometry.outputs)
        h, c = (self._as_rows(one) for one in states)  # (batch * positions, filters)
        kernel, recurrent_geometry = self.recurrent_kernel.value, self._recurrent_geometry(geometry)

        def recurrent_convolution(h: Array, out: Array) -> Array:
            return convolve(h.reshape(*image, h.shape[-1]), kernel, recurrent_geometry).reshape(out.shape)

        if mask is not None:
            mask = np.repeat(mask.reshape(time, batch, 1), len(h) // max(batch, 1), axis=1)
        gates = lstm_gates(self.recurrent_activation, self.activation, h)
        cache = lstm(z.reshape(time, len(h), z.shape[-1]), h, c, recurrent_convolution, *gates, mask, recurrent_dropout)
        outputs = self._as_images(cache.h[1:].reshape(-1, self.filters), geometry)
        ends = [self._as_images(one, geometry) for one in (cache.h[-1], cache.c[-1])]
        outputs = outputs.reshape(time, batch, *outputs.shape[1:])
        return outputs, ends, (x, cache, geometry, mask, dropout, recurrent_dropout)

    def backward_steps(
        self, dy: Tensors, dstates: list[Array | None], cache: Cache, needs_dx: bool = True
    ) -> tuple[Array | None, list[Array]]:
        """The loop backward gives dz of all steps; from it the gradients of both convolutions."""
        x, loop_cache, geometry, mask, dropout, recurrent_dropout = cache
        dh, dc = (np.zeros_like(loop_cache.c[0]) if one is None else self._as_rows(one) for one in dstates)
        time, image = len(loop_cache.z), (-1, *geometry.outputs)
        batch = len(x) // time
        rows = np.stack([self._as_rows(one) for one in dy]) if len(dy) else dy
        kernel, recurrent_geometry = self.recurrent_kernel.value, self._recurrent_geometry(geometry)

        def recurrent_convolution_backward(dz: Array, out: Array) -> Array:
            dh = convolve_backward_input(dz.reshape(*image, dz.shape[-1]), kernel, geometry.outputs, recurrent_geometry)
            return dh.reshape(out.shape)

        gates = lstm_gates(self.recurrent_activation, self.activation, dh)
        dz, dh, dc = lstm_backward(rows, dh, dc, loop_cache, recurrent_convolution_backward, *gates, mask, recurrent_dropout)
        h = loop_cache.h[:-1] if recurrent_dropout is None else loop_cache.h[:-1] * recurrent_dropout
        dimages = dz.reshape(*image, dz.shape[-1])  # (time * batch, ..., 4 * filters)
        self.kernel.grad += convolve_backward_kernel(dimages, x, geometry)
        self.recurrent_kernel.grad += convolve_backward_kernel(dimages, h.reshape(*image, self.filters), recurrent_geometry)
        if self.use_bias:
            self.bias.grad += dz.sum(axis=(0, 1))
        dstarts = [self._as_images(one, geometry) for one in (dh, dc)]
        if not needs_dx:
            return None, dstarts
        dx = convolve_backward_input(dimages, self.kernel.value, x.shape[1:-1], geometry)
        if dropout is not None:
            dx = dx * dropout
        dx = channels_back(dx, self.data_format)
        return dx.reshape(time, batch, *dx.shape[1:]), dstarts

    def draw_dropout(self, batch: int) -> tuple[Array | None, Array | None] | None:
        """The dropout masks of images and of the rows of h for a whole batch, the same for all steps and gates."""
        if self.dropout == self.recurrent_dropout == 0.0:
            return None
        inputs = shape_last((batch, *self.step_shape), self.data_format)
        state = shape_last(self.step_shapes(batch, self.step_shape)[0], self.data_format)
        dropout = dropout_mask(self, self.dropout, inputs)
        recurrent_dropout = dropout_mask(self, self.recurrent_dropout, state)
        return dropout, None if recurrent_dropout is None else recurrent_dropout.reshape(-1, self.filters)

    def check_step(self, shape: Shape) -> None:
        """Raise ValueError for images of another shape than the layer was built for, or smaller than a window."""
        super().check_step(shape)
        *sizes, _ = shape_last((shape[0], *shape[2:]), self.data_format)[1:]
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        if self.padding == "valid" and any(size is not None and size < need for size, need in zip(sizes, reach, strict=True)):
            raise ValueError(
                f"{self.title} has windows of {tuple(reach)}, got images of {tuple(sizes)} (shape {shape}); use padding='same'"
            )

    def _geometry(self, sizes: list[int | None]) -> Geometry:
        """The windows of the inputs' convolution."""
        known = tuple(1 << 20 if size is None else size for size in sizes)
        return window_geometry(known, self.kernel_size, self.strides, self.padding, self.dilation_rate)

    def _recurrent_geometry(self, geometry: Geometry) -> Geometry:
        """The windows of the state's convolution: one centered on every position."""
        ones = (1,) * self.rank
        return window_geometry(geometry.outputs, self.kernel_size, ones, "same", ones)

    def _as_rows(self, images: Array) -> Array:
        """(batch, ..., filters) -> (batch * positions, filters)."""
        return channels_last(images, self.data_format).reshape(-1, self.filters)

    def _as_images(self, rows: Array, geometry: Geometry) -> Array:
        """The inverse of `_as_rows`, in the layer's data format."""
        return channels_back(rows.reshape(-1, *geometry.outputs, self.filters), self.data_format)


class ConvLSTM1D(ConvLSTM):
    """Long short-term memory over sequences of 1D signals: an `LSTM` whose products with the kernels are convolutions.

    With `z = convolve(x[t], kernel) + convolve(h[t - 1], recurrent_kernel) + bias`, its channels i, f, g and o:
    `c[t] = f * c[t - 1] + i * g`, `h[t] = o * activation(c[t])`. The convolution of h is padded to keep its size.

    A masked step keeps both states and repeats the previous output; on JAX, Keras cannot take a mask here. Dropout draws one
    mask for all gates; Keras draws one for each.

    Args:
        filters: number of channels of output and cell state, a positive integer.
        kernel_size: sizes of the windows, one for all axes or one for each.
        strides: distance from one window to the next, in x.
        padding: "valid" or "same", in x.
        data_format: "channels_last" (the default) or "channels_first".
        dilation_rate: distance between a window's elements, in x; above 1 only with strides 1.
        activation, recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            unit_forget_bias, kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer,
            kernel_constraint, recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed, return_sequences,
            return_state, go_backwards, stateful: as in `LSTM`.
        **kwargs: `zero_output_for_mask` (the output of a masked step is zeros), `name`, `dtype`, `trainable`, `input_shape`.
    Shapes:
        x (batch, time, steps, channels) -> y (batch, new_steps, filters) or (batch, time, new_steps, filters); h and c
        (batch, new_steps, filters); mask (batch, time); kernel (kernel_size, channels, 4 * filters); recurrent_kernel
        (kernel_size, filters, 4 * filters); bias (4 * filters,).
    Raises:
        ValueError: x has another rank or other images than the layer was built for, or images smaller than a window.
    Source: Shi et al. 2015.
    Example:
        >>> ConvLSTM1D(4, 3)(np.ones((2, 5, 8, 3))).shape
        (2, 6, 4)
    """

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """Long short-term memory over sequences of images: an LSTM whose products with the kernels are convolutions.

    Arguments as in `ConvLSTM1D`, each size one for both axes or a pair (height, width).

    Shapes:
        x (batch, time, height, width, channels) -> y (batch, new_height, new_width, filters), or
        with the time axis after the batch axis.
    Raises:
        ValueError: as `ConvLSTM1D`.
    Source: Shi et al. 2015.
    Example:
        >>> ConvLSTM2D(4, 3, padding="same", return_sequences=True)(np.ones((2, 5, 8, 6, 3))).shape
        (2, 5, 8, 6, 4)
    """

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """Long short-term memory over sequences of volumes: an LSTM whose products with the kernels are convolutions.

    Arguments and errors as in `ConvLSTM1D`, each size one for all axes or a triple (depth, height, width).

    Shapes:
        x (batch, time, depth, height, width, channels) -> y (batch, new_depth, new_height, new_width, filters), or with
        the time axis after the batch axis.
    Source: Shi et al. 2015.
    Example:
        >>> ConvLSTM3D(2, 2)(np.ones((1, 3, 4, 4, 3, 2))).shape
        (1, 3, 3, 2, 2)
    """

    rank = 3
