"""Vanishing gradients in three experiments: small weights, He initialization, mini-batches with Adam.

You see why deep networks once failed to learn: with weights that are too small the gradient
vanishes in the backward pass. You see what He initialization changes, and how much lower
mini-batches and Adam bring the loss with the same number of epochs.
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
PENALTY = 1e-5  # strength of L2


class Experiment(NamedTuple):
    """Results of one experiment: values per layer or epoch, and the test accuracy."""

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

    share = y.mean(axis=0)  # loss of the best constant prediction
    baseline = float(BinaryCrossentropy()(y, np.broadcast_to(share, y.shape)))
    print(
        f"{len(x)} images of {x.shape[1]} pixels for training, {len(x_test)} others for testing.\n"
        f"The network: {x.shape[1]} inputs, hidden layers of {', '.join(map(str, HIDDEN))} ReLUs, 10 sigmoid outputs,\n"
        f"one for each digit. Cost: mean cross-entropy over images and outputs, plus a small L2 penalty.\n"
        f"Always predicting the class frequencies has a cost of {baseline:.4f}: the baseline to beat.\n"
        f"Each experiment trains for {epochs} epochs."
    )

    def run(title: str, model: Sequential, optimizer: Any, batch_size: int) -> Experiment:
        print(f"\n=== {title} ===\n")
        model.compile(optimizer, "binary_crossentropy")
        kernel_norms, bias_norms = gradient_norms(model, x, y)
        start = time.perf_counter()
        cost = model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0).history["loss"]
        seconds = time.perf_counter() - start
        accuracy = float(np.mean(model.predict(x_test, verbose=0).argmax(axis=1) == labels_test))
        print(f"Cost after epochs {describe(cost)}")
        print(f"Test accuracy {accuracy:.2%}, after {seconds:.1f} s of training\n")
        return Experiment(title, kernel_norms, bias_norms, cost, accuracy)

    small = run("Experiment 1: small weights", make_network(x, RandomNormal(stddev=0.01)), SGD(2.0), len(x))
    print(
        f"The cost decreases to {small.cost[-1]:.4f}, no lower than the baseline ({baseline:.4f}), and stalls: only the\n"
        "biases of the output learn, and they can only learn the class frequencies. Why? These are the norms of the\n"
        "gradients (of the cross-entropy alone) before the first step, from the last layer to the first:\n"
    )
    print_norms(small)
    first, last = small.bias_norms[0], small.bias_norms[-1]
    print(
        "\nThe gradient of a bias is the error at its layer. In the backward pass each layer multiplies it by small weights,\n"
        f"until 1/{last / first:,.0f} of it is left. A kernel's gradient is that error times its layer's input, which small\n"
        "weights have shrunk in the same way in the forward pass. So every kernel's gradient is nearly zero."
    )

    he = run("Experiment 2: He initialization", make_network(x, HeNormal()), SGD(2.0), len(x))
    print("Network, optimizer and images are the same; only the initial weights are larger, with variance 2 / inputs.\n")
    print_norms(he)
    print("\nNow the variance of outputs and gradients stays about the same in all layers, and the network learns.")

    adam = run("Experiment 3: mini-batches and Adam", make_network(x, HeNormal()), Adam(), BATCH)
    steps = math.ceil(len(x) / BATCH)
    print(
        f"The initialization is as in experiment 2. But an epoch has {steps} steps instead of one, each with {BATCH} images,\n"
        "and Adam adapts the step size of each weight.\n"
    )
    experiments = [small, he, adam]
    for one in experiments:
        print(f"{one.title:36} cost {one.cost[-1]:.4f}, test accuracy {one.accuracy:7.2%}")
    if options.plot:
        plot(experiments, baseline, options.plot)
        print(f"\nCurves plotted to {options.plot}")


def to_rows(images: Images) -> Images:
    """Each image as a row of pixels; for MNIST only the central 20x20 pixels, which hold the digit."""
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
    """Norm of every kernel's and bias's gradient, first layer first, without the L2 penalty."""
    gradients = model.gradients(x, y)
    kernels = [gradients[f"{layer.name}/kernel"] - 2 * PENALTY * layer.weights[0].value for layer in model.layers]
    biases = [gradients[f"{layer.name}/bias"] for layer in model.layers]
    return [float(np.linalg.norm(g)) for g in kernels], [float(np.linalg.norm(g)) for g in biases]


def print_norms(experiment: Experiment) -> None:
    print("layer            kernel         bias")
    names = [*(f"hidden_{number}" for number in range(1, len(HIDDEN) + 1)), "output"]
    for name, kernel, bias in reversed(list(zip(names, experiment.kernel_norms, experiment.bias_norms, strict=True))):
        print(f"{name:10} {kernel:12.1e} {bias:12.1e}")


def describe(cost: list[float]) -> str:
    """The cost at some epochs."""
    shown = sorted({1, 2, 5, 10, 20, len(cost)} & set(range(1, len(cost) + 1)))
    return ", ".join(f"{epoch}: {cost[epoch - 1]:.4f}" for epoch in shown)


def plot(experiments: list[Experiment], baseline: float, file: str) -> None:
    """Plot the cost of every epoch, and the gradient norms of every layer before the first step."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4), layout="constrained")
    costs, kernels, biases = figure.subplots(1, 3)
    layers = [*map(str, range(1, len(HIDDEN) + 1)), "output"]
    for one in experiments:
        costs.plot(range(1, len(one.cost) + 1), one.cost, label=one.title)
    for one in experiments[:2]:  # experiment 3 starts like experiment 2
        kernels.semilogy(layers, one.kernel_norms, "o-", label=one.title)
        biases.semilogy(layers, one.bias_norms, "o-", label=one.title)
    costs.axhline(baseline, color="gray", linestyle=":", label="constant prediction")
    costs.set(title="cost", xlabel="epoch", ylim=(0, 0.8))
    costs.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    kernels.set(title="initial gradient of each kernel", xlabel="layer")
    biases.set(title="initial gradient of each bias", xlabel="layer")
    for axes in (costs, kernels, biases):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
