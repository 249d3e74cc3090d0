"""A variational autoencoder with a two-dimensional latent space that generates images of digits.

You see a custom layer that draws random numbers in its `call` and adds a term to the loss, and a custom model
made of two others, without any `backward`. The plot shows the latent space: the codes of the test images, and
the images that the decoder generates.
"""

import time
from typing import Any

import numpy as np
from _common import Images, Labels, add_data_option, load_images, make_parser, read_options

from minidl import Input, Layer, Model, Sequential, ops
from minidl import random as draws
from minidl.layers import Dense, Flatten, Reshape
from minidl.losses import BinaryCrossentropy

EPOCHS, QUICK_EPOCHS = 20, 10
BATCH, SMALL_BATCH = 128, 32  # the second if there are fewer than 10,000 images
QUICK_IMAGES, QUICK_TESTS = 2_000, 1_000
LIMIT = 2.5  # the latent space is plotted from -LIMIT to LIMIT


class Sampling(Layer):
    """Sampling layer: draws a code from a normal distribution, `mean + std * noise` (reparameterization).

    Adds the Kullback-Leibler divergence between that distribution and the standard normal one to the loss, which keeps the
    codes close to zero without gaps.
    """

    def __init__(self, weight: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.weight = weight
        self.seeds = draws.SeedGenerator()

    def call(self, mean: Any, log_variance: Any) -> Any:
        divergence = 0.5 * ops.sum(ops.square(mean) + ops.exp(log_variance) - 1 - log_variance, axis=-1)
        self.add_loss(self.weight * ops.mean(divergence))
        return mean + ops.exp(0.5 * log_variance) * draws.normal(ops.shape(mean), seed=self.seeds)


class VariationalAutoencoder(Model):
    """An encoder from images to distributions of two-dimensional codes, and a decoder from codes to images."""

    def __init__(self, image_shape: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.image_shape = image_shape
        pixels = image_shape[0] * image_shape[1]
        image = Input(image_shape)
        features = Dense(128, "relu")(Dense(256, "relu")(Flatten()(image)))
        self.encoder = Model(image, [Dense(2, name="mean")(features), Dense(2, name="log_variance")(features)], name="encoder")
        self.sampling = Sampling(weight=1 / pixels)  # the loss of the images is a mean over pixels, so this is too
        self.decoder = Sequential(
            [Input((2,)), Dense(128, "relu"), Dense(256, "relu"), Dense(pixels, "sigmoid"), Reshape(image_shape)],
            name="decoder",
        )

    def call(self, image: Any) -> Any:
        mean, log_variance = self.encoder(image)
        return self.decoder(self.sampling(mean, log_variance))


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    add_data_option(parser)
    options = read_options(parser)
    x, _, x_test, y_test = load_images(options.data, options.quick)
    if options.quick:
        x, x_test, y_test = x[:QUICK_IMAGES], x_test[:QUICK_TESTS], y_test[:QUICK_TESTS]
    print(f"{len(x)} images for training, {len(x_test)} others for testing; labels are not used in training\n")

    model = VariationalAutoencoder(x.shape[1:])
    model.compile("adam", "binary_crossentropy")  # pixels as probabilities
    start = time.perf_counter()
    model.fit(
        x,
        x,  # the targets are the inputs
        batch_size=BATCH if len(x) > 10_000 else SMALL_BATCH,
        epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS),
        validation_data=(x_test, x_test),
    )
    print(f"\nTrained in {time.perf_counter() - start:.1f} s\n")
    model.summary()

    codes, _ = model.encoder.predict(x_test, verbose=0)
    share = x.mean(axis=0)
    baseline = float(BinaryCrossentropy()(x_test, np.broadcast_to(share, x_test.shape)))
    print(f"\nCross-entropy and divergence of a test image: {model.evaluate(x_test, x_test, verbose=0):.4f}")
    print(f"Always predicting the mean image gives {baseline:.4f}")
    alike = neighbors_alike(codes[:2000], y_test[:2000])
    print(f"Test images whose nearest neighbor in the latent space is the same digit: {alike:.2%}")

    print("\nTwo test images and their reconstructions:\n")
    print_images(np.concatenate([x_test[:2], model.predict(x_test[:2], verbose=0)])[[0, 2, 1, 3]])
    print("\nImages generated from random codes:\n")
    print_images(model.decoder.predict(draws.normal((4, 2), seed=options.seed), verbose=0))

    if options.plot:
        plot(model.decoder, codes, y_test, options.plot)
        print(f"\nThe latent space plotted to {options.plot}")


def neighbors_alike(codes: Images, labels: Labels) -> float:
    """Fraction of points whose nearest neighbor has the same label."""
    squares = np.sum(np.square(codes), axis=1)
    distances = squares[:, np.newaxis] + squares - 2 * codes @ codes.T  # (points, points)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))


def print_images(images: Images) -> None:
    """Print images side by side, two characters per pixel; of large images every second pixel."""
    if images.shape[1] > 20:
        images = images.reshape(len(images), images.shape[1] // 2, 2, images.shape[2] // 2, 2).mean(axis=(2, 4))
    drawn = np.array(list(" .:-=+*#%@"))[np.round(images * 9).astype(int)]  # (images, rows, columns)
    for row in drawn.swapaxes(0, 1).repeat(2, axis=2):
        print("  ".join("".join(pixels) for pixels in row).rstrip())


def plot(decoder: Any, codes: Images, labels: Labels, file: str) -> None:
    """Plot the codes of the test images, colored by digit, and the decoded images on a grid of codes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 6.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for digit in range(10):
        own = codes[labels == digit]
        left.scatter(own[:, 0], own[:, 1], s=4, color=f"C{digit}", alpha=0.6)
        style = {"boxstyle": "round", "facecolor": f"C{digit}"}
        place = np.clip(np.median(own, axis=0), -0.95 * LIMIT, 0.95 * LIMIT)
        left.text(*place, str(digit), color="white", fontsize=14, weight="bold", bbox=style, ha="center", va="center")
    left.set(title="codes of the test images", xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal")

    steps = np.linspace(-LIMIT, LIMIT, 19)
    grid = np.stack(np.meshgrid(steps, steps[::-1]), axis=-1)  # (rows, columns, 2), the top row has the largest numbers
    tiles = decoder.predict(grid.reshape(-1, 2), verbose=0)  # (rows * columns, height, width)
    tiles = np.pad(tiles, ((0, 0), (1, 1), (1, 1)))  # background between the images
    picture = tiles.reshape(*grid.shape[:2], *tiles.shape[1:]).swapaxes(1, 2).reshape(len(steps) * tiles.shape[1], -1)
    right.imshow(picture, cmap="gray_r", extent=(-LIMIT, LIMIT, -LIMIT, LIMIT))
    right.set(title="decoded images")
    for axes in (left, right):
        axes.set(xlabel="first latent variable", ylabel="second latent variable")
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    main()
