"""`StringLookup` and `IntegerLookup` compared with dicts and loops, and at their limits."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minidl.layers import IntegerLookup, StringLookup
from minidl.layers.preprocessing.hashes import buckets_of
from minidl.layers.preprocessing.term_index import IntegerIndex, StringIndex
from minidl.layers.preprocessing.vocabulary import inverse_document_frequency, ranked

TERMS = st.lists(st.text(max_size=3), min_size=1, max_size=8, unique=True)
NUMBERS = st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=8, unique=True)


@given(TERMS, st.lists(st.text(max_size=3), max_size=20))
def test_strings_are_found_as_in_a_list(terms, asked):
    places = StringIndex(terms, range(len(terms))).places(asked)
    assert places.tolist() == [terms.index(term) if term in terms else -1 for term in asked]


@given(NUMBERS, st.data())
def test_numbers_are_found_as_in_a_list(terms, data):
    asked = data.draw(st.lists(st.sampled_from([*terms, 0, 1, -1, 2**63 - 1]), max_size=20))
    places = IntegerIndex(terms, range(len(terms))).places(np.array(asked, np.int64))
    assert places.tolist() == [terms.index(term) if term in terms else -1 for term in asked]


def slow_weights(documents):
    """idf by its formula, a term at a time."""
    terms = {term for document in documents for term in document}
    return {t: np.log(1 + len(documents) / (1 + sum(t in document for document in documents))) for t in terms}


def test_the_vocabulary_is_sorted_by_frequency_with_weights_by_the_formula():
    documents = [["b", "a", "c", "a"], ["b", "d", "b", "d"], ["c", "c", "c", "a"]]
    layer = StringLookup(output_mode="tf_idf")
    layer.adapt(documents)
    assert layer.get_vocabulary() == ["[UNK]", "c", "b", "a", "d"]
    assert layer.get_vocabulary(include_special_tokens=False) == ["c", "b", "a", "d"]
    assert layer.vocabulary_size() == 5
    expected = [slow_weights(documents)[term] for term in ["c", "b", "a", "d"]]
    np.testing.assert_allclose(layer.idf_weights, [np.mean(expected), *expected])
    np.testing.assert_allclose(layer([["b", "x", "b"]]), [[np.mean(expected), 0, 2 * expected[1], 0, 0]], rtol=1e-6)


def test_adapting_at_once_and_in_batches_learns_the_same():
    data = np.random.default_rng(0).integers(0, 9, (20, 3))
    ways = {
        "array": data,
        "list": data.tolist(),
        "generator": (data[start : start + 6] for start in range(0, 20, 6)),
        "list of arrays": [data[:15], data[15:]],
    }
    for mode in ("int", "tf_idf"):
        found = []
        for way in ways.values() if mode == "int" else (data, [data[:15], data[15:]]):
            layer = IntegerLookup(output_mode=mode)
            layer.adapt(way)
            found.append((layer.get_vocabulary(), None if mode == "int" else layer.idf_weights.tolist()))
        assert all(one == found[0] for one in found)
        assert len(found[0][0]) == 10


def test_steps_limit_the_batches_of_a_stream():
    layer = StringLookup()
    layer.adapt((np.array([word]) for word in ["a", "b", "c"]), steps=2)
    assert layer.get_vocabulary() == ["[UNK]", "b", "a"]


@pytest.mark.parametrize(
    "x",
    [
        ["red", "pink"],
        np.array(["red", "pink"]),
        np.array(["red", "pink"], object),
        np.array(["red", "pink"], np.dtypes.StringDType()),
        np.array([b"red", b"pink"]),
    ],
    ids=str,
)
def test_strings_of_every_type_are_looked_up(x):
    assert StringLookup(vocabulary=["green", "red"])(x).tolist() == [2, 0]


def test_bytes_are_decoded_by_the_encoding():
    assert StringLookup(vocabulary=["é"], encoding="latin-1")(np.array(["é".encode("latin-1")])).tolist() == [1]


def test_ids_that_float32_cannot_distinguish_are_distinguished():
    layer = IntegerLookup(vocabulary=[2**24, 2**24 + 1, 2**60])
    assert layer(np.array([2.0**24, 2.0**24 + 1])).tolist() == [1, 2]
    assert layer(np.array([2**60, 2**60 + 1])).tolist() == [3, 0]


def test_a_vocabulary_is_read_from_a_file_and_saved_with_the_layer(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("red\ngreen\n\n", encoding="utf-8")
    layer = StringLookup(vocabulary=path)
    assert layer.get_vocabulary() == ["[UNK]", "red", "green"]
    config = layer.get_config()
    path.unlink()
    assert StringLookup.from_config(config).get_vocabulary() == ["[UNK]", "red", "green"]
    path.write_text("7\n-3\n", encoding="utf-8")
    assert IntegerLookup(vocabulary=str(path)).get_vocabulary() == [-1, 7, -3]


def test_a_config_with_a_path_raises_an_error():
    with pytest.raises(ValueError, match="holds the terms themselves, got the path"):
        StringLookup.from_config({"vocabulary": "/etc/hostname"})


def test_copies_keep_what_was_learned():
    layer = StringLookup(output_mode="tf_idf")
    layer.adapt([["a", "b"], ["a", "c"]])
    expected = layer([["a", "x"], ["c", "b"]])
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer)), StringLookup.from_config(layer.get_config())):
        np.testing.assert_array_equal(other([["a", "x"], ["c", "b"]]), expected)
    other.adapt([["z"]])
    assert layer.get_vocabulary() == ["[UNK]", "a", "c", "b"]


def test_lookup_and_inverse_lookup_are_inverse():
    words = ["a", "b", "c", ""]
    there, back = (StringLookup(vocabulary=["a", "b", "c"], mask_token="", invert=invert) for invert in (False, True))
    assert back(there(words)).tolist() == words
    assert back(there(["x"])).tolist() == ["[UNK]"]
    assert IntegerLookup(vocabulary=[5, 9], invert=True)([[1, 2], [7, -1]]).tolist() == [[5, 9], [-1, -1]]


def test_the_hash_is_the_same_in_every_process_and_salt_changes_it():
    words = [f"word {n}" for n in range(300)]
    code = "from minidl.layers.preprocessing.hashes import buckets_of; print(buckets_of([f'word {n}' for n in range(300)], 7))"
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert str(buckets_of(words, 7)) == elsewhere.strip()
    counts = np.bincount(buckets_of(words, 7))
    assert len(counts) == 7
    assert counts.min() > 20  # shared out evenly
    assert (buckets_of(words, 7) != buckets_of(words, 7, (1, 2))).any()
    salted = StringLookup(vocabulary=["a"], num_oov_indices=7, salt=3)(words)
    assert salted.tolist() == buckets_of(words, 7, (3, 3)).tolist()


def test_terms_are_ranked_and_weighted():
    from collections import Counter

    assert ranked(Counter([3, 1, 2, 3])) == [3, 2, 1]
    assert inverse_document_frequency(np.array([0, 9]), 10).tolist() == [np.log(11.0), np.log(2.0)]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: StringLookup(name="s")(["a"]), RuntimeError, 'StringLookup "s" has no vocabulary yet: adapt it'),
        (lambda: StringLookup(output_mode="count").compute_output_shape((None, 2)), RuntimeError, "before the model is built"),
        (lambda: StringLookup(invert=True)([1]), RuntimeError, "has no vocabulary yet"),
        (lambda: StringLookup(vocabulary=[]), ValueError, "empty vocabulary"),
        (lambda: StringLookup(vocabulary=["[UNK]"]), ValueError, "empty vocabulary"),
        (lambda: StringLookup(vocabulary=["a", "b", "a"]), ValueError, r"holds \['a'\] more than once"),
        (lambda: StringLookup(vocabulary=["a", "m"], mask_token="m"), ValueError, "reserved term 'm' in the middle"),
        (lambda: StringLookup(vocabulary=["a", "[UNK]"], invert=True), ValueError, r"reserved term '\[UNK\]' in the middle"),
        (lambda: StringLookup(3, vocabulary=["a", "b", "c"]), ValueError, "3 terms, and max_tokens=3 allows 2"),
        (lambda: StringLookup(vocabulary=[1, 2]), TypeError, "vocabulary of strings, got 1; write it as '1'"),
        (lambda: StringLookup(vocabulary=["a", None]), TypeError, "vocabulary of strings, got None"),
        (lambda: IntegerLookup(vocabulary=["a"]), TypeError, "vocabulary of whole numbers, got 'a'"),
        (lambda: IntegerLookup(vocabulary=[1.5]), ValueError, "whole numbers, got 1.5"),
        (lambda: StringLookup(vocabulary=["a"])([1, 2]), TypeError, "takes strings, got an array of type int64 that holds 1"),
        (lambda: StringLookup(vocabulary=["a"])(np.array(["a", None])), TypeError, "takes strings, .* fill what is missing"),
        (lambda: IntegerLookup(vocabulary=[1])(["a"]), TypeError, "takes whole numbers, .*StringLookup takes strings"),
        (lambda: IntegerLookup(vocabulary=[1])([1.0, np.nan]), ValueError, "takes whole numbers, got nan"),
        (lambda: StringLookup(vocabulary=["a"], num_oov_indices=0)(["a", "z"]), ValueError, "does not know 'z'"),
        (lambda: StringLookup(1), ValueError, "max_tokens to be above 1"),
        (lambda: StringLookup(0), ValueError, "positive integer"),
        (lambda: StringLookup(num_oov_indices=-1), ValueError, "num_oov_indices"),
        (lambda: StringLookup(pad_to_max_tokens=True), ValueError, "max_tokens with pad_to_max_tokens"),
        (lambda: StringLookup(invert=True, output_mode="count"), ValueError, "'int' with invert"),
        (lambda: StringLookup(output_mode="sum"), ValueError, "one of 'int', 'one_hot'"),
        (lambda: StringLookup(sparse=True), ValueError, "dense arrays"),
        (lambda: StringLookup(salt="x"), ValueError, "salt"),
        (lambda: IntegerLookup(salt=1), ValueError, "farmhash"),
        (lambda: IntegerLookup(oov_method="modulo"), ValueError, "oov_method"),
        (lambda: IntegerLookup(vocabulary_dtype="int32"), ValueError, "vocabulary_dtype"),
        (lambda: StringLookup(idf_weights=[1.0]), ValueError, "vocabulary that its idf_weights belong to"),
        (lambda: StringLookup(vocabulary=["a"], output_mode="tf_idf"), ValueError, "needs idf_weights"),
        (lambda: StringLookup(vocabulary=["a"], idf_weights=[1.0]), ValueError, "takes no idf_weights"),
        (lambda: StringLookup(vocabulary=["a"], idf_weights=[1, 2], output_mode="tf_idf"), ValueError, "expects 1 idf_weights"),
        (lambda: StringLookup().adapt([]), ValueError, "StringLookup"),
        (lambda: StringLookup().adapt(["[UNK]"]), ValueError, "found no term"),
        (lambda: StringLookup().adapt([1, 2]), TypeError, "takes strings"),
        (lambda: StringLookup().adapt("abc"), TypeError, "StringLookup"),
        (lambda: IntegerLookup().adapt(["a"]), TypeError, "takes whole numbers"),
    ],
)
def test_bad_input_raises_an_error_of_one_sentence(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_an_invalid_vocabulary_leaves_the_old_one():
    layer = StringLookup(vocabulary=["a", "b"])
    for bad in ([], ["x", "x"], [1]):
        with pytest.raises((ValueError, TypeError)):
            layer.set_vocabulary(bad)
        with pytest.raises((ValueError, TypeError)):
            layer.adapt(bad[:0])
    assert layer(["a", "b", "x"]).tolist() == [1, 2, 0]
    layer.set_vocabulary(["x"])
    assert layer(["a", "b", "x"]).tolist() == [0, 0, 1]


def test_a_long_vocabulary_does_not_slow_a_training_step():
    layer = IntegerLookup(vocabulary=np.arange(50_000))
    assert layer.sublayers() == []
    assert not any(
        isinstance(value, (list, tuple, dict)) and len(value) > 10 for key, value in vars(layer).items() if key[0] != "_"
    )
