"""`Hashing` and `HashedCrossing`: numbers below a limit for terms, and for combinations of terms, without a vocabulary."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array, DTypeLike, Options, Shape, Sizes, Tensors
from minidl.data.string_inputs import as_strings, gathered, is_text
from minidl.layers.argument_checks import check_choice
from minidl.layers.layer import Layer
from minidl.layers.options import DTypelessOptions, NamelessOptions
from minidl.layers.preprocessing.encoding import ENCODINGS, check_dense, encode, encoded_shape
from minidl.layers.preprocessing.hashes import buckets_of, crossed, fingerprint64
from minidl.layers.preprocessing.term_index import check_salt


class BaseHashing(Layer):
    """Base of layers that hash terms: their output is the numbers of bins, or rows of numbers."""

    input_dtype = "any"

    def __init__(
        self,
        num_bins: int,
        output_mode: str,
        sparse: bool,
        dtype: DTypeLike,
        modes: tuple[str, ...],
        **kwargs: Unpack[DTypelessOptions],
    ) -> None:
        owner = type(self).__name__
        self.num_bins = check_positive_integer(owner, "num_bins", num_bins)
        self.output_mode = check_choice(owner, "output_mode", output_mode, modes)
        self.sparse = check_dense(owner, sparse)
        if self.output_mode == "int":
            self.output_dtype = str(check_choice(owner, "dtype", dtype or "int64", ("int32", "int64")))
        super().__init__(dtype=None if self.output_mode == "int" else dtype, **kwargs)

    def _encoded(self, bins: Array) -> Array:
        """The numbers of the bins in the output mode."""
        if self.output_mode == "int":
            return bins.astype(self.output_dtype)
        return encode(bins[:, np.newaxis] if bins.ndim == 1 else bins, self.output_mode, self.num_bins, self.dtype)

    def _encoded_shape(self, shape: Any) -> Shape:
        if self.output_mode == "int":
            return tuple(shape)
        return encoded_shape((*shape, 1) if len(shape) == 1 else tuple(shape), self.output_mode, self.num_bins)

    def constructor_arguments(self) -> Options:
        """The constructor's arguments; in mode "int" with the integer type."""
        return super().constructor_arguments() | {"dtype": self.output_dtype or self.dtype}

    def _as_array(self, x: object) -> Array:
        return gathered(x)  # no cast: float32 cannot represent large integers


class Hashing(BaseHashing):
    """Converts strings or integers to numbers below `num_bins`: `y = hash(x) % num_bins`.

    Args:
        num_bins: number of bins, that of `mask_value` included.
        mask_value: the padding term; it has bin 0, which is then kept free of others.
        salt: one or two integers: the hash is then SipHash with this key instead of FarmHash.
        output_mode: "int", the bins; "one_hot", a row for each; "multi_hot", a row with 1 for each bin of the last axis;
            "count", the number of occurrences.
        sparse: accepted for compatibility with Keras; must be `False`, as arrays are dense.
        **kwargs: `name`, `dtype`, `trainable`, `input_shape`, as for every `Layer`; "int" takes dtype "int64" or "int32".
    Shapes:
        x (batch,) or (batch, ..., terms) -> y: in mode "int" as x; "one_hot" (batch, ..., terms, num_bins), where a last axis
        of size 1 is dropped; otherwise (batch, ..., num_bins).
    Raises:
        ValueError: `num_bins` is not positive; `salt` is neither an integer nor two of them.
    Source: Weinberger et al. 2009.
    Example:
        >>> Hashing(3)([["A"], ["B"], ["C"]])
        array([[1],
               [0],
               [1]])
        >>> Hashing(3, mask_value="")([["A", ""]])
        array([[1, 0]])
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: int | str | None = None,
        salt: Sizes | None = None,
        output_mode: str = "int",
        sparse: bool = False,
        dtype: DTypeLike = None,
        **kwargs: Unpack[DTypelessOptions],
    ) -> None:
        super().__init__(num_bins, output_mode, sparse, dtype, ("int", *ENCODINGS), **kwargs)
        self.mask_value, self.salt = mask_value, None if salt is None else check_salt("Hashing", salt)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y = hash(x) % num_bins`; fractions of numbers are dropped."""
        masks = self.mask_value is not None and self.num_bins > 1
        bins = buckets_of(terms_of(self.title, x), self.num_bins - masks, self.salt).reshape(x.shape)
        if masks:
            is_mask = np.array([term == self.mask_value for term in x.ravel().tolist()], bool).reshape(x.shape)
            bins = np.where(is_mask, 0, bins + 1)
        return self._encoded(bins), None

    def backward(self, dy: Tensors, cache: None) -> None:
        """Terms have no gradient."""

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self._encoded_shape(input_shape)


class HashedCrossing(BaseHashing):
    """Converts combinations of several terms to numbers below `num_bins`: `y = hash(x1, x2, ...) % num_bins`.

    Args:
        num_bins: number of bins.
        output_mode: "int", the bins, or "one_hot", a row for each.
        sparse: accepted for compatibility with Keras; must be `False`, as arrays are dense.
        name: as for every `Layer`.
        dtype: of rows, `floatx()` by default; in mode "int" it is "int64" or "int32".
        **kwargs: `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        at least two x of strings or integers, (batch,) or (batch, 1) -> y of the same shape, with "one_hot" (batch, num_bins).
    Raises:
        ValueError: fewer than two inputs, or inputs of different or other shapes.
        TypeError: an input holds neither strings nor integers.
    Example:
        >>> HashedCrossing(5)((np.array(["A", "B", "A"]), np.array([101, 101, 102])))
        array([1, 4, 3])
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        name: str | None = None,
        dtype: DTypeLike = None,
        **kwargs: Unpack[NamelessOptions],
    ) -> None:
        super().__init__(num_bins, output_mode, sparse, dtype, ("int", "one_hot"), name=name, **kwargs)

    def forward(self, x: tuple[Array, Array], training: bool = False) -> tuple[Array, int]:
        """`y = hash(x1, x2, ...) % num_bins`."""
        shape = x[0].shape
        bins = crossed([self._numbers(part.ravel()) for part in x]) % np.uint64(self.num_bins)
        return self._encoded(bins.astype(np.int64).reshape(shape)), len(x)

    def backward(self, dy: Tensors, cache: int) -> list[None]:
        """Terms have no gradient."""
        return [None] * cache

    def _numbers(self, terms: Array) -> Array:
        """A 64-bit number for each term: integers themselves, and the hashes of strings."""
        if is_text(terms):
            return np.array([fingerprint64(text.encode("utf-8", "surrogatepass")) for text in as_strings(terms)], np.uint64)
        if terms.dtype.kind not in "biu":
            raise TypeError(f"{self.title} takes strings and integers, got an array of type {terms.dtype}")
        return terms.astype(np.int64).view(np.uint64)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self._encoded_shape(input_shape[0])

    def check_input(self, shape: Shape | list[Shape]) -> None:
        if not isinstance(shape, list) or len(shape) < 2:
            raise ValueError(f"{self.title} expects a list of at least two inputs, got shape {shape}")
        first = shape[0]
        if len(first) > 2 or first[1:] not in ((), (1,)) or any(other[1:] != first[1:] for other in shape):
            raise ValueError(f"{self.title} expects inputs of one shape, (batch,) or (batch, 1), got shapes {shape}")


def terms_of(title: str, x: Array) -> list[str]:
    """The elements of an array as strings; of numbers the digits of their whole part."""
    if is_text(x):
        return as_strings(x)
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{title} takes strings and numbers, got an array of type {x.dtype}")
    if x.dtype.kind == "b":
        return [str(bool(value)).lower() for value in x.ravel()]
    return [str(value) for value in (x.astype(np.int64) if x.dtype.kind == "f" else x).ravel().tolist()]
