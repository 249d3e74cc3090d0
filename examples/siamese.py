"""Are these two images the same digit? One encoder looks at both.

You see how two inputs share one model and so one set of weights, a layer of your own that is
nothing but a formula in `minidl.ops` and needs no `backward`, and a loss and a metric written as
functions. You see too how far what such a network learns reaches: to new images of digits
that it knows, not to digits that it never saw.
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
KNOWN = 8  # it learns from the digits below this one, and never sees 8 and 9

Pairs: TypeAlias = tuple[list[Images], npt.NDArray[np.float32]]


class Distance(Layer):
    """How far apart two vectors lie: `y = sqrt(sum((a - b) ** 2))`, one number a row."""

    def call(self, a: Any, b: Any) -> Any:
        squares = ops.sum(ops.square(a - b), axis=-1, keepdims=True)
        return ops.sqrt(squares + 1e-6)  # the slope of a square root at 0 is infinite


def contrastive_loss(same: Any, distance: Any) -> Any:
    """Draw the same digit together, and push different ones apart until they are a margin away (Hadsell et al. 2006)."""
    return same * ops.square(distance) + (1 - same) * ops.square(ops.relu(MARGIN - distance))


def accuracy(same: Any, distance: Any) -> Any:
    """The share of pairs that are told rightly: nearer than half the margin is the same."""
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
    print(f"{PAIRS} pairs of images of the digits 0 to {KNOWN - 1} to learn from, half of them of the same digit\n")

    # One encoder, called twice: both calls use the same weights, and learn as one.
    encoder = Sequential([Flatten(), Dense(128, "relu"), Dropout(0.2), Dense(64, "relu"), Dense(16)], name="encoder")
    left, right = Input((8, 8), name="left"), Input((8, 8), name="right")
    model = Model([left, right], Distance(name="distance")(encoder(left), encoder(right)), name="siamese")
    model.summary()

    model.compile("adam", contrastive_loss, metrics=[accuracy])
    start = time.perf_counter()
    model.fit(*train, batch_size=128, epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS))
    print(f"\nTrained in {time.perf_counter() - start:.1f} s\n")

    # To compare with: the distance of the pixels themselves, cut where it tells most training pairs rightly.
    cuts = np.linspace(0, 8, 200)
    cut = max(cuts, key=lambda cut: share(train, pixel_distance(train) < cut))
    print("Pairs told rightly               by pixels   by the network")
    for title, pairs in (("new images of digits it knows", test), ("digits that it never saw", never_seen)):
        by_pixels, by_network = share(pairs, pixel_distance(pairs) < cut), model.evaluate(*pairs, verbose=0)[1]
        print(f"{title:30} {by_pixels:11.2%} {by_network:16.2%}")
    print(
        f"\nIt learned what tells these {KNOWN} digits apart, and to overlook all else; and in that may lie what tells an 8\n"
        "from a 9. To compare what it never saw, it would have to learn from many more kinds of things."
    )

    if options.plot:
        shown = {"before: pixels": (test, pixel_distance(test), cut)}
        shown["learned: digits it knows"] = (test, model.predict(test[0])[:, 0], MARGIN / 2)
        shown["learned: digits it never saw"] = (never_seen, model.predict(never_seen[0])[:, 0], MARGIN / 2)
        plot(shown, options.plot)
        print(f"\nDistances drawn to {options.plot}")


def make_pairs(random: np.random.Generator, x: Images, y: Labels, count: int) -> Pairs:
    """Images in pairs, every second of the same digit; 1 where it is the same."""
    one, same = random.integers(len(y), size=count), np.arange(count) % 2
    two = np.empty_like(one)
    for number, (row, alike) in enumerate(zip(one, same, strict=True)):
        candidates = (y == y[row]) == alike
        candidates[row] = False  # no image is paired with itself
        two[number] = random.choice(np.flatnonzero(candidates))
    return [x[one], x[two]], same.astype(np.float32)


def pixel_distance(pairs: Pairs) -> Images:
    """How far apart the images of each pair lie as they are."""
    (one, two), _ = pairs
    distance: Images = np.sqrt(np.sum(np.square(one - two), axis=(1, 2)))
    return distance


def share(pairs: Pairs, told_same: npt.NDArray[np.bool_]) -> float:
    """The share of pairs that are told rightly."""
    return float(np.mean(told_same == (pairs[1] > 0.5)))


def plot(shown: dict[str, tuple[Pairs, Images, float]], file: str) -> None:
    """How the distances spread, of pairs of the same digit and of different ones."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.5), layout="constrained")
    for axes, (title, ((_, same), distance, cut)) in zip(figure.subplots(1, 3), shown.items(), strict=True):
        bins = np.linspace(0, max(distance.max(), 2 * cut), 50).tolist()
        axes.hist(distance[same > 0.5], bins, alpha=0.6, label="same digit")
        axes.hist(distance[same < 0.5], bins, alpha=0.6, label="different digits")
        axes.axvline(cut, color="black", linestyle="--", label="told apart here")
        axes.set(title=title, xlabel="distance", ylabel="pairs")
        axes.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
