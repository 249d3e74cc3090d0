"""`TextVectorization`: converts texts to token indices or counts."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from minidl.config.checks import as_tuple, check_positive_integer, is_integer
from minidl.config.signatures import inherit_arguments
from minidl.config.types import AnyShapes, Array, Shape
from minidl.layers.argument_checks import check_choice
from minidl.layers.preprocessing.base_lookup import MODES, Lookup
from minidl.layers.preprocessing.term_index import DROPPED, StringTerms
from minidl.layers.preprocessing.text_standardization import SPLITS, STANDARDS, n_grams, padded, standardized, tokenized


class TextVectorization(Lookup):
    """Converts texts to numbers: standardizes them, splits them into tokens, and looks these up in a vocabulary.

    Args:
        max_tokens: largest size of the vocabulary, reserved terms included; `None` for no limit.
        standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", `None`, or a function from an array of strings
            to another of its shape.
        split: "whitespace", "character", `None` for texts that are one token each, or a function from an array of strings
            to a list of rows of tokens.
        ngrams: widths of the n-grams that are looked up, joined by spaces; an integer for all widths up to it; `None` for
            single tokens.
        output_mode: "int", indices, 0 after the end of a text; "multi_hot", a row with a 1 for each token that occurs;
            "count", the number of occurrences; "tf_idf", the counts times the inverse document frequency.
        output_sequence_length: number of indices per text in mode "int", truncated or padded with 0; `None` for that of the
            longest text in the batch.
        pad_to_max_tokens: whether rows of numbers are always `max_tokens` wide.
        vocabulary: list or array of tokens, or the path of a text file with one per line; `None` until `adapt`.
        idf_weights: in mode "tf_idf" the weight of each given token.
        sparse, ragged: accepted for compatibility with Keras; must be `False`, as arrays are dense.
        encoding: of bytes, and of the file.
        name: as for every `Layer`.
        **kwargs: `dtype`, `trainable`, `input_shape`, as for every `Layer`.
    Shapes:
        x (batch,) or (batch, 1) of texts -> y (batch, tokens) of int64, or (batch, indices) of numbers. With `split=None` also
        (batch, tokens), already split.
    Raises:
        ValueError: the vocabulary is empty, too large, or has duplicates; a row holds several texts.
        TypeError: x or the vocabulary are not strings.
        RuntimeError: there is no vocabulary yet.

    The vocabulary begins with "", the padding, in mode "int", and "[UNK]", for unknown tokens. Functions are saved by name:
    register them with `register_keras_serializable`, or pass them to `load_model`.

    Lower case and white space are those of Unicode; Keras only handles ASCII, so "É" is unchanged and a no-break space does not
    separate words. A batch without any token gives one step of 0 (none in Keras), so that the following layers have an input.
    Rows of numbers have the layer's float type. The first axis is always the batch. `adapt` may be called again, also if a
    vocabulary was given.

    Example:
        >>> layer = TextVectorization(output_sequence_length=4)
        >>> layer.adapt(["foo bar", "bar baz", "Baz, bada boom!"])
        >>> layer.get_vocabulary()
        ['', '[UNK]', 'baz', 'bar', 'foo', 'boom', 'bada']
        >>> layer(["foo qux bar", "qux baz"])
        array([[4, 1, 3, 0],
               [1, 2, 0, 0]])
    """

    input_dtype = "string"

    @inherit_arguments(
        Lookup,
        without=("num_oov_indices", "mask_token", "oov_token", "invert", "terms", "modes"),
        last=(
            *("standardize", "split", "ngrams", "output_mode", "output_sequence_length", "pad_to_max_tokens", "vocabulary"),
            *("idf_weights", "sparse", "ragged", "encoding", "name"),
        ),
    )
    def __init__(
        self,
        standardize: str | Callable[..., object] | None = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: int | Sequence[int] | None = None,
        output_sequence_length: int | None = None,
        ragged: bool = False,
        encoding: str = "utf-8",
        **kwargs: Any,
    ) -> None:
        owner, output_mode = "TextVectorization", kwargs["output_mode"]
        self.standardize = standardize if callable(standardize) else check_choice(owner, "standardize", standardize, STANDARDS)
        self.split = split if callable(split) else check_choice(owner, "split", split, SPLITS)
        self.ngrams = ngrams
        self._widths = _widths(ngrams)
        if output_sequence_length is not None:
            check_positive_integer(owner, "output_sequence_length", output_sequence_length)
            if output_mode != "int":
                raise ValueError(f"{owner} expects output_mode 'int' with output_sequence_length, got {output_mode!r}")
        if ragged:
            raise ValueError(f"{owner} gives dense arrays, got ragged=True; leave it out")
        self.output_sequence_length, self.ragged, self.encoding = output_sequence_length, ragged, encoding
        self.output_dtype = "int64" if output_mode == "int" else None
        terms, modes = StringTerms(owner, encoding), tuple(mode for mode in MODES if mode != "one_hot")
        super().__init__(num_oov_indices=1, mask_token="", oov_token="[UNK]", invert=False, terms=terms, modes=modes, **kwargs)

    def adapt(self, data: object, batch_size: int | None = None, steps: int | None = None) -> None:  # type: ignore[override]  # Keras's arguments
        """Learn the vocabulary: the most frequent tokens first, ties in descending order.

        Args:
            data: a text, or an array, list or Series of texts, where each is a document in mode "tf_idf"; or an iterable of
                such batches.
            batch_size: accepted for compatibility with Keras and ignored.
            steps: maximum number of batches.
        """
        super().adapt([data] if isinstance(data, str) else data, steps)

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y = indices of the tokens of x`, encoded."""
        rows = self._rows(x)
        if self.output_sequence_length is not None:
            rows = [row[: self.output_sequence_length] for row in rows]
        places = self._places(list(chain.from_iterable(rows)))
        width = self.output_sequence_length or max(map(len, rows), default=0)
        filler = 0 if self.output_mode == "int" else DROPPED
        return self._encoded(padded(rows, places, max(width, 1), filler)), None

    def compute_output_shape(self, input_shape: AnyShapes) -> Shape:
        pieces = input_shape[-1] if self.split is None and self.ngrams is None and len(input_shape) > 1 else None
        if self.split is None and self.ngrams is None and len(input_shape) == 1:
            pieces = 1
        return self._encoded_shape((input_shape[0], self.output_sequence_length or pieces))

    def check_input(self, shape: Shape) -> None:
        if len(shape) == 1 or (len(shape) == 2 and (self.split is None or shape[1] in (1, None))):
            return
        fix = "split=None takes tokens" if len(shape) == 2 else "take one axis off"
        raise ValueError(
            f"{self.title} expects one text per row, of shape (batch,) or (batch, 1), got shape {tuple(shape)}; {fix}"
        )

    def _rows(self, x: Array) -> Sequence[Sequence[str]]:
        """The tokens of each row."""
        self.check_input(x.shape)
        texts = standardized(self._kind.flat(x), self.standardize)
        if self.split is None:
            width = x.shape[1] if x.ndim > 1 else 1
            rows = [texts[start : start + width] for start in range(0, len(texts), width)]
        else:
            rows = tokenized(texts, self.split)
        return rows if self._widths is None else [n_grams(row, self._widths) for row in rows]


def _widths(ngrams: Any) -> Sequence[int] | None:
    """The widths given by `ngrams`."""
    if ngrams is None:
        return None
    widths = as_tuple(ngrams)
    if not all(is_integer(width, least=1) for width in widths):
        raise ValueError(f"TextVectorization expects ngrams to be a positive integer or a tuple of them, got {ngrams!r}")
    return widths if isinstance(ngrams, (tuple, list)) else range(1, int(ngrams) + 1)
