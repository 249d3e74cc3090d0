"""A small Transformer learns to write, letter by letter, from the manual that ships with Python.

You see how attention, positions and shortcuts make a Transformer block of ten lines, how a causal
mask lets every place of a text be an exercise at once, and how a network that knows no word at
first comes to write something that looks like English: samples are printed as it learns. Its loss,
in bits per character, stands beside what one would pay for guessing by the letters' frequencies.
"""

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from _common import make_parser, read_options

from minidl import Input, Model
from minidl.callbacks import Callback
from minidl.layers import Add, Dense, Embedding, LayerNormalization, MultiHeadAttention, PositionEmbedding
from minidl.optimizers import Adam

EPOCHS, QUICK_EPOCHS = 5, 2
LENGTH, WIDTH, HEADS, BLOCKS = 64, 96, 4, 2  # characters seen at once, numbers a character, heads, blocks
QUICK_WIDTH = 32
BATCH = 64
STEPS, QUICK_STEPS = 250, 50  # an epoch
CHARACTERS = 400_000

Ids = npt.NDArray[np.int64]


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    options = read_options(parser)
    text = read_manual()
    letters = sorted(set(text))
    ids = np.searchsorted(letters, list(text)).astype(np.int64)
    cut = int(0.9 * len(ids))
    train, held_out = ids[:cut], ids[cut:]
    entropy = entropy_of(train, len(letters))
    print(f"{len(text):,} characters of Python's manual, {len(letters)} different; the last tenth is held out")
    print(f"guessing by frequency costs {entropy:.2f} bits a character, guessing blindly {np.log2(len(letters)):.2f}\n")

    model = make_model(len(letters), QUICK_WIDTH if options.quick else WIDTH)
    model.compile(optimizer=Adam(0.003), loss="sparse_categorical_crossentropy")
    print(f"{model.count_params():,} weights in {BLOCKS} blocks\n")

    start = time.perf_counter()
    rng = np.random.default_rng(options.seed)
    steps = QUICK_STEPS if options.quick else STEPS
    writer = Writer(letters, rng)
    history = model.fit(
        Windows(train, steps, rng),
        epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS),
        validation_data=exercises(held_out, np.arange(0, len(held_out) - LENGTH - 1, LENGTH)[:200]),
        callbacks=[writer],
        verbose=0,
    )
    print(f"\nTrained in {time.perf_counter() - start:.0f} s")
    bits = history.history["val_loss"][-1] / np.log(2)
    print(f"Held-out text costs {bits:.2f} bits a character; by frequency alone it was {entropy:.2f}\n")
    print("What it writes now, when it begins with 'The ':\n")
    print(write(model, letters, "The ", 120 if options.quick else 400, rng))
    if options.plot:
        plot(writer.bits, entropy, options.plot)
        print(f"\nCurve drawn to {options.plot}")


def make_model(letters: int, width: int) -> Model:
    """From ids (batch, time) to the probabilities of each next character, (batch, time, letters)."""
    text = Input((None,), dtype="int64", name="text")
    x = Embedding(letters, width)(text)
    x = Add()([x, PositionEmbedding(LENGTH)(x)])
    for _ in range(BLOCKS):
        x = block(x)
    return Model(text, Dense(letters, activation="softmax")(LayerNormalization()(x)))


def block(x: Any) -> Any:
    """One block, pre-norm: look back at what was written, then think about it; each adds to what came in."""
    width = x.shape[-1]
    h = LayerNormalization()(x)
    x = Add()([x, MultiHeadAttention(HEADS, width // HEADS)(h, h, use_causal_mask=True)])
    h = Dense(4 * width, activation="gelu")(LayerNormalization()(x))
    return Add()([x, Dense(width)(h)])


class Windows:
    """Batches of pieces of the text, each with itself one character later as the target; other pieces each time round."""

    def __init__(self, ids: Ids, steps: int, rng: np.random.Generator) -> None:
        self.ids, self.steps, self.rng = ids, steps, rng

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[Ids, Ids]]:
        for _ in range(self.steps):
            yield exercises(self.ids, self.rng.integers(0, len(self.ids) - LENGTH - 1, BATCH))


def exercises(ids: Ids, starts: Ids) -> tuple[Ids, Ids]:
    """The pieces that begin at these places, and the same one character later."""
    places = starts[:, np.newaxis] + np.arange(LENGTH)
    return ids[places], ids[places + 1]


class Writer(Callback):
    """Shows after each epoch what the model has learned to write."""

    def __init__(self, letters: list[str], rng: np.random.Generator) -> None:
        super().__init__()
        self.letters, self.rng = letters, rng
        self.bits: list[tuple[float, float]] = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        logs = logs or {}
        self.bits.append((logs["loss"] / np.log(2), logs["val_loss"] / np.log(2)))
        sample = write(self.model, self.letters, "The ", 60, self.rng).replace("\n", " ")
        print(f"epoch {epoch + 1}: {self.bits[-1][1]:.2f} bits a character   {sample}")


def write(model: Model, letters: list[str], begin: str, length: int, rng: np.random.Generator, heat: float = 0.7) -> str:
    """Let the model go on from a beginning, one character after another; less heat makes it surer and duller."""
    ids = [letters.index(letter) for letter in begin]
    for _ in range(length):
        probabilities = model.predict_on_batch(np.array([ids[-LENGTH:]]))[0, -1].astype(np.float64)
        weights = probabilities ** (1 / heat)
        ids.append(int(rng.choice(len(letters), p=weights / weights.sum())))
    return "".join(letters[number] for number in ids)


def read_manual() -> str:
    """The topics that help() knows: prose and code, with runs of spaces and rare signs taken out."""
    from pydoc_data.topics import topics

    text = "\n".join(topics.values())
    text = re.sub(r"[^A-Za-z0-9 .,;:()'\"\n_=-]", "", text)
    text = re.sub(r"[-=]{4,}", "", text)
    return re.sub(r"[ \n]*\n[ \n]*", "\n", re.sub(r" +", " ", text))[:CHARACTERS]


def entropy_of(ids: Ids, count: int) -> float:
    """Bits a character when all that is known is how often each comes."""
    shares = np.bincount(ids, minlength=count) / len(ids)
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def plot(bits: list[tuple[float, float]], entropy: float, file: str) -> None:
    """Bits a character after each epoch."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    epochs = range(1, len(bits) + 1)
    axes.plot(epochs, [one for one, _ in bits], "o-", label="training")
    axes.plot(epochs, [other for _, other in bits], "o-", label="held out")
    axes.axhline(entropy, color="grey", linestyle=":", label="by frequency alone")
    axes.set(title="Bits a character", xlabel="epoch", ylim=(0, None))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
