"""A network that invents digits: it packs each image into two numbers, and unpacks any two numbers into an image.

You see a layer of your own that draws random numbers in its `call` and adds a term to the loss,
a model of your own made of two others, and none of them with a `backward`. The picture shows the
plane of the two numbers: where the network puts the images that it reads, and what it draws there.
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
BATCH, SMALL_BATCH = 128, 32  # the second for fewer than 10,000 images
QUICK_IMAGES, QUICK_TESTS = 2_000, 1_000
ROOM = 2.5  # of the plane, what lies within +-ROOM is drawn


class Sampling(Layer):
    """Turns mean and spread of a code into a code drawn at random: `mean + spread * noise`.

    Adds to the loss how far the distribution that it draws from is from the standard normal one (its Kullback-Leibler
    divergence): that keeps the codes together around zero, with no gaps between them.
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
    """An encoder that describes an image by a distribution over two numbers, and a decoder that draws what they mean."""

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
    print(f"{len(x)} images to learn from, {len(x_test)} others to test with; nobody tells the network which digits they are\n")

    model = VariationalAutoencoder(x.shape[1:])
    model.compile("adam", "binary_crossentropy")  # a pixel is as white as it is probable
    start = time.perf_counter()
    model.fit(
        x,
        x,  # what comes out should be what went in
        batch_size=BATCH if len(x) > 10_000 else SMALL_BATCH,
        epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS),
        validation_data=(x_test, x_test),
    )
    print(f"\nTrained in {time.perf_counter() - start:.1f} s\n")
    model.summary()

    codes, _ = model.encoder.predict(x_test)
    share = x.mean(axis=0)
    blind = float(BinaryCrossentropy()(x_test, np.broadcast_to(share, x_test.shape)))
    print(f"\nCross-entropy and divergence of a test image: {model.evaluate(x_test, x_test, verbose=0):.4f}")
    print(f"Who draws the mean image each time pays {blind:.4f}")
    alike = neighbours_alike(codes[:2000], y_test[:2000])
    print(f"Test images whose nearest neighbour in the plane is the same digit: {alike:.2%}")

    print("\nTwo test images, each with what the network makes of its two numbers:\n")
    print_images(np.concatenate([x_test[:2], model.predict(x_test[:2])])[[0, 2, 1, 3]])
    print("\nInvented, each from two random numbers:\n")
    print_images(model.decoder.predict(draws.normal((4, 2), seed=options.seed)))

    if options.plot:
        plot(model.decoder, codes, y_test, options.plot)
        print(f"\nThe plane drawn to {options.plot}")


def neighbours_alike(codes: Images, labels: Labels) -> float:
    """The share of points whose nearest other point has the same label."""
    squares = np.sum(np.square(codes), axis=1)
    distances = squares[:, np.newaxis] + squares - 2 * codes @ codes.T  # (points, points)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))


def print_images(images: Images) -> None:
    """Images side by side, each pixel two characters wide, the darker the denser; of large ones every second pixel."""
    if images.shape[1] > 20:
        images = images.reshape(len(images), images.shape[1] // 2, 2, images.shape[2] // 2, 2).mean(axis=(2, 4))
    drawn = np.array(list(" .:-=+*#%@"))[np.round(images * 9).astype(int)]  # (images, rows, columns)
    for row in drawn.swapaxes(0, 1).repeat(2, axis=2):
        print("  ".join("".join(pixels) for pixels in row).rstrip())


def plot(decoder: Any, codes: Images, labels: Labels, file: str) -> None:
    """Left: the codes of the test images, coloured by digit. Right: what the decoder draws all over the same plane."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 6.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for digit in range(10):
        own = codes[labels == digit]
        left.scatter(own[:, 0], own[:, 1], s=4, color=f"C{digit}", alpha=0.6)
        style = {"boxstyle": "round", "facecolor": f"C{digit}"}
        left.text(*np.median(own, axis=0), str(digit), color="white", fontsize=14, weight="bold", bbox=style, clip_on=True)
    left.set(title="where it puts the test images", xlim=(-ROOM, ROOM), ylim=(-ROOM, ROOM), aspect="equal")

    steps = np.linspace(-ROOM, ROOM, 19)
    grid = np.stack(np.meshgrid(steps, steps[::-1]), axis=-1)  # (rows, columns, 2), the top row has the largest numbers
    tiles = decoder.predict(grid.reshape(-1, 2))  # (rows * columns, height, width)
    picture = tiles.reshape(*grid.shape[:2], *tiles.shape[1:]).swapaxes(1, 2).reshape(len(steps) * tiles.shape[1], -1)
    right.imshow(picture, cmap="gray_r", extent=(-ROOM, ROOM, -ROOM, ROOM))
    right.set(title="what it draws there")
    for axes in (left, right):
        axes.set(xlabel="first number", ylabel="second number")
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    main()
