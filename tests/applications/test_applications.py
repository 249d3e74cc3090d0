"""Networks of `applications`: what they refuse, and that they train."""

import json

import numpy as np
import pytest

from minidl import Input, applications, config
from minidl.layers import Dense
from minidl.models import Model

NETWORKS = [name for name in applications.__all__ if name[0].isupper()]


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_of_imagenet_cannot_be_had_and_the_message_says_what_to_do(name):
    with pytest.raises(ValueError, match="no weights trained on ImageNet; pass weights=None and train, or weights=path"):
        getattr(applications, name)()
    with pytest.raises(ValueError, match="which is no file"):
        getattr(applications, name)(weights="lost.h5")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input_shape": (16, 64, 3)}, "at least 32 x 32"),
        ({"input_shape": (64, 64)}, r"\(height, width, channels\)"),
        ({"input_shape": (None, None, 3)}, "the whole shape"),
        ({"input_shape": (64, 64, None), "include_top": False}, "the whole shape"),
        ({"include_top": False, "pooling": "mean"}, '"avg", "max" or None'),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_built(name, options, message):
    with pytest.raises(ValueError, match=message):
        getattr(applications, name)(weights=None, **options)


def test_channels_first_is_refused():
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


def test_a_new_efficientnet_predicts_because_its_normalization_changes_nothing():
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


@pytest.mark.parametrize("name", ["Xception", "InceptionV3", "ConvNeXtTiny", "nasnet", "NASNetMobile"])
def test_another_network_answers_what_there_is(name):
    with pytest.raises(AttributeError, match="not yet, and pretrained weights cannot be had; use VGG16"):
        getattr(applications, name)
