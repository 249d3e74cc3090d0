"""`Model.export` has Keras's arguments; the default format differs."""

import inspect

import keras

from minidl import Model


def arguments(function):
    return inspect.signature(function).parameters


def test_export_has_the_arguments_of_keras_in_its_order():
    assert list(arguments(Model.export)) == list(arguments(keras.Model.export))


def test_the_default_format_is_onnx_where_keras_has_saved_model():
    assert arguments(keras.Model.export)["format"].default == "tf_saved_model"
    assert arguments(Model.export)["format"].default == "onnx"
