"""`MelSpectrogram`: the energy of audio signals in bands that are equally wide on the mel scale."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl import ops
from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array, ArrayLike, DTypeLike, Shape, Shapes
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions


class MelSpectrogram(Layer):
    """Mel spectrogram of audio signals: `y = |stft(x)| ** mag_exp @ mel_matrix`, in decibels with `power_to_db`.

    Decibels are `10 log10(y / ref_power)`, at least `min_power`, and at most `top_db` below the largest of the signal.

    Args:
        fft_length: length of the Fourier transform.
        sequence_stride: steps from one window to the next.
        sequence_length: steps of a window, at most `fft_length`, which is the default.
        window: "hann", "hamming", `None`, or an array of `sequence_length` numbers.
        sampling_rate: steps a second.
        num_mel_bins: number of bands.
        min_freq: lowest frequency, in hertz.
        max_freq: highest frequency, in hertz; half the sampling rate by default.
        power_to_db: whether the output is in decibels.
        top_db: largest difference between two decibels of one signal.
        mag_exp: exponent of the magnitude; 1 for magnitude, 2 for power.
        min_power: smallest power that is distinguished from 0.
        ref_power: the power of 0 decibels.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, steps) -> y (batch, num_mel_bins, steps // sequence_stride + 1); one signal (steps,) without the batch axis.
    Source: Davis & Mermelstein 1980; the scale `1127 log(1 + f / 700)` is that of the Hidden Markov Model Toolkit.
    Example:
        >>> MelSpectrogram(fft_length=64, sequence_stride=16, num_mel_bins=8)(np.ones((2, 160))).shape
        (2, 8, 11)
    """

    input_dtype = "float"

    def __init__(
        self,
        fft_length: int = 2048,
        sequence_stride: int = 512,
        sequence_length: int | None = None,
        window: ArrayLike | None = "hann",
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        min_freq: float = 20.0,
        max_freq: float | None = None,
        power_to_db: bool = True,
        top_db: float = 80.0,
        mag_exp: float = 2.0,
        min_power: float = 1e-10,
        ref_power: float = 1.0,
        **kwargs: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**kwargs)
        owner = type(self).__name__
        self.fft_length = check_positive_integer(owner, "fft_length", fft_length)
        self.sequence_stride = check_positive_integer(owner, "sequence_stride", sequence_stride)
        self.sequence_length = check_positive_integer(owner, "sequence_length", sequence_length or fft_length)
        if self.sequence_length > fft_length:
            raise ValueError(f"{owner} expects sequence_length to be at most fft_length {fft_length}, got {sequence_length}")
        self.window, self.sampling_rate = window, check_positive_integer(owner, "sampling_rate", sampling_rate)
        self.num_mel_bins = check_positive_integer(owner, "num_mel_bins", num_mel_bins)
        self.min_freq, self.max_freq = min_freq, max_freq or int(sampling_rate / 2)
        self.power_to_db, self.top_db, self.mag_exp = power_to_db, top_db, mag_exp
        self.min_power = check_real(owner, "min_power", min_power, low=0.0)
        self.ref_power = check_real(owner, "ref_power", ref_power)

    def call(self, x: object) -> Array:
        """`y = |stft(x)|^mag_exp @ mel_matrix`, (..., bands, windows)."""
        real, imag = ops.stft(x, self.sequence_length, self.sequence_stride, self.fft_length, self.window)
        power = ops.maximum(real * real + imag * imag, np.finfo(self.dtype).tiny)  # silence has the gradient 0
        power = ops.power(power, self.mag_exp / 2)  # (..., windows, frequencies)
        bins = self.fft_length // 2 + 1
        matrix = self.linear_to_mel_weight_matrix(
            self.num_mel_bins, bins, self.sampling_rate, self.min_freq, self.max_freq, self.dtype
        )
        y = ops.matmul(power, matrix)
        return ops.swapaxes(self._decibels(y) if self.power_to_db else y, -1, -2)

    def _decibels(self, y: Array) -> Array:
        """`10 log10(y / ref_power)`, at most `top_db` below the largest of each signal."""
        reference = 10 * np.log10(max(abs(self.ref_power), self.min_power))
        y = 10 * ops.log10(ops.maximum(y, self.min_power)) - reference
        return ops.maximum(y, ops.max(y, axis=(-2, -1), keepdims=True) - self.top_db)

    def linear_to_mel_weight_matrix(
        self,
        num_mel_bins: int = 20,
        num_spectrogram_bins: int = 129,
        sampling_rate: float = 8000,
        lower_edge_hertz: float = 125.0,
        upper_edge_hertz: float = 3800.0,
        dtype: DTypeLike = "float32",
    ) -> Array:
        """The share of each frequency in each band, (num_spectrogram_bins, num_mel_bins): triangles on the mel scale."""
        frequencies = mel(np.linspace(0.0, sampling_rate / 2, num_spectrogram_bins)[1:])[:, np.newaxis]  # without that of 0
        edges = np.linspace(mel(lower_edge_hertz), mel(upper_edge_hertz), num_mel_bins + 2)
        low, center, high = edges[:-2], edges[1:-1], edges[2:]
        rising, falling = (frequencies - low) / (center - low), (high - frequencies) / (high - center)
        return np.pad(np.maximum(0.0, np.minimum(rising, falling)), [(1, 0), (0, 0)]).astype(dtype)

    def build_for(self, input_shape: Shapes) -> None:
        """Build the layer; `call` uses no others, so it is not run on an example, which would be too short for a window."""
        self.build_weights(input_shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        *batch, steps = input_shape
        return (*batch, self.num_mel_bins, None if steps is None else steps // self.sequence_stride + 1)

    def check_input(self, shape: Shape) -> None:
        if len(shape) not in (1, 2):
            raise ValueError(f"{self.title} expects signals of shape (batch, steps) or (steps,), got shape {shape}")
        if shape[-1] is not None and shape[-1] <= self.fft_length // 2:
            raise ValueError(
                f"{self.title} expects signals of more than fft_length / 2 = {self.fft_length // 2} steps, got shape {shape}"
            )


def mel(hertz: float | Array) -> Array:
    """Frequencies on the mel scale."""
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)
