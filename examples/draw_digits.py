"""Draw a digit in the browser and see a network classify it: probabilities, input image, outputs of the layers, gradients.

You see how to put a trained model behind a web page: a small server of Python's standard library, images made from
strokes in the same way as the training data, the gradient of the loss with respect to the input, and `train_on_batch`,
which trains the network on your own handwriting.

    python examples/draw_digits.py

It trains once, on MNIST if that is in the cache and on the included digits otherwise, and keeps the network in the cache.
With --quick or --plot it classifies ten built-in drawings and stops.
"""

import argparse
import threading
import webbrowser
from pathlib import Path
from typing import Any

import numpy as np
from _common import Images, Labels, load_images, make_parser, read_options
from _draw_server import Server
from _drawing import EXAMPLES, Drawing, draw_as_digits, draw_as_mnist

from minidl import Input, Model, Sequential, load_model
from minidl.data.download import home
from minidl.layers import Conv2D, Dense, Flatten, RandomRotation, RandomTranslation, RandomZoom

EPOCHS, QUICK_EPOCHS = 4, 1
COPIES = 6  # augmented copies of the few included digits


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    parser.add_argument("--data", choices=["mnist", "digits"], help="default: mnist where it is in the cache, else digits")
    parser.add_argument(
        "--port", type=int, default=8010, metavar="N", help="port on 127.0.0.1, 0 for a free one (default: 8010)"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address and do not open the browser")
    parser.add_argument("--retrain", action="store_true", help="train even if a network is in the cache")
    options = read_options(parser)
    reader = Reader(options)
    if options.quick or options.plot:
        show_examples(reader, options.plot)
        return
    try:
        server = Server(("127.0.0.1", options.port), reader, {"mnist": "MNIST", "digits": "8x8 digits"}[reader.data])
    except (OSError, OverflowError) as error:
        raise SystemExit(f"port {options.port} cannot be used ({error}); choose another one with --port") from None
    with server:
        try:
            print(f"Draw a digit on {server.address} ; Ctrl-C stops", flush=True)
            if not options.no_browser:
                threading.Thread(target=webbrowser.open, args=[server.address], daemon=True).start()
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nStopped")


class Reader:
    """The trained network, its data, and the function that makes such an image from strokes."""

    def __init__(self, options: argparse.Namespace) -> None:
        data = options.data or ("mnist" if (home() / "mnist.npz").exists() else "digits")
        self.x, self.y, x_test, y_test = load_images(data, options.quick)
        self.data = "mnist" if self.x.shape[1] == 28 else "digits"
        self.draw = draw_as_mnist if self.data == "mnist" else draw_as_digits
        self.x, x_test = self.x[..., np.newaxis], x_test[..., np.newaxis]
        file = home() / f"draw_{self.data}.safetensors"
        if options.quick or options.retrain or options.epochs or not (found := load(file)):
            epochs = options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS)
            found = train(self.x, self.y, epochs, few=self.data == "digits")
            if not options.quick:
                file.parent.mkdir(parents=True, exist_ok=True)
                found.save(file)
        self.model = found
        accuracy = self.model.evaluate(x_test, y_test, verbose=0)[1]
        print(f"Trained on {self.data}, {len(self.x):,} images; {accuracy:.1%} of the test images are read correctly")


def load(file: Path) -> Model | None:
    """The network of an earlier run; `None` without a file that can be used."""
    try:
        model: Model = load_model(file)
    except (OSError, ValueError):
        return None
    return model


def train(x: Images, y: Labels, epochs: int, few: bool) -> Model:
    """A small convolutional network; few images are augmented by rotated, shifted and zoomed copies."""
    if few:
        change = Sequential(
            [
                RandomRotation(0.04, fill_mode="constant"),
                RandomTranslation(0.1, 0.1, "constant"),
                RandomZoom(0.12, 0.12, "constant"),
            ]
        )
        x = np.concatenate([x, *(np.asarray(change(x, training=True)) for _ in range(COPIES))])
        y = np.tile(y, COPIES + 1)
    stride = 1 if few else 2
    model = Sequential(
        [
            Input(x.shape[1:]),
            Conv2D(12, 3, stride, padding="same", activation="relu", name="edges"),
            Conv2D(24, 3, stride, activation="relu", name="shapes"),
            Flatten(),
            Dense(64, activation="relu", name="parts"),
            Dense(10, activation="softmax", name="answer"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=epochs, batch_size=64)
    return model


def show_examples(reader: Reader, plot_file: str | None) -> None:
    """Classify the built-in drawings, and plot their images."""
    drawings = [reader.draw(strokes) for strokes in EXAMPLES]
    outputs = reader.model.predict(np.stack([drawing.image for drawing in drawings])[..., np.newaxis], verbose=0)
    for digit, probabilities in enumerate(outputs):
        answer = int(probabilities.argmax())
        print(f"drawn {digit}: read as {answer} with probability {probabilities[answer]:.2f}")
    print(f"{(outputs.argmax(axis=1) == np.arange(10)).sum()} of 10 built-in drawings are read correctly")
    if plot_file:
        plot(drawings, outputs, plot_file)


def plot(drawings: list[Drawing], outputs: Any, file: str) -> None:
    """Plot the image of each drawing over its ten probabilities."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3), layout="constrained")
    axes = figure.subplots(2, 10)
    for column, (drawing, probabilities) in enumerate(zip(drawings, outputs, strict=True)):
        axes[0, column].imshow(drawing.image, cmap="gray")
        axes[0, column].set_axis_off()
        axes[1, column].bar(range(10), probabilities)
        axes[1, column].set(ylim=(0, 1), xticks=[0, 5, 9], yticks=[0, 1] if column == 0 else [])
    figure.suptitle("input images of ten drawings, and the predicted probabilities")
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
