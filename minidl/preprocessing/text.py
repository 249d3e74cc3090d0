"""`Tokenizer` and hashing of words: Keras's older tools for text; `layers.TextVectorization` replaces them."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

from minidl.config.types import Array, Config

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
OPTIONS = ("num_words", "filters", "lower", "split", "char_level", "oov_token")
Analyzer: TypeAlias = Callable[[str], list[str]]


def text_to_word_sequence(input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " ") -> list[str]:
    """The words of a text.

    Args:
        input_text: the text.
        filters: characters that separate words.
        lower: whether to convert to lower case.
        split: separator of words.
    Example:
        >>> text_to_word_sequence("Hello, you!")
        ['hello', 'you']
    """
    text = input_text.lower() if lower else input_text
    return [word for word in text.translate({ord(character): split for character in filters}).split(split) if word]


def hashing_trick(
    text: str,
    n: int,
    hash_function: "str | Callable[[str], int] | None" = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Analyzer | None = None,
) -> list[int]:
    """A number from 1 to n - 1 for each word, by a hash; different words may share one.

    Args:
        text: the text.
        n: one more than the largest number.
        hash_function: a function, "md5", or `None` for Python's `hash`, which differs from process to process.
        filters, lower, split: as in `text_to_word_sequence`.
        analyzer: a function that returns the words instead.
    Example:
        >>> hashing_trick("Hello, you!", 10, "md5")
        [8, 8]
    """
    function = _md5 if hash_function == "md5" else hash_function or hash
    if not callable(function):
        raise ValueError(f'hash_function is "md5", a function or None, got {hash_function!r}')
    words = text_to_word_sequence(text, filters, lower, split) if analyzer is None else analyzer(text)
    return [function(word) % (n - 1) + 1 for word in words]


def one_hot(
    input_text: str,
    n: int,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Analyzer | None = None,
) -> list[int]:
    """`hashing_trick` with Python's `hash`.

    Example:
        >>> len(one_hot("Hello, you!", 10))
        2
    """
    return hashing_trick(input_text, n, hash, filters, lower, split, analyzer)


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Numbers for words by frequency: 1 for the most frequent.

    Args:
        num_words: only words with a smaller number are used, others are dropped.
        filters, lower, split: as in `text_to_word_sequence`.
        char_level: whether every character is a word.
        oov_token: word that replaces unknown ones; it gets number 1.
        analyzer: a function that returns the words of a text.
    Attributes:
        word_index: the number of each word; `index_word` is its inverse.
        word_counts: how often each word occurs; `word_docs`, in how many texts.
        document_count: number of texts.
    Example:
        >>> tokenizer = Tokenizer()
        >>> tokenizer.fit_on_texts(["the cat", "the dog"])
        >>> tokenizer.texts_to_sequences(["the dog barks"])
        [[1, 3]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Analyzer | None = None,
    ) -> None:
        self.num_words, self.filters, self.lower, self.split = num_words, filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.document_count = 0
        self.word_counts: Counter[str] = Counter()
        self.word_docs: Counter[str] = Counter()
        self.index_docs: Counter[int] = Counter()
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def fit_on_texts(self, texts: Iterable[str | list[str]]) -> None:
        """Count the words of texts, or of lists of words."""
        for text in texts:
            words = self._words(text)
            self.document_count += 1
            self.word_counts.update(words)
            self.word_docs.update(set(words))
        ordered = [word for word, _ in self.word_counts.most_common()]
        known = ordered if self.oov_token is None else [self.oov_token, *ordered]
        self.word_index = {word: number for number, word in enumerate(known, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Iterable[Sequence[int]]) -> None:
        """Count in how many sequences each number occurs, for `sequences_to_matrix` with "tfidf"."""
        for sequence in sequences:
            self.document_count += 1
            self.index_docs.update(set(sequence))

    def texts_to_sequences(self, texts: Iterable[str | list[str]]) -> list[list[int]]:
        """The numbers of the words of each text."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[str | list[str]]) -> Iterator[list[int]]:
        """`texts_to_sequences`, one text at a time."""
        unknown = None if self.oov_token is None else self.word_index.get(self.oov_token)
        for text in texts:
            numbers = [self._limited(self.word_index.get(word), unknown) for word in self._words(text)]
            yield [number for number in numbers if number is not None]

    def sequences_to_texts(self, sequences: Iterable[Iterable[int]]) -> list[str]:
        """The words of each list of numbers, separated by spaces."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Iterable[int]]) -> Iterator[str]:
        """`sequences_to_texts`, one at a time."""
        unknown = None if self.oov_token is None else self.word_index.get(self.oov_token)
        for sequence in sequences:
            kept = [self._limited(number if number in self.index_word else None, unknown) for number in sequence]
            yield " ".join(self.index_word[number] for number in kept if number is not None)

    def texts_to_matrix(self, texts: Iterable[str | list[str]], mode: str = "binary") -> Array:
        """`sequences_to_matrix` of texts."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Sequence[Sequence[int]], mode: str = "binary") -> Array:
        """A row for each list of numbers, a column for each number.

        Args:
            sequences: lists of numbers.
            mode: "binary", "count", "freq" or "tfidf".
        """
        if mode not in ("binary", "count", "freq", "tfidf"):
            raise ValueError(f'mode is "binary", "count", "freq" or "tfidf", got {mode!r}')
        if not self.num_words and not self.word_index:
            raise ValueError("give num_words, or call fit_on_texts first")
        if mode == "tfidf" and not self.document_count:
            raise ValueError('mode="tfidf" needs fit_on_texts or fit_on_sequences first')
        width = self.num_words or len(self.word_index) + 1
        matrix = np.zeros((len(sequences), width))
        for row, sequence in zip(matrix, sequences, strict=True):
            for number, count in Counter(number for number in sequence if number < width).items():
                row[number] = {"binary": 1, "count": count, "freq": count / len(sequence)}.get(mode, 0)
                if mode == "tfidf":
                    row[number] = (1 + np.log(count)) * np.log(1 + self.document_count / (1 + self.index_docs[number]))
        return matrix

    def get_config(self) -> Config:
        """The options and counts, with dicts as JSON, as in Keras."""
        options = {name: getattr(self, name) for name in OPTIONS}
        names = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")
        return {
            **options,
            "document_count": self.document_count,
            **{name: json.dumps(dict(getattr(self, name))) for name in names},
        }

    def to_json(self, **kwargs: Any) -> str:
        """The tokenizer as JSON; `tokenizer_from_json` reads it."""
        return json.dumps({"class_name": type(self).__name__, "config": self.get_config()}, **kwargs)

    def _words(self, text: str | list[str]) -> list[str]:
        if isinstance(text, list):
            return [word.lower() for word in text] if self.lower else text
        if self.char_level:
            return list(text.lower() if self.lower else text)
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def _limited(self, number: int | None, unknown: int | None) -> int | None:
        beyond = number is None or (self.num_words is not None and number >= self.num_words)
        return unknown if beyond else number


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """The tokenizer that `to_json` wrote.

    Example:
        >>> tokenizer = Tokenizer()
        >>> tokenizer.fit_on_texts(["the cat"])
        >>> tokenizer_from_json(tokenizer.to_json()).word_index
        {'the': 1, 'cat': 2}
    """
    config = json.loads(json_string)["config"]
    tokenizer = Tokenizer(
        **{name: config[name] for name in ("num_words", "filters", "lower", "split", "char_level", "oov_token")}
    )
    tokenizer.document_count = config["document_count"]
    tokenizer.word_counts = Counter(json.loads(config["word_counts"]))
    tokenizer.word_docs = Counter(json.loads(config["word_docs"]))
    tokenizer.index_docs = Counter({int(number): count for number, count in json.loads(config["index_docs"]).items()})
    tokenizer.index_word = {int(number): word for number, word in json.loads(config["index_word"]).items()}
    tokenizer.word_index = json.loads(config["word_index"])
    return tokenizer
