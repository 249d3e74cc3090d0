"""Fifty layers: a plain stack does not learn, a residual network does.

You see how to define a branching network with `Input` and by calling layers, why depth alone prevents
learning (the gradient vanishes or explodes in the backward pass), and that adding a block's input to its
output fixes this: the gradient then has a path on which it is not multiplied by weights.
"""

import time
from typing import Any, NamedTuple

import numpy as np
from _common import Images, Labels, make_parser, read_options

from minidl import Input, Model
from minidl.datasets import digits
from minidl.layers import Activation, Add, BatchNormalization, Dense, Flatten

EPOCHS, QUICK_EPOCHS = 10, 3
BLOCKS = 25
UNITS = 64
BATCH, QUICK_BATCH = 32, 96


class Result(NamedTuple):
    """The gradient norm of every kernel before the first step, and the test accuracy after each epoch."""

    title: str
    norms: list[float]
    accuracy: list[float]


def main() -> None:
    options = read_options(make_parser(__doc__, EPOCHS))
    epochs = options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS)
    (images, y), (images_test, y_test) = digits.load_data()
    x, x_test = images / np.float32(16), images_test / np.float32(16)

    print("A block with a shortcut: the last layer adds the input of the block to the output of its two layers.\n")
    start = Input((UNITS,), name="x")
    Model(start, block(start, shortcut=True, normalize=True), name="block").summary()
    print(
        f"\nFour networks of {BLOCKS} such blocks classify digits: with and without the shortcut, with and without\n"
        f"batch normalization. The shortcut has no weights, so all have the same layers otherwise.\n"
        f"{len(x)} images for training, {len(x_test)} others for testing, {epochs} epochs.\n"
    )

    results = []
    for shortcut in (False, True):
        for normalize in (False, True):
            title = ("residual" if shortcut else "plain") + (", normalized" if normalize else "")
            print(f"{title:22}", end="", flush=True)
            begin = time.perf_counter()
            model = make_network(BLOCKS, shortcut, normalize)
            model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
            norms = gradient_norms(model, x[:256], y[:256])
            batch_size = QUICK_BATCH if options.quick else BATCH
            history = model.fit(x, y, batch_size, epochs, verbose=0, validation_data=(x_test, y_test))
            results.append(Result(title, norms, history.history["val_accuracy"]))
            print(f"test accuracy {results[-1].accuracy[-1]:7.2%} after {time.perf_counter() - begin:.1f} s")

    print("\nWhy? The norm of the gradient of three kernels, before the first step:\n")
    print("network                 first layer   middle    last   first / last")
    for title, norms, _ in results:
        first, middle, last = norms[0], norms[len(norms) // 2], norms[-1]
        print(f"{title:22} {first:12.1e} {middle:8.1e} {last:7.1e} {first / last:14.3g}")
    plain, normalized, _, _ = results
    growth = normalized.norms[0] / normalized.norms[-1]
    print(
        f"""
In the plain network signals shrink: each ReLU halves the signal in the forward pass, and the error in the backward pass.
A kernel's gradient is the product of both: {plain.norms[0]:.0e}, too small to learn from.

Batch normalization divides each signal by its standard deviation, so signals do not vanish. In the backward pass it
divides the error by the same standard deviation, which is more than the ReLU took; so the gradient explodes: it is
{growth:,.0f} times as large in the first layer as in the last.

With the shortcut y = x + f(x), and so dx = dy + the gradient through f. The dy is not multiplied by anything, however deep
the network is: all layers get gradients of about the same size, and all learn."""
    )
    if options.plot:
        plot(results, options.plot)
        print(f"\nCurves plotted to {options.plot}")


def block(x: Any, shortcut: bool, normalize: bool) -> Any:
    """Two layers; with a shortcut, the input is added to their output."""
    y = x
    for _ in range(2):
        if normalize:
            y = BatchNormalization(momentum=0.9)(y)
        y = Dense(UNITS)(Activation("relu")(y))
    return Add()([x, y]) if shortcut else y


def make_network(blocks: int, shortcut: bool, normalize: bool) -> Model:
    """A dense layer, the blocks, and a softmax over the digits."""
    image = Input((8, 8), name="image")
    y = Dense(UNITS)(Flatten()(image))
    for _ in range(blocks):
        y = block(y, shortcut, normalize)
    return Model(image, Dense(10, activation="softmax")(y))


def gradient_norms(model: Model, x: Images, y: Labels) -> list[float]:
    """Norm of every kernel's gradient, first layer first."""
    gradients = model.gradients(x, y)
    return [float(np.linalg.norm(gradient)) for path, gradient in gradients.items() if path.endswith("/kernel")]


def plot(results: list[Result], file: str) -> None:
    """Plot the gradient norms before the first step, and the accuracy after every epoch."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for title, norms, accuracy in results:
        style = {"color": "tab:blue" if "residual" in title else "tab:red", "linestyle": "--" if "normalized" in title else "-"}
        left.semilogy(range(1, len(norms) + 1), norms, label=title, **style)
        right.plot(range(1, len(accuracy) + 1), accuracy, label=title, **style)
    left.set(title="initial norm of each kernel's gradient", xlabel="layer")
    right.set(title="test accuracy", xlabel="epoch", ylim=(0, 1))
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
