"""A conditional generative adversarial network (GAN) that generates images of digits.

You see a generator that makes images from noise, a discriminator that distinguishes them from real ones,
and how they are trained in turn: the discriminator alone, then the generator through the discriminator,
which is frozen inside a second model. Both get the digit as an input, so that you can choose the digits to
generate.
"""

import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from _common import Images, Labels, make_parser, read_options

from minidl import Input, Model, Sequential
from minidl.datasets import digits
from minidl.layers import Concatenate, Dense, Dropout, LeakyReLU, Reshape
from minidl.optimizers import Adam
from minidl.utils import to_categorical

EPOCHS, QUICK_EPOCHS = 300, 20
BATCH, NOISE, KINDS = 64, 24, 10
SHADES = " .:-=+*#%@"

Rows = npt.NDArray[np.floating]


class Networks(NamedTuple):
    """The generator, the discriminator, and the model that trains the generator through the discriminator."""

    generator: Model
    discriminator: Model
    together: Model


def main() -> None:
    options = read_options(make_parser(__doc__, EPOCHS))
    rng = np.random.default_rng(options.seed)
    (images, labels), _ = digits.load_data()
    real = images / np.float32(8) - 1  # -1 is background, 1 is ink
    networks = make_networks()
    networks.generator.summary()
    networks.discriminator.summary()

    start = time.perf_counter()
    epochs = options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS)
    losses = train(networks, real, labels, epochs, rng)
    print(f"\nTrained {epochs} epochs in {time.perf_counter() - start:.0f} s")

    wanted = np.arange(KINDS)
    generated = networks.generator.predict([rng.normal(size=(KINDS, NOISE)), to_categorical(wanted, KINDS)], verbose=0)
    print("\nGenerated digits 0 to 9\n")
    for half in (generated[:5], generated[5:]):
        print_side_by_side(half)
    if options.plot:
        plot(networks.generator, losses, rng, options.plot)
        print(f"Digits plotted to {options.plot}")


def make_networks() -> Networks:
    """Three models that share the weights of two."""
    noise, kind, image = Input((NOISE,), name="noise"), Input((KINDS,), name="kind"), Input((8, 8), name="image")
    decode = Sequential([Dense(128), LeakyReLU(0.2), Dense(128), LeakyReLU(0.2), Dense(64, activation="tanh"), Reshape((8, 8))])
    classify = Sequential(
        [Dense(128), LeakyReLU(0.2), Dropout(0.3), Dense(64), LeakyReLU(0.2), Dropout(0.3), Dense(1, "sigmoid")]
    )

    generator = Model([noise, kind], decode(Concatenate()([noise, kind])), name="generator")
    discriminator = Model([image, kind], classify(Concatenate()([Reshape((64,))(image), kind])), name="discriminator")
    discriminator.compile(Adam(0.001, beta_1=0.5), "binary_crossentropy")

    together = Model([noise, kind], discriminator([generator([noise, kind]), kind]), name="together")
    together.compile(Adam(0.001, beta_1=0.5), "binary_crossentropy")
    return Networks(generator, discriminator, together)


def train(networks: Networks, real: Images, labels: Labels, epochs: int, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Train both in turn on all images in each epoch; returns the mean losses of both for every epoch."""
    history = []
    generator_target, real_target = (
        np.ones((BATCH, 1)),
        np.full((BATCH, 1), 0.9),
    )  # label smoothing keeps the discriminator from becoming overconfident
    for epoch in range(epochs):
        losses = []
        for rows in np.array_split(rng.permutation(len(real))[: len(real) // BATCH * BATCH], len(real) // BATCH):
            kinds = to_categorical(labels[rows], KINDS)
            generated = networks.generator.predict_on_batch([rng.normal(size=(BATCH, NOISE)), kinds])

            networks.discriminator.trainable = True
            discriminator_loss = networks.discriminator.train_on_batch([real[rows], kinds], real_target)
            discriminator_loss += networks.discriminator.train_on_batch([generated, kinds], np.zeros((BATCH, 1)))

            networks.discriminator.trainable = False  # the frozen discriminator only passes the gradient to the generator
            wanted = to_categorical(rng.integers(0, KINDS, BATCH), KINDS)
            generator_loss = networks.together.train_on_batch([rng.normal(size=(BATCH, NOISE)), wanted], generator_target)
            losses.append((discriminator_loss / 2, generator_loss))
        history.append((float(np.mean([one for one, _ in losses])), float(np.mean([other for _, other in losses]))))
        if (epoch + 1) % max(epochs // 10, 1) == 0:
            print(f"epoch {epoch + 1:3}: discriminator loss {history[-1][0]:.3f}, generator loss {history[-1][1]:.3f}")
    return history


def print_side_by_side(images: Images) -> None:
    """Print images side by side as text."""
    shades = np.clip((images + 1) / 2 * (len(SHADES) - 1) + 0.5, 0, len(SHADES) - 1).astype(int)
    for line in range(8):
        print("   ".join("".join(SHADES[shade] * 2 for shade in image[line]) for image in shades))
    print()


def plot(generator: Model, losses: list[tuple[float, float]], rng: np.random.Generator, file: str) -> None:
    """Plot eight samples of each digit, and both losses."""
    from matplotlib.figure import Figure

    kinds = np.repeat(np.arange(KINDS), 8)
    images = generator.predict([rng.normal(size=(len(kinds), NOISE)), to_categorical(kinds, KINDS)], verbose=0)
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)), constant_values=-1.0)  # background between the digits
    sheet = framed.reshape(KINDS, 8, 10, 10).transpose(1, 2, 0, 3).reshape(80, 100)
    figure = Figure(figsize=(12, 5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.imshow(sheet, cmap="gray_r", interpolation="nearest")
    left.set(title="Eight generated samples of each digit", xlabel="digit that was asked for", yticks=[])
    left.set_xticks(np.arange(KINDS) * 10 + 4.5, np.arange(KINDS).astype(str))
    for number, name in enumerate(("discriminator", "generator")):
        right.plot(range(1, len(losses) + 1), [pair[number] for pair in losses], label=name)
    right.set(title="Loss", xlabel="epoch")
    right.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    right.grid(alpha=0.3)
    right.legend()
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    main()
