"""A saved plain network loads and predicts where only NumPy and safetensors are installed."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import minidl
from minidl import Input, Sequential, layers
from minidl.kernels.compiled import set_compiled

PROGRAM = """
import sys
import numpy as np
from minidl import load_model
model = load_model("net.safetensors")
np.save("y.npy", model.predict(np.load("x.npy"), verbose=0))
print(sorted({name.split(".")[0] for name in sys.modules} & {"scipy", "tqdm", "threadpoolctl"}))
"""
BLOCKED = """
import sys
for name in ("scipy", "tqdm", "threadpoolctl", "sklearn", "pandas", "matplotlib"):
    sys.modules[name] = None  # an import raises ImportError
"""


def save_network(directory, *parts, shape):
    """Save a trained network and inputs; returns what it predicts for them."""
    model = Sequential([Input(shape), *parts])
    x = np.random.default_rng(0).normal(size=(5, *shape)).astype("float32")
    model.compile("adam", "mse")
    expected = model.predict(x, verbose=0)
    model.fit(x, np.zeros_like(expected), verbose=0)
    model.save(directory / "net.safetensors")
    np.save(directory / "x.npy", x)
    set_compiled(False)  # NumPy alone has no compiled kernels, which may round the last digit otherwise
    return model.predict(x, verbose=0)


def run(python, program, directory):
    alone = [] if python == sys.executable else ["-I"]  # no PYTHONPATH, and compiled files are used
    done = subprocess.run([python, *alone, "-c", program], cwd=directory, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


NETWORKS = {
    "dense": ([layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(2, "softmax")], (6,)),
    "convolution": (
        [layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2)],
        (8, 8, 1),
    ),
    "recurrent": ([layers.Bidirectional(layers.LSTM(4)), layers.Dense(2)], (5, 3)),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_saved_network_predicts_where_other_packages_cannot_be_imported(name, tmp_path):
    parts, shape = NETWORKS[name]
    expected = save_network(tmp_path, *parts, shape=shape)
    run(sys.executable, BLOCKED + PROGRAM, tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)


@pytest.fixture(scope="module")
def small_python(tmp_path_factory):
    """The interpreter of an environment with minidl, NumPy and safetensors alone."""
    place = tmp_path_factory.mktemp("small")
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    wanted = [f"{name}=={version(name)}" for name in ("numpy", "safetensors")]
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", *wanted], check=True)
    (library,) = place.glob("lib/python*/site-packages") if sys.platform != "win32" else [place / "Lib" / "site-packages"]
    shutil.copytree(Path(minidl.__file__).parent, library / "minidl", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([python, "-m", "compileall", "-q", str(library / "minidl")], check=True)  # as pip does
    return python


@pytest.mark.thorough
@pytest.mark.parametrize("name", NETWORKS)
def test_an_environment_of_numpy_and_safetensors_predicts(name, small_python, tmp_path):
    parts, shape = NETWORKS[name]
    expected = save_network(tmp_path, *parts, shape=shape)
    assert run(small_python, PROGRAM, tmp_path).strip() == "[]"
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected)


@pytest.mark.thorough
def test_the_first_prediction_takes_less_than_twice_the_import_of_numpy(small_python, tmp_path):
    """From the start of the process, in processor time, of which other programs on the machine change little."""
    parts, shape = NETWORKS["dense"]
    save_network(tmp_path, *parts, shape=shape)

    def seconds(program):
        before = os.times()
        run(small_python, program, tmp_path)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    pairs = [(seconds(PROGRAM), seconds("import numpy")) for _ in range(15)][2:]  # the first ones fill caches
    predicting, importing = (min(column) for column in zip(*pairs, strict=True))
    print(f"first prediction {predicting * 1000:.0f} ms, import of NumPy {importing * 1000:.0f} ms")
    assert predicting < 2.0 * importing  # 1.5 to 1.7 measured
