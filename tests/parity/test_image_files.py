"""Images, packing and progress in `utils`, compared with Keras."""

import io
import re
from pathlib import Path

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import both

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 4), dtype=np.uint8)


@pytest.mark.parametrize("color_mode", ["rgb", "rgba", "grayscale"])
@pytest.mark.parametrize(
    "options", [{}, {"interpolation": "bilinear"}, {"keep_aspect_ratio": True, "interpolation": "lanczos"}]
)
def test_images_are_read_and_resized_as_in_keras(tmp_path: Path, color_mode: str, options: dict) -> None:
    keras.utils.save_img(tmp_path / "a.png", PIXELS, scale=False)
    for path in (tmp_path / "a.png", str(tmp_path / "a.png"), io.BytesIO((tmp_path / "a.png").read_bytes())):
        for size in (None, (8, 8), (25, 7)):
            ours, theirs = both(
                lambda k, path=path, size=size: k.utils.img_to_array(
                    k.utils.load_img(path, color_mode=color_mode, target_size=size, **options)
                )
            )
            np.testing.assert_array_equal(ours, theirs)
            assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"data_format": "channels_first"}, {"dtype": "float64"}], ids=str)
def test_arrays_become_the_images_of_keras(channels: int, options: dict, tmp_path: Path) -> None:
    array = PIXELS[..., :channels].astype("float32") - (0 if "scale" in options else 40.5)
    array = array.transpose(2, 0, 1) if "data_format" in options else array
    ours, theirs = both(lambda k: k.utils.array_to_img(array, **options))
    assert ours.mode == theirs.mode
    assert ours.tobytes() == theirs.tobytes()
    ours, theirs = both(lambda k: k.utils.img_to_array(k.utils.array_to_img(array, **options), options.get("data_format")))
    np.testing.assert_array_equal(ours, theirs)
    for library, name in ((minidl, "ours.png"), (keras, "theirs.png")):
        library.utils.save_img(tmp_path / name, array, data_format=options.get("data_format"))
    assert (tmp_path / "ours.png").read_bytes() == (tmp_path / "theirs.png").read_bytes()
    minidl.utils.save_img(tmp_path / "a.jpg", array, data_format=options.get("data_format"))
    assert minidl.utils.load_img(tmp_path / "a.jpg").size == (30, 20)


def test_wrong_images_and_arguments_raise_an_error(tmp_path: Path) -> None:
    utils = minidl.utils
    for call, text in (
        (lambda: utils.img_to_array(np.zeros(3)), "two or three axes"),
        (lambda: utils.array_to_img(np.zeros((3, 3))), "one image"),
        (lambda: utils.array_to_img(np.zeros((3, 3, 2))), "1, 3 or 4 channels"),
        (lambda: utils.img_to_array(PIXELS, "last"), "data_format is"),
        (lambda: utils.load_img("x.png", "cmyk"), "color_mode is one of"),
        (lambda: utils.load_img("x.png", target_size=(2, 2), interpolation="best"), "interpolation is one of"),
    ):
        with pytest.raises(ValueError, match=text):
            call()
    with pytest.raises(FileNotFoundError):
        utils.load_img(tmp_path / "none.png")


def test_x_y_and_sample_weight_are_packed_and_unpacked_as_in_keras() -> None:
    x = np.ones(2)
    for given in ((x,), ([x],), (x, 1), (x, 1, 2), ((x, x), None, None)):
        ours, theirs = both(lambda k, given=given: k.utils.pack_x_y_sample_weight(*given))
        assert str(ours) == str(theirs)
        ours, theirs = both(lambda k, packed=ours: k.utils.unpack_x_y_sample_weight(packed))
        assert str(ours) == str(theirs)
    for library in (minidl, keras):
        with pytest.raises(ValueError, match="x, y, sample_weight"):
            library.utils.unpack_x_y_sample_weight((1, 2, 3, 4))


@pytest.mark.parametrize("verbose", [1, 2])
@pytest.mark.parametrize("options", [{}, {"stateful_metrics": ["a"]}, {"stateless_metrics": ["a"]}], ids=str)
def test_the_progress_bar_shows_the_values_of_keras(verbose: int, options: dict, capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for library in (minidl, keras):
        bar = library.utils.Progbar(10, verbose=verbose, interval=0, **options)
        for step, amount in enumerate([1, 3, 4, 2]):
            bar.add(amount, [("a", float(step)), ("b", 1e-5 * step)])
        text = re.sub(r"\x1b\[\d+m|\x08", "", capsys.readouterr().out)
        shown.append([re.findall(r" - ([ab]: \S+)", line) for line in re.split(r"[\r\n]+", text) if "/10" in line])
    assert shown[0] == shown[1]
    with pytest.raises(ValueError, match="both"):
        minidl.utils.Progbar(3, stateful_metrics=[], stateless_metrics=[])


def test_plot_model_saves_the_picture_and_graphviz_raises_an_error(tmp_path: Path) -> None:
    model = minidl.Sequential([minidl.Input((3,)), minidl.layers.Dense(2)])
    figure = minidl.utils.plot_model(model, tmp_path / "model.png", show_shapes=True, rankdir="LR", dpi=50)
    assert figure is not None
    assert (tmp_path / "model.png").read_bytes().startswith(b"\x89PNG")
    minidl.utils.plot_model(model, to_file=None)
    with pytest.raises(NotImplementedError, match="use plot_model"):
        minidl.utils.model_to_dot(model)
