"""An LSTM classifies handwritten digits row by row, from top to bottom, with 98% accuracy.

You see how an image becomes a sequence (28 steps of 28 pixels), how a recurrent layer carries information in a
state of 128 units to the end, and, by uncovering digits row by row, how the prediction changes while it reads
a digit.
"""

import time

import numpy as np
from _common import Images, Labels, add_data_option, load_images, make_parser, read_options

from minidl import Input, Sequential
from minidl.callbacks import History
from minidl.layers import LSTM, Dense

EPOCHS, QUICK_EPOCHS = 5, 6
QUICK_TRAIN, QUICK_TEST = 2_000, 1_000
BATCH, QUICK_BATCH = 64, 16
UNCOVERED = 500  # test images to uncover row by row
SHOWN = (0, 2, 4, 5, 8)  # digits whose upper halves resemble another digit


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    add_data_option(parser)
    options = read_options(parser)
    x_train, y_train, x_test, y_test = load_images(options.data, options.quick)
    if options.quick:
        x_train, y_train = x_train[:QUICK_TRAIN], y_train[:QUICK_TRAIN]
        x_test, y_test = x_test[:QUICK_TEST], y_test[:QUICK_TEST]
    print(f"{len(x_train)} images for training, the last tenth of them for validation; {len(x_test)} others for testing\n")

    # An image (rows, columns) is already a sequence (time, features): no reshape needed.
    model = Sequential([Input(x_train.shape[1:]), LSTM(128), Dense(10, activation="softmax")])
    model.summary()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    start = time.perf_counter()
    history = model.fit(
        x_train,
        y_train,
        batch_size=QUICK_BATCH if options.quick else BATCH,
        epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS),
        validation_split=0.1,
    )
    print(f"\nTrained in {time.perf_counter() - start:.0f} s")

    # The number of epochs was chosen on validation images; the test images are used once, at the end.
    results = model.evaluate(x_test, y_test, return_dict=True, verbose=0)
    print(f"\nTest loss: {results['loss']:.4f}")
    print(f"Test accuracy: {results['accuracy']:.2%}")

    # What does it predict when only the upper rows are visible and the rest is blank?
    images, labels = x_test[:UNCOVERED], y_test[:UNCOVERED]
    probabilities = uncover(model, images)
    read = probabilities.argmax(axis=-1)
    right = (read == labels[:, np.newaxis]).mean(axis=0)
    print(f"\n{len(images)} test digits, uncovered from the top, the rest left blank:")
    for rows in np.unique(np.linspace(0, len(right), 8).astype(int))[1:]:
        print(f"  {rows:2} of {len(right)} rows: {right[rows - 1]:6.1%} correct")
    shown = choose_digits(labels)
    print("\nPrediction after each row:")
    for row in shown:
        print(f"  a {labels[row]}: {' '.join(map(str, read[row]))}")

    if options.plot:
        plot(history, right, images[shown], labels[shown], probabilities[shown], options.plot)
        print(f"\nCurves and uncovered digits plotted to {options.plot}")


def uncover(model: Sequential, images: Images) -> Images:
    """Probabilities (images, rows, 10) of the ten digits if all rows below are blank."""
    rows = images.shape[1]
    upper = np.tri(rows, dtype=images.dtype)[:, :, np.newaxis]  # (uncovered, rows, 1): 1 down to the diagonal
    cut = images[:, np.newaxis] * upper  # (images, uncovered, rows, columns)
    probabilities: Images = model.predict(cut.reshape(-1, *images.shape[1:]), verbose=0)
    return probabilities.reshape(len(images), rows, 10)


def choose_digits(labels: Labels) -> list[int]:
    """The first image of each digit to show."""
    return [int(np.argmax(labels == digit)) for digit in SHOWN]


def plot(history: History, right: Images, images: Images, labels: Labels, probabilities: Images, file: str) -> None:
    """Plot training curves, accuracy by number of rows, and digits with the prediction after each row."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6.5), layout="constrained")
    (above,), (below,) = figure.subfigures(2, 1, squeeze=False, height_ratios=(1, 1))
    training, uncovered = above.subplots(1, 2)
    epochs = range(1, len(history.epoch) + 1)
    for key, title in (("accuracy", "training"), ("val_accuracy", "validation")):
        training.plot(epochs, history.history[key], marker=".", label=title)
    training.set(title="Accuracy", xlabel="epoch")
    training.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    training.legend()
    uncovered.plot(range(1, len(right) + 1), right, marker=".")
    uncovered.axhline(0.1, color="gray", linestyle=":", label="chance")
    uncovered.set(title="Accuracy by number of visible rows", xlabel="rows uncovered", ylim=(0, 1.02))
    uncovered.legend()
    for axes in (training, uncovered):
        axes.grid(alpha=0.3)

    below.suptitle("A digit, and next to each row the probabilities (dark: 1) of 0 to 9 if it were the last row")
    pairs = below.subplots(1, 2 * len(images), width_ratios=(2, 1) * len(images)).reshape(-1, 2)
    for (picture, heatmap), image, label, probability in zip(pairs, images, labels, probabilities, strict=True):
        picture.imshow(image, cmap="gray_r", aspect="auto")
        picture.set_axis_off()
        heatmap.imshow(probability, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        heatmap.set(xticks=range(10), yticks=[], title=f"a {label}")
        heatmap.tick_params(labelsize=6, length=0)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
