"""What IMDB and Reuters have in common: texts as lists of word indices, shuffled, shifted and filtered."""

import json
import os
from typing import TypeAlias

import numpy as np

from minidl.config.types import Array
from minidl.data.download import fetch
from minidl.datasets.archives import reading, wrong_content

Texts: TypeAlias = list[list[int]]

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"


def shuffled(texts: Texts, labels: Array, generator: np.random.RandomState) -> tuple[Texts, Array]:
    """The texts and labels in the order that the generator draws: the legacy one, because the order is part of the data set."""
    order = np.arange(len(texts))
    generator.shuffle(order)
    return [texts[row] for row in order], labels[order]


def shifted(texts: Texts, start_char: int | None, index_from: int | None) -> Texts:
    """Add `index_from` to each word's index, and begin each text with `start_char`."""
    start, offset = ([], index_from or 0) if start_char is None else ([start_char], index_from or 0)
    return [start + [word + offset for word in text] for text in texts]


def shorter(texts: Texts, labels: Array, maxlen: int) -> tuple[Texts, Array]:
    """Only texts of fewer than `maxlen` words."""
    kept = [row for row, text in enumerate(texts) if len(text) < maxlen]
    return [texts[row] for row in kept], labels[kept]


def limited(texts: Texts, num_words: int | None, skip_top: int, oov_char: int | None) -> Texts:
    """Replace words outside `skip_top` ... `num_words` by `oov_char`, or drop them if it is `None`."""
    limit = num_words or max((max(text, default=0) for text in texts), default=0)
    if oov_char is None:
        return [[word for word in text if skip_top <= word < limit] for text in texts]
    return [[word if skip_top <= word < limit else oov_char for word in text] for text in texts]


def as_array(texts: Texts) -> Array:
    """An array of lists."""
    made = np.empty(len(texts), object)
    made[:] = texts
    return made


def read_word_index(path: "str | os.PathLike[str]", name: str, digest: str, title: str) -> dict[str, int]:
    """The index of each word, from a JSON file."""
    file = fetch(path, URL + name, digest)
    with reading(file, title), file.open(encoding="utf-8") as stream:
        index = json.load(stream)
    if not isinstance(index, dict) or not all(type(number) is int for number in index.values()):
        wrong_content(file, title, "expected a number for each word")
    return index
