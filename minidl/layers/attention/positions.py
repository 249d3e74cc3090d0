"""Position encodings: sine waves, or learned vectors; added to the steps of a sequence."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from minidl import initializers
from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array, Cache, InitializerLike, Shape
from minidl.layers.layer import Layer
from minidl.layers.options import LayerOptions
from minidl.layers.same_shape import SameShape


class SinePositionEncoding(SameShape):
    """Sine and cosine waves: `y[t, 2 * i] = sin(t / max_wavelength ** (2 * i / features))`, `y[t, 2 * i + 1]` the cosine of it.

    Only x's shape counts. Add the result to x: `Add()([x, SinePositionEncoding()(x)])`. The call takes `start_index`, the first
    step's position. Name and arguments are those of KerasHub; Keras itself has none.

    Args:
        max_wavelength: upper limit of the wavelengths, divided by `2 * pi`.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, steps, features) -> y of the same shape.
    Raises:
        ValueError: `max_wavelength` is not positive, or x has fewer than two axes after the batch.
    Source: Vaswani et al. 2017.
    Example:
        >>> SinePositionEncoding()(np.ones((1, 3, 2)))[0].round(2)
        array([[ 0.  ,  1.  ],
               [ 0.84,  0.54],
               [ 0.91, -0.42]], dtype=float32)
    """

    def __init__(self, max_wavelength: float = 10000, **kwargs: Unpack[LayerOptions]) -> None:
        super().__init__(**kwargs)
        self.max_wavelength = check_real("SinePositionEncoding", "max_wavelength", max_wavelength, np.finfo(float).tiny)

    def forward(self, x: Array, training: bool = False, start_index: int = 0) -> tuple[Array, None]:
        """`y[t, 2i] = sin(t / max_wavelength**(2i / features))`, `y[t, 2i + 1] = cos(...)` of the same."""
        steps, features = x.shape[-2:]
        even = np.arange(features) // 2 * 2 / features
        angles = np.arange(start_index, start_index + steps)[:, np.newaxis] / self.max_wavelength**even  # (steps, features)
        encoding = np.where(np.arange(features) % 2 == 0, np.sin(angles), np.cos(angles)).astype(x.dtype)
        return np.broadcast_to(encoding, x.shape).copy(), None

    def backward(self, dy: Array, cache: Cache) -> Array:
        """Only x's shape was used: `dx = 0`."""
        return np.zeros_like(dy)

    def check_input(self, shape: Shape) -> None:
        _check_steps(self, shape)


class PositionEmbedding(SameShape):
    """A learned vector for each position in a sequence: `y[t] = embeddings[start_index + t]`; only x's shape counts.

    Add the result to x: `Add()([x, PositionEmbedding(steps)(x)])`. The call takes `start_index`, the first step's position.
    Name and arguments are those of KerasHub; Keras itself has none.

    Args:
        sequence_length: number of positions, the length of the longest sequence.
        initializer: initializer of the vectors.
        **kwargs: `name`, `dtype` and what every `Layer` takes.
    Shapes:
        x (batch, steps, features) -> y of the same shape; embeddings (sequence_length, features).
    Raises:
        ValueError: `sequence_length` is not a positive integer, x is longer, or has another number of features.
    Source: Gehring et al. 2017.
    Example:
        >>> PositionEmbedding(10)(np.ones((2, 3, 4))).shape
        (2, 3, 4)
    """

    def __init__(
        self, sequence_length: int, initializer: InitializerLike = "glorot_uniform", **kwargs: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**kwargs)
        self.sequence_length = check_positive_integer("PositionEmbedding", "sequence_length", sequence_length)
        self.initializer = initializers.get(initializer)

    def build(self, input_shape: Shape) -> None:
        """Create a vector for each position, of the steps' number of features."""
        features = input_shape[-1]
        if features is None:
            raise ValueError(f"{self.title} needs to know the size of its input's last axis, got shape {input_shape}")
        self.embeddings = self.add_weight((self.sequence_length, features), self.initializer, name="embeddings")

    def forward(self, x: Array, training: bool = False, start_index: int = 0) -> tuple[Array, int]:
        """`y[t] = embeddings[start_index + t]`, the same for all rows."""
        stop = start_index + x.shape[-2]
        if start_index < 0 or stop > self.sequence_length:
            raise ValueError(
                f"{self.title} has positions 0 to {self.sequence_length - 1}, got steps {start_index} to {stop - 1}; "
                f"raise sequence_length"
            )
        return np.broadcast_to(self.embeddings.value[start_index:stop], x.shape).copy(), start_index

    def backward(self, dy: Array, cache: int) -> Array:
        """Each position's gradient is summed over the rows; only x's shape was used: `dx = 0`."""
        steps = dy.reshape(-1, *dy.shape[-2:]).sum(axis=0)  # (batch, ..., steps, features) -> (steps, features)
        self.embeddings.grad[cache : cache + len(steps)] += steps
        return np.zeros_like(dy)

    def check_input(self, shape: Shape) -> None:
        _check_steps(self, shape)
        if shape[-2] is not None and shape[-2] > self.sequence_length:
            raise ValueError(
                f"{self.title} has {self.sequence_length} positions, got sequences of {shape[-2]} steps, shape {shape}; "
                f"raise sequence_length"
            )
        if self.built and shape[-1] != self.embeddings.shape[1]:
            features = self.embeddings.shape[1]
            raise ValueError(f"{self.title} expects steps of {features} features, for which it was built, got shape {shape}")


def _check_steps(layer: Layer, shape: Shape | list[Shape]) -> None:
    if not isinstance(shape, tuple) or len(shape) < 3:
        raise ValueError(
            f"{layer.title} expects sequences, shape (batch, steps, features), got shape {shape}; "
            f"embed integer ids with Embedding first"
        )
