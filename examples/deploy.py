"""Train a network once and save it in every file format: sizes, loading times and predictions are compared.

You see how to save a model as safetensors, as a Keras file, as ONNX, as weights for PyTorch and as a pickle, how to predict
from each file, and that all give the same predictions. Formats whose packages are not installed are left out, with the reason.
"""

import pickle
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from _common import make_parser, read_options

from minidl import Input, Model, Sequential, load_model
from minidl.datasets import digits
from minidl.interop import torch
from minidl.layers import BatchNormalization, Conv2D, Dense, Flatten, MaxPooling2D
from minidl.models import clone_model

EPOCHS, QUICK_EPOCHS = 15, 2

Rows: TypeAlias = npt.NDArray[np.floating]
Predict: TypeAlias = Callable[[Rows], Rows]


class MissingPackageError(Exception):
    """A package that a format needs is not installed."""


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    options = read_options(parser)
    (images, labels), (images_test, labels_test) = digits.load_data()
    x, x_test = (part[..., np.newaxis].astype("float32") / 16 for part in (images, images_test))
    model = Sequential(
        [
            Input((8, 8, 1)),
            Conv2D(16, 3, activation="relu"),
            BatchNormalization(),
            MaxPooling2D(),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, labels, epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS), verbose=0)
    accuracy = model.evaluate(x_test, labels_test, verbose=0)[1]
    print(f"{model.count_params()} weights; test accuracy: {accuracy:.2%}\n")

    formats: dict[str, tuple[str, Callable[[Model, str], None], Callable[[Model, str], Predict]]] = {
        "safetensors": ("deployed.safetensors", save, load),
        "Keras": ("deployed.keras", save_keras, load),
        "ONNX": ("deployed.onnx", save_onnx, load_onnx),
        "PyTorch's weights": ("deployed_torch.safetensors", save_for_torch, load_from_torch),
        "pickle": ("deployed.pickle", save_pickle, load_pickle),
    }
    expected = model.predict(x_test, verbose=0)
    sizes = {}
    print(f"{'format':18} {'size':>9}  {'load and predict':>16}  largest difference")
    for name, (file, write, read) in formats.items():
        try:
            write(model, file)
            start = time.perf_counter()
            predict = read(model, file)
            first = predict(x_test[:1])
            seconds = time.perf_counter() - start
        except MissingPackageError as reason:
            print(f"{name:18} left out: {reason}")
            continue
        difference = max(np.abs(predict(x_test) - expected).max(), np.abs(first - expected[:1]).max())
        sizes[name] = Path(file).stat().st_size / 1000
        print(f"{name:18} {sizes[name]:6.1f} kB  {seconds * 1000:13.1f} ms  {difference:.1e}")

    if options.plot:
        plot(sizes, options.plot)
        print(f"\nSizes plotted to {options.plot}")


def save(model: Model, file: str) -> None:
    """The whole model in one file, with the optimizer's state: training can be continued."""
    model.save(file)


def load(model: Model, file: str) -> Predict:
    """Load in any process that has NumPy, safetensors and minidl."""
    again = load_model(file)
    return lambda x: again.predict(x, verbose=0)


def save_keras(model: Model, file: str) -> None:
    """A `.keras` file, which Keras can load too."""
    if find_spec("h5py") is None:
        raise MissingPackageError("it needs h5py: pip install h5py")
    model.save(file)


def save_onnx(model: Model, file: str) -> None:
    """An ONNX graph, which runs in many languages."""
    if find_spec("onnx") is None or find_spec("onnxruntime") is None:
        raise MissingPackageError("it needs onnx and onnxruntime: pip install onnx onnxruntime")
    model.export(file, format="onnx", verbose=False)


def load_onnx(model: Model, file: str) -> Predict:
    """Run the file with onnxruntime, without minidl."""
    from onnxruntime import InferenceSession  # type: ignore[import-untyped,unused-ignore]  # no types; it may be missing

    session = InferenceSession(file, providers=["CPUExecutionProvider"])
    (start,) = session.get_inputs()
    return lambda x: session.run(None, {start.name: x})[0]  # type: ignore[no-any-return,unused-ignore]  # untyped


def save_for_torch(model: Model, file: str) -> None:
    """Weights with PyTorch's names and layouts; `module.load_state_dict(safetensors.torch.load_file(file))` reads them."""
    from safetensors.numpy import save_file

    save_file(torch.state_dict(model), file)


def load_from_torch(model: Model, file: str) -> Predict:
    """Load the weights into a new model of the same architecture; here one of minidl, to compare predictions."""
    again = clone_model(model)
    torch.load_state_dict(again, file)
    return lambda x: again.predict(x, verbose=0)


def save_pickle(model: Model, file: str) -> None:
    """Pickle the model, for another process of the same program."""
    Path(file).write_bytes(pickle.dumps(model))


def load_pickle(model: Model, file: str) -> Predict:
    """Load only pickles that you wrote: they can run any code."""
    again = pickle.loads(Path(file).read_bytes())
    return lambda x: again.predict(x, verbose=0)


def plot(sizes: dict[str, float], file: str) -> None:
    """Plot the sizes of the files."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    axes.barh(list(sizes), list(sizes.values()))
    axes.set(title="size of the file in each format", xlabel="kB")
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
