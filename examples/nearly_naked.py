"""A deep network learns to read digits, in three acts: it cannot start, it can, it does.

You see why deep networks once failed to learn: with weights that are too small the gradient
vanishes on its way back through the layers. You see what He initialisation changes, and how
much further mini-batches and Adam get with the same number of passes over the same images.
"""

import math
import time
from typing import Any, NamedTuple

import numpy as np
from _common import Images, Labels, add_data_option, load_images, make_parser, read_options

from minidl import Input, Sequential
from minidl.initializers import HeNormal, RandomNormal
from minidl.layers import Dense
from minidl.losses import BinaryCrossentropy
from minidl.optimizers import SGD, Adam
from minidl.regularizers import L2
from minidl.utils import to_categorical

EPOCHS = 50
IMAGES, QUICK_IMAGES = 5_000, 1_000
BATCH = 64
HIDDEN = (200, 100, 100, 50)
PENALTY = 1e-5  # of L2


class Act(NamedTuple):
    """What one act leaves behind: a number a layer or an epoch, and the share of test images read rightly."""

    title: str
    kernel_norms: list[float]
    bias_norms: list[float]
    cost: list[float]
    accuracy: float


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    add_data_option(parser)
    options = read_options(parser)
    epochs = options.epochs or EPOCHS
    x, labels, x_test, labels_test = load_images(options.data, options.quick)
    x, x_test = to_rows(x), to_rows(x_test)
    count = QUICK_IMAGES if options.quick else IMAGES
    x, labels = x[:count], labels[:count]
    y = to_categorical(labels, 10)

    share = y.mean(axis=0)  # the best that a network can say without looking at the image
    blind = float(BinaryCrossentropy()(y, np.broadcast_to(share, y.shape)))
    print(
        f"{len(x)} images of {x.shape[1]} pixels to learn from, {len(x_test)} others to test with.\n"
        f"The network: {x.shape[1]} inputs, hidden layers of {', '.join(map(str, HIDDEN))} ReLUs, 10 sigmoid outputs,\n"
        f"one for each digit. Its cost: the cross-entropy, a mean over images and outputs, and a little L2.\n"
        f"Who never looks at the image and answers with each digit's share pays {blind:.4f}: the cost to beat.\n"
        f"Each act makes {epochs} passes over the images."
    )

    def play(title: str, model: Sequential, optimizer: Any, batch_size: int) -> Act:
        print(f"\n=== {title} ===\n")
        model.compile(optimizer, "binary_crossentropy")
        kernel_norms, bias_norms = gradient_norms(model, x, y)
        start = time.perf_counter()
        cost = model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0).history["loss"]
        seconds = time.perf_counter() - start
        accuracy = float(np.mean(model.predict(x_test).argmax(axis=1) == labels_test))
        print(f"Cost after passes {describe(cost)}")
        print(f"Test accuracy {accuracy:.2%}, after {seconds:.1f} s of learning\n")
        return Act(title, kernel_norms, bias_norms, cost, accuracy)

    small = play("Act 1: small weights", make_network(x, RandomNormal(stddev=0.01)), SGD(2.0), len(x))
    print(
        f"The cost falls to {small.cost[-1]:.4f}, no lower than without looking ({blind:.4f}), and stalls: only the biases of\n"
        "the output learn, and all they can learn is each digit's share. Why? These are the norms of the\n"
        "gradients (of the cross-entropy alone) before the first step, from the last layer back to the first:\n"
    )
    print_norms(small)
    first, last = small.bias_norms[0], small.bias_norms[-1]
    print(
        "\nA bias shows what error arrives at its layer. Each layer on the way back multiplies it by small weights,\n"
        f"until 1/{last / first:,.0f} of it is left. A kernel's gradient is that error times its layer's input, which small\n"
        "weights have shrunk in the same way on the way forward. So every kernel hears next to nothing."
    )

    he = play("Act 2: He initialisation", make_network(x, HeNormal()), SGD(2.0), len(x))
    print("Network, optimizer and images are the same; only the first weights are larger: of variance 2 / inputs.\n")
    print_norms(he)
    print("\nNow signals keep their size through any number of layers, forward and back, and the network learns.")

    adam = play("Act 3: mini-batches and Adam", make_network(x, HeNormal()), Adam(), BATCH)
    steps = math.ceil(len(x) / BATCH)
    print(
        f"The start is as in act 2. But a pass is {steps} steps in place of one, a step for each {BATCH} images,\n"
        "and Adam finds the size of each weight's steps by itself.\n"
    )
    acts = [small, he, adam]
    for act in acts:
        print(f"{act.title:29} cost {act.cost[-1]:.4f}, test accuracy {act.accuracy:7.2%}")
    if options.plot:
        plot(acts, blind, options.plot)
        print(f"\nCurves drawn to {options.plot}")


def to_rows(images: Images) -> Images:
    """Each image as a row of pixels; of MNIST's 28x28 the central 20x20, where the ink is."""
    edge = (images.shape[1] - 20) // 2
    if edge > 0:
        images = images[:, edge:-edge, edge:-edge]
    return images.reshape(len(images), -1)


def make_network(x: Images, initializer: Any) -> Sequential:
    """Four hidden layers of ReLUs, and a sigmoid for each digit."""
    model = Sequential([Input((x.shape[1],))])
    for number, units in enumerate(HIDDEN, start=1):
        model.add(Dense(units, "relu", kernel_initializer=initializer, kernel_regularizer=L2(PENALTY), name=f"hidden_{number}"))
    model.add(Dense(10, "sigmoid", kernel_initializer=initializer, kernel_regularizer=L2(PENALTY), name="output"))
    return model


def gradient_norms(model: Sequential, x: Images, y: Labels) -> tuple[list[float], list[float]]:
    """Length of every kernel's and every bias's gradient, first layer first; L2's share taken off."""
    gradients = model.gradients(x, y)
    kernels = [gradients[f"{layer.name}/kernel"] - 2 * PENALTY * layer.weights[0].value for layer in model.layers]
    biases = [gradients[f"{layer.name}/bias"] for layer in model.layers]
    return [float(np.linalg.norm(g)) for g in kernels], [float(np.linalg.norm(g)) for g in biases]


def print_norms(act: Act) -> None:
    print("layer            kernel         bias")
    names = [*(f"hidden_{number}" for number in range(1, len(HIDDEN) + 1)), "output"]
    for name, kernel, bias in reversed(list(zip(names, act.kernel_norms, act.bias_norms, strict=True))):
        print(f"{name:10} {kernel:12.1e} {bias:12.1e}")


def describe(cost: list[float]) -> str:
    """The cost at a handful of epochs."""
    shown = sorted({1, 2, 5, 10, 20, len(cost)} & set(range(1, len(cost) + 1)))
    return ", ".join(f"{epoch}: {cost[epoch - 1]:.4f}" for epoch in shown)


def plot(acts: list[Act], blind: float, file: str) -> None:
    """The cost of every epoch; the gradient that arrives at every layer before the first step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4), layout="constrained")
    costs, kernels, biases = figure.subplots(1, 3)
    layers = [*map(str, range(1, len(HIDDEN) + 1)), "output"]
    for act in acts:
        costs.plot(range(1, len(act.cost) + 1), act.cost, label=act.title)
    for act in acts[:2]:  # act 3 starts like act 2
        kernels.semilogy(layers, act.kernel_norms, "o-", label=act.title)
        biases.semilogy(layers, act.bias_norms, "o-", label=act.title)
    costs.axhline(blind, color="gray", linestyle=":", label="without looking")
    costs.set(title="cost", xlabel="passes over the images", ylim=(0, 0.8))
    kernels.set(title="gradient of each kernel, at the start", xlabel="layer")
    biases.set(title="gradient of each bias, at the start", xlabel="layer")
    for axes in (costs, kernels, biases):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
