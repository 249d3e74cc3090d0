"""IMDB: 50,000 movie reviews as lists of word indices, positive or negative."""

import os

import numpy as np

from minidl.config.types import Array
from minidl.data.download import fetch
from minidl.datasets.archives import read_sequences
from minidl.datasets.word_indices import URL, as_array, limited, read_word_index, shifted, shorter, shuffled

SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
MD5_OF_INDEX = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: "str | os.PathLike[str]" = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
    **kwargs: object,
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Load reviews and their labels, 25,000 for training and 25,000 for testing.

    A word's index is its rank by frequency plus `index_from`: 4 is the most frequent word. The first call downloads 17 MB and
    checks the SHA-256 digest; an existing file is used unchecked. The archive contains a pickle, which is never executed: a
    reader that knows only lists of numbers reads it, in a few seconds.

    Args:
        path: the archive, relative to `$MINIDL_HOME` or `~/.cache/minidl` unless it is absolute.
        num_words: words with this index or a larger one are replaced by `oov_char`; all are kept by default.
        skip_top: words with a smaller index are replaced by `oov_char`.
        maxlen: only reviews of fewer words are kept.
        seed: seed of the order.
        start_char: index at the start of each review; `None` for none.
        oov_char: index of words that were left out; `None` drops them.
        index_from: added to each word's rank.
    Returns:
        `(x_train, y_train), (x_test, y_test)`: x an array of lists of numbers, y 1 for positive and 0 for negative reviews.
    Raises:
        OSError: there is no file at `path`, and the download failed.
        TypeError: an unknown argument.
        ValueError: the file is damaged or holds something else, or no review has fewer than `maxlen` words.
    Source: Maas et al., Learning word vectors for sentiment analysis, ACL 2011; archive as Keras publishes it.
    Example:
        `(x_train, y_train), (x_test, y_test) = imdb.load_data()`
    """
    if "nb_words" in kwargs:
        raise TypeError("imdb.load_data has no argument 'nb_words': it is called 'num_words'")
    if kwargs:
        raise TypeError(f"imdb.load_data has no argument {next(iter(kwargs))!r}")
    file = fetch(path, f"{URL}imdb.npz", SHA256)
    generator, parts = np.random.RandomState(seed), []
    for part in ("train", "test"):
        texts, labels = shuffled(*read_sequences(file, "IMDB", f"x_{part}", f"y_{part}"), generator)
        parts.append((shifted(texts, start_char, index_from), labels))
    if maxlen:
        parts = [shorter(texts, labels, maxlen) for texts, labels in parts]
        if not all(texts for texts, _ in parts):
            raise ValueError(f"no review has fewer than maxlen={maxlen} words in one of the parts; give a larger maxlen")
    cut = len(parts[0][0])
    texts = limited(parts[0][0] + parts[1][0], num_words, skip_top, oov_char)
    return (as_array(texts[:cut]), parts[0][1]), (as_array(texts[cut:]), parts[1][1])


def get_word_index(path: "str | os.PathLike[str]" = "imdb_word_index.json") -> dict[str, int]:
    """The rank of each word by frequency, 1 for the most frequent; `load_data` adds `index_from`.

    Args:
        path: the JSON file, relative to `$MINIDL_HOME` or `~/.cache/minidl` unless it is absolute.
    Example:
        `imdb.get_word_index()["the"]` is 1.
    """
    return read_word_index(path, "imdb_word_index.json", MD5_OF_INDEX, "IMDB's word index")
