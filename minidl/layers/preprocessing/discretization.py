"""`Discretization`: converts numbers to bin indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, Unpack

import numpy as np

from minidl.config.checks import check_positive_integer, check_real
from minidl.config.types import Array, Config, DTypeLike, Shape
from minidl.kernels.quantiles import compress, merge, summarize
from minidl.layers.argument_checks import check_choice, check_one_array
from minidl.layers.layer import Layer
from minidl.layers.options import NamelessOptions
from minidl.layers.preprocessing.base_adapt import adapting_batches
from minidl.layers.preprocessing.encoding import ENCODINGS, check_dense, encode, encoded_shape


class Discretization(Layer):
    """Converts numbers to bin indices: `y = sum(bin_boundaries <= x)`, the number of boundaries not above x.

    The first bin starts at minus infinity, the last ends at infinity. The boundaries are given, or learned by `adapt(data)` so
    that all bins hold about the same number of values; they are then part of the config.

    Args:
        bin_boundaries: the boundaries in increasing order, one fewer than bins.
        num_bins: how many bins `adapt` makes; instead of `bin_boundaries`.
        epsilon: precision of the quantiles that `adapt` computes, in (0, 1): it stores about `1 / epsilon` values.
        output_mode: "int", the number of the bin; or rows as `CategoryEncoding` makes of it, "one_hot", "multi_hot", "count".
        sparse: accepted for compatibility with Keras; rows are dense here.
        **kwargs: what every `Layer` takes.
    Shapes:
        x (batch, ...) -> y of the same shape, of integers (int32); in the other modes as `CategoryEncoding`, with one
        column per bin.
    Raises:
        ValueError: both or neither of `bin_boundaries` and `num_bins` are given; the layer is used before it is adapted.
    Example:
        >>> layer = Discretization(num_bins=4)
        >>> layer.adapt(np.arange(100.0))
        >>> layer.bin_boundaries, layer(np.array([[-5.0, 30.0, 1e9]]))
        ([24.0, 49.0, 74.0], array([[0, 1, 3]], dtype=int32))
    """

    def __init__(
        self,
        bin_boundaries: Sequence[float] | None = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: DTypeLike = None,
        name: str | None = None,
        **kwargs: Unpack[NamelessOptions],
    ) -> None:
        super().__init__(dtype=dtype, name=name, **kwargs)
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                f"Discretization expects either bin_boundaries or num_bins, got bin_boundaries={bin_boundaries!r}, "
                f"num_bins={num_bins!r}"
            )
        self.bin_boundaries = None if bin_boundaries is None else _as_boundaries(bin_boundaries)
        self.num_bins = None if num_bins is None else check_positive_integer("Discretization", "num_bins", num_bins)
        self.epsilon = check_real("Discretization", "epsilon", epsilon, 1e-6, 1.0, open_high=True)
        self.output_mode = check_choice("Discretization", "output_mode", output_mode, ("int", *ENCODINGS))
        self.sparse = check_dense("Discretization", sparse)
        self.output_dtype = "int32" if self.output_mode == "int" else None

    def adapt(self, data: Array, steps: int | None = None) -> None:
        """Learn the boundaries from an array, list or frame, or from the batches of an iterable, of which `steps` are taken."""
        if self.num_bins is None:
            raise ValueError(f"{self.title} was given its bin_boundaries; give num_bins instead to adapt it")
        summary = None
        for batch in adapting_batches(self, data, steps):
            if batch.dtype.kind not in "biuf" or not np.isfinite(batch).all():
                raise ValueError(f"{self.title} adapts to finite numbers, got an array of type {batch.dtype}")
            here = summarize(batch, self.epsilon)
            summary = compress(here if summary is None else merge(here, summary), self.epsilon)
        if summary is not None:
            self.bin_boundaries = compress(summary, 1.0 / self.num_bins)[0, :-1].tolist()

    def forward(self, x: Array, training: bool = False) -> tuple[Array, tuple[int, ...]]:
        """`y = i` where `bin_boundaries[i - 1] <= x < bin_boundaries[i]`."""
        if self.bin_boundaries is None:
            raise ValueError(f"{self.title} has no boundaries yet; call adapt(data) before the layer is used")
        bins = np.searchsorted(np.asarray(self.bin_boundaries, x.dtype), x, side="right")
        if self.output_mode == "int":
            return bins.astype("int32"), x.shape
        return encode(bins, self.output_mode, self._bins(), x.dtype), x.shape

    def backward(self, dy: Array, cache: tuple[int, ...]) -> Array:
        """`dx = 0`: y is piecewise constant."""
        return np.zeros(cache, dy.dtype)

    def check_input(self, shape: Shape) -> None:
        check_one_array(self.title, shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The input's shape, or that of `CategoryEncoding`."""
        return input_shape if self.output_mode == "int" else encoded_shape(input_shape, self.output_mode, self._bins())

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Make a layer from the result of `get_config`; boundaries together with `num_bins` were learned."""
        learned = config.get("bin_boundaries") if config.get("num_bins") is not None else None
        layer = super().from_config(config if learned is None else config | {"bin_boundaries": None})
        if learned is not None:
            layer.bin_boundaries = _as_boundaries(learned)
        return layer

    def _bins(self) -> int:
        return int(self.num_bins or 1) if self.bin_boundaries is None else len(self.bin_boundaries) + 1


def _as_boundaries(given: object) -> list[float]:
    boundaries = np.asarray(given)
    if boundaries.ndim != 1 or (boundaries.size and boundaries.dtype.kind not in "iuf") or not (np.diff(boundaries) >= 0).all():
        raise ValueError(f"Discretization expects bin_boundaries to be a list of numbers in increasing order, got {given!r}")
    return [float(boundary) for boundary in boundaries]
