"""The same images, labels and initial weights for every framework."""

import math
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.workloads import Workload


def mnist() -> tuple[np.ndarray, np.ndarray, str]:
    """Images in [0, 1], labels, and where they come from: made-up ones of the same shape where MNIST was never downloaded."""
    from minidl.datasets import mnist
    from minidl.datasets.download import home

    if (home() / "mnist.npz").exists():
        (images, labels), _ = mnist.load_data()
        return images.astype(np.float32) / 255, labels.astype(np.int64), "MNIST"
    return *made_up(60_000), "made-up images of MNIST's shape (no mnist.npz in $MINIDL_HOME)"


def made_up(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten blurred patterns in noise: about as easy to learn as digits, and a time does not depend on the numbers."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, rows)
    patterns = random.random((10, 28, 28), dtype=np.float32) * (random.random((10, 28, 28)) < 0.3)
    noise = random.random((rows, 28, 28), dtype=np.float32) * (random.random((rows, 28, 28), dtype=np.float32) < 0.2)
    return np.clip(patterns[labels] * 0.5 + noise, 0, 1).astype(np.float32), labels


def inputs(workload: Workload, images: np.ndarray) -> np.ndarray:
    """The images as rows of the model's input, in Keras's layout."""
    match workload.model:
        case "mlp" if workload.sizes[0] == 400:
            return np.ascontiguousarray(images[:, 4:24, 4:24]).reshape(len(images), -1)  # the box that the digits lie in
        case "mlp":
            return images.reshape(len(images), -1)
        case "convnet":
            return images[..., np.newaxis]
    return images


def weight_shapes(workload: Workload) -> list[tuple[int, ...]]:
    """Shapes of all weights, in Keras's order and layout."""
    match workload.model:
        case "convnet":
            return [(3, 3, 1, 32), (32,), (3, 3, 32, 64), (64,), (1600, 10), (10,)]
    return [shape for pair in zip(workload.sizes, workload.sizes[1:], strict=False) for shape in (pair, pair[1:])]


def initial_weights(shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    """Kernels after Glorot and Bengio (2010), biases of zero."""
    random = np.random.default_rng(1)
    made = []
    for shape in shapes:
        receptive = math.prod(shape[:-2])
        limit = math.sqrt(6 / (receptive * sum(shape[-2:])))
        made.append(random.uniform(-limit, limit, shape) if len(shape) > 1 else np.zeros(shape))
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
