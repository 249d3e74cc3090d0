"""A name that does not exist is answered with where it is, what replaces it, or the nearest one."""

import importlib

import pytest

import minidl
from minidl import Input, Model, Sequential, layers, optimizers
from minidl.config import missing_names
from minidl.config.public_names import FUNCTIONS, PACKAGES
from minidl.layers import LSTM, Dense

MODULES = [
    "activations",
    "callbacks",
    "constraints",
    "diagnostics",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "optimizers.schedules",
    "random",
    "regularizers",
    "saving",
    "testing",
    "utils",
]


def message(error, function, *args):
    with pytest.raises(error) as caught:
        function(*args)
    return str(caught.value)


@pytest.mark.parametrize(
    ("module", "name", "place"),
    [
        ("minidl", "Dense", "minidl.layers.Dense"),
        ("minidl", "MaxPool2D", "minidl.layers.MaxPool2D"),
        ("minidl", "Adam", "minidl.optimizers.Adam"),
        ("minidl", "EarlyStopping", "minidl.callbacks.EarlyStopping"),
        ("minidl", "CosineDecay", "minidl.optimizers.schedules.CosineDecay"),
        ("minidl", "to_categorical", "minidl.utils.to_categorical"),
        ("minidl", "set_random_seed", "minidl.utils.set_random_seed"),
        ("minidl", "mnist", "minidl.datasets.mnist"),
        ("minidl.layers", "Adam", "minidl.optimizers.Adam"),
        ("minidl.optimizers", "Dense", "minidl.layers.Dense"),
        ("minidl.models", "Dense", "minidl.layers.Dense"),
        ("minidl.models", "save_weights", "minidl.saving.save_weights"),
        ("minidl.losses", "AUC", "minidl.metrics.AUC"),
        ("minidl.utils", "EarlyStopping", "minidl.callbacks.EarlyStopping"),
    ],
)
def test_the_error_for_a_name_of_another_module_gives_its_module(module, name, place):
    found = message(AttributeError, getattr, importlib.import_module(module), name)
    assert found == f"module {module!r} has no attribute {name!r}; it is {place}"
    where, _, attribute = place.rpartition(".")
    assert hasattr(importlib.import_module(where), attribute)


@pytest.mark.parametrize(
    ("module", "name", "near"),
    [
        ("minidl", "layer", "'Layer'"),
        ("minidl", "Sequentail", "'Sequential'"),
        ("minidl", "Densee", "minidl.layers.Dense"),
        ("minidl.layers", "Densee", "'Dense'"),
        ("minidl.layers", "BatchNorm", "'BatchNormalization'"),
        ("minidl.optimizers", "Addam", "'Adam'"),
        ("minidl.losses", "MeanSquardError", "'MeanSquaredError'"),
        ("minidl.metrics", "Acuracy", "'Accuracy'"),
        ("minidl.callbacks", "EarlyStoping", "'EarlyStopping'"),
    ],
)
def test_the_error_for_a_misspelled_name_suggests_the_nearest(module, name, near):
    found = message(AttributeError, getattr, importlib.import_module(module), name)
    assert found == f"module {module!r} has no attribute {name!r}; did you mean {near}?"


@pytest.mark.parametrize("module", MODULES)
def test_every_public_module_suggests_the_nearest_name(module):
    found = importlib.import_module(f"minidl.{module}")
    names = getattr(found, "__all__", PACKAGES.get(module))
    assert f"did you mean {names[0]!r}?" in message(AttributeError, getattr, found, f"{names[0]}x")
    assert not hasattr(found, "__no_such_name__")


def test_the_table_of_functions_is_that_of_the_modules():
    for package, names in FUNCTIONS.items():
        module = importlib.import_module(f"minidl.{package}")
        assert set(names) <= set(module.__all__), package
    assert {*FUNCTIONS["utils"], "Sequence", "bounding_boxes"} == set(minidl.utils.__all__)


def test_replaced_names_and_methods_do_not_exist():
    for name in missing_names.REPLACED_NAMES:
        assert not any(hasattr(module, name) for module in (minidl, minidl.utils, minidl.models)), f"delete the row of {name}"
    for name in missing_names.REPLACED_METHODS:
        assert not hasattr(Model, name), f"delete the row of {name}"


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("fit_generator", "fit takes generators too"),
        ("evaluate_generator", "evaluate takes generators too"),
        ("predict_proba", "predict gives the probabilities"),
        ("predict_classes", "predict(x).argmax(axis=-1)"),
        ("sumary", "did you mean 'summary'?"),
        ("layer", "did you mean 'layers'?"),
        ("get_wieghts", "did you mean 'get_weights'?"),
    ],
)
def test_a_missing_method_of_a_model_raises_the_same_error_whether_it_is_built_or_not(name, advice):
    x = Input((3,))
    for model in (Sequential([Dense(1)]), Sequential([x, Dense(1)]), Model(x, Dense(1)(x))):
        found = message(AttributeError, getattr, model, name)
        assert f"has no attribute {name!r}; {advice}" in found
        assert "not built" not in found


def test_the_error_for_weights_of_an_unbuilt_layer_says_how_to_build_it():
    for layer, name in ((Dense(2), "kernel"), (Dense(2), "bias"), (LSTM(2), "kernel"), (layers.BatchNormalization(), "gamma")):
        assert "not built yet" in message(AttributeError, getattr, layer, name)
    assert "not built" not in message(AttributeError, getattr, layers.Flatten(), "kernel")


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: optimizers.Adam(lr=0.1), "Adam has no argument 'lr': it is called 'learning_rate'"),
        (lambda: optimizers.SGD(lr=0.1), "SGD has no argument 'lr': it is called 'learning_rate'"),
        (lambda: optimizers.Adam(eps=0.1), "it is called 'epsilon'"),
        (lambda: optimizers.Adam(learning_rat=0.1), "did you mean 'learning_rate'?"),
        (lambda: Dense(3, bias=False), "it is called 'use_bias'"),
        (lambda: Dense(out_features=3), "it is called 'units'"),
        (lambda: Dense(3, actvation="relu"), "did you mean 'activation'?"),
        (lambda: layers.Conv2D(3, 3, stride=2), "it is called 'strides'"),
        (lambda: layers.Dropout(p=0.5), "it is called 'rate'"),
        (lambda: layers.LeakyReLU(alphaa=0.1), "LeakyReLU has no argument 'alphaa'"),
    ],
)
def test_the_error_for_a_renamed_argument_gives_its_present_name(make, advice):
    assert advice in message(TypeError, make)


def test_the_list_of_arguments_holds_names_that_can_be_given():
    listed = message(TypeError, lambda: optimizers.Adam(zzz=1)).partition("it takes ")[2].split(", ")
    for name in listed:
        optimizers.Adam(**{name: getattr(optimizers.Adam(), name)})
    assert {"learning_rate", "clipnorm"} <= set(listed)
