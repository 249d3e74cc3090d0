"""Methods, functions and configs have Keras's arguments. (Those of constructors: tests/test_every_public_class.py.)"""

import inspect
from pathlib import Path

import keras
import pytest

import minidl
from minidl.config.naming import snake_case
from minidl.config.public_names import PACKAGES
from tests.known_differences import DIFFERENCES, SAME_AS_KERAS
from tests.parity.comparing import both
from tests.table.losses import LOSSES
from tests.test_every_public_class import CONFIGURED, LEFT_OUT, NOT_IN_KERAS
from tests.test_every_public_class import arguments_of as constructor_arguments


def functions_of(module):
    return [name for name, item in vars(module).items() if inspect.isfunction(item)]


# (object -> its methods, or a module's functions) that must take Keras's arguments, in Keras's order, with Keras's defaults
CALLED = {
    "Model": "fit evaluate predict train_on_batch test_on_batch predict_on_batch compile get_layer load_weights save_weights",
    "Sequential": "__init__ add pop",
    "Layer": "add_weight compute_mask compute_output_shape set_weights get_weights count_params build",
    "Variable": "assign",
    "losses.Loss": "__call__",
    "metrics.Metric": "add_variable add_weight",
    "metrics.AUC": "update_state result reset_state",
    "metrics.Mean": "update_state result reset_state",
    "metrics.CategoricalAccuracy": "update_state",
    "optimizers.SGD": "apply apply_gradients build exclude_from_weight_decay",
    "optimizers": "get",
    "optimizers.schedules.LearningRateSchedule": "__call__",
    "callbacks.Callback": "on_epoch_begin on_epoch_end on_train_begin on_train_end on_train_batch_begin on_train_batch_end "
    "on_test_begin on_test_end on_test_batch_begin on_test_batch_end on_predict_begin on_predict_end on_predict_batch_begin "
    "on_predict_batch_end set_model set_params",
    "activations": " ".join(name for name in PACKAGES["activations"] if name != "keras_2_hard_sigmoid"),  # not in Keras 3
    "losses": " ".join(functions_of(keras.losses)),
    "metrics": " ".join(functions_of(keras.metrics)),
    "layers": "add subtract multiply average maximum minimum concatenate dot Input",
    "utils": "to_categorical set_random_seed normalize pad_sequences split_dataset timeseries_dataset_from_array "
    "image_dataset_from_directory PyDataset Sequence get_file Progbar load_img img_to_array array_to_img save_img plot_model "
    "pack_x_y_sample_weight unpack_x_y_sample_weight text_dataset_from_directory audio_dataset_from_directory",
    "models": "clone_model load_model",
}
LEFT_OUT_OF_CALLS = {
    "Model.save_weights": {"max_shard_size": "a file here holds what fits in memory"},
    "Sequential.add": {"rebuild": "a model that knows its input is always built"},
    "Layer.add_weight": {
        "autocast": "computing in half precision is no subject here",
        "aggregation": "there is one device",
        "overwrite_with_gradient": "for quantised weights",
    },
    "utils.split_dataset": {"preferred_backend": "there is one"},
    "utils.timeseries_dataset_from_array": {"format": "a PyDataset, which needs neither TensorFlow nor Grain"},
    "utils.image_dataset_from_directory": {
        "data_format": "channels come last",
        "format": "a PyDataset, which needs neither TensorFlow nor Grain",
    },
    "utils.text_dataset_from_directory": {"format": "a PyDataset, which needs neither TensorFlow nor Grain"},
}
OTHER_DEFAULTS = {
    ("Layer.add_weight", "shape"): "(), which Keras makes of its None",
    ("metrics.Metric.add_variable", "shape"): "()",
    ("metrics.Metric.add_variable", "initializer"): "zeros, which Keras's add_weight makes of its None",
    ("metrics.Metric.add_weight", "initializer"): "zeros, which Keras makes of its None",
    ("Layer.compute_mask", "previous_mask"): "None: no mask",
    ("Layer.add_weight", "name"): "every variable has a name, for messages and files",
}


def find(library, path):
    for part in path.split("."):
        library = getattr(library, part)
    return library


def arguments_of(function):
    kinds = inspect.Parameter
    return {
        p.name: p.default
        for p in inspect.signature(function).parameters.values()
        if p.kind not in (kinds.VAR_KEYWORD, kinds.VAR_POSITIONAL) and p.name != "self"
    }


CALLS = [f"{owner}.{name}" for owner, names in CALLED.items() for name in names.split()]


@pytest.mark.parametrize("path", CALLS)
def test_calls_take_keras_s_arguments(path):
    ours, theirs = arguments_of(find(minidl, path)), arguments_of(find(keras, path))
    left_out = LEFT_OUT_OF_CALLS.get(path, {})
    expected = {name: theirs[name] for name in theirs if name not in left_out}
    assert [name for name in ours if name in expected] == list(expected)
    for name, default in expected.items():
        if (path, name) not in OTHER_DEFAULTS:
            assert ours[name] == default, name


def test_compile_has_keras_s_arguments():
    ours, theirs = both(lambda k: arguments_of(k.Model.compile))
    assert list(ours) == list(theirs)
    assert ours == theirs


@pytest.mark.parametrize("path", LEFT_OUT_OF_CALLS)
def test_arguments_listed_as_absent_are_keras_s_and_not_ours(path):
    for name, reason in LEFT_OUT_OF_CALLS[path].items():
        assert reason
        assert name in arguments_of(find(keras, path))
        assert name not in arguments_of(find(minidl, path))


RECURRENT = ["SimpleRNN", "LSTM", "GRU", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Bidirectional", "TimeDistributed"]
CELLS = ["SimpleRNNCell", "LSTMCell", "GRUCell", "StackedRNNCells"]
ATTENTION = ["Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"]
OTHER_CALL_DEFAULTS = {
    "training": "None, which a model replaces by what it does; outside a model it counts as False",
    "value": "None: one tensor attends to itself",
    "states": "None: all tensors may come as one list",
}


@pytest.mark.parametrize("name", RECURRENT + CELLS + ATTENTION)
def test_layers_with_several_tensors_are_called_with_keras_s_arguments(name):
    ours, theirs = arguments_of(getattr(minidl.layers, name).bind_call), arguments_of(getattr(keras.layers, name).call)
    assert list(ours) == list(theirs)
    for argument, default in theirs.items():
        if argument not in OTHER_CALL_DEFAULTS:
            assert ours[argument] == default, argument


KINDS = {"constraint": "constraints", "initializer": "initializers", "regularizer": "regularizers"}
KINDS |= {"metric": "metrics", "optimizer": "optimizers", "loss": "losses", "schedule": "optimizers.schedules"}
CONFIGS = {key: rows[0] for key, rows in CONFIGURED.items() if key.split("-")[0] in KINDS}
CONFIGS |= {f"loss-{name}": lambda rows=rows: rows[0]()[0] for name, rows in LOSSES.items() if hasattr(keras.losses, name)}


@pytest.mark.parametrize("key", CONFIGS)
def test_configs_have_keras_s_keys_and_keras_can_read_them(key):
    kind, name = key.split("-")
    ours = CONFIGS[key]()
    if (KINDS[kind], name) in NOT_IN_KERAS:
        return
    theirs = find(keras, f"{KINDS[kind]}.{name}")
    if name == "MeanMetricWrapper":  # its config holds a function
        return
    config = {name: value for name, value in ours.get_config().items() if value is not None}
    rebuilt = theirs.from_config(config)
    known = set(ours.get_config()) | set(constructor_arguments(type(ours), ours=True))
    assert set(rebuilt.get_config()) <= known | set(LEFT_OUT.get((KINDS[kind], name), ()))


TESTS_OF_DIFFERENCES = {row.test for rows in DIFFERENCES.values() for row in rows} | {test for _, test in SAME_AS_KERAS}


@pytest.mark.parametrize("test", sorted(TESTS_OF_DIFFERENCES))
def test_every_known_difference_has_a_test(test):
    module, name = test.split(".")
    assert f"def {name}(" in (Path(__file__).parent / f"{module}.py").read_text(encoding="utf-8")


def test_every_known_difference_says_what_both_do_and_why():
    assert all(all(row) for rows in DIFFERENCES.values() for row in rows)


@pytest.mark.parametrize(("package", "name"), [(package, name) for package, names in PACKAGES.items() for name in names])
def test_objects_get_keras_s_automatic_names(package, name):
    theirs = None if package == "diagnostics" else getattr(find(keras, package), name, None)
    if isinstance(theirs, type):
        assert snake_case(name) == keras.src.utils.naming.to_snake_case(name)
