"""Classify handwritten digits: from images to a saved model in seconds.

You see how to scale inputs, stack layers, train with a progress bar, evaluate a model on test
images, look at its errors, and load it again from its file.
"""

import time

import numpy as np
from _common import Images, Labels, make_parser, read_options

from minidl import Sequential, load_model
from minidl.callbacks import History
from minidl.datasets import digits
from minidl.layers import BatchNormalization, Dense, Dropout, Flatten

EPOCHS, QUICK_EPOCHS = 40, 5
FILE = "digits.safetensors"


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    parser.add_argument(
        "--split",
        choices=["every_fifth", "last"],
        default="every_fifth",
        help="test rows; the last fifth has mostly new writers, which is harder (default: every_fifth)",
    )
    options = read_options(parser)

    # Data: pixels are integers from 0 to 16; scale them to [0, 1].
    (images, y_train), (images_test, y_test) = digits.load_data(options.split)
    x_train, x_test = images / 16, images_test / 16
    print(f"{len(x_train)} images of 8x8 pixels for training, {len(x_test)} others for testing\n")

    # Model: 64 pixels -> 128 features -> 10 probabilities.
    model = Sequential(
        [
            Flatten(),
            Dense(128, activation="relu"),
            BatchNormalization(),
            Dropout(0.3),
            Dense(10, activation="softmax"),
        ]
    )

    # Training: fit chooses the loss and the optimizer, and prints them.
    start = time.perf_counter()
    history = model.fit(x_train, y_train, epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS))
    print(f"\nTrained in {time.perf_counter() - start:.1f} s\n")
    model.summary()

    # Test on images that were not used in training. Layers and epochs were chosen by cross-validation without them.
    predicted = model.predict(x_test, verbose=0).argmax(axis=1)
    print(f"\nTest accuracy: {np.mean(predicted == y_test):.2%}\n")
    print_confusion(y_test, predicted)
    wrong = predicted != y_test
    print("\nSome correct predictions:\n")
    print_images(x_test[~wrong][:5], y_test[~wrong][:5], predicted[~wrong][:5])
    if wrong.any():
        print("\nSome errors:\n")
        print_images(x_test[wrong][:5], y_test[wrong][:5], predicted[wrong][:5])

    # The file holds the whole model; another process loads it with the same line.
    model.save(FILE)
    again = load_model(FILE).predict(x_test, verbose=0).argmax(axis=1)
    print(f"\nSaved to {FILE}; loaded again, {np.sum(again == predicted)} of {len(again)} predictions are the same")

    if options.plot:
        plot(history, options.plot)
        print(f"Curves plotted to {options.plot}")


def print_confusion(y_true: Labels, y_pred: Labels) -> None:
    """Print the confusion matrix: rows are true digits, columns predicted ones."""
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (y_true, y_pred), 1)
    print("true | predicted " + "".join(f"{digit:4}" for digit in range(10)))
    for digit, row in enumerate(counts):
        print(f"{digit:4} |           " + "".join(f"{count or '.':>4}" for count in row))


def print_images(images: Images, y_true: Labels, y_pred: Labels) -> None:
    """Print images side by side, two characters per pixel; denser characters are darker."""
    shades = np.array(list(" .:-=+*#%@"))
    drawn = shades[np.round(images * 9).astype(int)]  # (images, rows, columns)
    for row in drawn.swapaxes(0, 1).repeat(2, axis=2):  # (rows, images, 2 * columns)
        print("  ".join("".join(pixels) for pixels in row).rstrip())
    titles = [str(t) if t == p else f"{t}, predicted {p}" for t, p in zip(y_true, y_pred, strict=True)]
    print("  ".join(title.center(16) for title in titles).rstrip())


def plot(history: History, file: str) -> None:
    """Plot loss and accuracy of every epoch."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, key in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        axes.plot(range(1, len(history.epoch) + 1), history.history[key])
        axes.set(title=f"{key}, in training", xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.3)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
