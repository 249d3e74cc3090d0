"""`StringLookup` and `IntegerLookup`: convert categories to indices in a vocabulary and back."""

from collections.abc import Sequence
from typing import Any

from minidl.config.signatures import inherit_arguments
from minidl.config.types import Array
from minidl.layers.argument_checks import check_choice
from minidl.layers.preprocessing.base_lookup import Lookup
from minidl.layers.preprocessing.term_index import IntegerTerms, StringTerms, check_salt


class StringLookup(Lookup):
    """Converts strings to their indices in a vocabulary: `y = index of x`, or back.

    Args:
        max_tokens: largest size of the vocabulary, reserved terms included; `None` for no limit.
        num_oov_indices: number of indices for unknown strings; with 0 an unknown string is an error, with
            several a hash chooses one.
        mask_token: the padding string; it has index 0 in mode "int" and is not counted in the others.
        oov_token: represents unknown strings in the vocabulary, and is returned for unknown indices with `invert`.
        vocabulary: list or array of strings, or the path of a text file with one per line; `None` until `adapt`.
        idf_weights: in mode "tf_idf" the weight of each given string.
        invert: whether x holds indices and y strings.
        output_mode: "int", indices; "one_hot", a row for each; "multi_hot", a 1 for each string of the last axis; "count", the
            number of occurrences; "tf_idf", the counts times `idf_weights`.
        pad_to_max_tokens: whether such rows are always `max_tokens` wide.
        sparse: accepted for compatibility with Keras; must be `False`, as arrays are dense.
        encoding: of bytes, and of the file.
        name: as for every `Layer`.
        salt: one or two integers that change the hash of unknown strings.
        **kwargs: `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch,) or (batch, ..., strings) -> y: in mode "int" as x; "one_hot" (batch, ..., strings, indices), where a
        last axis of size 1 is dropped; otherwise (batch, ..., indices).
    Raises:
        ValueError: the vocabulary is empty, too large, or has duplicates; a string is unknown and has no index.
        TypeError: x or the vocabulary are not strings.
        RuntimeError: there is no vocabulary yet.

    The hash of unknown strings is FarmHash64, with `salt` SipHash. Rows of numbers have the layer's float type; in Keras they
    are integers. The first axis is always the batch: Keras treats (batch,) as one row in mode "multi_hot" and similar ones.
    `adapt` may be called again, also if a vocabulary was given.

    Example:
        >>> layer = StringLookup()
        >>> layer.adapt(["sun", "rain", "sun"])
        >>> layer.get_vocabulary()
        ['[UNK]', 'sun', 'rain']
        >>> layer(["rain", "hail"])
        array([2, 0])
        >>> StringLookup(vocabulary=["sun", "rain"], output_mode="multi_hot")([["rain", "sun"], ["hail", "hail"]])
        array([[0., 1., 1.],
               [1., 0., 0.]], dtype=float32)
    """

    @inherit_arguments(Lookup, without=("terms", "modes"), last=("encoding", "name", "salt"))
    def __init__(self, encoding: str = "utf-8", salt: int | Sequence[int] | None = None, **kwargs: Any) -> None:
        super().__init__(terms=StringTerms("StringLookup", encoding, check_salt("StringLookup", salt)), **kwargs)
        self.encoding, self.salt = encoding, salt
        self.input_dtype = "any" if self.invert else "string"
        self.output_dtype = "string" if self.invert else "int64" if self.output_mode == "int" else None

    def _rows(self, x: Array) -> Sequence[Sequence[str]]:
        return _as_rows(self._kind.flat(x), x.shape, self.output_mode)


class IntegerLookup(Lookup):
    """Converts integers to their indices in a vocabulary: `y = index of x`, or back.

    Args:
        max_tokens, idf_weights, output_mode, pad_to_max_tokens, sparse, name, **kwargs: as for `StringLookup`.
        num_oov_indices: number of indices for unknown numbers; with 0 an unknown number is an error, with several `oov_method`
            chooses one.
        mask_token: the padding number; it has index 0 in mode "int" and is not counted in the others.
        oov_token: represents unknown numbers in the vocabulary, and is returned for unknown indices with `invert`.
        vocabulary: list or array of integers, or the path of a text file with one per line; `None` until `adapt`.
        vocabulary_dtype: only "int64", as in Keras.
        invert: whether x holds indices and y numbers of the vocabulary.
        oov_method: "floormod", the remainder of the division by `num_oov_indices`; "farmhash", a hash of the digits.
        salt: one or two integers that change the hash.
    Shapes:
        as for `StringLookup`.
    Raises:
        ValueError: the vocabulary is empty, too large, or has duplicates; a number is not an integer, or is unknown and has
            no index.
        TypeError: x or the vocabulary are not numbers.
        RuntimeError: there is no vocabulary yet.

    The differences from Keras are those of `StringLookup`.

    Example:
        >>> layer = IntegerLookup(vocabulary=[12, 36, 1138], mask_token=0)
        >>> layer([[36, 0], [5, 12]])
        array([[3, 0],
               [1, 2]])
        >>> IntegerLookup(vocabulary=[12, 36, 1138], invert=True)([1, 3])
        array([  12, 1138])
    """

    input_dtype = "any"

    @inherit_arguments(
        Lookup,
        without=("terms", "modes"),
        last=(
            *("oov_token", "vocabulary", "vocabulary_dtype", "idf_weights", "invert", "output_mode", "sparse"),
            *("pad_to_max_tokens", "oov_method", "salt", "name"),
        ),
    )
    def __init__(
        self,
        oov_token: int = -1,
        vocabulary_dtype: str = "int64",
        oov_method: str = "floormod",
        salt: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        self.vocabulary_dtype = check_choice("IntegerLookup", "vocabulary_dtype", vocabulary_dtype, ("int64",))
        self.oov_method = check_choice("IntegerLookup", "oov_method", oov_method, ("floormod", "farmhash"))
        if salt is not None and self.oov_method == "floormod":
            raise ValueError(f"IntegerLookup expects oov_method 'farmhash' with a salt, got {oov_method!r}")
        self.salt = salt
        terms = IntegerTerms("IntegerLookup", self.oov_method == "farmhash", check_salt("IntegerLookup", salt))
        super().__init__(oov_token=oov_token, terms=terms, **kwargs)
        self.output_dtype = "int64" if self.invert or self.output_mode == "int" else None

    def _rows(self, x: Array) -> Sequence[Sequence[int]]:
        return _as_rows(self._kind.flat(x).tolist(), x.shape, self.output_mode)


def _as_rows(flat: Sequence[object], shape: tuple[int, ...], output_mode: str) -> Sequence[Sequence[Any]]:
    """The terms of each row of an array of that shape; all in one list if rows do not matter."""
    if output_mode != "tf_idf":
        return [flat]
    width = shape[-1] if len(shape) > 1 else 1
    return [flat[start : start + width] for start in range(0, len(flat), width)]
