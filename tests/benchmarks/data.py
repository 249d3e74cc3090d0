"""The same images, labels and initial weights for every framework."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.workloads import Workload


def mnist() -> tuple[np.ndarray, np.ndarray, str]:
    """Images in [0, 1], labels, and where they come from: made-up ones of the same shape where MNIST was never downloaded."""
    from minidl.data.download import home
    from minidl.datasets import mnist

    if (home() / "mnist.npz").exists():
        (images, labels), _ = mnist.load_data()
        return images.astype(np.float32) / 255, labels.astype(np.int64), "MNIST"
    return *made_up(60_000), "made-up images of MNIST's shape (no mnist.npz in $MINIDL_HOME)"


def made_up(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten patterns in noise: about as easy to learn as digits, and a time does not depend on the numbers."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, rows)
    patterns = random.random((10, 28, 28), dtype=np.float32) * (random.random((10, 28, 28)) < 0.3)
    noise = random.random((rows, 28, 28), dtype=np.float32) * (random.random((rows, 28, 28), dtype=np.float32) < 0.2)
    return np.clip(patterns[labels] * 0.5 + noise, 0, 1).astype(np.float32), labels


def inputs(workload: Workload, images: np.ndarray) -> np.ndarray:
    """The images as rows of the model's input, in Keras's layout."""
    match workload.model:
        case "mlp" if workload.sizes[:1] == (400,):
            return np.ascontiguousarray(images[:, 4:24, 4:24]).reshape(len(images), -1)  # the box that the digits lie in
        case "mlp" if workload.sizes[:1] == (100,):
            return np.ascontiguousarray(images[:, 9:19, 9:19]).reshape(len(images), -1)
        case "mlp":
            return images.reshape(len(images), -1)
        case "convnet":
            return images[..., np.newaxis]
        case "transformer":
            return tokens(images)
    return images


def tokens(images: np.ndarray) -> np.ndarray:
    """64 patches of 4x4 pixels, turned into vectors of 128 numbers by a fixed matrix, each with its place added."""
    random = np.random.default_rng(2)
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    patches = padded.reshape(len(images), 8, 4, 8, 4).swapaxes(2, 3).reshape(len(images), 64, 16)
    embedded = patches @ random.normal(size=(16, 128)) + random.normal(size=(64, 128))
    return embedded.astype(np.float32)


def weight_shapes(workload: Workload) -> list[tuple[str, tuple[int, ...]]]:
    """A name and the shape of each weight, in Keras's order and layout."""
    normalization = [("gamma", (128,)), ("beta", (128,))]
    match workload.model:
        case "convnet":
            return [
                *(("kernel", (3, 3, 1, 32)), ("bias", (32,)), ("kernel", (3, 3, 32, 64)), ("bias", (64,))),
                *dense(1600, 10),
            ]
        case "lstm":
            return [("kernel", (28, 512)), ("kernel", (128, 512)), ("bias", (512,)), *dense(128, 10)]
        case "gru":
            return [("kernel", (28, 384)), ("kernel", (128, 384)), ("bias", (2, 384)), *dense(128, 10)]
        case "transformer":
            heads = [("heads", (128, 4, 32)), ("bias", (4, 32))] * 3 + [("heads", (4, 32, 128)), ("bias", (128,))]
            return [*heads, *normalization, *dense(128, 512), *dense(512, 128), *normalization, *dense(128, 10)]
    return [weight for pair in zip(workload.sizes, workload.sizes[1:], strict=False) for weight in dense(*pair)]


def dense(features: int, units: int) -> list[tuple[str, tuple[int, ...]]]:
    """The weights of one fully connected layer."""
    return [("kernel", (features, units)), ("bias", (units,))]


def initial_weights(shapes: list[tuple[str, tuple[int, ...]]]) -> list[np.ndarray]:
    """Kernels after Glorot and Bengio (2010), factors of one, the rest zero."""
    random = np.random.default_rng(1)
    made = []
    for name, shape in shapes:
        fans = {"kernel": math.prod(shape[:-2]) * sum(shape[-2:]), "heads": 256}.get(name)
        if fans is None:
            made.append(np.full(shape, float(name == "gamma")))
        else:
            made.append(random.uniform(-math.sqrt(6 / fans), math.sqrt(6 / fans), shape))
    return [weight.astype(np.float32) for weight in made]


def write(workload: Workload, path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Write the rows that a round needs, their labels and the weights into one file."""
    x = inputs(workload, images[: workload.rows])
    weights = {f"weight_{n:02}": weight for n, weight in enumerate(initial_weights(weight_shapes(workload)))}
    np.savez(path, x=x, y=labels[: workload.rows], **weights)


def read(path: Path) -> dict[str, Any]:
    """`x`, `y` and `weights`, as `write` left them."""
    with np.load(path) as archive:
        weights = [archive[name] for name in sorted(archive.files) if name.startswith("weight")]
        return {"x": archive["x"], "y": archive["y"], "weights": weights}
