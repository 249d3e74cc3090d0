"""Write a custom layer: only forward and backward are needed.

You see a layer in ten lines, how `check_layer` compares its gradients with numerical ones (and
what it reports when one is wrong), and that the layer trains, saves and loads like any other.
"""

from typing import Any

import numpy as np
from _common import make_parser, read_options

from minidl import Layer, Sequential, load_model
from minidl.callbacks import History
from minidl.datasets import digits
from minidl.layers import Dense, Flatten
from minidl.saving import register_keras_serializable
from minidl.testing import check_layer

EPOCHS, QUICK_EPOCHS = 30, 5
FILE = "custom_layer.safetensors"


@register_keras_serializable(package="examples")
class ScaledTanh(Layer):
    """`y = scale * tanh(x)`, with a learned scale for each feature."""

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")

    def forward(self, x: Any, training: bool = False) -> tuple[Any, Any]:
        t = np.tanh(x)
        return self.scale.value * t, t

    def backward(self, dy: Any, t: Any) -> Any:
        self.scale.grad += (dy * t).sum(axis=0)
        return dy * self.scale.value * (1 - t**2)


class Forgetful(ScaledTanh):
    """The same with a bug: the square is missing in `backward`."""

    def backward(self, dy: Any, t: Any) -> Any:
        self.scale.grad += (dy * t).sum(axis=0)
        return dy * self.scale.value * (1 - t)


def main() -> None:
    options = read_options(make_parser(__doc__, EPOCHS))

    # Check shapes, dtypes, copies, saving, and every gradient against numerical ones.
    check_layer(ScaledTanh, (4, 3))
    print("check_layer finds nothing wrong with ScaledTanh.")
    try:
        check_layer(Forgetful, (4, 3))
    except AssertionError as error:
        print(f"For Forgetful, whose backward has a bug, it reports:\n\n{error}\n")

    # Train: it is used in a model like any other layer.
    (images, y_train), (images_test, y_test) = digits.load_data()
    x_train, x_test = images / 16, images_test / 16
    model = Sequential([Flatten(), Dense(64), ScaledTanh(), Dense(10, activation="softmax")])
    history = model.fit(x_train, y_train, epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS))
    accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
    scale = model.layers[2].weights[0].numpy()
    print(
        f"\nTest accuracy: {accuracy:.2%}; the scales started at 1 and are now between {scale.min():.2f} and {scale.max():.2f}"
    )

    # Save and load: the file holds the class name, and the decorator of the class lets load_model find it.
    model.save(FILE)
    alike = np.array_equal(load_model(FILE).predict(x_test, verbose=0), model.predict(x_test, verbose=0))
    print(f"Saved to {FILE}; loaded again, its predictions are {'the same' if alike else 'DIFFERENT'}")

    if options.plot:
        plot(history, scale, options.plot)
        print(f"Curves plotted to {options.plot}")


def plot(history: History, scale: Any, file: str) -> None:
    """Plot the loss of every epoch and the learned scales."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(range(1, len(history.epoch) + 1), history.history["loss"])
    left.set(title="loss, in training", xlabel="epoch")
    left.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.hist(scale, bins=20)
    right.set(title="learned scales (1 at the start)", xlabel="scale", ylabel="features")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
