"""Sequence to sequence: learn addition of numbers as text, "47+85" -> "132".

You see an encoder and a decoder: one LSTM reads the sum and passes its last state to another, which writes
the answer. In training the decoder gets the correct previous character ("teacher forcing"); in inference it
gets its own previous output. The accuracy is measured on sums that are not in the training data.
"""

import time
from typing import Any

import numpy as np
import numpy.typing as npt
from _common import make_parser, read_options

from minidl import Input, Model
from minidl.layers import LSTM, Dense, Embedding
from minidl.optimizers import Adam

EPOCHS, QUICK_EPOCHS = 40, 100
DIGITS, QUICK_DIGITS = 2, 1  # digits of each number
SUMS, QUICK_SUMS = 9_000, 55
TEST = 1_000
UNITS, QUICK_UNITS = 128, 48
LETTERS = "_^$0123456789+"  # padding, begin, end, and the characters
PADDING, BEGIN, END = range(3)

Ids = npt.NDArray[np.int64]


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    options = read_options(parser)
    rng = np.random.default_rng(options.seed)
    digits = QUICK_DIGITS if options.quick else DIGITS
    pairs = all_pairs(digits, rng)
    count = QUICK_SUMS if options.quick else SUMS
    train, test = pairs[:count], pairs[count : count + TEST]
    print(f"{len(train):,} sums for training, {len(test):,} others for testing: {', '.join(map(question, train[:3]))} ...\n")

    network, encoder, decoder = make_models(QUICK_UNITS if options.quick else UNITS)
    network.summary()
    network.compile(Adam(0.01 if options.quick else 0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    questions, decoder_inputs, answers = exercises(train, digits)
    start = time.perf_counter()
    history = network.fit(
        [questions, decoder_inputs],
        answers,
        epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS),
        batch_size=8 if options.quick else 32,
        verbose=0 if options.quick else 2,
    )
    print(f"\nTrained in {time.perf_counter() - start:.0f} s")

    written = answer(encoder, decoder, exercises(test, digits)[0], digits + 2)
    right = [text == str(a + b) for text, (a, b) in zip(written, test, strict=True)]
    known = answer(encoder, decoder, questions[:TEST], digits + 2)
    remembered = np.mean([text == str(a + b) for text, (a, b) in zip(known, train[:TEST], strict=True)])
    print(f"\nExactly correct: {np.mean(right):.1%} of the test sums, {remembered:.1%} of the training sums\n")
    for (a, b), text in list(zip(test, written, strict=True))[:10]:
        print(f"  {a:3} + {b:3} = {text:5} {'' if text == str(a + b) else f'(no, {a + b})'}")
    if options.quick:
        print("\nA quick run has too few sums to learn to add; run without --quick to see correct answers to new sums")
    if options.plot:
        plot(history.history, options.plot)
        print(f"\nCurves plotted to {options.plot}")


def make_models(units: int) -> tuple[Model, Model, Model]:
    """The training model, and the encoder and decoder for inference, which share its weights."""
    embed = Embedding(len(LETTERS), 16, mask_zero=True)
    encode = LSTM(units, return_state=True, name="encoder")
    decode = LSTM(units, return_sequences=True, return_state=True, name="decoder")
    classify = Dense(len(LETTERS), activation="softmax", name="next")

    encoder_input = Input((None,), dtype="int64", name="encoder_input")
    decoder_input = Input((None,), dtype="int64", name="decoder_input")
    _, *state = encode(embed(encoder_input))
    hidden, *_ = decode(embed(decoder_input), initial_state=state)
    network = Model([encoder_input, decoder_input], classify(hidden))

    state_inputs = [Input((units,), name="h"), Input((units,), name="c")]
    hidden, *new_state = decode(embed(decoder_input), initial_state=state_inputs)
    return network, Model(encoder_input, state), Model([decoder_input, *state_inputs], [classify(hidden), *new_state])


def answer(encoder: Model, decoder: Model, questions: Ids, length: int) -> list[str]:
    """Greedy decoding: always append the most probable character."""
    state = encoder.predict(questions, verbose=0)
    last = np.full((len(questions), 1), BEGIN)
    written = []
    for _ in range(length):
        probabilities, *state = decoder.predict([last, *state], verbose=0)
        last = probabilities.argmax(axis=-1)
        written.append(last[:, 0])
    rows = ("".join(LETTERS[letter] for letter in row) for row in np.stack(written, axis=1))
    return [row.split(LETTERS[END])[0] for row in rows]


def all_pairs(digits: int, rng: np.random.Generator) -> Ids:
    """All distinct pairs of numbers with at most this number of digits, in random order."""
    numbers = 10**digits
    return np.stack(np.divmod(rng.permutation(numbers * numbers), numbers), axis=1)


def question(pair: Any) -> str:
    """A sum as text."""
    return f"{pair[0]}+{pair[1]}"


def exercises(pairs: Ids, digits: int) -> tuple[Ids, Ids, Ids]:
    """Encoder inputs, decoder inputs, and targets, which are the decoder inputs shifted by one.

    Encoder inputs are reversed, so that the last digits, where addition starts, are read last.
    """
    answers = [str(a + b) for a, b in pairs]
    encoder_inputs = as_ids([question(pair)[::-1] for pair in pairs], 2 * digits + 1)
    decoder_inputs = as_ids([LETTERS[BEGIN] + text for text in answers], digits + 2)
    return encoder_inputs, decoder_inputs, as_ids([text + LETTERS[END] for text in answers], digits + 2)


def as_ids(texts: list[str], length: int) -> Ids:
    """Characters as integers, padded to the same length."""
    return np.array([[LETTERS.index(letter) for letter in text.ljust(length, LETTERS[PADDING])] for text in texts])


def plot(history: dict[str, list[float]], file: str) -> None:
    """Plot loss and accuracy per character of every epoch."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    for axes, key in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        axes.plot(range(1, len(history[key]) + 1), history[key])
        axes.set(title=f"{key} per character", xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        axes.grid(alpha=0.3)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
