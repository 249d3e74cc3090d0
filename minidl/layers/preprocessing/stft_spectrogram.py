"""`STFTSpectrogram`: the short-time Fourier transform of signals, computed by a convolution."""

from __future__ import annotations

from typing import Unpack

from minidl import initializers, ops
from minidl.config.checks import check_positive_integer
from minidl.config.settings import epsilon
from minidl.config.types import AnyShapes, Array, ArrayLike, Shape, Shapes, Tensors
from minidl.config.user_warnings import warn_user
from minidl.initializers.stft import window_of
from minidl.kernels.geometry import window_outputs
from minidl.layers.argument_checks import check_choice
from minidl.layers.channels import data_format_of
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions

MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")


class STFTSpectrogram(Layer):
    """Spectrogram of signals: their short-time Fourier transform, by a convolution with kernels that may be trained.

    With `real` and `imag`, the convolutions of x with windowed cosines and sines, y is, by mode: "real", "imag", "stft" (both),
    "angle" `arctan2(imag, real)`, "psd" `real^2 + imag^2`, twice for all frequencies that have a mirrored one, "magnitude"
    `sqrt(real^2 + imag^2)`, or "log", the logarithm of the magnitude.

    Args:
        mode: "log", "magnitude", "psd", "real", "imag", "angle" or "stft".
        frame_length: steps of a frame.
        frame_step: steps from one frame to the next, at most `frame_length`; half of it by default.
        fft_length: length of the transform, at least `frame_length`; by default the next power of two.
        window: name of a window of `scipy.signal.get_window`, or an array of `frame_length` numbers.
        periodic: whether a window given by name is periodic instead of symmetric.
        scaling: "density" divides by the root of the window's sum of squares, "spectrum" by its sum, `None` by nothing.
        padding: "valid" (only whole frames) or "same" (zeros on both sides).
        expand_dims: whether frequencies get an axis of their own, as in images.
        data_format: "channels_last" (the default) or "channels_first".
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch, steps, channels) -> y (batch, frames, channels * bins), with `expand_dims` (batch, frames, bins, channels);
        with channels first (batch, channels, steps) -> (batch, channels * bins, frames) or (batch, channels, frames, bins).
        There are `fft_length / 2 + 1` bins, twice as many with "stft"; kernels (frame_length, 1, fft_length / 2 + 1).
    Raises:
        ValueError: an unknown mode, window, scaling or padding; a `frame_step` or `fft_length` that does not fit.
    Source: Allen 1977.
    Example:
        >>> import numpy as np
        >>> STFTSpectrogram(frame_length=4, frame_step=2)(np.ones((1, 10, 1))).shape
        (1, 4, 3)
    """

    input_dtype = "float"

    def __init__(
        self,
        mode: str = "log",
        frame_length: int = 256,
        frame_step: int | None = None,
        fft_length: int | None = None,
        window: ArrayLike | None = "hann",
        periodic: bool = False,
        scaling: str | None = "density",
        padding: str = "valid",
        expand_dims: bool = False,
        data_format: str | None = None,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.mode = check_choice(owner, "mode", mode, MODES)
        self.frame_length = check_positive_integer(owner, "frame_length", frame_length)
        if frame_step is not None and check_positive_integer(owner, "frame_step", frame_step) > frame_length:
            raise ValueError(f"{owner} expects frame_step to be at most frame_length {frame_length}, got {frame_step}")
        if fft_length is not None and check_positive_integer(owner, "fft_length", fft_length) < frame_length:
            raise ValueError(f"{owner} expects fft_length to be at least frame_length {frame_length}, got {fft_length}")
        if fft_length is not None and fft_length & (fft_length - 1):
            warn_user(f"{owner} is fastest with an fft_length that is a power of two, got {fft_length}")
        self.frame_step, self.fft_length = frame_step, fft_length
        self._step = frame_step or max(frame_length // 2, 1)
        self._bins = (fft_length or 2 ** (frame_length - 1).bit_length()) // 2 + 1
        if isinstance(window, str):
            window_of(window, 1, periodic)  # raises an error for an unknown name
        self.window, self.periodic, self.expand_dims = window, periodic, expand_dims
        self.scaling = None if scaling is None else check_choice(owner, "scaling", scaling, ("density", "spectrum"))
        self.padding = check_choice(owner, "padding", padding, ("valid", "same"))
        self.data_format = data_format_of(owner, data_format)

    def build(self, input_shape: Shape) -> None:
        for side, unused in (("real", "imag"), ("imag", "real")):
            if self.mode != unused:
                initializer = initializers.STFT(side, self.window, self.scaling, self.periodic)
                kernel = self.add_weight((self.frame_length, 1, self._bins), initializer, name=f"{side}_kernel")
                setattr(self, f"{side}_kernel", kernel)

    def call(self, x: Tensors) -> Array:
        """Convolve every channel with the kernels, and compute what the mode says."""
        if self.data_format == "channels_first":
            x = ops.transpose(x, (0, 2, 1))
        _, steps, channels = x.shape
        signals = ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, steps, 1))
        if self.mode in ("real", "imag"):
            return self._arranged(self._convolved(signals, self.mode), channels)
        real, imag = self._convolved(signals, "real"), self._convolved(signals, "imag")
        if self.mode == "stft":
            y = ops.concatenate([real, imag], axis=-1)
        elif self.mode == "angle":
            y = ops.arctan2(imag, real)
        elif self.mode == "psd":
            power = real * real + imag * imag
            y = power + ops.pad(power[..., 1:-1], [(0, 0), (0, 0), (1, 1)])
        else:
            y = ops.sqrt(ops.maximum(real * real + imag * imag, epsilon()))
            y = ops.log(ops.maximum(y, epsilon())) if self.mode == "log" else y
        return self._arranged(y, channels)

    def _convolved(self, signals: Array, side: str) -> Array:
        """(batch * channels, steps, 1) -> (batch * channels, frames, bins)."""
        return ops.conv(signals, getattr(self, f"{side}_kernel"), self._step, self.padding, "channels_last")

    def _arranged(self, y: Array, channels: int) -> Array:
        """(batch * channels, frames, bins) -> the axes of the output."""
        _, frames, bins = y.shape
        y = ops.reshape(y, (-1, channels, frames, bins))
        if self.expand_dims:
            return ops.transpose(y, (0, 2, 3, 1)) if self.data_format == "channels_last" else y
        if self.data_format == "channels_last":
            return ops.reshape(ops.transpose(y, (0, 2, 1, 3)), (-1, frames, channels * bins))
        return ops.reshape(ops.transpose(y, (0, 1, 3, 2)), (-1, channels * bins, frames))

    def build_for(self, input_shape: Shapes) -> None:
        """Build the layer; `call` uses no others, so it is not run on an example, which would be too short for a window."""
        self.build_weights(input_shape)

    def compute_output_shape(self, input_shape: AnyShapes) -> Shape:
        last = self.data_format == "channels_last"
        batch, (steps, channels) = input_shape[0], input_shape[1:] if last else input_shape[:0:-1]
        (frames,) = window_outputs((steps,), (self.frame_length,), (self._step,), self.padding, (1,))
        bins = self._bins * (2 if self.mode == "stft" else 1)
        if self.expand_dims:
            return (batch, frames, bins, channels) if last else (batch, channels, frames, bins)
        return (batch, frames, channels * bins) if last else (batch, channels * bins, frames)

    def check_input(self, shape: Shape) -> None:
        if len(shape) != 3:
            raise ValueError(f"{self.title} expects signals of three axes, (batch, steps, channels), got shape {shape}")
        steps = shape[1 if self.data_format == "channels_last" else 2]
        if self.padding == "valid" and steps is not None and steps < self.frame_length:
            raise ValueError(f"{self.title} has frames of {self.frame_length} steps, got shape {shape} with {steps} steps")
