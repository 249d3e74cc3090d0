"""`ImageDataGenerator`: its batches from arrays, folders and frames, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from minidl import Sequential
from minidl.layers import Dense, Flatten, Input
from minidl.preprocessing.image import ImageDataGenerator, save_img

IMAGES = np.random.default_rng(0).uniform(0, 255, (10, 6, 4, 3)).astype("float32")
LABELS = np.arange(10) % 2


@pytest.fixture
def folder(tmp_path):
    for name, count in (("cats", 5), ("dogs", 3)):
        (tmp_path / name).mkdir()
        for number in range(count):
            save_img(tmp_path / name / f"{number}.png", np.full((4, 4, 3), 20 * number + 10), scale=False)
    return tmp_path


def test_without_changes_the_batches_are_the_images_in_order():
    batches = ImageDataGenerator().flow(IMAGES, LABELS, batch_size=4, shuffle=False, sample_weight=LABELS + 1.0)
    assert len(batches) == 3
    for start in (0, 4, 8, 0):  # they begin again
        x, y, weights = next(batches)
        np.testing.assert_array_equal(x, IMAGES[start : start + 4])
        np.testing.assert_array_equal(y, LABELS[start : start + 4])
        np.testing.assert_array_equal(weights, y + 1.0)


def test_shuffled_batches_hold_each_image_once_in_each_pass_with_its_label():
    batches = ImageDataGenerator().flow(IMAGES, np.arange(10), batch_size=3, seed=1)
    passes = [np.concatenate([next(batches)[1] for _ in range(4)]) for _ in range(2)]
    assert sorted(passes[0]) == sorted(passes[1]) == list(range(10))
    assert not np.array_equal(*passes)
    x, y = batches[0]
    np.testing.assert_array_equal(x, IMAGES[y])


def test_the_same_seed_gives_the_same_batches_and_another_seed_others():
    def first(seed):
        return next(ImageDataGenerator(rotation_range=40, width_shift_range=0.3).flow(IMAGES, batch_size=10, seed=seed))

    np.testing.assert_array_equal(first(1), first(1))
    assert not np.array_equal(first(1), first(2))


def test_the_global_random_state_of_numpy_is_not_touched():
    def state():
        return np.random.get_state()[1].tolist()  # noqa: NPY002  # this test is about the legacy state

    before = state()
    next(ImageDataGenerator(rotation_range=40, horizontal_flip=True).flow(IMAGES, seed=1))
    assert state() == before


def test_the_images_are_not_changed():
    x = IMAGES.copy()
    next(ImageDataGenerator(rescale=1 / 255, samplewise_center=True, rotation_range=9).flow(x))
    np.testing.assert_array_equal(x, IMAGES)


def test_half_of_the_images_are_flipped():
    batch = next(ImageDataGenerator(horizontal_flip=True).flow(np.repeat(IMAGES[:1], 400, 0), batch_size=400, seed=0))
    flipped = [np.array_equal(image, IMAGES[0, :, ::-1]) for image in batch]
    assert 150 < sum(flipped) < 250
    assert all(flip or np.array_equal(image, IMAGES[0]) for flip, image in zip(flipped, batch, strict=True))


@pytest.mark.parametrize(("given", "sides"), [(0.5, None), (3, {0, 1, 2}), ([1, 4], {1, 4})])
def test_shifts_are_fractions_whole_pixels_or_chosen_from_a_list(given, sides):
    generator = ImageDataGenerator(width_shift_range=given)
    drawn = {abs(generator.get_random_transform((6, 4, 3), seed)["ty"]) for seed in range(50)}
    assert drawn == sides if sides else all(shift <= 0.5 * 4 for shift in drawn)


def test_a_part_is_taken_from_the_beginning_for_validation_and_from_the_rest_for_training():
    generator = ImageDataGenerator(validation_split=0.4)
    x, y = next(generator.flow(IMAGES, LABELS, shuffle=False, subset="validation"))
    np.testing.assert_array_equal(x, IMAGES[:4])
    np.testing.assert_array_equal(y, LABELS[:4])
    x, y = next(generator.flow(IMAGES, LABELS, shuffle=False, subset="training"))
    np.testing.assert_array_equal(x, IMAGES[4:])
    with pytest.raises(ValueError, match="different classes; shuffle x and y"):
        generator.flow(IMAGES, np.sort(LABELS), subset="training")
    assert generator.flow(IMAGES, np.sort(LABELS), subset="training", ignore_class_split=True).n == 6


@pytest.mark.parametrize(
    ("class_mode", "expected"),
    [
        ("categorical", [[1, 0]] * 5 + [[0, 1]] * 3),
        ("binary", [0] * 5 + [1] * 3),
        ("sparse", [0] * 5 + [1] * 3),
    ],
)
def test_the_folders_of_a_folder_are_the_classes(folder, class_mode, expected, capsys):
    batches = ImageDataGenerator(rescale=0.1).flow_from_directory(
        folder, target_size=(2, 3), class_mode=class_mode, shuffle=False, batch_size=8
    )
    assert capsys.readouterr().out == "Found 8 images belonging to 2 classes.\n"
    x, y = next(batches)
    assert x.shape == (8, 2, 3, 3)
    np.testing.assert_allclose(x[:, 0, 0, 0], [1, 3, 5, 7, 9, 1, 3, 5], rtol=1e-6)
    np.testing.assert_array_equal(y, expected)
    assert batches.class_indices == {"cats": 0, "dogs": 1}
    assert batches.classes.tolist() == [0] * 5 + [1] * 3
    assert batches.filenames[:2] == ["cats/0.png", "cats/1.png"]


def test_images_of_a_folder_can_be_their_own_targets_or_have_none(folder):
    generator = ImageDataGenerator(rotation_range=30)
    x, y = next(generator.flow_from_directory(folder, class_mode="input", color_mode="grayscale"))
    np.testing.assert_array_equal(x, y)
    assert x.shape == (8, 256, 256, 1)
    assert next(generator.flow_from_directory(folder, class_mode=None, target_size=(4, 4))).shape == (8, 4, 4, 3)


def test_each_class_of_a_folder_is_split(folder):
    generator = ImageDataGenerator(validation_split=0.4)
    parts = {
        subset: generator.flow_from_directory(folder, shuffle=False, subset=subset).filenames
        for subset in ("training", "validation")
    }
    assert parts["validation"] == ["cats/0.png", "cats/1.png", "dogs/0.png"]
    assert parts["training"] == ["cats/2.png", "cats/3.png", "cats/4.png", "dogs/1.png", "dogs/2.png"]


def test_a_frame_names_the_files_and_their_labels(folder):
    frame = pd.DataFrame(
        {
            "filename": ["cats/1.png", "dogs/2.png", "cats/0.png"],
            "class": ["cat", "dog", "cat"],
            "size": [1.0, 2.0, 3.0],
            "weight": [0.5, 1.0, 2.0],
        }
    )

    def batch(**options):
        return next(ImageDataGenerator().flow_from_dataframe(frame, folder, target_size=(4, 4), shuffle=False, **options))

    x, y, weights = batch(weight_col="weight")
    assert x[:, 0, 0, 0].tolist() == [30, 50, 10]
    assert y.tolist() == [[1, 0], [0, 1], [1, 0]]
    assert weights.tolist() == [0.5, 1.0, 2.0]
    assert batch(class_mode="binary")[1].tolist() == [0, 1, 0]
    assert batch(class_mode="raw", y_col="size")[1].tolist() == [1, 2, 3]
    assert [y.tolist() for y in batch(class_mode="multi_output", y_col=["size", "weight"])[1]] == [[1, 2, 3], [0.5, 1, 2]]
    assert batch(class_mode=None).shape == (3, 4, 4, 3)
    assert batch(classes=["dog"], class_mode="sparse")[1].tolist() == [0]


def test_files_of_a_frame_that_do_not_exist_are_left_out_with_a_warning(folder):
    frame = pd.DataFrame({"filename": ["cats/1.png", "lost.png"], "class": ["cat", "dog"]})
    with pytest.warns(UserWarning, match="1 of the files in 'filename' are not images"):
        batches = ImageDataGenerator().flow_from_dataframe(frame, folder)
    assert batches.filenames == ["cats/1.png"]


def test_several_labels_of_an_image_are_several_ones(folder):
    frame = pd.DataFrame({"filename": ["cats/1.png", "dogs/2.png"], "class": [["a", "c"], ["b"]]})
    batches = ImageDataGenerator().flow_from_dataframe(frame, folder, shuffle=False)
    assert next(batches)[1].tolist() == [[1, 0, 1], [0, 1, 0]]


def test_images_are_saved_if_a_folder_is_given(tmp_path):
    next(ImageDataGenerator().flow(IMAGES, batch_size=3, save_to_dir=tmp_path, save_prefix="new"))
    assert len(list(tmp_path.glob("new_*.png"))) == 3


def test_a_model_trains_evaluates_and_predicts_with_it():
    model = Sequential([Input((6, 4, 3)), Flatten(), Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    generator = ImageDataGenerator(rescale=1 / 255, rotation_range=10, horizontal_flip=True)
    history = model.fit(generator.flow(IMAGES, LABELS, batch_size=4), epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    plain = ImageDataGenerator(rescale=1 / 255).flow(IMAGES, LABELS, batch_size=4, shuffle=False)
    assert np.isclose(model.evaluate(plain, verbose=0), model.evaluate(IMAGES / 255, LABELS, verbose=0), rtol=1e-5)
    np.testing.assert_allclose(model.predict(plain, verbose=0), model.predict(IMAGES / 255, verbose=0), rtol=1e-5)


@pytest.mark.parametrize("name", ["featurewise_center", "featurewise_std_normalization", "zca_whitening"])
@pytest.mark.filterwarnings("ignore:dividing by the standard deviation")
def test_featurewise_options_need_fit_first(name):
    with pytest.raises(ValueError, match=r"needs fit\(x\)"):
        next(ImageDataGenerator(**{name: True}).flow(IMAGES))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"data_format": "last"}, "data_format is"),
        ({"fill_mode": "mirror"}, "fill_mode is"),
        ({"validation_split": 1.5}, r"a fraction in \(0, 1\)"),
        ({"zoom_range": [1, 2, 3]}, "zoom_range is a number or two"),
        ({"brightness_range": 0.5}, "brightness_range is two numbers"),
    ],
)
def test_a_wrong_argument_raises_an_error(options, message):
    with pytest.raises(ValueError, match=message):
        ImageDataGenerator(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": IMAGES[0]}, "four axes"),
        ({"x": IMAGES, "y": LABELS[:3]}, "one y for each of 10 images, got 3"),
        ({"x": IMAGES, "y": LABELS, "sample_weight": LABELS[:3]}, "one sample_weight for each of 10 images, got 3"),
        ({"x": IMAGES, "subset": "test"}, "subset is"),
    ],
)
def test_wrong_arrays_raise_an_error(options, message):
    with pytest.raises(ValueError, match=message):
        ImageDataGenerator().flow(**options)
