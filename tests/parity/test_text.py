"""The text layers compared with recorded results of Keras, which needs TensorFlow for them (recorded/record_text.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

from minidl import layers
from tests.parity.comparing import assert_close
from tests.parity.recorded.record_text import CASES, OTHERWISE

RECORDED = json.loads((Path(__file__).parent / "recorded" / "text.json").read_text(encoding="utf-8"))


def ours(name, arguments, data):
    given = {key: tuple(value) if key == "ngrams" and isinstance(value, list) else value for key, value in arguments.items()}
    layer = getattr(layers, name)(**given)
    if isinstance(data, dict):
        layer.adapt(np.array(batch) for batch in data["batches"])
    elif data is not None:
        layer.adapt(np.array(data))
    return layer


def otherwise(key):
    """Our layer, what it makes of x, and what Keras was recorded to do."""
    name, arguments, data, x = OTHERWISE[key]
    layer = ours(name, arguments, data)
    return layer, layer(np.array(x)), RECORDED[key]


ROWS = [
    pytest.param(*case, recorded, id=f"{case[0]}-{n}")
    for n, (case, recorded) in enumerate(zip(CASES, RECORDED["cases"], strict=True))
]


@pytest.mark.parametrize(("name", "arguments", "data", "x", "recorded"), [row for row in ROWS if row.values[-1] is not None])
def test_vocabulary_and_output_are_those_of_keras(name, arguments, data, x, recorded):
    layer = ours(name, arguments, data)
    assert layer.get_vocabulary() == recorded["vocabulary"]
    assert (layer.idf_weights is None) == (recorded["idf_weights"] is None)
    y, expected = layer(np.array(x)), np.array(recorded["y"])
    if layer.idf_weights is not None:
        assert_close(layer.idf_weights, np.array(recorded["idf_weights"])[: len(layer.idf_weights)], 1e-6)
    assert y.shape == expected.shape
    if layer.output_dtype == "int64":
        assert y.dtype == np.int64
    if y.dtype.kind == "f":
        assert_close(y, expected, 1e-6)
    else:
        np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize(("name", "arguments", "data", "x", "recorded"), [row for row in ROWS if row.values[-1] is None])
def test_what_keras_rejects_raises_an_error(name, arguments, data, x, recorded):
    with pytest.raises((ValueError, TypeError, RuntimeError), match=name):
        ours(name, arguments, data)(np.array(x))


def test_text_standardization_uses_unicode_where_keras_uses_ascii():
    layer, y, theirs = otherwise("letters and spaces")
    assert layer.get_vocabulary() == ["", "[UNK]", "été", "b", "a"]
    assert y.tolist() == [[2]]
    assert theirs["vocabulary"] == ["", "[UNK]", "été", "Été", "a\u00a0b"]


@pytest.mark.parametrize("key", ["hash", "hash of numbers"])
def test_unknown_terms_are_hashed_as_in_keras(key):
    layer, y, theirs = otherwise(key)
    assert layer.get_vocabulary() == theirs["vocabulary"]
    assert y.tolist() == theirs["y"]


def test_the_first_axis_is_the_batch_where_keras_takes_it_for_one_row():
    _, y, theirs = otherwise("rows")
    assert y.tolist() == [[0, 1, 0, 0], [0, 0, 0, 1]]
    assert theirs["y"] == [0, 1, 0, 1]
    _, y, theirs = otherwise("rows of one")
    assert y.tolist() == [[2], [4]]
    assert theirs["y"] == [2, 4]
    _, y, theirs = otherwise("batches of one axis")  # two documents of two strings there, four of one string here
    assert y[0, 1] == np.float32(np.log(1 + 4 / 3))
    assert theirs["y"][0][1] == np.float32(np.log(1 + 2 / 3))


def test_terms_are_counted_along_the_last_axis_where_keras_does_not():
    _, y, theirs = otherwise("rows of three axes")
    assert y.tolist() == [[[0, 1, 0, 1]]]  # (batch, ..., places), as Keras documents and declares
    assert theirs["y"] == [[[0, 1, 0, 0], [0, 0, 0, 1]]]


def test_a_layer_with_a_given_vocabulary_may_be_adapted_where_keras_raises_an_error():
    layer, y, theirs = otherwise("adapted again")
    assert layer.get_vocabulary() == ["[UNK]", "pink"]
    assert y.tolist() == [1]
    assert theirs is None


def test_a_batch_without_a_token_has_one_step_where_keras_gives_none():
    _, y, theirs = otherwise("no token")
    assert y.tolist() == [[0], [0]]
    assert theirs["y"] == [[], []]


def test_rows_of_numbers_are_of_the_layer_s_float_type_where_keras_gives_integers():
    layer = layers.StringLookup(vocabulary=["a"], output_mode="count")
    assert layer(np.array([["a", "b"]])).dtype == np.float32
    assert layers.StringLookup(vocabulary=["a"], output_mode="count", dtype="float64")(np.array([["a"]])).dtype == np.float64
