"""Draws the pictures of the course: `python -m docs.course.draw`, from the top of the checkout.

Each picture shows numbers that the Python blocks of its page compute.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from docs.draw import BLUE, DARK, RED, run_page

HERE = Path(__file__).parent


def draw_neuron(page: dict[str, Any]) -> Figure:
    """The line after some steps, and the path of the steps over the loss."""
    x, target, path = page["x"], page["target"], np.array(page["path"])
    figure = Figure(figsize=(9, 3.7), layout="constrained")
    data, loss = figure.subplots(1, 2)
    data.plot(x, target, "o", color=DARK, alpha=0.45, markersize=4)
    ends = np.array([-2.1, 2.1])
    for step, strength in ((0, 0.25), (1, 0.4), (2, 0.55), (5, 0.75), (30, 1.0)):
        w, b = path[step]
        data.plot(ends, w * ends + b, color=BLUE, alpha=strength, linewidth=1 + strength)
        data.annotate(f"{step}", (2.15, w * 2.1 + b), color=BLUE, va="center", fontsize=9)
    data.set(xlabel="input x", ylabel="target, and output of the neuron", title="the line after 0, 1, 2, 5 and 30 steps")
    weights, biases = np.linspace(-0.4, 3.2, 80), np.linspace(-2, 1.2, 80)
    surface = np.array([[page["loss_of"](w, b) for w in weights] for b in biases])
    loss.contourf(weights, biases, np.sqrt(surface), levels=20, cmap="Blues", alpha=0.8)
    loss.plot(*path.T, "o-", color=RED, markersize=4, linewidth=1.2)
    for step in (0, 1, 2, 5):
        loss.annotate(f"{step}", path[step], (4, 6), textcoords="offset points", color=RED, fontsize=9)
    loss.set(xlabel="weight w", ylabel="bias b", title="the loss (lighter: smaller), and the steps")
    return figure


def show(axes: Axes, image: Any, interpolation: str = "bicubic") -> None:
    """An image of signed numbers: dark for positive, red for negative."""
    largest = np.abs(image).max()
    axes.imshow(image, cmap="RdGy", vmin=-largest, vmax=largest, interpolation=interpolation)
    axes.set(xticks=[], yticks=[])


def draw_layer(page: dict[str, Any]) -> Figure:
    """The change of the first step and the learned weights of ten neurons."""
    figure = Figure(figsize=(9, 2.2), layout="constrained")
    axes = figure.subplots(2, 10)
    for row, weights, label in ((0, page["first_step"], "first step"), (1, page["W"], "after training")):
        for unit in range(10):
            show(axes[row, unit], weights[:, unit].reshape(8, 8))
        axes[row, 0].set_ylabel(label, fontsize=9)
    for unit in range(10):
        axes[0, unit].set_title(f"neuron {unit}", fontsize=9)
    return figure


def draw_depth(page: dict[str, Any]) -> Figure:
    """The boundary at the input, the points and the bent grid in the last hidden layer, and the gradient of each point."""
    points, layers, forward = page["points"], page["layers"], page["forward"]
    colors = np.where(page["target"][:, 0] == 1, RED, BLUE)
    figure = Figure(figsize=(10, 3.6), layout="constrained")
    plane, hidden, arrows = figure.subplots(1, 3)
    across, up = np.meshgrid(np.linspace(-1.6, 2.6, 120), np.linspace(-1.3, 1.6, 120))
    z = forward(layers, np.stack([across.ravel(), up.ravel()], axis=1))[0].reshape(across.shape)
    for axes in (plane, arrows):
        axes.contourf(across, up, z, levels=[-1e9, 0, 1e9], colors=[BLUE, RED], alpha=0.12)
        axes.contour(across, up, z, levels=[0], colors=DARK, linewidths=1.2)
        axes.set(xticks=[], yticks=[])
    plane.scatter(*points.T, c=colors, s=7)
    for line in np.linspace(-1.6, 2.6, 22):
        steps = np.linspace(-1.6, 2.6, 120)
        for ends in (np.stack([np.full(120, line), steps], axis=1), np.stack([steps, np.full(120, line)], axis=1)):
            plane.plot(*ends.T, color="grey", linewidth=0.3)
            hidden.plot(*forward(layers[:4], ends)[0].T, color="grey", linewidth=0.3)
    plane.set(xlim=(-1.6, 2.6), ylim=(-1.3, 1.6))
    hidden.scatter(*page["hidden"].T, c=colors, s=7)
    (w1, w2), (b,) = page["W"][:, 0], page["b"]
    ends = np.array([-1.1, 1.1])
    if abs(w2) > abs(w1):
        hidden.plot(ends, -(w1 * ends + b) / w2, color=DARK, linewidth=1.2)
    else:
        hidden.plot(-(w2 * ends + b) / w1, ends, color=DARK, linewidth=1.2)
    hidden.set(xticks=[], yticks=[], xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))
    wish = -page["dx"]
    arrows.scatter(*points.T, c=colors, s=3, alpha=0.5)
    arrows.quiver(*points.T, *wish.T, color=DARK, width=0.004, scale=np.abs(wish).max() * 8)
    for axes, title in ((plane, "the input"), (hidden, "in the last hidden layer"), (arrows, "the gradient at the input")):
        axes.set_title(title, fontsize=10)
    return figure


def draw_convolution(page: dict[str, Any]) -> Figure:
    """The learned kernels, where they respond, and the gradient at the pixels of three digits."""
    kernels = page["model"].layers[0].kernel.numpy()
    images, maps, pixels = page["images_test"][page["chosen"]], page["feature_maps"], page["pixels"]
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(1.5, 1))
    axes = above.subplots(2, 9)
    axes[0, 0].set_axis_off()
    axes[1, 0].imshow(images[0], cmap="gray_r")
    axes[1, 0].set(xticks=[], yticks=[], title="image")
    for number in range(8):
        show(axes[0, number + 1], kernels[:, :, 0, number], "nearest")
        axes[1, number + 1].imshow(np.maximum(maps[0, :, :, number], 0), cmap="Blues")
        axes[1, number + 1].set(xticks=[], yticks=[])
    axes[0, 1].set_ylabel("kernels", fontsize=9)
    axes[1, 1].set_ylabel("respond", fontsize=9)
    for number, pair in enumerate(below.subplots(1, 6).reshape(3, 2)):
        pair[0].imshow(images[number], cmap="gray_r")
        show(pair[1], -pixels[number, :, :, 0], "nearest")
        pair[0].set(xticks=[], yticks=[], title=f"a {(3, 5, 8)[number]}")
        pair[1].set_title("which pixels matter", fontsize=9)
    return figure


def draw_recurrence(page: dict[str, Any]) -> Figure:
    """The size of the gradient at each step, for three sizes of the recurrent weights."""
    figure = Figure(figsize=(9, 3.3), layout="constrained")
    axes = figure.subplots()
    for (factor, size), color in zip(page["sizes"].items(), (BLUE, DARK, RED), strict=True):
        axes.plot(range(1, 31), size / size[-1], "o-", color=color, markersize=4, label=f"recurrent weights times {factor}")
    axes.set(yscale="log", xlabel="step of the input", ylabel="gradient, compared with step 30", xlim=(0.5, 30.5))
    arrow = {"arrowstyle": "->"}
    axes.annotate("the gradient goes this way", (16, 60), (20, 60), arrowprops=arrow, fontsize=10, va="center")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def draw_transformer(page: dict[str, Any]) -> Figure:
    """Where each place of the answer looks, before and after training."""
    figure = Figure(figsize=(8, 3.9), layout="constrained")
    steps = np.arange(len(page["trained"]))
    for axes, name in zip(figure.subplots(1, 2), ("untrained", "trained"), strict=True):
        image = axes.imshow(page[name], cmap="Blues", vmin=0, vmax=1)
        axes.set(xticks=steps, yticks=steps, xticklabels=steps + 1, yticklabels=steps + 1)
        axes.set(xlabel="place in the input", ylabel="place in the answer", title=name)
    figure.colorbar(image, ax=figure.axes, label="attention weight", shrink=0.8)
    return figure


PICTURES = {
    "1_neuron": draw_neuron,
    "2_layer": draw_layer,
    "3_depth": draw_depth,
    "4_convolution": draw_convolution,
    "5_recurrence": draw_recurrence,
    "6_transformer": draw_transformer,
}


def main() -> None:
    """Write the pictures that the arguments name; without arguments, all."""
    os.environ.setdefault("MPLBACKEND", "agg")
    for name in sys.argv[1:] or PICTURES:
        PICTURES[name](run_page(HERE / f"{name}.md")).savefig(HERE / f"{name}.png", dpi=100)


if __name__ == "__main__":
    main()
