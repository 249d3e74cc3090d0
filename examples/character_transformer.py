"""A small character-level Transformer, trained on the text of Python's built-in help.

You see how attention, position embeddings and residual connections make a Transformer block of ten lines, how
a causal mask trains on all positions of a text at once, and how the model gradually generates text that looks
like English: samples are printed after each epoch. The loss, in bits per character, is compared with the entropy
of the character frequencies.
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
LENGTH, WIDTH, HEADS, BLOCKS = 64, 96, 4, 2  # context length, embedding size, heads, blocks
QUICK_WIDTH = 32
BATCH = 64
STEPS, QUICK_STEPS = 250, 50  # per epoch
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
    print(
        f"predicting character frequencies: {entropy:.2f} bits per character; uniform guessing: {np.log2(len(letters)):.2f}\n"
    )

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
    print(f"Loss on held-out text: {bits:.2f} bits per character; with character frequencies alone it was {entropy:.2f}\n")
    print("Generated text that starts with 'The ':\n")
    print(write(model, letters, "The ", 120 if options.quick else 400, rng))
    if options.quick:
        print("\nA quick run is too short to learn words; run without --quick to see them")
    if options.plot:
        plot(writer.bits, entropy, options.plot)
        print(f"\nCurve plotted to {options.plot}")


def make_model(letters: int, width: int) -> Model:
    """Model from ids (batch, time) to probabilities of the next character, (batch, time, letters)."""
    text = Input((None,), dtype="int64", name="text")
    x = Embedding(letters, width)(text)
    x = Add()([x, PositionEmbedding(LENGTH)(x)])
    for _ in range(BLOCKS):
        x = block(x)
    return Model(text, Dense(letters, activation="softmax")(LayerNormalization()(x)))


def block(x: Any) -> Any:
    """One pre-norm block: causal self-attention, then a feed-forward network, each with a residual connection."""
    width = x.shape[-1]
    h = LayerNormalization()(x)
    x = Add()([x, MultiHeadAttention(HEADS, width // HEADS)(h, h, use_causal_mask=True)])
    h = Dense(4 * width, activation="gelu")(LayerNormalization()(x))
    return Add()([x, Dense(width)(h)])


class Windows:
    """Batches of random text windows; the target is the same window shifted by one character."""

    def __init__(self, ids: Ids, steps: int, rng: np.random.Generator) -> None:
        self.ids, self.steps, self.rng = ids, steps, rng

    def __len__(self) -> int:
        return self.steps

    def __iter__(self) -> Iterator[tuple[Ids, Ids]]:
        for _ in range(self.steps):
            yield exercises(self.ids, self.rng.integers(0, len(self.ids) - LENGTH - 1, BATCH))


def exercises(ids: Ids, starts: Ids) -> tuple[Ids, Ids]:
    """The windows that start at these positions, and the same shifted by one character."""
    places = starts[:, np.newaxis] + np.arange(LENGTH)
    return ids[places], ids[places + 1]


class Writer(Callback):
    """Prints generated text after each epoch."""

    def __init__(self, letters: list[str], rng: np.random.Generator) -> None:
        super().__init__()
        self.letters, self.rng = letters, rng
        self.bits: list[tuple[float, float]] = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        logs = logs or {}
        self.bits.append((logs["loss"] / np.log(2), logs["val_loss"] / np.log(2)))
        sample = write(self.model, self.letters, "The ", 60, self.rng).replace("\n", " ")
        print(f"epoch {epoch + 1}: {self.bits[-1][1]:.2f} bits per character   {sample}")


def write(model: Model, letters: list[str], begin: str, length: int, rng: np.random.Generator, temperature: float = 0.7) -> str:
    """Generate text after a prompt, one character at a time; a lower temperature gives more likely text."""
    ids = [letters.index(letter) for letter in begin]
    for _ in range(length):
        probabilities = model.predict_on_batch(np.array([ids[-LENGTH:]]))[0, -1].astype(np.float64)
        weights = probabilities ** (1 / temperature)
        ids.append(int(rng.choice(len(letters), p=weights / weights.sum())))
    return "".join(letters[number] for number in ids)


def read_manual() -> str:
    """The topics of help(): prose and code, without repeated spaces and rare characters."""
    from pydoc_data.topics import topics

    text = "\n".join(topics.values())
    text = re.sub(r"[^A-Za-z0-9 .,;:()'\"\n_=-]", "", text)
    text = re.sub(r"[-=]{4,}", "", text)
    return re.sub(r"[ \n]*\n[ \n]*", "\n", re.sub(r" +", " ", text))[:CHARACTERS]


def entropy_of(ids: Ids, count: int) -> float:
    """Entropy of the character frequencies, in bits."""
    shares = np.bincount(ids, minlength=count) / len(ids)
    shares = shares[shares > 0]
    return float(-(shares * np.log2(shares)).sum())


def plot(bits: list[tuple[float, float]], entropy: float, file: str) -> None:
    """Plot bits per character after each epoch."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 3.5), layout="constrained")
    axes = figure.subplots()
    epochs = range(1, len(bits) + 1)
    axes.plot(epochs, [one for one, _ in bits], "o-", label="training")
    axes.plot(epochs, [other for _, other in bits], "o-", label="validation")
    axes.axhline(entropy, color="gray", linestyle=":", label="character frequencies")
    axes.set(title="Bits per character", xlabel="epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
