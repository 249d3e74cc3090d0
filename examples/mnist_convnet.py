"""A small convolutional network for MNIST: 99% accuracy with 35,000 weights.

You see the input of convolutions (with a channel axis), how filters and pooling detect strokes at any
position, why that needs a twentieth of the weights of a dense network, and which digits are still
misclassified: many of them are hard for people, too.
"""

import time

import numpy as np
from _common import Images, Labels, add_data_option, load_images, make_parser, read_options

from minidl import Input, Sequential
from minidl.callbacks import History
from minidl.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D

EPOCHS, QUICK_EPOCHS = 15, 5  # the validation loss still decreases up to this epoch
QUICK_TRAIN, QUICK_TEST = 3_000, 2_000
BATCH, QUICK_BATCH = 128, 32
VALIDATION = 0.1


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    add_data_option(parser)
    options = read_options(parser)
    x_train, y_train, x_test, y_test = load_images(options.data, options.quick)
    if options.quick:
        x_train, y_train, x_test, y_test = (
            x_train[:QUICK_TRAIN],
            y_train[:QUICK_TRAIN],
            x_test[:QUICK_TEST],
            y_test[:QUICK_TEST],
        )
    x_train, x_test = x_train[..., np.newaxis], x_test[..., np.newaxis]  # one channel: gray
    print(f"{len(x_train)} images for training, the last tenth of them for validation; {len(x_test)} others for testing\n")

    model = make_model(x_train.shape[1:])
    model.summary()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    start = time.perf_counter()
    history = model.fit(
        x_train,
        y_train,
        batch_size=QUICK_BATCH if options.quick else BATCH,
        epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS),
        validation_split=VALIDATION,
    )
    print(f"\nTrained in {time.perf_counter() - start:.0f} s")

    # The test images are used only once, after the last epoch.
    results = model.evaluate(x_test, y_test, return_dict=True, verbose=0)
    print(f"\nTest loss: {results['loss']:.4f}")
    print(f"Test accuracy: {results['accuracy']:.2%}")

    probabilities = model.predict(x_test, verbose=0)
    read = probabilities.argmax(axis=1)
    print_confusions(y_test, read)
    if options.plot:
        plot(history, model, x_test[..., 0], y_test, probabilities, options.plot)
        print(f"\nCurves, filters and misclassified digits plotted to {options.plot}")


def make_model(shape: tuple[int, ...]) -> Sequential:
    """Two blocks of 3x3 convolutions and 2x2 max pooling, then a dense classifier."""
    padding = "valid" if min(shape[:2]) > 9 else "same"  # images of 8x8 are too small for both
    return Sequential(
        [
            Input(shape),
            Conv2D(32, 3, activation="relu", padding=padding),
            MaxPooling2D(2),
            Conv2D(64, 3, activation="relu", padding=padding),
            MaxPooling2D(2),
            Flatten(),
            Dropout(0.5),
            Dense(10, activation="softmax"),
        ]
    )


def print_confusions(y_true: Labels, y_pred: Labels) -> None:
    """Print the number of errors, and the most frequent confusions."""
    wrong = y_true != y_pred
    pairs, counts = np.unique(np.stack([y_true[wrong], y_pred[wrong]]), axis=1, return_counts=True)
    print(f"\n{wrong.sum()} of {len(wrong)} digits are misclassified. Most often:")
    for column in np.argsort(-counts, kind="stable")[:5]:
        print(f"  {pairs[0, column]} as {pairs[1, column]}: {counts[column]:3}")


def plot(history: History, model: Sequential, images: Images, y_true: Labels, probabilities: Images, file: str) -> None:
    """Plot curves, the first layer's filters (red positive, blue negative), and the most confident errors."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 9), layout="constrained")
    (above,), (middle,), (below,) = figure.subfigures(3, 1, squeeze=False, height_ratios=(3, 2, 3))

    epochs = range(1, len(history.epoch) + 1)
    for axes, key in zip(above.subplots(1, 2), ("loss", "accuracy"), strict=True):
        axes.plot(epochs, history.history[key], label="training, with dropout")
        axes.plot(epochs, history.history[f"val_{key}"], label="validation")
        axes.set(title=key, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.3)
        axes.legend()

    middle.suptitle("The 32 filters of the first convolution: red is positive, blue negative")
    filters = model.layers[0].get_weights()[0][:, :, 0, :]  # (height, width, filters)
    strongest = float(np.abs(filters).max())
    for axes, kernel in zip(middle.subplots(2, 16).flat, np.moveaxis(filters, -1, 0), strict=True):
        axes.imshow(kernel, cmap="RdBu_r", vmin=-strongest, vmax=strongest)
        axes.axis("off")

    below.suptitle("The most confident errors: true and predicted digit")
    read, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    mistakes = np.flatnonzero(read != y_true)
    worst = mistakes[np.argsort(-confidence[mistakes])]
    for axes, row in zip(below.subplots(2, 10).flat, worst, strict=False):
        axes.imshow(images[row], cmap="gray_r")
        axes.set_title(f"{y_true[row]}, as {read[row]}", fontsize=10)
    for axes in below.axes:
        axes.axis("off")
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
