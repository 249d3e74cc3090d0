"""Files of layers with `save_assets` and `load_assets`."""

from pathlib import Path

import numpy as np
import pytest

from minidl import Input, Sequential, layers, load_model
from minidl.saving.assets import load_assets


class Table(layers.Layer):
    """A layer with a file of its own in a folder."""

    def __init__(self, factor=0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def save_assets(self, folder):
        Path(folder, "inner").mkdir()
        Path(folder, "inner", "factor.txt").write_text(str(self.factor))
        Path(folder, "empty.bin").write_bytes(b"")

    def load_assets(self, folder):
        assert Path(folder, "empty.bin").read_bytes() == b""
        self.factor = int(Path(folder, "inner", "factor.txt").read_text())

    def get_config(self):
        return {"name": self.name}


@pytest.mark.parametrize("ending", ["keras", "safetensors"])
def test_files_of_layers_are_saved_with_the_model(ending, tmp_path):
    inner = Sequential([Input((2,)), layers.Dense(2), Table(3)])
    model = Sequential([Input((2,)), Table(5), inner, layers.Dense(1)])
    model.save(tmp_path / f"net.{ending}")
    loaded = load_model(tmp_path / f"net.{ending}", custom_objects={"Table": Table})
    assert [layer.factor for layer in (loaded.layers[0], loaded.layers[1].layers[1])] == [5, 3]
    x = np.ones((3, 2), "float32")
    np.testing.assert_array_equal(loaded(x), model(x))


@pytest.mark.parametrize("name", ["../out.txt", "/tmp/out.txt", "inner/../../out.txt"])
def test_a_path_out_of_the_folder_raises_an_error(name):
    with pytest.raises(ValueError, match="leads out of its folder"):
        load_assets(Table(1), {name: b"x"})
