"""`ImageDataGenerator` compared with the one in Keras's legacy package: the same changes give the same images."""

import inspect

import numpy as np
import pytest
from keras.src.legacy.preprocessing import image as theirs

from minidl.preprocessing import image as ours

IMAGES = np.random.default_rng(0).uniform(0, 255, (5, 9, 6, 3)).astype("float32")
CHANGES = [
    {"theta": 30.0},
    {"tx": 2.0, "ty": -1.5},
    {"shear": 20.0},
    {"zx": 0.8, "zy": 1.3},
    {"theta": -50.0, "tx": 1.0, "ty": 2.0, "shear": 10.0, "zx": 1.2, "zy": 0.7},
    {"flip_horizontal": True, "channel_shift_intensity": 20.0},
    {"flip_vertical": True, "theta": 10.0, "brightness": 0.6},
    {},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: "-".join(changes) or "none")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"fill_mode": "constant", "cval": 7.0},
        {"fill_mode": "wrap", "interpolation_order": 0},
        {"data_format": "channels_first"},
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_same_changes_give_the_same_images(changes, options):
    first = options.get("data_format") == "channels_first"
    if first:  # Keras changes the brightness of images with channels last alone
        changes = {name: value for name, value in changes.items() if name != "brightness"}
    image = IMAGES[0].transpose(2, 0, 1) if first else IMAGES[0]
    mine = ours.ImageDataGenerator(**options).apply_transform(image, changes)
    keras_s = theirs.ImageDataGenerator(**options).apply_transform(image.copy(), changes)
    np.testing.assert_allclose(mine, keras_s, atol=1e-3)


@pytest.mark.parametrize(
    "options",
    [
        {"rescale": 1 / 255},
        {"samplewise_center": True},
        {"samplewise_center": True, "samplewise_std_normalization": True, "rescale": 0.5},
        {"featurewise_center": True, "rescale": 0.1},
        {"featurewise_center": True, "featurewise_std_normalization": True},
        {"featurewise_center": True, "zca_whitening": True, "zca_epsilon": 1e-2},
        {"preprocessing_function": lambda x: x + 1.0, "rescale": 2.0},
    ],
    ids=lambda options: "-".join(options),
)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_images_are_standardized_as_in_keras(options, data_format):
    x = IMAGES if data_format == "channels_last" else IMAGES.transpose(0, 3, 1, 2)
    mine, keras_s = (module.ImageDataGenerator(data_format=data_format, **options) for module in (ours, theirs))
    mine.fit(x)
    keras_s.fit(x)
    np.testing.assert_allclose(mine.standardize(x[1]), keras_s.standardize(x[1].copy()), rtol=1e-3, atol=1e-3)


def test_arguments_are_keras_s():
    for name in ("__init__", "fit", "flow", "flow_from_directory", "flow_from_dataframe", "apply_transform"):
        mine, keras_s = (getattr(module.ImageDataGenerator, name) for module in (ours, theirs))
        mine, keras_s = (inspect.signature(one).parameters for one in (mine, keras_s))
        assert list(mine) == list(keras_s)
        assert [p.default for p in mine.values()] == [p.default for p in keras_s.values()]


@pytest.mark.parametrize("split", [None, "training", "validation"])
def test_batches_in_order_are_keras_s(split):
    labels = np.array([0, 1, 0, 1, 0])
    made = []
    for module in (ours, theirs):
        generator = module.ImageDataGenerator(rescale=1 / 255, validation_split=0.4)
        batches = generator.flow(IMAGES, labels, batch_size=2, shuffle=False, subset=split)
        made.append([next(batches) for _ in range(5)])
    for (x, y), (expected, truth) in zip(*made, strict=True):
        np.testing.assert_allclose(x, expected, rtol=1e-6)
        np.testing.assert_array_equal(y, truth)
