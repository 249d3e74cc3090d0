"""Hashing layers and FeatureSpace compared with recorded results of Keras, which needs TensorFlow for them."""

import json
from pathlib import Path

import numpy as np
import pytest

import minidl
from minidl import layers
from minidl.utils import FeatureSpace
from tests.parity.comparing import assert_close
from tests.parity.recorded.record_hashes import CASES, KINDS, SPACES, TABLE

RECORDED = json.loads((Path(__file__).parent / "recorded" / "hashes.json").read_text(encoding="utf-8"))
COLUMNS = {name: np.array(column) for name, column in TABLE.items()}


@pytest.mark.parametrize(("case", "expected"), [*zip(CASES, RECORDED["cases"], strict=True)])
def test_bins_are_those_of_keras(case, expected):
    name, arguments, x = case
    layer = getattr(layers, name)(**arguments)
    given = [np.array(one) for one in x] if name == "HashedCrossing" else np.array(x)
    y = layer(given)
    assert y.dtype == ("int64" if layer.output_mode == "int" else "float32")
    np.testing.assert_array_equal(y, expected)
    shape = [one.shape for one in given] if name == "HashedCrossing" else given.shape
    assert tuple(layer.compute_output_shape(shape)) == y.shape


def adapted(arguments):
    space = FeatureSpace(KINDS, **arguments)
    space.adapt(TABLE)
    return space


@pytest.mark.parametrize(("arguments", "expected"), [*zip(SPACES, RECORDED["spaces"], strict=True)])
def test_a_feature_space_encodes_a_table_as_keras_does(arguments, expected):
    y = adapted(arguments)(COLUMNS)
    if not isinstance(expected, dict):
        assert_close(y, expected)
        return
    assert list(y) == list(expected)
    for name, column in y.items():
        assert_close(column, expected[name], what=name)


def test_single_values_have_no_batch_axis():
    space = adapted(SPACES[1])
    one = space({name: column[2] for name, column in COLUMNS.items()})
    np.testing.assert_array_equal(one, space(COLUMNS)[2])


def test_a_feature_space_is_part_of_a_functional_model_and_survives_saving(tmp_path):
    space = adapted(SPACES[0])
    model = minidl.Model(space.get_inputs(), layers.Dense(1, kernel_initializer="ones")(space.get_encoded_features()))
    rows = {name: column[:, np.newaxis] for name, column in COLUMNS.items()}
    np.testing.assert_allclose(model.predict(rows, verbose=0)[:, 0], space(COLUMNS).sum(axis=1), rtol=1e-6)
    for ending in ("safetensors", "keras"):
        space.save(tmp_path / f"space.{ending}")
        again = minidl.load_model(tmp_path / f"space.{ending}")
        np.testing.assert_array_equal(again(COLUMNS), space(COLUMNS))


def test_data_sets_of_dicts_are_learned_from_and_wrong_features_raise_an_error():
    space = FeatureSpace({"city": "string_categorical", "age": FeatureSpace.float_rescaled(0.1, 1.0)})
    space.adapt([{"city": ["a", "b"], "age": [1.0, 2.0]}, {"city": ["c"], "age": [3.0]}])
    assert space.preprocessors["city"].get_vocabulary() == ["[UNK]", "c", "b", "a"]
    np.testing.assert_allclose(space({"city": ["b"], "age": [5.0]}), [[1.5, 0, 0, 1, 0]])
    with pytest.raises(ValueError, match="'size' is of an unknown kind 'int'; known are .*'integer_hashed'"):
        FeatureSpace({"size": "int"})
    with pytest.raises(ValueError, match="crosses 'x', which is not among its features"):
        FeatureSpace({"size": "float"}, crosses=[("size", "x")])
    with pytest.raises(ValueError, match=r"needs the column 'city', got \['age'\]"):
        space({"age": [1.0]})
    whole = FeatureSpace({"n": FeatureSpace.integer_hashed(4, output_mode="int")})
    with pytest.raises(ValueError, match="cannot join 'n', which is of type int64; use output_mode='dict'"):
        whole({"n": [1, 2]})
