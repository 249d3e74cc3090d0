"""What cannot be exported raises an error that names it, and nothing is written."""

import builtins

import numpy as np
import onnx
import pytest

from minidl import layers
from minidl.models import Model, Sequential
from tests.interop.onnx_running import compare, run


def small(*more):
    return Sequential([layers.Input((3,)), layers.Dense(2, name="hidden"), *more])


class Doubled(layers.Layer):
    def call(self, x):
        return 2 * x


def test_every_layer_that_cannot_be_exported_is_named_and_no_file_appears(tmp_path):
    model = small(layers.Lambda(lambda x: x + 1, name="plus_one"), Doubled(name="doubled"))
    with pytest.raises(ValueError, match='(?s)Lambda "plus_one": .*Doubled "doubled": ') as raised:
        model.export(tmp_path / "net.onnx")
    assert "hidden" not in str(raised.value)
    assert not list(tmp_path.iterdir())


class OwnModel(Model):
    def call(self, x):
        return 2 * x


def test_a_model_with_its_own_call_raises_an_error(tmp_path):
    with pytest.raises(ValueError, match='OwnModel "own": its class is Python code'):
        OwnModel(name="own").export(tmp_path / "net.onnx")
    x = layers.Input((3,))
    with pytest.raises(ValueError, match='OwnModel "inside": its class is Python code'):
        Model(x, OwnModel(name="inside")(layers.Dense(2)(x))).export(tmp_path / "net.onnx")


def test_a_failed_export_leaves_the_older_file(tmp_path):
    path = tmp_path / "net.onnx"
    small().export(path, verbose=False)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="doubled"):
        small(Doubled(name="doubled")).export(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("activation", [np.tanh, lambda x: x * x])
def test_activations_of_the_user_raise_an_error_with_the_layer(activation, tmp_path):
    with pytest.raises(ValueError, match='Dense "odd" .* not one of minidl.activations'):
        small(layers.Dense(2, activation=activation, name="odd")).export(tmp_path / "net.onnx")


def test_layers_that_carry_state_raise_an_error(tmp_path):
    model = Sequential([layers.Input(batch_shape=(2, 4, 3)), layers.LSTM(2, stateful=True, name="memory")])
    with pytest.raises(ValueError, match='LSTM "memory": it carries its state'):
        model.export(tmp_path / "net.onnx")


def test_a_call_with_training_true_raises_an_error(tmp_path):
    x = layers.Input((3,))
    model = Model(x, layers.Dropout(0.5, name="noise")(x, training=True))
    with pytest.raises(ValueError, match='Dropout "noise" .* training=True'):
        model.export(tmp_path / "net.onnx")


def test_other_formats_and_versions_raise_an_error(tmp_path):
    with pytest.raises(ValueError, match="\"onnx\", got format='tf_saved_model'"):
        small().export(tmp_path / "net", format="tf_saved_model")
    with pytest.raises(ValueError, match="opset 20.* opset_version=9"):
        small().export(tmp_path / "net.onnx", opset_version=9)


def test_a_model_that_is_not_built_raises_an_error_until_a_signature_gives_its_shapes(tmp_path):
    model = Sequential([layers.Dense(2)])
    with pytest.raises(ValueError, match="is not built"):
        model.export(tmp_path / "net.onnx")
    model.export(tmp_path / "net.onnx", verbose=False, input_signature=[layers.Input((3,), name="rows")])
    assert onnx.load(tmp_path / "net.onnx").graph.input[0].name == "rows"
    x = np.ones((4, 3), "float32")
    np.testing.assert_allclose(run(tmp_path / "net.onnx", x)[0], model(x), rtol=1e-5)


def test_without_onnx_one_line_says_how_to_install_it(tmp_path, monkeypatch):
    really = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "onnx":
            raise ImportError(name)
        return really(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match="^exporting to ONNX needs onnx: pip install onnx$"):
        small().export(tmp_path / "net.onnx")


def test_the_path_is_printed_unless_verbose_is_false(tmp_path, capsys):
    small().export(tmp_path / "net.onnx")
    assert capsys.readouterr().out == f"Saved artifact at '{tmp_path / 'net.onnx'}'.\n"
    small().export(tmp_path / "net.onnx", verbose=False)
    assert capsys.readouterr().out == ""


def test_the_file_holds_version_metadata_and_names(tmp_path):
    x = layers.Input((3,), name="measured")
    model = Model(x, layers.Dense(2, name="probability")(x), name="judge")
    model.export(tmp_path / "net.onnx", verbose=False, metadata={"trained": "today"})
    file = onnx.load(tmp_path / "net.onnx")
    assert [one.name for one in file.graph.input] == ["measured"]
    assert [one.name for one in file.graph.output] == ["probability"]
    assert file.producer_name == "minidl"
    assert file.ir_version == 9
    assert {one.domain: one.version for one in file.opset_import}[""] == 20
    assert {one.key: one.value for one in file.metadata_props} == {"model": "judge", "trained": "today"}
    assert [one.dim_param or one.dim_value for one in file.graph.input[0].type.tensor_type.shape.dim] == ["batch", 3]


def test_float64_models_keep_their_type(tmp_path):
    model = Sequential([layers.Input((3,), dtype="float64"), layers.Dense(2, "tanh", dtype="float64")])
    compare(model, tmp_path / "net.onnx", np.random.default_rng(0).normal(size=(4, 3)), tolerance=1e-9)


@pytest.mark.parametrize(
    ("layer", "shape"), [(layers.MelSpectrogram(64), (None,)), (layers.STFTSpectrogram(frame_length=8), (None, 2))]
)
def test_spectrograms_of_signals_of_unknown_length_raise_an_error_until_a_signature_gives_it(layer, shape, tmp_path):
    model = Sequential([layers.Input(shape), layer])
    with pytest.raises(ValueError, match=f'{type(layer).__name__} ".*" can be exported to ONNX for inputs of known size only'):
        model.export(tmp_path / "net.onnx", verbose=False)
    assert not list(tmp_path.iterdir())
    known = layers.Input((80, *shape[1:]))
    model.export(tmp_path / "net.onnx", verbose=False, input_signature=[known])
    x = np.random.default_rng(0).normal(size=(3, 80, *shape[1:])).astype("float32")
    np.testing.assert_allclose(run(tmp_path / "net.onnx", x)[0], model.predict(x, verbose=0), rtol=1e-4, atol=1e-5)


def test_bad_paths_metadata_and_signatures_raise_an_error_before_anything_is_written(tmp_path):
    (tmp_path / "folder.onnx").mkdir()
    wrong = [
        (IsADirectoryError, r"is a folder; give a file name, such as .*model\.onnx", "folder.onnx", {}),
        (FileNotFoundError, "there is no folder", "none/net.onnx", {}),
        (TypeError, "metadata as a dict of texts", "net.onnx", {"metadata": {"epochs": 5}}),
        (TypeError, "metadata as a dict of texts", "net.onnx", {"metadata": ["epochs"]}),
        (ValueError, "Dense .* expects rows of 3 features", "net.onnx", {"input_signature": [layers.Input((4,))]}),
    ]
    for kind, message, name, options in wrong:
        with pytest.raises(kind, match=message):
            Sequential([layers.Input((3,)), layers.Dense(2)]).export(tmp_path / name, verbose=False, **options)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.onnx"]
