"""Is a review praise or blame? A network reads raw sentences, in both directions, and learns what "not" and "but" do.

You see strings go straight into a model: TextVectorization learns the words, Embedding gives each
a vector and masks the padding, a bidirectional LSTM reads in order. Beside it stands a model that
only counts words: as "good, but bad" and "bad, but good" have the same words, it cannot do better
than guess. The reviews are made by a small grammar, so that nothing has to be downloaded.
"""

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from _common import make_parser, read_options

from minidl import Sequential, load_model
from minidl.layers import LSTM, Bidirectional, Dense, Embedding, TextVectorization

EPOCHS, QUICK_EPOCHS = 8, 5
TRAIN, TEST = 4_000, 1_000
QUICK_TRAIN = 1_500
FILE = "reviews.safetensors"

THINGS = ["food", "service", "room", "view", "breakfast", "music", "staff", "price", "pool", "garden", "coffee", "bed"]
GOOD = ["good", "lovely", "great", "charming", "excellent", "delicious", "perfect", "friendly"]
BAD = ["bad", "awful", "poor", "boring", "terrible", "dirty", "noisy", "rude"]
OPENINGS = ["", "", "Honestly,", "Well,", "I must say:", "After two nights:"]
SAMPLES = [
    "The room was bad, but the view was lovely!",
    "The room was lovely, but the view was bad!",
    "The coffee was not bad at all.",
    "The staff was not friendly at all.",
    "Not good.",
]

Labels = npt.NDArray[np.int64]


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    options = read_options(parser)
    rng = np.random.default_rng(options.seed)
    train, y_train = make_reviews(QUICK_TRAIN if options.quick else TRAIN, rng)
    test, y_test = make_reviews(TEST, rng)
    print(f"{len(train)} reviews to train on, {TEST} others to test with. Three of them:")
    for review, label in zip(train[:3], y_train[:3], strict=True):
        print(f"  {'praise' if label else 'blame '}  {review}")

    epochs = options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS)
    counting = make_counting_model(train)
    counting.fit(train, y_train, epochs=epochs, verbose=0)
    counted = counting.evaluate(test, y_test, verbose=0)[1]

    print("\nThe reader learns:")
    start = time.perf_counter()
    reader = make_reader(train)
    history = reader.fit(train, y_train, epochs=epochs, validation_split=0.1, verbose=2)
    print(f"Trained in {time.perf_counter() - start:.0f} s\n")
    reader.summary()
    read = reader.evaluate(test, y_test, verbose=0)[1]
    print(f"\nTest accuracy: {read:.2%} reading in order, where counting words gets {counted:.2%}\n")

    reader.save(FILE)
    again = load_model(FILE)  # the words that it knows are in the file
    same = np.array_equal(again.predict(test), reader.predict(test))
    print(f"Saved to {Path(FILE)}; loaded again, it reads raw sentences {'alike' if same else 'otherwise'}:")
    for sentence, praise in zip(SAMPLES, again.predict(SAMPLES)[:, 0], strict=True):
        print(f"  {praise:6.1%} praise  {sentence}")
    if options.plot:
        plot(history.history, counted, options.plot)
        print(f"\nCurves drawn to {options.plot}")


def make_reader(reviews: list[str]) -> Sequential:
    """Words become numbers, numbers vectors, and an LSTM reads them from both ends."""
    words = TextVectorization()
    words.adapt(reviews)
    layers = [words, Embedding(words.vocabulary_size(), 16, mask_zero=True), Bidirectional(LSTM(16)), Dense(1, "sigmoid")]
    model = Sequential(layers)
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def make_counting_model(reviews: list[str]) -> Sequential:
    """The same question asked of a bag of words: which are there, in whatever order."""
    words = TextVectorization(output_mode="multi_hot")
    words.adapt(reviews)
    model = Sequential([words, Dense(16, "relu"), Dense(1, "sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def make_reviews(count: int, rng: np.random.Generator) -> tuple[list[str], Labels]:
    """Reviews of two halves that say opposite things; what stands behind "but" counts."""
    labels = rng.integers(0, 2, count)
    reviews = []
    for label in labels:
        first, second = rng.choice(THINGS, 2, replace=False)
        opening = rng.choice(OPENINGS)
        sentence = f"{half(first, not label, rng)}, but {half(second, bool(label), rng)}{rng.choice(['.', '!', ' :-)'])}"
        reviews.append(f"{opening} {sentence}".strip())
    return reviews, labels.astype(np.int64)


def half(thing: str, praise: bool, rng: np.random.Generator) -> str:
    """ "The pool was great", or "the pool was not awful at all", which means much the same."""
    if rng.random() < 0.5:
        return f"the {thing} was {rng.choice(GOOD if praise else BAD)}"
    return f"the {thing} was not {rng.choice(BAD if praise else GOOD)} at all"


def plot(history: dict[str, list[float]], counted: float, file: str) -> None:
    """Accuracy of every epoch, beside what counting words reaches."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    epochs = range(1, len(history["accuracy"]) + 1)
    axes.plot(epochs, history["accuracy"], "o-", label="training")
    axes.plot(epochs, history["val_accuracy"], "o-", label="validation")
    axes.axhline(counted, color="grey", linestyle=":", label="counting words")
    axes.set(title="Accuracy", xlabel="epoch", ylim=(0.4, 1.02))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
