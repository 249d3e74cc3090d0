"""`Lookup`: base class of layers that convert terms to their indices in a given or learned vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from os import PathLike
from typing import Any, Self

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.loading import take_values
from minidl.config.types import Array, ArrayLike, Cache, Config, MaybeNone, Shape, Tensors
from minidl.data.string_inputs import gathered, text_kept
from minidl.layers.argument_checks import check_choice, check_sizes
from minidl.layers.layer import Layer
from minidl.layers.preprocessing.base_adapt import adapting_batches
from minidl.layers.preprocessing.encoding import ENCODINGS, encode, encoded_shape
from minidl.layers.preprocessing.term_index import DROPPED, UNKNOWN, whole_numbers
from minidl.layers.preprocessing.vocabulary import inverse_document_frequency, ranked, read_terms, repeated

_MOST = 10_000_000  # indices for unknown terms
_OLDER_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}
MODES = ("int", *ENCODINGS, "tf_idf")


class Lookup(Layer):
    """Base class of layers with a vocabulary, which is part of their config: saved, cloned and pickled layers have it.

    It begins with the reserved terms: the mask token, if there is one, in mode "int", and `num_oov_indices` times the
    `oov_token`, for unknown terms.

    Attributes:
        vocabulary: all terms by index, reserved ones included; `None` until it is set.
        idf_weights: the weight of each term in mode "tf_idf".
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | str | None = None,
        oov_token: int | str | MaybeNone = "[UNK]",
        vocabulary: ArrayLike | None = None,
        idf_weights: ArrayLike | None = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        name: str | None = None,
        *,
        terms: Any,
        modes: tuple[str, ...] = MODES,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        owner = type(self).__name__
        terms.title = self.title
        self._kind, self._index = terms, terms.index((), ())
        self.output_mode = check_choice(owner, "output_mode", _OLDER_MODES.get(output_mode, output_mode), modes)
        self.num_oov_indices = check_sizes(owner, "num_oov_indices", num_oov_indices, 1, least=0)[0]
        take_values(self.title, "unknown terms", self.num_oov_indices)
        if self.num_oov_indices > _MOST:
            raise ValueError(
                f"{owner} takes at most {_MOST:,} indices for unknown terms, got num_oov_indices={num_oov_indices}"
            )
        self.mask_token, self.oov_token = mask_token, oov_token
        self.max_tokens = None if max_tokens is None else check_positive_integer(owner, "max_tokens", max_tokens)
        if self.max_tokens is not None and self.max_tokens <= len(self._reserved):
            raise ValueError(
                f"{owner} expects max_tokens to be above {len(self._reserved)}, the number of reserved terms "
                f"{self._reserved}, got {max_tokens}"
            )
        if pad_to_max_tokens and max_tokens is None:
            raise ValueError(f"{owner} expects max_tokens with pad_to_max_tokens=True, got None")
        if invert and self.output_mode != "int":
            raise ValueError(f"{owner} expects output_mode 'int' with invert=True, got {output_mode!r}")
        if sparse:
            raise ValueError(f"{owner} gives dense arrays, got sparse=True; leave it out")
        if vocabulary is None and idf_weights is not None:
            raise ValueError(f"{owner} expects the vocabulary that its idf_weights belong to, got None")
        self.pad_to_max_tokens, self.sparse, self.invert = pad_to_max_tokens, sparse, invert
        self.vocabulary: Array | None = None
        self.idf_weights: Array | None = None
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    # The vocabulary.

    def set_vocabulary(self, vocabulary: object, idf_weights: object = None) -> None:
        """Set the vocabulary, in the order of the indices.

        Args:
            vocabulary: a list or array of terms, or the path of a text file with one term per line; with all reserved terms
                in front, or without any.
            idf_weights: in mode "tf_idf", a weight for each given term.
        Raises:
            ValueError: it is empty, has duplicates or reserved terms elsewhere, or is larger than `max_tokens`.
            TypeError: its terms have another type.
        """
        if isinstance(vocabulary, (str, PathLike)):
            vocabulary = read_terms(vocabulary, getattr(self._kind, "encoding", "utf-8"))
        given, front = gathered(vocabulary).ravel().tolist(), len(self._reserved)
        complete = given[:front] == self._reserved
        terms = self._kind.checked(given[front:] if complete else given)
        self._check_terms(terms)
        if (idf_weights is not None) != (self.output_mode == "tf_idf"):
            needs = "needs idf_weights, one for each term," if idf_weights is None else "takes no idf_weights"
            raise ValueError(f"{self.title} {needs} in output_mode {self.output_mode!r}")
        weights = None if idf_weights is None else np.array(idf_weights, np.float64)
        if weights is not None and weights.shape != (len(given),):
            raise ValueError(f"{self.title} expects {len(given)} idf_weights, one for each term, got shape {weights.shape}")
        if weights is not None and not complete:  # reserved terms get the mean weight
            weights = np.concatenate([np.full(front, weights.mean()), weights])
        masked, masked_place = [] if self.mask_token is None else [self.mask_token], 0 if self.output_mode == "int" else DROPPED
        places = [*[masked_place] * len(masked), *range(front, front + len(terms))]
        self._index = self._kind.index([*masked, *terms], places)
        self.vocabulary, self.idf_weights = np.array(self._reserved + terms, self._kind.dtype), weights

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[int | str]:
        """The terms in the order of their indices, with or without the reserved ones."""
        terms = self._reserved if self.vocabulary is None else self.vocabulary.tolist()
        return list(terms) if include_special_tokens else terms[len(self._reserved) :]

    def vocabulary_size(self) -> int:
        """Number of indices, reserved ones included."""
        return len(self.get_vocabulary())

    def _rows(self, x: Array) -> Sequence[Sequence[object]]:
        """The terms of each row."""
        raise TypeError(f"{type(self).__name__} defines no _rows(x)")

    def adapt(self, data: object, steps: int | None = None) -> None:
        """Learn the vocabulary: the most frequent terms first, up to `max_tokens`, ties in descending order.

        Args:
            data: an array, list or Series of terms, where each row is a document in mode "tf_idf"; or an iterable of such
                batches.
            steps: maximum number of batches.
        """
        counts: Counter[object] = Counter()
        rows_with: Counter[object] = Counter()
        number = 0
        for rows in map(self._rows, adapting_batches(self, text_kept(data), steps)):
            counts.update(chain.from_iterable(rows))
            number += len(rows)
            if self.output_mode == "tf_idf":
                rows_with.update(chain.from_iterable(map(set, rows)))
        for token in (self.mask_token, self.oov_token):
            counts.pop(token, None)
        if not counts:
            raise ValueError(f"{self.title} found no terms in the data given to adapt, so its vocabulary would be empty")
        terms = ranked(counts)[: None if self.max_tokens is None else self.max_tokens - len(self._reserved)]
        weights = inverse_document_frequency(np.array([rows_with[term] for term in terms]), number)
        self.set_vocabulary(terms, weights if self.output_mode == "tf_idf" else None)

    @property
    def _reserved(self) -> list[int | str]:
        """The terms in front of the vocabulary's own."""
        masked = [] if self.mask_token is None or self.output_mode != "int" else [self.mask_token]
        return masked + [self.oov_token] * self.num_oov_indices

    def _check_terms(self, terms: Sequence[object]) -> None:
        if not terms:
            raise ValueError(f"{self.title} was given an empty vocabulary; give at least one term, or adapt it to data")
        if twice := repeated(terms):
            raise ValueError(f"{self.title} was given a vocabulary that holds {twice[:5]} more than once; give each term once")
        reserved = [self.mask_token] + [self.oov_token] * bool(self.invert)
        if wrong := [token for token in reserved if token is not None and token in terms]:
            raise ValueError(
                f"{self.title} found the reserved term {wrong[0]!r} in the middle of its vocabulary; leave the reserved terms "
                f"out, or put all of them in front: {self._reserved}"
            )
        if self.max_tokens is not None and len(self._reserved) + len(terms) > self.max_tokens:
            raise ValueError(
                f"{self.title} was given a vocabulary of {len(terms)} terms, and max_tokens={self.max_tokens} allows "
                f"{self.max_tokens - len(self._reserved)}"
            )

    # From terms to indices, and back.

    def _places(self, tokens: Array | list[str]) -> Array:
        """The index of each term of a flat list; `DROPPED` for ignored terms."""
        if self.vocabulary is None:
            raise RuntimeError(f"{self.title} has no vocabulary yet: adapt it to data, or give it one, before it is used")
        places: Array = self._index.places(tokens)
        unknown = np.flatnonzero(places == UNKNOWN)
        if unknown.size > 0 and self.num_oov_indices == 0:
            raise ValueError(
                f"{self.title} does not know {tokens[int(unknown[0])]!r}, and num_oov_indices=0 leaves no index for it; "
                f"set num_oov_indices=1"
            )
        if unknown.size > 0:
            first = len(self._reserved) - self.num_oov_indices
            places[unknown] = first
            if self.num_oov_indices > 1:
                places[unknown] += self._kind.buckets(tokens, unknown, self.num_oov_indices)
        return places

    def _encoded(self, places: Array) -> Array:
        """Encode indices according to the output mode."""
        if self.output_mode == "int":
            return places
        if places.ndim == 1:
            places = places[:, np.newaxis]  # one term a row
        y = encode(places, self._encoding, self._depth, self.dtype)
        if self.idf_weights is None:
            return y
        weights = np.zeros(self._depth, y.dtype)
        weights[: len(self.idf_weights)] = self.idf_weights
        return y * weights

    def _encoded_shape(self, shape: Shape) -> Shape:
        """The shape of `encode`'s result for indices of a shape."""
        if self.output_mode == "int":
            return tuple(shape)
        return encoded_shape((*shape, 1) if len(shape) == 1 else tuple(shape), self._encoding, self._depth)

    def _terms_at(self, x: Array) -> Array:
        """The term at each index; the `oov_token` for other indices."""
        if self.vocabulary is None:
            raise RuntimeError(f"{self.title} has no vocabulary yet: adapt it to data, or give it one, before it is used")
        places = whole_numbers(self.title, x)
        inside = (places >= 0) & (places < len(self.vocabulary))
        y = self.vocabulary[np.where(inside, places, 0)]
        y[~inside] = self.oov_token
        return y

    @property
    def _encoding(self) -> str:
        """The encoding of indices as rows; "tf_idf" is the weighted count."""
        return "count" if self.output_mode == "tf_idf" else self.output_mode

    @property
    def _depth(self) -> int:
        """Length of these rows."""
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.max_tokens
        if self.vocabulary is None:
            raise RuntimeError(
                f"{self.title} has no vocabulary yet, so the size of its output is not known: adapt it to data, or give it "
                f"one, before the model is built"
            )
        return len(self.vocabulary)

    # Methods of the layer protocol.

    def forward(self, x: Array, training: bool = False) -> tuple[Array, None]:
        """`y = index of x`, or with `invert` the term at index x."""
        if self.invert:
            return self._terms_at(x), None
        return self._encoded(self._places(self._kind.flat(x)).reshape(x.shape)), None

    def backward(self, dy: Tensors, cache: Cache) -> None:
        """Terms have no gradient."""

    def _as_array(self, x: object) -> Array:
        return gathered(x)  # no cast: float32 cannot represent large integers

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self._encoded_shape(input_shape)

    def constructor_arguments(self) -> Config:
        """The constructor's arguments, with the current vocabulary, without the reserved terms."""
        terms = None if self.vocabulary is None else self.get_vocabulary(include_special_tokens=False)
        if terms and (self.idf_weights is not None or terms[: len(self._reserved)] == self._reserved):
            terms = self.get_vocabulary()  # with the weights of the reserved terms, or to tell these from the others
        weights = None if self.idf_weights is None else self.idf_weights.tolist()
        return super().constructor_arguments() | {"vocabulary": terms, "idf_weights": weights}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """Make a layer from the result of `get_config`: it holds the terms, so that no other file has to be read."""
        if isinstance(config.get("vocabulary"), (str, PathLike)):
            raise ValueError(f"the config of {cls.__name__} holds the terms themselves, got the path {config['vocabulary']!r}")
        return super().from_config(config)
