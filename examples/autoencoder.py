"""A denoising autoencoder: remove noise from images of digits.

You see how an encoder downsamples images (convolution, pooling, strides), how a decoder upsamples them again
(transposed convolutions), how models are used as layers of another model, and how to train with images as
targets. A simple blur is the baseline.
"""

import time

import numpy as np
from _common import Images, add_data_option, load_images, make_parser, read_options

from minidl import Input, Sequential
from minidl.callbacks import History
from minidl.layers import Conv2D, Conv2DTranspose, MaxPooling2D

EPOCHS, QUICK_EPOCHS = 5, 6
TRAIN, QUICK_TRAIN = 20_000, 1_500
TEST = 1_000
BATCH = 32
NOISE = 0.5  # standard deviation; background is 0, ink is 1
SHOWN = 10


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    add_data_option(parser)
    options = read_options(parser)
    x_train, _, x_test, _ = load_images(options.data, options.quick)
    x_train = x_train[: QUICK_TRAIN if options.quick else TRAIN, ..., np.newaxis]  # (images, height, width, 1)
    x_test = x_test[:TEST, ..., np.newaxis]

    rng = np.random.default_rng(options.seed)
    noisy_train, noisy_test = add_noise(x_train, rng), add_noise(x_test, rng)
    print(f"{len(x_train)} images for training, the last tenth of them for validation; {len(x_test)} others for testing\n")

    encoder, decoder = make_encoder(x_train.shape[1:]), make_decoder()
    model = Sequential([encoder, decoder])
    model.compile(optimizer="adam", loss="binary_crossentropy")

    start = time.perf_counter()
    epochs = options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS)
    history = model.fit(noisy_train, x_train, batch_size=BATCH, epochs=epochs, validation_split=0.1)
    print(f"\nTrained in {time.perf_counter() - start:.0f} s\n")
    model.summary()

    denoised = model.predict(noisy_test, verbose=0)
    print("\nMean squared error per pixel on the test images:")
    for title, images in (("noisy", noisy_test), ("blurred", blur(noisy_test)), ("denoised", denoised)):
        print(f"  {title:9} {mean_squared_error(images, x_test):.4f}")
    print("\nThe first test image: clean, noisy, denoised\n")
    print_images(np.stack([x_test[0], noisy_test[0], denoised[0]])[..., 0])

    if options.plot:
        rows = {"clean": x_test, "noisy": noisy_test, "blurred": blur(noisy_test), "denoised": denoised}
        plot(history, {title: images[:SHOWN, ..., 0] for title, images in rows.items()}, options.plot)
        print(f"\nCurve and images plotted to {options.plot}")


def make_encoder(shape: tuple[int, ...]) -> Sequential:
    """Two blocks that halve height and width: from pixels to 64 features per position."""
    return Sequential(
        [
            Input(shape),  # (28, 28, 1)
            Conv2D(32, 3, padding="same", activation="relu"),
            MaxPooling2D(2),  # (14, 14, 32)
            Conv2D(64, 3, strides=2, padding="same", activation="relu"),  # (7, 7, 64)
        ],
        name="encoder",
    )


def make_decoder() -> Sequential:
    """Transposed convolutions; kernel sizes are multiples of the strides, which avoids checkerboard artifacts."""
    return Sequential(
        [
            Conv2DTranspose(32, 4, strides=2, padding="same", activation="relu"),  # (14, 14, 32)
            Conv2DTranspose(1, 6, strides=2, padding="same", activation="sigmoid"),  # (28, 28, 1)
        ],
        name="decoder",
    )


def add_noise(images: Images, rng: np.random.Generator) -> Images:
    """The images with Gaussian noise, clipped to [0, 1]."""
    noisy: Images = np.clip(images + NOISE * rng.standard_normal(images.shape, dtype=np.float32), 0, 1)
    return noisy


def blur(images: Images) -> Images:
    """Replace every pixel by the mean of its 3x3 neighborhood."""
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifted = [padded[:, row : row + height, column : column + width] for row in range(3) for column in range(3)]
    blurred: Images = np.mean(shifted, axis=0)
    return blurred


def mean_squared_error(y_pred: Images, y_true: Images) -> float:
    return float(np.mean((y_pred - y_true) ** 2))


def print_images(images: Images) -> None:
    """Print images side by side; denser characters are darker. Characters are twice as high as wide."""
    shades = np.array(list(" .:-=+*#%@"))
    drawn = shades[np.round(images * 9).astype(int)]  # (images, height, width)
    drawn = drawn[:, ::2] if drawn.shape[1] > 16 else drawn.repeat(2, axis=2)
    for row in drawn.swapaxes(0, 1):
        print("   |   ".join("".join(pixels) for pixels in row).rstrip())


def plot(history: History, rows: dict[str, Images], file: str) -> None:
    """Plot the loss of every epoch, and the same digits clean, noisy and denoised."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7.5), layout="constrained")
    (above,), (below,) = figure.subfigures(2, 1, squeeze=False, height_ratios=(2, 3))

    axes = above.subplots()
    epochs = range(1, len(history.epoch) + 1)
    axes.plot(epochs, history.history["loss"], marker="o", label="training")
    axes.plot(epochs, history.history["val_loss"], marker="o", label="validation")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.set(title="loss", xlabel="epoch")
    axes.grid(alpha=0.3)
    axes.legend()

    for line, (title, images) in zip(below.subplots(len(rows), SHOWN), rows.items(), strict=True):
        for axes, image in zip(line, images, strict=True):
            axes.imshow(image, cmap="gray_r", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
        line[0].set_ylabel(title)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
