"""`TextVectorization` and its tokens compared with regular expressions and loops, and at their limits."""

import re
import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidl.layers import TextVectorization
from minidl.layers.preprocessing.text_standardization import n_grams, padded, standardized, tokenized

TEXTS = st.lists(st.text(st.sampled_from("aB,.!' \t\n-Éß\u00a0"), max_size=12), max_size=5)


@given(TEXTS)
def test_standardization_and_splitting_equal_regular_expressions(texts):
    bare = [re.sub(f"[{re.escape(string.punctuation)}]", "", text) for text in texts]
    assert standardized(texts, "strip_punctuation") == bare
    assert standardized(texts, "lower_and_strip_punctuation") == [text.lower() for text in bare]
    assert standardized(texts, "lower") == [text.lower() for text in texts]
    assert standardized(texts, None) == texts
    assert tokenized(texts, "whitespace") == [[word for word in re.split(r"\s+", text) if word] for text in texts]
    assert ["".join(letters) for letters in tokenized(texts, "character")] == texts


@given(st.lists(st.sampled_from("abc"), max_size=6), st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_n_grams_equal_those_of_loops(tokens, widths):
    expected = []
    for width in widths:
        expected += [" ".join(tokens[start : start + width]) for start in range(len(tokens) - width + 1)]
    assert n_grams(tokens, widths) == expected


def test_rows_are_padded_at_the_end():
    assert padded(["ab", "", "c"], np.array([1, 2, 3]), 3, -2).tolist() == [[1, 2, -2], [-2, -2, -2], [3, -2, -2]]


@given(TEXTS, st.sampled_from([None, 1, 2, 5]))
def test_indices_are_those_of_a_loop(texts, length):
    layer = TextVectorization(vocabulary=["a", "b", "ab"], output_sequence_length=length)
    rows = [
        [(["", "[UNK]", "a", "b", "ab"].index(w) if w in ("a", "b", "ab") else 1) for w in t.split()]
        for t in standardized(texts, layer.standardize)
    ]
    width = length or max([1, *map(len, rows)])
    expected = [(row + [0] * width)[:width] for row in rows]
    assert layer(np.array(texts, dtype=object)).tolist() == expected


def test_a_batch_is_as_long_as_its_longest_text():
    layer = TextVectorization(vocabulary=["a"])
    assert layer(["a a a", "a", ""]).tolist() == [[2, 2, 2], [2, 0, 0], [0, 0, 0]]
    assert layer([["a"]]).shape == (1, 1)
    assert layer.compute_output_shape((None,)) == layer.compute_output_shape((None, 1)) == (None, None)


def test_word_counts_and_weights_follow_the_formula():
    layer = TextVectorization(output_mode="tf_idf")
    layer.adapt(["a b a", "c a", "d"])
    assert layer.get_vocabulary() == ["[UNK]", "a", "d", "c", "b"]
    weights = np.log(1 + 3 / (1 + np.array([2, 1, 1, 1])))
    expected = [[weights.mean(), 2 * weights[0], 0, 0, weights[3]], [0] * 5]
    np.testing.assert_allclose(layer(["a b a z", ""]), expected, rtol=1e-6)


def test_one_long_text_does_not_widen_the_others():
    texts = ["a" * 1_000_000, *["b"] * 3000]  # 12 GB as an array of one width
    layer = TextVectorization()
    layer.adapt(texts)
    assert layer(texts).shape == (3001, 1)
    assert layer.vocabulary_size() == 4


def test_custom_functions_get_arrays_and_their_errors_are_reported():
    seen = []

    def shout(texts):
        seen.append(texts)
        return np.char.upper(texts)

    layer = TextVectorization(standardize=shout, split=lambda texts: [text.split("-") for text in texts])
    layer.adapt(["a-b", "a"])
    assert layer.get_vocabulary() == ["", "[UNK]", "A", "B"]
    assert layer([["a-c"]]).tolist() == [[2, 1]]
    assert all(isinstance(array, np.ndarray) and array.dtype.kind == "U" for array in seen)
    for arguments, error, words in (
        ({"standardize": lambda texts: texts[:1]}, ValueError, "standardize function returned 1 strings for 2 texts"),
        ({"standardize": lambda texts: [1, 2]}, TypeError, "standardize function returned 1 where a string"),
        ({"split": lambda texts: [["a"]]}, ValueError, "split function returned 1 rows for 2 texts"),
        ({"split": lambda texts: [[1], [2]]}, TypeError, "split function returned 1 where a string"),
    ):
        with pytest.raises(error, match=words):
            TextVectorization(vocabulary=["a"], **arguments)(["a", "b"])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: TextVectorization(name="t")(["a"]), RuntimeError, 'TextVectorization "t" has no vocabulary yet'),
        (lambda: TextVectorization(vocabulary=["a"])([["a", "b"]]), ValueError, r"one text per row.*got shape \(1, 2\)"),
        (lambda: TextVectorization(vocabulary=["a"])([[["a"]]]), ValueError, "take one axis off"),
        (lambda: TextVectorization(vocabulary=["a"])([1.0]), TypeError, "takes strings"),
        (lambda: TextVectorization(vocabulary=["", "[UNK]"]), ValueError, "empty vocabulary"),
        (lambda: TextVectorization(vocabulary=["a", ""]), ValueError, "reserved term ''"),
        (lambda: TextVectorization().adapt(["", " ", "!"]), ValueError, "found no term"),
        (lambda: TextVectorization(2), ValueError, "max_tokens to be above 2"),
        (lambda: TextVectorization(ragged=True), ValueError, "ragged=True"),
        (lambda: TextVectorization(sparse=True), ValueError, "sparse=True"),
        (lambda: TextVectorization(standardize="upper"), ValueError, "standardize"),
        (lambda: TextVectorization(split="words"), ValueError, "split"),
        (lambda: TextVectorization(ngrams=0), ValueError, "ngrams"),
        (lambda: TextVectorization(ngrams=(1, 2.5)), ValueError, "ngrams"),
        (lambda: TextVectorization(output_mode="one_hot"), ValueError, "one of 'int', 'multi_hot', 'count', 'tf_idf'"),
        (lambda: TextVectorization(output_mode="count", output_sequence_length=3), ValueError, "with output_sequence_length"),
        (lambda: TextVectorization(output_sequence_length=0), ValueError, "positive integer"),
    ],
)
def test_bad_input_raises_an_error_of_one_sentence(make, error, words):
    with pytest.raises(error, match=words):
        make()
