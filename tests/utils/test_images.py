"""Folders of images: which files, in which order, with which labels and pixels."""

import sys

import numpy as np
import pytest
from PIL import Image

from minidl import Input, Sequential, layers
from minidl.utils import image_dataset_from_directory


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(0)
    for kind, count in (("cats", 3), ("dogs", 5), (".hidden", 1)):
        (tmp_path / kind / "more").mkdir(parents=True)
        for number in range(count):
            name = f"{kind}/more/{number}.png" if number == 0 else f"{kind}/{number}.{'jpg' if number % 2 else 'bmp'}"
            Image.fromarray(generator.integers(0, 256, (6, 8, 3), dtype=np.uint8)).save(tmp_path / name)
    (tmp_path / "cats" / "notes.txt").write_text("no image")
    return tmp_path


def load(folder, **arguments):
    return image_dataset_from_directory(folder, **{"image_size": (4, 6), "verbose": False, "shuffle": False} | arguments)


def test_files_come_in_order_with_the_labels_of_their_folders(folder, capsys):
    data = load(folder, batch_size=3, verbose=True)
    assert capsys.readouterr().out == "Found 8 files of 2 classes.\n"
    assert data.class_names == ["cats", "dogs"]
    assert [path.removeprefix(str(folder)) for path in data.file_paths[:4]] == [
        "/cats/1.jpg",
        "/cats/2.bmp",
        "/cats/more/0.png",
        "/dogs/1.jpg",
    ]
    batches = list(data)
    assert [x.shape for x, _ in batches] == [(3, 4, 6, 3), (3, 4, 6, 3), (2, 4, 6, 3)]
    labels = np.concatenate([y for _, y in batches])
    assert labels.tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
    assert labels.dtype == "int32"
    assert batches[0][0].dtype == "float32"


def test_pixels_are_those_of_the_file_from_0_to_255(folder):
    x, _ = load(folder, image_size=(6, 8), batch_size=None)[1]
    np.testing.assert_array_equal(x, np.asarray(Image.open(folder / "cats" / "2.bmp")))
    grey, _ = load(folder, image_size=(6, 8), color_mode="grayscale")[0]
    assert grey.shape == (8, 6, 8, 1)
    assert load(folder, color_mode="rgba")[0][0].shape[-1] == 4


@pytest.mark.parametrize(
    "arguments", [{}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True}, {"interpolation": "nearest"}]
)
def test_images_are_resized_as_by_the_layer(folder, arguments):
    whole, _ = load(folder, image_size=(6, 8))[0]
    resized, _ = load(folder, image_size=(3, 5), **arguments)[0]
    np.testing.assert_allclose(resized, layers.Resizing(3, 5, **arguments)(whole), rtol=1e-5)


@pytest.mark.parametrize(
    ("label_mode", "expected"), [("binary", [[0.0], [1.0]]), ("categorical", [[1.0, 0.0], [0.0, 1.0]]), ("int", [0, 1])]
)
def test_labels_come_in_each_form(folder, label_mode, expected):
    _, y = load(folder, label_mode=label_mode)[0]
    assert y[[0, -1]].tolist() == expected


def test_labels_may_be_given_or_left_out(folder):
    assert load(folder, label_mode=None)[0].ndim == 4
    count = len(load(folder, labels=None).file_paths)
    data = load(folder, labels=list(range(count)))
    assert data[0][1].tolist() == list(range(count))
    assert load(folder, class_names=["dogs", "cats"])[0][1].tolist() == [0] * 5 + [1] * 3


def test_training_and_validation_share_no_file(folder):
    both = load(folder, validation_split=0.4, subset="both", shuffle=True, seed=1)
    apart = [load(folder, validation_split=0.4, subset=subset, shuffle=True, seed=1) for subset in ("training", "validation")]
    for one, other in zip(both, apart, strict=True):
        assert one.file_paths == other.file_paths
    assert [len(part.file_paths) for part in both] == [5, 3]
    assert not set(both[0].file_paths) & set(both[1].file_paths)
    for part in both:
        assert [0 if "cats" in path else 1 for path in part.file_paths] == part.labels.tolist()


def test_a_model_learns_from_a_folder(folder):
    model = Sequential([Input((4, 6, 3)), layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    data = load(folder, label_mode="binary", shuffle=True)
    assert len(model.fit(data, epochs=2, verbose=0).epoch) == 2
    assert model.predict(data).shape == (8, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": [0, 1]}, "labels has 2 entries, .* image files"),
        ({"labels": 3}, 'labels is "inferred", None, or a list'),
        ({"label_mode": "one-hot"}, "label_mode is one of 'int', 'binary', 'categorical', None, got 'one-hot'"),
        ({"color_mode": "bgr"}, "color_mode is one of"),
        ({"interpolation": "area"}, "interpolation is one of"),
        ({"class_names": ["cows"]}, r"no folders \['cows'\]"),
        ({"labels": None, "class_names": ["cats"]}, 'class_names goes with labels="inferred"'),
        ({"label_mode": "binary", "class_names": ["cats"]}, "is for 2 classes, there are 1"),
        ({"validation_split": 0.5}, "validation_split and subset"),
        ({"validation_split": 0.5, "subset": "test"}, "subset is"),
        ({"validation_split": 2, "subset": "both"}, "validation_split is a fraction"),
        ({"validation_split": 0.05, "subset": "validation"}, "of 8 files leaves none for validation"),
        ({"validation_split": 0.5, "subset": "training", "shuffle": True}, "pass the same seed to both calls"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "got both"),
        ({"labels": [1, 2, 2] * 3}, "whole numbers from 0, .* np.unique"),
        ({"labels": ["x", "y", "y"] * 3}, "whole numbers from 0, .* np.unique"),
        ({"labels": [0.5, 1.0, 1.0] * 3}, "whole numbers from 0"),
        ({"image_size": 8}, r"image_size to be \(height, width\), got 8"),
        ({"batch_size": 0}, "batch_size to be a positive integer"),
        ({"image_size": (0, 5)}, r"image_size\[0\] to be a positive integer"),
    ],
)
def test_arguments_that_do_not_fit_raise_an_error(folder, arguments, message):
    with pytest.raises(ValueError, match=message):
        load(folder, **arguments)


def test_a_folder_without_images_raises_an_error(tmp_path):
    (tmp_path / "cats").mkdir()
    with pytest.raises(ValueError, match=r"there are no images \(.bmp, .*\) in .*'s folders"):
        load(tmp_path)
    with pytest.raises(ValueError, match="there is no folder"):
        load(tmp_path / "none")


def test_without_pillow_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match="needs Pillow: pip install pillow"):
        load(folder)
