"""Networks of `applications` compared with Keras's: layers, their names and connections, and the shapes of all weights."""

import inspect

import keras
import numpy as np
import pytest

from minidl import applications

SMALL = [("MobileNetV2", {"alpha": 0.35, "input_shape": (65, 96, 3), "classes": 5})]
LARGE = [
    ("VGG16", {"include_top": False, "input_shape": (32, 32, 3), "pooling": "avg"}),
    ("VGG16", {"input_shape": (32, 32, 3), "classes": 3}),
    ("VGG19", {"include_top": False, "input_shape": (32, 32, 3)}),
    ("ResNet50", {"input_shape": (64, 64, 3), "classes": 3, "classifier_activation": None}),
    ("ResNet50", {"include_top": False, "pooling": "max", "name": "own"}),
    ("ResNet101", {"include_top": False, "input_shape": (32, 32, 3)}),
    ("MobileNetV2", {}),
    ("MobileNetV2", {"include_top": False, "input_shape": (96, 96, 1), "alpha": 1.4}),
    ("DenseNet121", {"input_shape": (33, 64, 3), "classes": 3}),
    ("DenseNet169", {"include_top": False, "input_shape": (32, 32, 3), "pooling": "avg"}),
    ("EfficientNetB0", {"input_shape": (65, 64, 3), "classes": 3}),
    ("EfficientNetB3", {"include_top": False, "pooling": "max"}),
]


def described(model):
    """Of each layer after the input: class, name without its number, shapes of its weights."""
    return [
        (type(layer).__name__, layer.name.rstrip("_0123456789"), [tuple(weight.shape) for weight in layer.weights])
        for layer in model.layers[1:]
    ]


def check(name, options):
    theirs = getattr(keras.applications, name)(weights=None, **options)
    ours = getattr(applications, name)(weights=None, **options)
    assert ours.name == theirs.name
    assert described(ours) == described(theirs)
    assert ours.output_shape == theirs.output_shape
    assert ours.count_params() == theirs.count_params()
    return ours, theirs


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "options"), SMALL)
def test_a_small_network_has_keras_s_layers_and_outputs(name, options):
    ours, theirs = check(name, options)
    ours.set_weights(theirs.get_weights())
    images = np.random.default_rng(0).uniform(-1, 1, (2, *ours.input_shape[1:])).astype("float32")
    np.testing.assert_allclose(ours.predict(images, verbose=0), theirs.predict(images, verbose=0), atol=1e-5)


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "options"), LARGE)
def test_a_network_has_keras_s_layers(name, options):
    check(name, options)


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "size"), [("ResNet50", 32), ("DenseNet121", 32), ("EfficientNetB0", 32), ("VGG16", 32)])
def test_keras_s_weights_give_keras_s_outputs(name, size):
    ours, theirs = check(name, {"input_shape": (size, size, 3), "include_top": False, "pooling": "avg"})
    ours.set_weights(theirs.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (2, size, size, 3)).astype("float32")
    np.testing.assert_allclose(ours.predict(images, verbose=0), theirs.predict(images, verbose=0), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", applications.__all__)
def test_arguments_are_keras_s(name):
    ours, theirs = getattr(applications, name), getattr(keras.applications, name)
    if inspect.ismodule(ours):
        assert {one for one in dir(theirs) if not one.startswith("_")} - {"ResNet50V2"} <= set(ours.__all__)
        pairs = [(ours.preprocess_input, theirs.preprocess_input), (ours.decode_predictions, theirs.decode_predictions)]
    else:
        pairs = [(ours, theirs)]
    for mine, keras_s in pairs:
        assert list(inspect.signature(mine).parameters) == list(inspect.signature(keras_s).parameters)


@pytest.mark.parametrize("module", ["vgg16", "vgg19", "resnet", "resnet50", "mobilenet_v2", "densenet", "efficientnet"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("batch", [True, False])
def test_preprocessing_is_keras_s(module, data_format, batch):
    pixels = np.random.default_rng(0).uniform(0, 255, (3, 3, 3, 3) if batch else (3, 3, 3)).astype("float32")
    ours = getattr(applications, module).preprocess_input(pixels.copy(), data_format=data_format)
    theirs = getattr(keras.applications, module).preprocess_input(pixels.copy(), data_format=data_format)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
    assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("mode", ["caffe", "tf", "torch"])
def test_whole_numbers_are_preprocessed_as_keras_does(mode):
    pixels = np.arange(24, dtype="uint8").reshape(2, 4, 3)
    ours = applications.imagenet_utils.preprocess_input(pixels, mode=mode)
    theirs = keras.applications.imagenet_utils.preprocess_input(pixels, mode=mode)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)
