"""Files that TensorFlow's Keras 2 wrote: models predict what they predicted there, and continue training alike."""

import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from minidl import Input, Model, Sequential, activations, layers, load_model, ops
from minidl.interop.keras_2 import with_meanings_of_keras_2
from minidl.saving import ModelFileError

RECORDED = Path(__file__).parents[1] / "parity" / "recorded"
OPERATIONS = json.loads((RECORDED / "keras_2_operations.json").read_text())
X = np.sin(np.arange(24.0)).reshape(6, 4).astype("float32")


def keras_2_h5(path, config, version="2.15.0"):
    """A file of a model without weights, as Keras 2 writes it."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["model_config"] = version, json.dumps(config)
        file.create_group("model_weights").attrs["layer_names"] = []
    return path


def as_keras_2(path, **renamed):
    """Change the version that wrote a `.keras` file, and texts of its config."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name).decode("latin-1") for name in archive.namelist()}
    members["metadata.json"] = json.dumps({"keras_version": "2.15.0"})
    for old, new in renamed.items():
        members["config.json"] = members["config.json"].replace(f'"{old}"', f'"{new}"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content.encode("latin-1"))


@pytest.mark.parametrize("name", OPERATIONS)
def test_functions_of_tensorflow_in_a_model_give_what_tensorflow_gave(name, tmp_path):
    case = OPERATIONS[name]
    x = [np.array(values, dtype) for dtype, values in case["x"]]
    y = load_model(keras_2_h5(tmp_path / "net.h5", case["config"]))(x if len(x) > 1 else x[0])
    for ours, theirs in zip(y if isinstance(y, (list, tuple)) else [y], case["y"], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_attention_hard_sigmoid_and_functions_of_tensorflow_travel_together(ending):
    model = load_model(RECORDED / f"keras_2_15_attention{ending}")
    x = [(np.arange(10).reshape(2, 5) % 9).astype("int32"), np.sin(np.arange(40.0)).reshape(2, 5, 4).astype("float32")]
    np.testing.assert_allclose(model(x), [[1.8171756], [1.9140482]], atol=1e-6)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("adam_before_2_11", [-0.33335021, -0.44312054, 0.78553551, -0.71090049, 0.01671525, 0.56194854]),
        ("sgd_with_schedule", [0.77542371, 0.07758723, -0.93455243, 1.08644152, -0.54343846, -0.4337112]),
    ],
)
def test_training_continues_with_the_state_of_the_optimizer_and_its_schedule(name, expected):
    model, y = load_model(RECORDED / f"keras_2_15_{name}.h5"), np.cos(np.arange(12.0)).reshape(6, 2).astype("float32")
    given, made = (values / np.linalg.norm(values, axis=1, keepdims=True) for values in (y, model.predict(X, verbose=0)))
    similarity = model.evaluate(X, y, verbose=0, return_dict=True)["cosine_similarity"]
    np.testing.assert_allclose(similarity, (given * made).sum(1).mean(), rtol=1e-5)  # the loss of that name is its negative
    for _ in range(2):
        model.train_on_batch(X, y)
    np.testing.assert_allclose(model.predict(X, verbose=0)[:, 0], expected, atol=1e-6)


FORMS = {
    "Dense": lambda: layers.Dense(3, activation="hard_sigmoid"),
    "Activation": lambda: layers.Activation("hard_sigmoid"),
    "LSTM": lambda: layers.LSTM(3, recurrent_activation="hard_sigmoid"),
    "GRU": lambda: layers.GRU(3, activation="hard_sigmoid"),
    "Bidirectional": lambda: layers.Bidirectional(layers.LSTM(3, recurrent_activation="hard_sigmoid")),
    "RNN": lambda: layers.RNN(layers.GRUCell(3, recurrent_activation="hard_sigmoid")),
    "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(3, activation="hard_sigmoid")),
    "nested": lambda: Sequential([Input((2, 4)), layers.Dense(3, activation="hard_sigmoid")]),
}


@pytest.mark.parametrize("name", FORMS)
def test_hard_sigmoid_in_a_file_of_keras_2_is_that_of_keras_2_and_of_keras_3_in_its_files(name, tmp_path):
    model, path = Sequential([Input((2, 4)), FORMS[name]()]), tmp_path / "net.keras"
    model.save(path)
    x = 3 * X[:, np.newaxis] * np.ones((1, 2, 1), "float32")
    np.testing.assert_array_equal(load_model(path)(x), model(x))
    as_keras_2(path)
    loaded = load_model(path)
    assert np.abs(loaded(x) - model(x)).max() > 1e-3
    loaded.save(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(load_model(tmp_path / "net.safetensors")(x), loaded(x))
    with pytest.raises(ValueError, match=r"holds keras_2_hard_sigmoid, which Keras does not have.*save it as .safetensors"):
        loaded.save(tmp_path / "again.keras")
    assert not (tmp_path / "again.keras").exists()


def test_hard_sigmoid_of_keras_2_has_the_slope_of_a_fifth(tmp_path):
    path = tmp_path / "net.keras"
    Sequential([Input((4,)), layers.Activation("hard_sigmoid")]).save(path)
    as_keras_2(path)
    x = np.array([[-2.6, -1.0, 0.5, 2.4]], "float32")
    np.testing.assert_allclose(load_model(path)(x), [[0, 0.3, 0.6, 0.98]], atol=1e-7)
    own = activations.ActivationFunction(lambda x: x + 1, lambda dy, x, y: dy, "hard_sigmoid")
    assert with_meanings_of_keras_2({"activation": "hard_sigmoid"}, "2.9.0", {"hard_sigmoid": own}) == {
        "activation": "hard_sigmoid"
    }


def test_a_serialized_function_is_hard_sigmoid_too():
    function = {"module": "builtins", "class_name": "function", "config": "hard_sigmoid", "registered_name": "hard_sigmoid"}
    config = {"class_name": "LSTM", "config": {"recurrent_activation": function, "activation": "tanh"}}
    renewed = with_meanings_of_keras_2(config, "2.4.0-tf", None)
    assert renewed["config"] == {"recurrent_activation": "keras_2_hard_sigmoid", "activation": "tanh"}
    assert with_meanings_of_keras_2(config, "3.0.5", None) == config


def dense_h5(layer_configs, version, path):
    return load_model(keras_2_h5(path, {"class_name": "Sequential", "config": layer_configs}, version))


def test_models_of_the_first_versions_of_keras_2_are_read(tmp_path):
    start = {"class_name": "Activation", "config": {"activation": "relu", "batch_input_shape": [None, 4], "name": "a"}}
    last = {"class_name": "ThresholdedReLU", "config": {"theta": 0.3, "name": "b", "trainable": True}}
    model = dense_h5([start, last], "2.1.6", tmp_path / "net.h5")  # a list of layers
    np.testing.assert_array_equal(model(X), np.where(X > 0.3, X, 0))
    config = {"units": 3, "kernel_initializer": {"class_name": "VarianceScaling", "config": {"distribution": "normal"}}}
    renewed = with_meanings_of_keras_2({"class_name": "GRU", "config": config}, "2.2.4", None)["config"]
    assert not renewed["reset_after"]
    assert renewed["kernel_initializer"]["config"]["distribution"] == "truncated_normal"


def test_preprocessing_layers_have_the_types_of_keras_2(tmp_path):
    lookup = layers.IntegerLookup(vocabulary=[3, 5])
    discrete = layers.Discretization([0.0, 1.0])
    for layer, kind, x in ((lookup, "int64", np.array([[3], [4]])), (discrete, "float32", X)):
        config = {**layer.get_config(), "dtype": "int64", "vocabulary_size": 3}
        if layer is discrete:
            del config["vocabulary_size"]
        start = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, x.shape[1]], "dtype": kind, "name": "x"}}
        model = dense_h5([start, {"class_name": type(layer).__name__, "config": config}], "2.15.0", tmp_path / "net.h5")
        np.testing.assert_array_equal(model(x), layer(x))


def test_mixed_precision_is_read_in_full_precision_with_a_warning(tmp_path):
    model, path = Sequential([Input((4,)), layers.Dense(3)]), tmp_path / "net.keras"
    model.compile("adam", "mse")
    model.save(path)
    as_keras_2(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config["config"]["layers"][1]["config"]["dtype"] = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    inner = config["compile_config"]["optimizer"]
    config["compile_config"]["optimizer"] = {"class_name": "LossScaleOptimizerV3", "config": {"inner_optimizer": inner}}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, json.dumps(config) if name == "config.json" else content)
    with pytest.warns(UserWarning, match=r"computes in mixed_float16 in Keras, and here in float32") as caught:
        loaded = load_model(path)
    assert caught[0].filename == __file__
    assert type(loaded.optimizer).__name__ == "Adam"
    np.testing.assert_array_equal(loaded(X), model(X))


def layer_of(kind, config, node):
    start = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "dtype": "float32", "name": "x"}}
    layer = {"class_name": kind, "config": {"name": "y", "trainable": True, **config}, "name": "y", "inbound_nodes": [node]}
    return {
        "class_name": "Functional",
        "config": {
            "name": "net",
            "layers": [{**start, "name": "x", "inbound_nodes": []}, layer],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["y", 0, 0]],
        },
    }


@pytest.mark.parametrize(
    ("kind", "config", "node", "message"),
    [
        ("TFOpLambda", {"function": "image.adjust_hue"}, ["x", 0, 0, {}], r"tf.image.adjust_hue, which minidl does not make"),
        ("TFOpLambda", {"function": "os.system"}, ["x", 0, 0, {}], r"tf.os.system, which minidl does not make"),
        ("TFOpLambda", {"function": "einsum"}, ["_CONSTANT_VALUE", -1, "ab", {}], r"tf.einsum, which minidl does not make"),
        ("TFOpLambda", {"function": "math.add"}, ["x", 0, 0, {"z": 1}], r"tf.math.add in the file cannot be made from"),
        ("TFOpLambda", {"function": "gather"}, ["x", 0, 0, {"indices": [0], "batch_dims": 1}], r"batch_dims is not 0"),
        (
            "TFOpLambda",
            {"function": "tile"},
            ["_CONSTANT_VALUE", -1, [1.0], {"multiples": [10**9]}],
            r"tf.tile takes no tensor",
        ),
        ("TFOpLambda", {"function": "repeat"}, ["_CONSTANT_VALUE", -1, 1.0, {"repeats": 10**9}], r"tf.repeat takes no tensor"),
        ("TFOpLambda", {"function": "add"}, ["_CONSTANT_VALUE", -1, [[1]] * 101, {"y": [1] * 101}], r"tf.add takes no tensor"),
        ("TFOpLambda", {"function": "cast"}, ["_CONSTANT_VALUE", -1, [1], {"dtype": "U100000000"}], r"unknown dtype"),
        ("TFOpLambda", {"function": "ones_like"}, ["x", 0, 0, {"dtype": "U100000000"}], r"unknown dtype"),
        ("TFOpLambda", {"function": "zeros_like"}, ["x", 0, 0, {"dtype": "(50000000,)f4"}], r"unknown dtype"),
        ("TFOpLambda", {"function": "zeros_like"}, ["x", 0, 0, {"dtype": ["f4", 10**9]}], r"unknown dtype"),
        ("TensorFlowOpLayer", {"node_def": "..."}, [["x", 0, 0, {}]], r"TensorFlowOpLayer, a call of TensorFlow that cannot"),
        ("ClassMethod", {}, [["x", 0, 0, {}]], r"the layer 'y' of the class ClassMethod"),
        (
            "Lambda",
            {"function_type": "lambda", "function": ["4wEA"]},
            [["x", 0, 0, {}]],
            r"lambda, whose code is never executed",
        ),
    ],
)
def test_what_a_file_of_keras_2_does_not_hold_is_named(kind, config, node, message, tmp_path):
    with pytest.raises(ModelFileError, match=message):
        load_model(keras_2_h5(tmp_path / "net.h5", layer_of(kind, config, node)))


def test_a_call_of_the_activation_by_the_user_is_written_to_onnx_and_safetensors(tmp_path):
    start = Input((4,))
    model = Model(start, activations.keras_2_hard_sigmoid(start) + ops.relu(start))
    model.save(tmp_path / "net.safetensors")
    np.testing.assert_allclose(load_model(tmp_path / "net.safetensors")(X), np.clip(0.2 * X + 0.5, 0, 1) + np.maximum(X, 0))
    with pytest.raises(ValueError, match="keras_2_hard_sigmoid"):
        model.save(tmp_path / "net.keras")
