"""One file for a model: complete, atomic, and refused when it is damaged."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from minidl import Input, Model, Sequential, layers, load_model, optimizers
from minidl.layers import Add, BatchNormalization, Dense, Dropout, Layer
from minidl.saving import register_keras_serializable

X = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
Y = np.arange(30) % 3


class Scale(Layer):
    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def forward(self, x, training=False):
        return x * self.factor.value, x

    def backward(self, dy, x):
        self.factor.grad += (dy * x).sum(axis=0)
        return dy * self.factor.value


def trained(*extra):
    model = Sequential(
        [Dense(6, activation="relu"), BatchNormalization(), Dropout(0.2), *extra, Dense(3, activation="softmax")]
    )
    model.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, epochs=2, verbose=0)
    return model


def test_a_loaded_model_predicts_the_same_and_is_compiled(tmp_path):
    model = trained()
    model.save(tmp_path / "net.safetensors")
    loaded = load_model(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.evaluate(X, Y, return_dict=True) == model.evaluate(X, Y, return_dict=True)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations)
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]


def test_the_file_holds_weights_slots_and_one_json_string(tmp_path):
    trained().save(tmp_path / "net.safetensors")
    with safe_open(tmp_path / "net.safetensors", framework="numpy") as file:
        names, metadata = set(file.keys()), file.metadata()
    assert list(metadata) == ["minidl"]
    assert json.loads(metadata["minidl"])["format"] == 2
    kernels = [name for name in names if name.endswith("/kernel") and not name.startswith("optimizer/")]
    assert len(kernels) == 2
    assert all(f"optimizer/{name}/{slot}" in names for name in kernels for slot in ("momentum", "velocity"))


class Counts(Layer):
    def build(self, input_shape):
        self.steps = self.add_weight((), "zeros", dtype="int64", trainable=False, name="steps")

    def forward(self, x, training=False):
        self.steps.assign(self.steps.value + training)
        return x, None

    def backward(self, dy, cache):
        return dy


def test_a_variable_without_axes_keeps_its_shape_and_type(tmp_path):
    trained(Counts(name="counts")).save(tmp_path / "net.safetensors")
    loaded = load_model(tmp_path / "net.safetensors", custom_objects={"Counts": Counts})
    steps = loaded.get_layer("counts").steps
    assert (steps.shape, steps.dtype, int(steps.value)) == ((), "int64", 2)


def test_a_weight_in_fortran_order_is_saved_unchanged(tmp_path):
    model = trained()
    model.layers[0].kernel.value = np.asfortranarray(np.arange(30.0).reshape(5, 6))
    model.save(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(load_model(tmp_path / "net.safetensors").layers[0].kernel.value, model.layers[0].kernel.value)


def test_a_functional_model_with_shared_layers_and_two_inputs_is_restored(tmp_path):
    a, b = Input((5,), name="a"), Input((5,), name="b")
    shared = Dense(4, activation="tanh")
    model = Model({"a": a, "b": b}, [Dense(2)(Add()([shared(a), shared(b)])), Dense(1)(shared(a))])
    model.save(tmp_path / "net.safetensors")
    loaded = load_model(tmp_path / "net.safetensors")
    assert len(loaded.weights) == len(model.weights) == 6
    for one, other in zip(model.predict({"a": X, "b": X}), loaded.predict({"b": X, "a": X}), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_nested_model_is_restored(tmp_path):
    model = trained(Sequential([Dense(4), Dense(4)], name="inner"))
    model.save(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(load_model(tmp_path / "net.safetensors").predict(X), model.predict(X))


def test_frozen_layers_and_changed_settings_are_restored(tmp_path):
    model = trained()
    model.layers[0].trainable = False
    model.optimizer.learning_rate = 0.5
    model.layers[2].rate = 0.4
    model.save(tmp_path / "net.safetensors")
    loaded = load_model(tmp_path / "net.safetensors")
    assert [v.trainable for v in loaded.weights] == [v.trainable for v in model.weights]
    assert loaded.optimizer.learning_rate == 0.5
    assert loaded.layers[2].rate == 0.4


def test_weights_alone_load_into_a_model_of_the_same_architecture(tmp_path):
    model, other = trained(), trained()
    model.save_weights(tmp_path / "weights.safetensors")
    other.load_weights(tmp_path / "weights.safetensors")
    np.testing.assert_array_equal(model.predict(X), other.predict(X))
    with pytest.raises(ValueError, match="only weights"):
        load_model(tmp_path / "weights.safetensors")


def test_weights_that_do_not_fit_change_nothing_and_the_error_says_where(tmp_path):
    trained().save_weights(tmp_path / "weights.safetensors")
    other = Sequential([Input((5,)), Dense(7), Dense(3)])
    before = other.get_weights()
    with pytest.raises(ValueError, match=r"number 1: .*\(5, 6\).*\(5, 7\)"):
        other.load_weights(tmp_path / "weights.safetensors")
    assert all((a == b).all() for a, b in zip(before, other.get_weights(), strict=True))


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.99])
def test_a_truncated_file_raises_an_error(tmp_path, share):
    path = tmp_path / "net.safetensors"
    trained().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ValueError, match="damaged, truncated"):
        load_model(path)


def test_a_damaged_description_raises_an_error(tmp_path):
    path = tmp_path / "net.safetensors"
    for text in ("", "{", "[]", "{}", '{"weights": ["a"], "format": 1}'):
        save_file({"b": np.zeros(3, np.float32)}, path, metadata={"minidl": text})
        with pytest.raises(ValueError, match="damaged"):
            load_model(path)
    save_file({"b": np.zeros(3, np.float32)}, path)
    with pytest.raises(ValueError, match="did not write it"):
        load_model(path)
    save_file({"b": np.zeros(3, np.float32)}, path, metadata={"minidl": '{"weights": [], "format": 99}'})
    with pytest.raises(ValueError, match="newer"):
        load_model(path)


def test_errors_name_a_missing_file_and_a_forbidden_overwrite(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        load_model(tmp_path / "nothing.safetensors")
    trained().save(tmp_path / "net.safetensors")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        trained().save(tmp_path / "net.safetensors", overwrite=False)


def test_a_failed_write_leaves_only_the_old_file(tmp_path):
    path = tmp_path / "net.safetensors"
    trained().save(path)
    content = path.read_bytes()
    model = trained()
    model.layers[0].activation = lambda x: x  # cannot be written down by any name but its own
    model.layers[0].rate = object()
    model.compile_settings["metrics"] = [object()]
    with pytest.raises(TypeError, match="cannot write"):
        model.save(path)
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["net.safetensors"]


def test_an_unknown_class_raises_an_error_and_custom_objects_or_registration_help(tmp_path):
    path = tmp_path / "net.safetensors"
    model = trained(Scale())
    model.save(path)
    with pytest.raises(ValueError, match=r"unknown class 'Scale'.*custom_objects"):
        load_model(path)
    np.testing.assert_array_equal(load_model(path, custom_objects={"Scale": Scale}).predict(X), model.predict(X))

    @register_keras_serializable(package="tests")
    class Registered(Scale):
        pass

    model = trained(Registered())
    model.save(path)
    np.testing.assert_array_equal(load_model(path).predict(X), model.predict(X))


def test_a_module_path_in_a_file_is_never_followed(tmp_path):
    path = tmp_path / "net.safetensors"
    names = [
        ("os", "system"),
        ("minidl.layers", "os"),
        ("builtins", "eval"),
        ("layers", "Dense"),
        ("minidl.layers.layer", "Layer"),
    ]
    for module, name in names:
        model = {"module": module, "class_name": name, "config": {"command": "true"}, "registered_name": None}
        head = {"format": 2, "kind": "model", "weights": [], "model": model}
        head |= {"build_shape": None, "trainable": [], "frozen": [], "generators": []}
        save_file({"b": np.zeros(3, np.float32)}, path, metadata={"minidl": json.dumps(head)})
        with pytest.raises(ValueError, match="unknown class"):
            load_model(path)


def test_a_file_of_an_older_format_says_so(tmp_path):
    path = tmp_path / "net.safetensors"
    head = {"format": 1, "kind": "model", "weights": [], "model": {"class": "layers.Dense", "config": {}}}
    save_file({"b": np.zeros(3, np.float32)}, path, metadata={"minidl": json.dumps(head)})
    with pytest.raises(ValueError, match="format 1, which this minidl no longer reads"):
        load_model(path)


def test_every_layer_is_found_by_a_process_that_imported_only_saving(tmp_path):
    import subprocess
    import sys

    trained(layers.Softmax(), layers.ReLU(), layers.Reshape((6, 1)), layers.Flatten()).save(tmp_path / "net.safetensors")
    program = "import sys; from minidl.saving import load_model; print(len(load_model(sys.argv[1]).layers))"
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "net.safetensors"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "8"


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"], ids=["keras", "h5"])
def test_files_of_keras_are_recognized_by_their_first_bytes(tmp_path, start):
    path = tmp_path / "model.safetensors"
    path.write_bytes(start + bytes(100))
    for read in (load_model, Sequential([Input((3,)), Dense(1)]).load_weights):
        with pytest.raises(ValueError, match=r"was written by Keras.*rename it to end in (.keras|.weights.h5)"):
            read(path)


def test_custom_objects_that_are_no_dict_of_classes_raise_an_error(tmp_path):
    class Own(Dense):
        pass

    Sequential([Input((3,)), Own(1)]).save(tmp_path / "net.safetensors")
    for custom, message in (([Own], "custom_objects is a dict"), ({"Own": 3}, "expected a class or a function")):
        with pytest.raises(ValueError, match=message):
            load_model(tmp_path / "net.safetensors", custom_objects=custom)


def test_a_folder_or_nothing_for_a_file_name_raises_an_error(tmp_path):
    model = Sequential([Input((3,)), Dense(1)])
    for write in (model.save, model.save_weights):
        with pytest.raises(IsADirectoryError, match="is a folder; give a file name, such as .*model.safetensors"):
            write(tmp_path)
    with pytest.raises(FileNotFoundError, match="is a folder, not a file"):
        load_model(tmp_path)
    assert list(tmp_path.iterdir()) == []
    for call in (model.save, model.save_weights, model.load_weights, load_model):
        for wrong in (None, 3):
            with pytest.raises(TypeError, match=f'expected a file name, such as "model.safetensors", got {wrong}'):
                call(wrong)


def test_a_registered_function_may_be_the_activation_of_a_saved_model(tmp_path):
    @register_keras_serializable(package="shop", name="cube")
    def to_the_third(x):
        return x**3

    path = tmp_path / "net.safetensors"
    model = Sequential([Input((2,)), Dense(2, activation=to_the_third)])
    model.save(path)
    x = np.ones((1, 2), "float32")
    np.testing.assert_array_equal(load_model(path).predict(x), model.predict(x))
