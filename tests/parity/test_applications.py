"""Networks of `applications` compared with Keras's: layers, their names and connections, and the shapes of all weights."""

import inspect

import keras
import numpy as np
import pytest

import minidl
from minidl import applications
from minidl.applications.scaling import CustomScaleLayer, LayerScale

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
    ("MobileNet", {"alpha": 0.25, "depth_multiplier": 2, "dropout": 0.1, "input_shape": (33, 64, 3), "classes": 3}),
    ("MobileNetV3Small", {"minimalistic": True, "alpha": 1.4, "classes": 3, "dropout_rate": 0.0}),
    ("MobileNetV3Large", {"include_preprocessing": False, "include_top": False, "pooling": "max", "input_shape": (33, 32, 1)}),
    ("Xception", {"input_shape": (71, 80, 3), "classes": 3, "name": "own"}),
    ("InceptionV3", {"include_top": False, "pooling": "avg"}),
    ("InceptionResNetV2", {"input_shape": (75, 76, 3), "classes": 3}),
    ("ResNet101V2", {"include_top": False, "pooling": "max"}),
    ("NASNetLarge", {"input_shape": (33, 32, 3), "classes": 3}),
    ("EfficientNetV2B3", {"include_top": False, "include_preprocessing": False}),
    ("EfficientNetV2S", {"include_top": False, "input_shape": (32, 32, 1)}),
    ("ConvNeXtTiny", {"include_top": False, "pooling": "max", "include_preprocessing": False, "name": "own"}),
    ("ConvNeXtSmall", {"input_shape": (32, 33, 3), "classes": 3, "classifier_activation": None}),
]
SIDES = {  # of images for the comparison of outputs
    **dict.fromkeys(("ResNet50", "DenseNet121", "EfficientNetB0", "VGG16", "MobileNet", "MobileNetV3Small"), 32),
    **dict.fromkeys(("MobileNetV3Large", "ResNet50V2", "NASNetMobile", "EfficientNetV2B0", "ConvNeXtTiny"), 32),
    "Xception": 71,
    "InceptionV3": 75,
    "InceptionResNetV2": 75,
}


@pytest.fixture
def quick_initial_weights(monkeypatch):
    """Keras draws its initial weights with NumPy: JAX compiles a program for each shape, which takes most of the time."""
    generator = np.random.default_rng(0)
    for name in ("uniform", "normal", "truncated_normal"):
        monkeypatch.setattr(f"keras.src.backend.random.{name}", lambda shape, *args, **options: generator.uniform(-1, 1, shape))


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
@pytest.mark.usefixtures("quick_initial_weights")
@pytest.mark.parametrize(("name", "options"), SMALL)
def test_a_small_network_has_keras_s_layers_and_outputs(name, options):
    ours, theirs = check(name, options)
    theirs.set_weights([drawn(np.random.default_rng(0), weight) for weight in theirs.weights])
    ours.set_weights(theirs.get_weights())
    images = np.random.default_rng(0).uniform(-1, 1, (2, *ours.input_shape[1:])).astype("float32")
    np.testing.assert_allclose(ours.predict(images, verbose=0), theirs.predict(images, verbose=0), atol=1e-5)


@pytest.mark.thorough
@pytest.mark.usefixtures("quick_initial_weights")
@pytest.mark.parametrize(("name", "options"), LARGE)
def test_a_network_has_keras_s_layers(name, options):
    check(name, options)


@pytest.mark.thorough
@pytest.mark.usefixtures("quick_initial_weights")
@pytest.mark.parametrize("name", SIDES)
def test_the_same_weights_give_keras_s_outputs(name):
    side = SIDES[name]
    ours, theirs = check(name, {"input_shape": (side, side, 3), "include_top": False, "pooling": "avg"})
    generator = np.random.default_rng(0)
    theirs.set_weights([drawn(generator, weight) for weight in theirs.weights])
    ours.set_weights(theirs.get_weights())
    images = generator.uniform(-1, 1, (2, side, side, 3)).astype("float32")
    expected = theirs.predict(images, verbose=0)
    np.testing.assert_allclose(ours.predict(images, verbose=0), expected, atol=1e-4 * abs(expected).max())


def drawn(generator, weight):
    """A value with which outputs are neither 0 nor too large."""
    shape, name = tuple(weight.shape), weight.path.split("/")[-1]
    if name in ("gamma", "moving_variance", "variance"):
        return generator.uniform(0.5, 1.5, shape)
    inputs = np.prod(shape[:2] if "depthwise" in name else shape[:-1])
    return generator.normal(0, 0.1 if len(shape) < 2 else inputs**-0.5, shape)


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


MODULES = [name for name in applications.__all__ if inspect.ismodule(getattr(applications, name)) and name != "imagenet_utils"]


@pytest.mark.parametrize("module", MODULES)
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


def scaled(k, scale, channel_scale):
    x = k.Input((4,))
    return k.Model(x, scale(0.3, name="one")([x, channel_scale(0.5, 4, name="other")(x)]))


def test_files_of_keras_hold_the_scaling_layers(tmp_path):
    ours = scaled(minidl, CustomScaleLayer, LayerScale)
    theirs = scaled(
        keras, keras.src.applications.inception_resnet_v2.CustomScaleLayer, keras.src.applications.convnext.LayerScale
    )
    x = np.arange(8.0).reshape(2, 4)
    ours.save(tmp_path / "ours.keras")
    theirs.save(tmp_path / "theirs.keras")
    expected = theirs.predict(x, verbose=0)
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "ours.keras").predict(x, verbose=0), expected, rtol=1e-6)
    np.testing.assert_allclose(minidl.load_model(tmp_path / "theirs.keras").predict(x, verbose=0), expected, rtol=1e-6)
