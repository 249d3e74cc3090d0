"""Reuters: 11,228 newswires as lists of word indices, on 46 topics."""

import os

import numpy as np

from minidl.config.types import Array
from minidl.data.download import fetch
from minidl.datasets.archives import read_sequences
from minidl.datasets.word_indices import URL, as_array, limited, read_word_index, shifted, shorter, shuffled

SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
MD5_OF_INDEX = "4d44cc38712099c9e383dc6e5f11a921"
LABELS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves ship cotton carcass crude "
    "nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin strategic-metal livestock retail ipi iron-steel rubber "
    "heat jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def load_data(
    path: "str | os.PathLike[str]" = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Load newswires and their topics, 8,982 for training and 2,246 for testing by default.

    The first call downloads 2 MB and checks the SHA-256 digest; an existing file is used unchecked. The archive contains a
    pickle, which is never executed: a reader that knows only lists of numbers reads it.

    Args:
        path: the archive, relative to `$MINIDL_HOME` or `~/.cache/minidl` unless it is absolute.
        num_words: words with this index or a larger one are replaced by `oov_char`; all are kept by default.
        skip_top: words with a smaller index are replaced by `oov_char`.
        maxlen: only newswires of fewer words are kept.
        test_split: fraction of the newswires, from the end, for testing.
        seed: seed of the order.
        start_char: index at the start of each newswire; `None` for none.
        oov_char: index of words that were left out; `None` drops them.
        index_from: added to each word's rank.
    Returns:
        `(x_train, y_train), (x_test, y_test)`: x an array of lists of numbers, y topics from 0 to 45.
    Raises:
        OSError: there is no file at `path`, and the download failed.
        ValueError: the file is damaged or holds something else.
    Source: Lewis, Reuters-21578; archive as Keras publishes it.
    Example:
        `(x_train, y_train), (x_test, y_test) = reuters.load_data()`
    """
    file = fetch(path, f"{URL}reuters.npz", SHA256)
    texts, labels = shuffled(*read_sequences(file, "Reuters", "x", "y"), np.random.RandomState(seed))
    texts = shifted(texts, start_char, index_from)
    if maxlen:
        texts, labels = shorter(texts, labels, maxlen)
    texts = limited(texts, num_words, skip_top, oov_char)
    cut = int(len(texts) * (1 - test_split))
    return (as_array(texts[:cut]), labels[:cut]), (as_array(texts[cut:]), labels[cut:])


def get_word_index(path: "str | os.PathLike[str]" = "reuters_word_index.json") -> dict[str, int]:
    """The rank of each word by frequency, 1 for the most frequent; `load_data` adds `index_from`.

    Args:
        path: the JSON file, relative to `$MINIDL_HOME` or `~/.cache/minidl` unless it is absolute.
    Example:
        `reuters.get_word_index()["the"]` is 1.
    """
    return read_word_index(path, "reuters_word_index.json", MD5_OF_INDEX, "Reuters' word index")


def get_label_names() -> tuple[str, ...]:
    """The names of the 46 topics, in the order of the labels.

    Example:
        >>> get_label_names()[:3]
        ('cocoa', 'grain', 'veg-oil')
    """
    return tuple(LABELS.split())
