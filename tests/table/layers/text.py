"""Layers with a vocabulary: of strings, integers or words.

In Keras these layers need TensorFlow, so COMPARED_WITH_KERAS has no entries: tests/parity/test_text.py compares them with
recorded results of Keras. The output is as long as the longest text of the batch unless `output_sequence_length` is set, so
the forms set it: a single row must give the same result as in a batch.
"""

import numpy as np

from minidl import layers

WORDS = np.array(["red", "green", "blue", "pink", ""], dtype=object)
COLOURS = ["red", "green", "blue"]
WEIGHTS = [0.5, 1.25, 2.0]


def words(generator, shape):
    """Words that a vocabulary of COLOURS holds, and others."""
    return generator.choice(WORDS, shape)


def short_words(generator, shape):
    """The same in an array of one width."""
    return words(generator, shape).astype(str)


def texts(generator, shape):
    """Up to six words each."""
    return np.array([" ".join(words(generator, 6)) for _ in range(int(np.prod(shape)))], dtype=object).reshape(shape)


def any_width(generator, shape):
    """The same as NumPy's own strings of any width."""
    return texts(generator, shape).astype(np.dtypes.StringDType())


def numbers(generator, shape):
    """Whole numbers from -1 to 6, as integers."""
    return generator.integers(-1, 7, shape)


def some_places(generator, shape):
    """Places, also some that a vocabulary does not have."""
    return generator.integers(-2, 8, shape)


def commas(texts):
    """Cut at each e and comma."""
    return np.vectorize(lambda text: text.replace("e", ",").split(","), otypes=[object])(texts)


def strings(**arguments):
    return lambda: layers.StringLookup(vocabulary=COLOURS, **arguments)


def integers(**arguments):
    return lambda: layers.IntegerLookup(vocabulary=[2, 3, 5], **arguments)


def vectors(**arguments):
    return lambda: layers.TextVectorization(vocabulary=COLOURS, **arguments)


def adapted(layer, data):
    """A layer that learned its vocabulary."""
    layer.adapt(data)
    return layer


MODES = [{"output_mode": mode} for mode in ("int", "one_hot", "multi_hot", "count")]
MODES.append({"output_mode": "tf_idf", "idf_weights": WEIGHTS})

FORMS = {
    "StringLookup": [
        *((strings(**mode), (3, 4), {"inputs": words}) for mode in MODES),
        *((strings(mask_token="", **mode), (3, 1), {"inputs": words}) for mode in MODES[:3]),
        *((strings(mask_token="", **mode), (4,), {"inputs": short_words}) for mode in MODES[1:4]),
        (strings(output_mode="count"), (2, 3, 4), {"inputs": words}),
        (strings(num_oov_indices=3), (3, 4), {"inputs": words}),
        (strings(num_oov_indices=3, salt=(1, 2)), (3, 4), {"inputs": words}),
        (strings(output_mode="multi_hot", max_tokens=9, pad_to_max_tokens=True), (3, 4), {"inputs": words}),
        (strings(invert=True, mask_token="", oov_token="?"), (3, 4), {"inputs": some_places}),
        (lambda: adapted(layers.StringLookup(max_tokens=3), WORDS), (3, 4), {"inputs": words}),
    ],
    "IntegerLookup": [
        *((integers(**mode), (3, 4), {"inputs": numbers}) for mode in MODES),
        (integers(mask_token=0), (3, 1), {"inputs": numbers}),
        (integers(mask_token=0, output_mode="count"), (4,), {"inputs": numbers}),
        (integers(num_oov_indices=3), (2, 3, 4), {"inputs": numbers}),
        (integers(num_oov_indices=3, oov_method="farmhash", salt=7), (3, 4), {"inputs": numbers}),
        (integers(output_mode="count", max_tokens=9, pad_to_max_tokens=True), (3, 4), {"inputs": numbers}),
        (integers(invert=True, oov_token=-7), (3, 4), {"inputs": some_places}),
        (lambda: adapted(layers.IntegerLookup(output_mode="tf_idf"), [[2, 3], [2, 9]]), (3, 4), {"inputs": numbers}),
    ],
    "TextVectorization": [
        (vectors(output_sequence_length=4), (3, 1), {"inputs": texts}),
        (vectors(output_sequence_length=9, standardize="lower"), (3,), {"inputs": any_width}),
        (vectors(output_sequence_length=4, standardize="strip_punctuation", split="character"), (3, 1), {"inputs": texts}),
        (vectors(output_sequence_length=4, standardize=None, split=None), (3, 2), {"inputs": short_words}),
        (vectors(output_sequence_length=4, standardize=np.char.lower, split=commas), (3, 1), {"inputs": texts}),
        (vectors(output_mode="multi_hot", ngrams=2), (3, 1), {"inputs": texts}),
        (vectors(output_mode="count", ngrams=(2, 1)), (3,), {"inputs": texts}),
        (vectors(output_mode="tf_idf", idf_weights=WEIGHTS, max_tokens=9, pad_to_max_tokens=True), (3, 1), {"inputs": texts}),
        (vectors(split=None), (3, 4), {"inputs": words}),
        (
            lambda: adapted(layers.TextVectorization(5, output_mode="tf_idf"), ["red, red blue", "a b"]),
            (3, 1),
            {"inputs": texts},
        ),
    ],
}

FORMS |= {
    "HashedCrossing": [
        (lambda: layers.HashedCrossing(5), [(4,), (4,)], {"inputs": words}),
        (lambda: layers.HashedCrossing(5, output_mode="one_hot"), [(4, 1), (4, 1), (4, 1)], {"inputs": numbers}),
    ],
    "Hashing": [
        (lambda: layers.Hashing(5), (3, 4), {"inputs": words}),
        (lambda: layers.Hashing(5, mask_value=2, dtype="int32"), (3,), {"inputs": numbers}),
        (lambda: layers.Hashing(5, salt=(1, 2), output_mode="one_hot"), (3, 1), {"inputs": numbers}),
        (lambda: layers.Hashing(5, salt=3, output_mode="multi_hot"), (3, 4), {"inputs": words}),
        (lambda: layers.Hashing(5, output_mode="count"), (2, 3, 4), {"inputs": words}),
    ],
}

COMPARED_WITH_KERAS = {name: [] for name in FORMS}
