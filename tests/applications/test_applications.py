"""Networks of `applications`: what they refuse, and that they train."""

import json

import numpy as np
import pytest

from minidl import Input, applications, config, load_model, testing
from minidl.applications.scaling import CustomScaleLayer, LayerScale
from minidl.layers import Dense
from minidl.models import Model

NETWORKS = [name for name in applications.__all__ if name[0].isupper()]


@pytest.mark.parametrize("name", NETWORKS)
def test_the_error_for_weights_of_imagenet_says_what_to_do(name):
    with pytest.raises(ValueError, match="no weights trained on ImageNet; pass weights=None and train, or weights=path"):
        getattr(applications, name)()
    with pytest.raises(ValueError, match="which is not a file"):
        getattr(applications, name)(weights="lost.h5")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_shape": (16, 64, 3)}, "at least (32 x 32|71 x 71|75 x 75), got"),
        ({"input_shape": (64, 64)}, r"\(height, width, channels\)"),
        ({"input_shape": (80, 80, None), "include_top": False}, "the whole shape"),
        ({"include_top": False, "pooling": "mean"}, '"avg", "max" or None'),
    ],
)
def test_a_wrong_argument_raises_an_error_before_anything_is_built(name, options, message):
    with pytest.raises(ValueError, match=message):
        getattr(applications, name)(weights=None, **options)


ANY_SIZE = {"MobileNetV3Large", "MobileNetV3Small"}  # as in Keras, also with a classifier


@pytest.mark.parametrize("name", sorted({*NETWORKS} - ANY_SIZE))
def test_a_network_with_a_classifier_needs_to_know_the_size_of_its_images(name):
    with pytest.raises(ValueError, match="the whole shape"):
        getattr(applications, name)(weights=None, input_shape=(None, None, 3))


def test_images_of_any_size_are_classified_where_keras_does_so():
    assert applications.MobileNetV3Small(weights=None, classes=3, alpha=0.5).input_shape == (None, None, None, 3)


def test_a_nasnet_without_a_classifier_needs_to_know_the_size_of_its_images():
    with pytest.raises(ValueError, match="nasnet_large needs to know the whole shape"):
        applications.NASNetLarge(weights=None, include_top=False, input_shape=(None, None, 3))


COUNTS = {  # of the real Keras, without a classifier: arrays of weights, parameters
    "ConvNeXtTiny": (180, 27_820_128),
    "EfficientNetV2B0": (359, 5_919_312),
    "InceptionV3": (376, 21_802_784),
    "MobileNet": (135, 3_228_864),
    "MobileNetV3Large": (262, 2_996_352),
    "MobileNetV3Small": (206, 939_120),
    "NASNetMobile": (1124, 4_269_716),
    "ResNet50V2": (270, 23_564_800),
    "Xception": (234, 20_861_480),
}


@pytest.mark.parametrize("name", COUNTS)
def test_a_network_has_as_many_parameters_as_keras_s(name):
    side = 75 if name.startswith(("Inception", "Xception")) else 32
    model = getattr(applications, name)(weights=None, include_top=False, input_shape=(side, side, 3))
    assert (len(model.weights), model.count_params()) == COUNTS[name]


def test_the_scaling_layers_have_right_gradients():
    testing.check_layer(lambda: CustomScaleLayer(0.3), [(3, 4), (3, 4)])
    testing.check_layer(lambda: LayerScale(0.5, 4), (3, 2, 4))


def test_a_saved_network_with_scaling_layers_is_loaded(tmp_path):
    x = Input((4,))
    model = Model(x, CustomScaleLayer(0.3)([x, LayerScale(0.5, 4)(x)]))
    model.save(tmp_path / "scaled.safetensors")
    loaded = load_model(tmp_path / "scaled.safetensors")
    np.testing.assert_allclose(loaded(np.full((1, 4), 2.0)), np.full((1, 4), 2.3), rtol=1e-6)


def test_channels_first_raises_an_error():
    config.set_image_data_format("channels_first")
    try:
        with pytest.raises(ValueError, match="channels last"):
            applications.VGG16(weights=None)
    finally:
        config.set_image_data_format("channels_last")


def test_a_network_is_the_base_of_a_trained_model():
    images = Input((32, 32, 3))
    base = applications.MobileNetV2(include_top=False, weights=None, input_tensor=images, pooling="avg", alpha=0.35)
    model = Model(images, Dense(2, activation="softmax")(base.output))
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).uniform(-1, 1, (4, 32, 32, 3)).astype("float32")
    before = base.layers[1].get_weights()[0]
    model.fit(x, np.array([0, 1, 0, 1]), epochs=1, verbose=0)
    assert not np.array_equal(before, base.layers[1].get_weights()[0])


def test_a_new_efficientnet_predicts_without_adapting_its_normalization():
    network = applications.EfficientNetB0(weights=None, include_top=False, input_shape=(32, 32, 3))
    layer = network.get_layer("normalization")
    np.testing.assert_array_equal(layer(np.full((1, 1, 1, 3), 0.25, "float32")), np.full((1, 1, 1, 3), 0.25, "float32"))


def test_weights_are_read_from_a_file(tmp_path):
    options = {"include_top": False, "input_shape": (32, 32, 3), "alpha": 0.35}
    first = applications.MobileNetV2(weights=None, **options)
    path = tmp_path / "network.weights.safetensors"
    first.save_weights(path)
    second = applications.MobileNetV2(weights=path, **options)
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_predictions_are_decoded_with_the_names_in_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIDL_HOME", str(tmp_path))
    (tmp_path / "models").mkdir()
    names = {str(k): [f"n{k:08}", f"class_{k}"] for k in range(1000)}
    (tmp_path / "models" / "imagenet_class_index.json").write_text(json.dumps(names), encoding="utf-8")
    scores = np.zeros((1, 1000))
    scores[0, [7, 3]] = 0.75, 0.25
    assert applications.vgg16.decode_predictions(scores, top=2) == [
        [("n00000007", "class_7", 0.75), ("n00000003", "class_3", 0.25)]
    ]
    with pytest.raises(ValueError, match=r"\(images, 1000\), got shape \(1, 10\)"):
        applications.vgg16.decode_predictions(np.ones((1, 10)))
