"""A siamese network: do two images show the same digit?

You see how two inputs share one encoder and its weights, a custom layer that is only a formula in
`minidl.ops` and needs no `backward`, and a loss and a metric written as functions. You also see how well
such a network generalizes: to new images of known digits, but not to digits that are not in the
training data.
"""

import time
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from _common import Images, Labels, make_parser, read_options

from minidl import Input, Layer, Model, Sequential, ops
from minidl.datasets import digits
from minidl.layers import Dense, Dropout, Flatten

EPOCHS, QUICK_EPOCHS = 12, 3
PAIRS, TEST_PAIRS = 20_000, 4_000
MARGIN = 1.0
KNOWN = 8  # trained on the digits below this one, not on 8 and 9

Pairs: TypeAlias = tuple[list[Images], npt.NDArray[np.float32]]


class Distance(Layer):
    """Euclidean distance, `y = sqrt(sum((a - b) ** 2))`, one value per row."""

    def call(self, a: Any, b: Any) -> Any:
        squares = ops.sum(ops.square(a - b), axis=-1, keepdims=True)
        return ops.sqrt(squares + 1e-6)  # the derivative of a square root at 0 is infinite


def contrastive_loss(same: Any, distance: Any) -> Any:
    """Contrastive loss: pulls equal digits together, pushes different ones apart up to a margin (Hadsell et al. 2006)."""
    return same * ops.square(distance) + (1 - same) * ops.square(ops.relu(MARGIN - distance))


def accuracy(same: Any, distance: Any) -> Any:
    """Accuracy: pairs with a distance below half the margin are classified as equal."""
    return ops.cast(ops.equal(distance < MARGIN / 2, same > 0.5), "float32")


def main() -> None:
    options = read_options(make_parser(__doc__, EPOCHS))
    random = np.random.default_rng(options.seed)
    (images, y), (images_test, y_test) = digits.load_data()
    x, x_test = images / np.float32(16), images_test / np.float32(16)
    known, known_test = y < KNOWN, y_test < KNOWN
    train = make_pairs(random, x[known], y[known], PAIRS)
    test = make_pairs(random, x_test[known_test], y_test[known_test], TEST_PAIRS)
    never_seen = make_pairs(random, x_test[~known_test], y_test[~known_test], TEST_PAIRS)
    print(f"{PAIRS} pairs of images of the digits 0 to {KNOWN - 1} for training, half of them of the same digit\n")

    # One encoder, called twice: both calls share the weights.
    encoder = Sequential([Flatten(), Dense(128, "relu"), Dropout(0.2), Dense(64, "relu"), Dense(16)], name="encoder")
    left, right = Input((8, 8), name="left"), Input((8, 8), name="right")
    model = Model([left, right], Distance(name="distance")(encoder(left), encoder(right)), name="siamese")
    model.summary()

    model.compile("adam", contrastive_loss, metrics=[accuracy])
    start = time.perf_counter()
    model.fit(*train, batch_size=128, epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS))
    print(f"\nTrained in {time.perf_counter() - start:.1f} s\n")

    # Baseline: the distance of the pixels, with the threshold that is best for the training pairs.
    cuts = np.linspace(0, 8, 200)
    cut = max(cuts, key=lambda cut: share(train, pixel_distance(train) < cut))
    print("Accuracy on pairs                  pixels      the network")
    for title, pairs in (("new images of known digits", test), ("unknown digits", never_seen)):
        by_pixels, by_network = share(pairs, pixel_distance(pairs) < cut), model.evaluate(*pairs, verbose=0)[1]
        print(f"{title:30} {by_pixels:11.2%} {by_network:16.2%}")
    print(
        f"\nThe encoder learned features that distinguish these {KNOWN} digits and ignores others, which may distinguish an 8\n"
        "from a 9. To generalize to unknown classes, it would need many more classes in training."
    )

    if options.plot:
        shown = {"before: pixels": (test, pixel_distance(test), cut)}
        shown["network: known digits"] = (test, model.predict(test[0], verbose=0)[:, 0], MARGIN / 2)
        shown["network: unknown digits"] = (never_seen, model.predict(never_seen[0], verbose=0)[:, 0], MARGIN / 2)
        plot(shown, options.plot)
        print(f"\nDistances plotted to {options.plot}")


def make_pairs(random: np.random.Generator, x: Images, y: Labels, count: int) -> Pairs:
    """Pairs of images, every second pair of the same digit, and labels, 1 for the same digit."""
    one, same = random.integers(len(y), size=count), np.arange(count) % 2
    two = np.empty_like(one)
    for number, (row, alike) in enumerate(zip(one, same, strict=True)):
        candidates = (y == y[row]) == alike
        candidates[row] = False  # no image is paired with itself
        two[number] = random.choice(np.flatnonzero(candidates))
    return [x[one], x[two]], same.astype(np.float32)


def pixel_distance(pairs: Pairs) -> Images:
    """Euclidean distance of the pixels of each pair."""
    (one, two), _ = pairs
    distance: Images = np.sqrt(np.sum(np.square(one - two), axis=(1, 2)))
    return distance


def share(pairs: Pairs, predicted_same: npt.NDArray[np.bool_]) -> float:
    """Fraction of pairs that are classified correctly."""
    return float(np.mean(predicted_same == (pairs[1] > 0.5)))


def plot(shown: dict[str, tuple[Pairs, Images, float]], file: str) -> None:
    """Plot histograms of the distances of pairs of the same digit and of different digits."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.8), layout="constrained")
    for axes, (title, ((_, same), distance, cut)) in zip(figure.subplots(1, 3), shown.items(), strict=True):
        bins = np.linspace(0, max(distance.max(), 2 * cut), 50).tolist()
        axes.hist(distance[same > 0.5], bins, alpha=0.6, label="same digit")
        axes.hist(distance[same < 0.5], bins, alpha=0.6, label="different digits")
        axes.axvline(cut, color="black", linestyle="--", label="threshold")
        axes.set(title=title, xlabel="distance", ylabel="pairs")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
