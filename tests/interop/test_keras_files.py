"""Damaged, foreign and malicious files of Keras raise one error; nothing is half-read or half-written."""

import json
import os
import resource
import warnings
import zipfile

import h5py
import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, load_model, tree
from minidl.layers import Dense, PositionEmbedding
from minidl.saving import ModelFileError

X = np.ones((2, 3), "float32")


def small(units=4):
    return Sequential([Input((3,)), Dense(units), Dense(1)])


def test_unknown_endings_raise_an_error_with_the_list(tmp_path):
    model = small()
    for act in (model.save, load_model):
        with pytest.raises(ValueError, match=r"the ending decides the format: .* use one of .safetensors, .keras"):
            act(tmp_path / "net.onnx")
    for act in (model.save_weights, model.load_weights):
        with pytest.raises(ValueError, match=r"use one of .safetensors, .*.weights.h5"):
            act(tmp_path / "net.npz")
    with pytest.raises(ValueError, match=r".weights.h5 is for save_weights"):
        model.save(tmp_path / "net.weights.h5")
    assert list(tmp_path.iterdir()) == []


def test_all_shapes_that_do_not_match_are_listed_and_nothing_changes(tmp_path):
    path = tmp_path / "net.weights.h5"
    small(5).save_weights(path)
    model = small()
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"(?s)kernel has shape \(3, 4\), the file has \(3, 5\).*kernel has shape \(4, 1\)"):
        model.load_weights(path)
    with pytest.raises(ValueError, match="not in the file at layers/dense_2/vars/0"):
        Sequential([Input((3,)), Dense(5), Dense(1), Dense(1)]).load_weights(path)
    with pytest.raises(ValueError, match="layers/dense_1/vars/0 of shape .* the model has no layer for it"):
        Sequential([Input((3,)), Dense(5)]).load_weights(path)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["net.keras", "net.weights.h5"])
def test_truncated_files_raise_an_error(tmp_path, name):
    path, model = tmp_path / name, small()
    (model.save if name == "net.keras" else model.save_weights)(path)
    content = path.read_bytes()
    for length in (4, 30, len(content) // 2, len(content) - 20):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"damaged|truncated|does not begin like"):
            model.load_weights(path)


def test_a_file_of_another_format_is_recognized(tmp_path):
    model = small()
    model.save(tmp_path / "net.safetensors")
    (tmp_path / "net.safetensors").rename(tmp_path / "net.keras")
    with pytest.raises(ValueError, match="does not begin like a .keras file"):
        load_model(tmp_path / "net.keras")


def with_config(path, change):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(config) if name == "config.json" else content)


def with_version(path, version):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps({"keras_version": version}) if name == "metadata.json" else content)


def test_a_file_of_a_later_keras_is_loaded_with_a_warning_that_names_both_versions(tmp_path):
    model, path = small(), tmp_path / "net.keras"
    model.save(path)
    with_version(path, "4.1.0")
    with pytest.warns(UserWarning, match=r"net.keras was written by Keras 4.1.0.* Keras 2 and 3, up to 3\.15\.0") as caught:
        loaded = load_model(path)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    for version in ("3.99.0", "2.15.0", "", None, "nightly"):  # warnings are errors
        with_version(path, version)
        load_model(path)


def test_an_older_h5_of_a_later_keras_gives_the_same_warning(tmp_path):
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = "4.0"
    with pytest.warns(UserWarning, match="written by Keras 4.0"), pytest.raises(ValueError, match="holds only weights"):
        load_model(path)


def test_an_argument_that_a_later_keras_added_raises_an_error_that_names_it(tmp_path):
    small().save(tmp_path / "net.keras")
    with_config(tmp_path / "net.keras", lambda config: config["config"]["layers"][1]["config"].update(clockwise=True))
    with pytest.raises(ValueError, match="Dense has no argument 'clockwise'"):
        load_model(tmp_path / "net.keras")


def test_a_setting_of_compile_that_a_later_keras_added_raises_an_error_and_one_of_the_model_is_left_out(tmp_path):
    model, path = small(), tmp_path / "net.keras"
    model.compile("sgd", "mse")
    model.save(path)
    with_config(path, lambda config: config["config"].update(clockwise=True))  # Keras leaves it out too
    np.testing.assert_array_equal(load_model(path).predict(X, verbose=0), model.predict(X, verbose=0))
    with_config(path, lambda config: config["compile_config"].update(clockwise=True, auto_scale_loss=True))
    with pytest.raises(ValueError, match=r"net.keras compiles with clockwise=True, which .* load it with compile=False"):
        load_model(path)
    np.testing.assert_array_equal(load_model(path, compile=False).predict(X, verbose=0), model.predict(X, verbose=0))


def test_arguments_that_keras_2_writes_are_read_without_a_warning(tmp_path):
    path = tmp_path / "net.keras"
    older = {
        "SeparableConv2D": {"kernel_initializer": None, "kernel_regularizer": None, "kernel_constraint": None, "groups": 1},
        "DepthwiseConv2D": {"groups": 1},
        "SpatialDropout2D": {"noise_shape": None},
        "LeakyReLU": {"alpha": 0.25},
    }
    parts = [layers.SeparableConv2D(2, 1), layers.DepthwiseConv2D(1), layers.SpatialDropout2D(0.5), layers.LeakyReLU(0.25)]
    model = Sequential([Input((4, 4, 3)), *parts])
    model.save(path)

    def change(config):
        for layer in config["config"]["layers"]:
            layer["config"].update(older.get(layer["class_name"], {}))
        del config["config"]["layers"][-1]["config"]["negative_slope"]

    with_config(path, change)
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    np.testing.assert_array_equal(load_model(path).predict(x, verbose=0), model.predict(x, verbose=0))


def test_shapes_in_the_config_of_an_attention_layer_of_keras_2_are_left_out(tmp_path):
    start, path = Input((4, 6)), tmp_path / "net.keras"
    model = Model(start, layers.MultiHeadAttention(2, 3)(start, start))
    model.save(path)
    shapes = {f"{name}_shape": [None, 4, 6] for name in ("query", "key", "value")}
    with_config(path, lambda config: config["config"]["layers"][-1]["config"].update(shapes))
    assert load_model(path).count_params() == model.count_params()


def test_masks_of_none_for_several_inputs_are_no_masks(tmp_path):
    start, path = Input((4, 3)), tmp_path / "net.keras"
    model = Model(start, layers.Attention()([start, layers.Dense(3)(start)]))
    model.save(path)

    def change(config):  # as Keras 3.0 writes it
        (call,) = config["config"]["layers"][-1]["inbound_nodes"]
        call["kwargs"]["mask"] = [None, None]

    with_config(path, change)
    x = np.random.default_rng(0).normal(size=(2, 4, 3)).astype("float32")
    np.testing.assert_allclose(load_model(path).predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-6)


def test_calls_of_a_nested_sequential_may_be_counted_from_1_as_in_keras_2(tmp_path):
    start, inner, path = Input((3,)), Sequential([Input((3,)), Dense(2)]), tmp_path / "net.keras"
    model = Model(start, [inner(start), inner(Dense(3)(start))])
    model.save(path)

    def change(config):
        config["config"]["output_layers"] = [[name, call + 1, 0] for name, call, _ in config["config"]["output_layers"]]

    with_config(path, change)
    for ours, theirs in zip(load_model(path).predict(X, verbose=0), model.predict(X, verbose=0), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("make", [lambda: layers.LSTMCell(2), lambda: layers.StackedRNNCells([layers.LSTMCell(2)] * 1)])
def test_a_layer_with_nested_outputs_is_called_as_before(make, tmp_path):
    x, h, c = Input((3,)), Input((2,)), Input((2,))
    states = [h, c] if isinstance(cell := make(), layers.LSTMCell) else [[h, c]]
    y, states = cell(x, states)
    model = Model([x, h, c], [y, *tree.flatten(states)])
    model.save(tmp_path / "net.keras")
    arrays = [np.full((2, size), 0.5, "float32") for size in (3, 2, 2)]
    for one, other in zip(load_model(tmp_path / "net.keras").predict(arrays), model.predict(arrays), strict=True):
        np.testing.assert_array_equal(one, other)


def cell_with(cell, states):
    x = Input((3,))
    return Model([x, *tree.flatten(states)], cell(x, states))


def branches():
    x = Input((3,))
    y, z = Dense(2)(x), Dense(1)(x)
    return Model(x, {"a": (y, [z]), "b": [(x,), {"c": (y, z)}]})


def inside(model):
    inputs = [Input(one.shape[1:]) for one in tree.flatten(model.inputs)]
    y = model(inputs)
    return Model(tuple(inputs), [y, tree.flatten(y)[0]])


NESTED = {
    "LSTMCell": lambda: cell_with(layers.LSTMCell(2), [Input((2,)), Input((2,))]),
    "GRUCell": lambda: cell_with(layers.GRUCell(2), [Input((2,))]),
    "GRUCell, state alone": lambda: cell_with(layers.GRUCell(2), Input((2,))),
    "cells": lambda: cell_with(
        layers.StackedRNNCells([layers.LSTMCell(2), layers.GRUCell(4)]), [[Input((2,)), Input((2,))], Input((4,))]
    ),
    "states of layers": lambda: Model(x := Input((5, 3)), layers.Bidirectional(layers.LSTM(2, return_state=True))(x)),
    "tuples, lists and dicts": branches,
    "in another model": lambda: inside(cell_with(layers.LSTMCell(2), [Input((2,)), Input((2,))])),
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("ending", [".keras", ".safetensors"])
def test_tuples_and_lists_that_a_model_takes_and_returns_are_the_same_after_loading(name, ending, tmp_path):
    model, path = NESTED[name](), tmp_path / f"net{ending}"
    model.save(path)
    loaded = load_model(path)
    loaded.save(path)  # once more, from what was read
    x = tree.map_structure(lambda one: np.full((2, *one.shape[1:]), 0.5, "float32"), model.inputs)
    x = x if len(x) > 1 else x[0]
    for one in (loaded, load_model(path)):
        tree.assert_same_structure(one.output, model.output)
        for ours, expected in ((one(x), model(x)), (one.predict(x, verbose=0), model.predict(x, verbose=0))):
            tree.assert_same_structure(ours, expected)
            tree.map_structure(np.testing.assert_array_equal, ours, expected)


def test_the_state_of_an_optimizer_without_its_learning_rate_is_read(tmp_path):
    model, path = small(), tmp_path / "net.weights.h5"
    model.compile("adam", "mse")
    model.fit(X, np.zeros((2, 1)), verbose=0)
    model.save_weights(path)
    with h5py.File(path, "r+") as file:  # as Keras 2 writes it
        group, count = file["optimizer/vars"], len(model.optimizer.variables)
        del group["1"]
        for number in range(2, count):
            group.move(str(number), str(number - 1))
    other = small()
    other.compile("adam", "mse")
    other.optimizer.build(other.trainable_variables)
    other.load_weights(path)
    for one, two in zip(other.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_classes_are_found_by_name_alone_and_lambdas_are_never_executed(tmp_path):
    path = tmp_path / "net.keras"
    small().save(path)
    with_config(path, lambda config: config["config"]["layers"][1].update(module="os", class_name="system"))
    with pytest.raises(ValueError, match="unknown class 'system'"):
        load_model(path)
    small().save(path)
    code = {"class_name": "__lambda__", "config": {"value": "4wAAAA=="}}
    with_config(path, lambda config: config["config"]["layers"][1]["config"].update(activation=code))
    with pytest.raises(ValueError, match="lambda, whose code is never executed"):
        load_model(path)


@pytest.mark.parametrize("kind", ["external link", "soft link", "external data", "virtual data"])
def test_files_that_point_to_other_files_raise_an_error(tmp_path, kind):
    path, model = tmp_path / "net.weights.h5", small()
    model.save_weights(path)
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.ones((3, 4), "float32")
    (tmp_path / "raw").write_bytes(bytes(48))
    with h5py.File(path, "a") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        if kind == "external link":
            group["0"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/secret")
        elif kind == "soft link":
            group["0"] = h5py.SoftLink("/layers/dense_1/vars/0")
        elif kind == "external data":
            group.create_dataset("0", (3, 4), "float32", external=[(str(tmp_path / "raw"), 0, 48)])
        else:
            layout = h5py.VirtualLayout((3, 4), "float32")
            layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "secret", (3, 4))
            group.create_virtual_dataset("0", layout)
    with pytest.raises(ValueError, match="is not loaded"):
        model.load_weights(path)


def test_sizes_that_are_not_stored_raise_an_error_before_an_array_is_made(tmp_path):
    path, model = tmp_path / "net.weights.h5", small()
    model.save_weights(path)
    with h5py.File(path, "a") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars"].create_dataset("0", (1 << 20, 1 << 20), "float32", chunks=(1024, 1024))
    with pytest.raises(ValueError, match="but only 0 bytes are stored"):
        model.load_weights(path)


def test_what_keras_does_not_have_raises_an_error_before_anything_is_written(tmp_path):
    path = tmp_path / "net.keras"
    model = Sequential([Input((4, 3)), PositionEmbedding(4)])
    with pytest.raises(ValueError, match=r"PositionEmbedding, which Keras does not have.*save it as .safetensors"):
        model.save(path)
    assert not path.exists()
    model = small()
    model.save(path)
    with pytest.raises(FileExistsError):
        model.save(path, overwrite=False)


VARIABLE = h5py.vlen_dtype("uint8")


@pytest.mark.parametrize("name", ["keras_version", "layer_names", "weight_names"])
@pytest.mark.parametrize(
    "dtype", [VARIABLE, h5py.ref_dtype, np.dtype([("a", "f4"), ("b", VARIABLE)])], ids=["list", "ref", "pair"]
)
def test_attributes_of_an_older_h5_that_are_neither_text_nor_numbers_raise_an_error_before_they_are_read(name, dtype, tmp_path):
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("dense")
        file.attrs["layer_names"], group.attrs["weight_names"] = [b"dense"], [b"kernel"]
        group["kernel"] = np.ones((3, 4))
        holder = group if name == "weight_names" else file
        holder.attrs.pop(name, None)
        kind = h5py.h5t.py_create(np.dtype(dtype), logical=True)
        h5py.h5a.create(holder.id, name.encode(), kind, h5py.h5s.create(h5py.h5s.SCALAR))
    load = load_model if name == "keras_version" else Sequential([Input((3,)), Dense(4, use_bias=False)]).load_weights
    with pytest.raises(ModelFileError, match=f"the attribute '{name}' holds neither text nor numbers"):
        load(path)


def test_an_array_that_claims_to_be_bfloat16_and_holds_lists_raises_an_error(tmp_path):
    model = small()
    model.save_weights(path := tmp_path / "net.weights.h5")
    with h5py.File(path, "r+") as file:
        array = file["layers/dense/vars/0"]
        shape = array.shape
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", shape, VARIABLE).attrs["dtype"] = "bfloat16"
    with pytest.raises(ModelFileError, match="does not hold numbers, but object"):
        model.load_weights(path)


def test_layers_that_do_not_fit_are_skipped_on_request(tmp_path):
    path, model = tmp_path / "net.weights.h5", small()
    Sequential([Input((3,)), Dense(4), Dense(2)]).save_weights(path)
    with pytest.warns(UserWarning, match="skipped layers whose weights do not fit: "):
        model.load_weights(path, skip_mismatch=True)


@pytest.mark.parametrize(
    ("layer", "terms", "path"),
    [
        (layers.StringLookup(), ["a", "ü c"], "string_lookup"),
        (layers.IntegerLookup(), [5, 7], "integer_lookup"),
        (layers.TextVectorization(split=None, standardize=None), ["", "[UNK]", "a", "b"], "text_vectorization/_lookup_layer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_adapted_vocabulary_is_read_from_the_files_next_to_the_weights(layer, terms, path, tmp_path):
    kind = "int64" if isinstance(layer, layers.IntegerLookup) else "string"
    Sequential([Input((1,), dtype=kind), layer]).save(tmp_path / "net.keras")
    with zipfile.ZipFile(tmp_path / "net.keras", "a") as archive:  # as Keras writes it after `adapt`
        archive.writestr(f"assets/layers/{path}/vocabulary.txt", "\n".join(map(str, terms)))
    known = [term for term in terms if term not in ("", "[UNK]")]
    loaded = load_model(tmp_path / "net.keras")
    expected = type(layer)(**{**layer.get_config(), "vocabulary": known})
    x = np.array([[known[1]], [known[0]]])
    np.testing.assert_array_equal(loaded(x), expected(x))
    assert len(set(np.ravel(loaded(x)))) == 2


@pytest.mark.parametrize("value", [np.array([b"a"] * 12), h5py.Empty("f4"), np.zeros((2, 2)), np.zeros((0,))])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_damaged_optimizer_state_leaves_the_weights_as_they_were(number, value, tmp_path):
    path, other, model = tmp_path / "net.weights.h5", small(), small()
    for one in (other, model):
        one.compile("adam", "mse")
        one.fit(X, X[:, :1], verbose=0)
    other.save_weights(path)
    with h5py.File(path, "r+") as file:
        del file[f"optimizer/vars/{number}"]
        file[f"optimizer/vars/{number}"] = value
    before = [*model.get_weights(), *(variable.numpy() for variable in model.optimizer.variables)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an optimizer that starts without the state
            model.load_weights(path)
    except ModelFileError:
        after = [*model.get_weights(), *(variable.numpy() for variable in model.optimizer.variables)]
        for one, expected in zip(after, before, strict=True):
            np.testing.assert_array_equal(one, expected)
    else:
        for one, expected in zip(model.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(one, expected)


def test_an_array_without_values_is_named(tmp_path):
    path, model = tmp_path / "net.weights.h5", small()
    model.save_weights(path)
    with h5py.File(path, "r+") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = h5py.Empty("f4")
    with pytest.raises(ModelFileError, match="layers/dense/vars/0 is empty"):
        model.load_weights(path)


def test_a_file_that_its_writer_has_not_closed_yet_can_be_read(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    model = small()
    model.save_weights(path := tmp_path / "net.weights.h5")
    with open(path, "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        model.load_weights(path)


@pytest.mark.parametrize("name", ["net.safetensors", "net.keras", "net.weights.h5", "net.h5"])
def test_a_file_of_many_gigabytes_without_content_is_not_read(name, tmp_path):
    model, path = small(), tmp_path / name
    model.save_weights(path) if "weights" in name else model.save(tmp_path / "net.keras" if name == "net.h5" else path)
    if name == "net.h5":
        model.save_weights(tmp_path / "net.weights.h5")
        (tmp_path / "net.weights.h5").rename(path)
    os.truncate(path, 1 << 36)  # the file system stores the zeros in no bytes
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError):
        model.load_weights(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
