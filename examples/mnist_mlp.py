"""The classic example: MNIST, two hidden layers with dropout, over 98% accuracy.

You see how to use a validation split, how dropout reduces overfitting, and how to evaluate the model
at the end: once, after the last epoch, on test images that were not used for anything else.
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
    print(f"{len(x_train)} images for training, the last twelfth of them for validation; {len(x_test)} others for testing\n")

    # The dropout rates were chosen on validation images, not on the test images.
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

    results = model.evaluate(x_test, y_test, return_dict=True, verbose=0)
    print(f"\nTest loss: {results['loss']:.4f}")
    print(f"Test accuracy: {results['accuracy']:.2%}")

    probabilities = model.predict(x_test, verbose=0)
    read, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    mistakes = np.flatnonzero(read != y_test)
    print("\nThe most confident errors:")
    for row in mistakes[np.argsort(-confidence[mistakes])][:5]:
        print(f"  test image {row:4}: a {y_test[row]}, predicted {read[row]} with probability {confidence[row]:.3f}")

    if options.plot:
        plot(history, options.plot)
        print(f"\nCurves plotted to {options.plot}")


def plot(history: History, file: str) -> None:
    """Plot training and validation loss and accuracy of every epoch."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    epochs = range(1, len(history.epoch) + 1)
    for axes, key in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        axes.plot(epochs, history.history[key], label="training, with dropout")
        axes.plot(epochs, history.history[f"val_{key}"], label="validation")
        axes.set(title=key, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
