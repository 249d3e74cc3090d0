"""Spectrograms: the operations of which the layers' `call` consists."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from minidl.config.types import Array
from minidl.graph.graph import Graph
from minidl.interop.onnx.builder import Tensor, known
from minidl.layers.input_layer import Input
from minidl.layers.preprocessing.mel_spectrogram import MelSpectrogram
from minidl.layers.preprocessing.stft_spectrogram import STFTSpectrogram

if TYPE_CHECKING:
    from minidl.interop.onnx.exporter import Exporter


def spectrogram(g: "Exporter", layer: MelSpectrogram | STFTSpectrogram, x: Tensor, mask: Array | None) -> Tensor:
    """The Fourier transform is a convolution with cosines and sines."""
    known(layer.title, *x.shape[1:])
    signals = Input(batch_shape=x.shape, dtype=x.dtype)
    y: Tensor = g.network(Graph(signals, layer.call(signals)), x)[0]
    return y


LAYERS: dict[type, Callable[..., object]] = {MelSpectrogram: spectrogram, STFTSpectrogram: spectrogram}
