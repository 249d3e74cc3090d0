"""The classic: 70,000 handwritten digits, two hidden layers, dropout, over 98 % right.

You see how to hold images back for validation, how dropout keeps a network that could learn
its images by heart from doing so, and how to judge it in the end: once, after the last epoch,
on images that had no say in anything.
"""

import time

import numpy as np
from _common import add_data_option, load_images, make_parser, read_options

from minidl import Sequential
from minidl.callbacks import History
from minidl.layers import Dense, Dropout, Flatten

EPOCHS, QUICK_EPOCHS = 10, 3
QUICK_IMAGES = 6_000


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    add_data_option(parser)
    options = read_options(parser)
    x_train, y_train, x_test, y_test = load_images(options.data, options.quick)
    if options.quick:
        x_train, y_train = x_train[:QUICK_IMAGES], y_train[:QUICK_IMAGES]
    print(f"{len(x_train)} images to train on, the last twelfth of them to validate; {len(x_test)} others to test with\n")

    # The rates of dropout were chosen on training images held back, never on the test images.
    model = Sequential(
        [
            Flatten(),
            Dropout(0.2),
            Dense(512, activation="relu"),
            Dropout(0.4),
            Dense(512, activation="relu"),
            Dropout(0.4),
            Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    start = time.perf_counter()
    epochs = options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS)
    history = model.fit(x_train, y_train, batch_size=128, epochs=epochs, validation_split=1 / 12)
    print(f"\nTrained in {time.perf_counter() - start:.1f} s\n")
    model.summary()

    results = model.evaluate(x_test, y_test, return_dict=True)
    print(f"\nTest loss: {results['loss']:.4f}")
    print(f"Test accuracy: {results['accuracy']:.2%}")

    probabilities = model.predict(x_test)
    read, sureness = probabilities.argmax(axis=1), probabilities.max(axis=1)
    mistakes = np.flatnonzero(read != y_test)
    print("\nThe mistakes it is surest of:")
    for row in mistakes[np.argsort(-sureness[mistakes])][:5]:
        print(f"  test image {row:4}: a {y_test[row]}, read as {read[row]} with probability {sureness[row]:.3f}")

    if options.plot:
        plot(history, options.plot)
        print(f"\nCurves drawn to {options.plot}")


def plot(history: History, file: str) -> None:
    """Loss and accuracy of every epoch, on the images it learns from and on those held back."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    epochs = range(1, len(history.epoch) + 1)
    for axes, key in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        axes.plot(epochs, history.history[key], label="training, with dropout")
        axes.plot(epochs, history.history[f"val_{key}"], label="validation")
        axes.set(title=key, xlabel="epoch")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
