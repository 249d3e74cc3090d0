"""`Conv1D`, `Conv2D`, `Conv3D`: one kernel, moved over steps, images or volumes."""

import operator
from typing import Any

from minidl.config.types import Array, Tensors
from minidl.kernels.activations.relu import linear, relu
from minidl.kernels.convolution import convolve, convolve_backward_input, convolve_backward_weights
from minidl.kernels.geometry import Geometry
from minidl.layers.channels import channels_back, channels_last
from minidl.layers.convolution.activation_gradient import ActivationGradient
from minidl.layers.convolution.base_conv import BaseConv, Epilogue
from minidl.layers.pooling.pooling import MaxPooling1D, MaxPooling2D, MaxPooling3D
from minidl.layers.weight_options import add_weight_with


class Conv(BaseConv):
    """Base of `Conv1D`, `Conv2D` and `Conv3D`, which differ only in `rank`."""

    joins_next = True

    def add_kernels(self, channels: int) -> None:
        """One kernel, (..., channels / groups, filters)."""
        if channels % self.groups:
            raise ValueError(f"{self.title} expects groups to divide its input's {channels} channels, got groups={self.groups}")
        self.kernel = add_weight_with(self, "kernel", (*self.kernel_size, channels // self.groups, self.filters))

    def convolve(self, x: Array, geometry: Geometry, epilogue: Epilogue) -> tuple[Array, tuple[Array, Geometry]]:
        """`z[p] = sum over k of x[p * strides + k * dilation_rate] @ kernel[k]`; rows (channels,) @ (channels, filters)."""
        return convolve(x, self.kernel.value, geometry, self.groups, epilogue), (x, geometry)

    def infer_with(self, x: Tensors, following: Any) -> Array | None:
        """With max pooling: the maxima of windows of a chunk of z in the cache, before bias and relu, which keep order."""
        if _POOLING.get(type(self)) is not type(following) or self.groups > 1 or following.dtype != self.dtype:
            return None
        x = self.as_arrays(x)
        self.check_input(x.shape)
        x = channels_last(x, self.data_format)
        geometry = self.geometry(x.shape[1:-1])
        pool = following.geometry(geometry.outputs)
        is_inside = not any(pool.before) and all(map(operator.le, pool.needed, geometry.outputs))
        if not is_inside or self.activation.forward not in (linear, relu) or following.data_format != self.data_format:
            return None
        return channels_back(convolve(x, self.kernel.value, geometry, 1, self._add_bias_and_relu(), pool), self.data_format)

    def convolve_backward(
        self, dz: ActivationGradient, cache: tuple[Array, Geometry], needs_dx: bool
    ) -> tuple[Array | None, Array]:
        """`dkernel[k] = x[...].T @ dz`; `dx[p * strides + k * dilation_rate] += dz[p] @ kernel[k].T`."""
        x, geometry = cache
        dkernel, dbias = convolve_backward_weights(dz, x, geometry, self.groups)
        self.kernel.grad += dkernel
        if not needs_dx:
            return None, dbias
        return convolve_backward_input(dz, self.kernel.value, x.shape[1:-1], geometry, self.groups), dbias


class Conv1D(Conv):
    """Convolution over steps: `y[t] = activation(sum over k of x[t * strides + k * dilation_rate] @ kernel[k] + bias)`.

    Args:
        filters: number of output channels, a positive integer.
        kernel_size: steps in a window.
        strides: steps from one window to the next.
        padding: "valid" (only windows inside the input), "same" (zeros on both sides: with strides 1 as many outputs as
            inputs) or "causal" (zeros in front: no output sees a later input).
        data_format: "channels_last" (the default) or "channels_first".
        dilation_rate: steps inside a window; above 1 only with strides 1.
        groups: number of groups of channels, each convolved separately; divides channels and filters.
        activation: name, function or `None` for none.
        use_bias: whether a bias is added.
        kernel_initializer, bias_initializer: initial values of the weights.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties on weights and output.
        kernel_constraint, bias_constraint: functions applied to the weights after each update.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, steps, channels) -> y (batch, new_steps, filters); kernel (kernel_size, channels / groups, filters);
        bias (filters,).
    Raises:
        ValueError: x has another rank or number of channels, or is smaller than a window; groups do not divide the channels.
    Source: LeCun et al. 1989; dilation: Yu & Koltun 2016; causal: van den Oord et al. 2016.
    Example:
        >>> Conv1D(4, 3)(np.ones((2, 10, 5))).shape
        (2, 8, 4)
    """

    rank = 1
    paddings = ("valid", "same", "causal")


class Conv2D(Conv):
    """Convolution over images: `y[p] = activation(sum over k of x[p * strides + k * dilation_rate] @ kernel[k] + bias)`.

    Arguments as in `Conv1D`, each size one for both axes or a pair (height, width); no "causal" padding.

    Shapes:
        x (batch, height, width, channels) -> y (batch, new_height, new_width, filters);
        kernel (height, width, channels / groups, filters); bias (filters,).
    Raises:
        ValueError: as `Conv1D`.
    Source: LeCun et al. 1989.
    Example:
        >>> Conv2D(4, 3, padding="same", activation="relu")(np.ones((2, 10, 8, 3))).shape
        (2, 10, 8, 4)
    """

    rank = 2


class Conv3D(Conv):
    """Convolution over volumes: `y[p] = activation(sum over k of x[p * strides + k * dilation_rate] @ kernel[k] + bias)`.

    Arguments and errors as in `Conv1D`, each size one for all axes or a triple; no "causal" padding.

    Shapes:
        x (batch, depth, height, width, channels) -> y (batch, new_depth, new_height, new_width, filters);
        kernel (depth, height, width, channels / groups, filters); bias (filters,).
    Source: Ji et al. 2013.
    Example:
        >>> Conv3D(4, 2)(np.ones((1, 5, 4, 3, 2))).shape
        (1, 4, 3, 2, 4)
    """

    rank = 3


_POOLING = {Conv1D: MaxPooling1D, Conv2D: MaxPooling2D, Conv3D: MaxPooling3D}
