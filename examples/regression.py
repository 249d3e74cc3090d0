"""Predict house prices from seven features with very different scales.

You see why and how to scale inputs and targets, how early stopping ends training and restores the best weights, and
how to evaluate a regression: in the units of the target, compared with the mean, with a linear model, and with the
noise, which is the lower bound. The data is simulated, so that the noise is known.
"""

import time
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from _common import make_parser, read_options

from minidl import Input, Sequential
from minidl.callbacks import EarlyStopping, History
from minidl.layers import Dense

EPOCHS, QUICK_EPOCHS = 300, 60  # maximum; early stopping usually ends training earlier
PATIENCE = 25
TRAIN, VALIDATION, TEST = 3_000, 1_000, 1_000
QUICK_TRAIN = 1_000
FEATURES = (
    "living area, m2",
    "garden, m2",
    "rooms",
    "year built",
    "to the center, km",
    "to the station, m",
    "energy, kWh/m2 a year",
)

Rows: TypeAlias = npt.NDArray[np.floating]


class Houses(NamedTuple):
    """A table of houses: features, prices, and prices without noise."""

    features: Rows  # (houses, 7)
    prices: Rows  # (houses,), thousands of euros
    values: Rows  # (houses,), the same without noise


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    options = read_options(parser)
    rng = np.random.default_rng(options.seed)
    train = make_houses(QUICK_TRAIN if options.quick else TRAIN, rng)
    validation, test = make_houses(VALIDATION, rng), make_houses(TEST, rng)
    print(f"{len(train.prices)} houses for training, {VALIDATION} for early stopping, {TEST} others for testing\n")
    print_table(train)

    # Scaling: with years near 2000 and about 4 rooms, the rooms would hardly matter. Standardize everything with
    # the mean and standard deviation of the training houses.
    scale = Scaling(train.features)
    scale_price = Scaling(train.prices)
    x_train, x_validation, x_test = scale(train.features), scale(validation.features), scale(test.features)

    model = Sequential([Input((len(FEATURES),)), Dense(64, activation="relu"), Dense(64, activation="relu"), Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    stopping = EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    start = time.perf_counter()
    history = model.fit(
        x_train,
        scale_price(train.prices),
        validation_data=(x_validation, scale_price(validation.prices)),
        epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS),
        callbacks=[stopping],
        verbose=0,
    )
    seconds = time.perf_counter() - start
    print(
        f"\nTrained for {len(history.epoch)} epochs in {seconds:.1f} s; restored weights of epoch {stopping.best_epoch + 1}\n"
    )
    model.summary()

    predicted = scale_price.back(model.predict(x_test, verbose=0)[:, 0])
    answers = {
        "always the mean": np.full(TEST, train.prices.mean()),
        "a linear model": predict_linearly(x_train, train.prices, x_test),
        "the network": predicted,
        "lower bound (noise only)": test.values,
    }
    print("\nMean absolute error on the test houses, in thousands of euros and relative to the mean price:")
    for title, prices in answers.items():
        error = float(np.mean(np.abs(prices - test.prices)))
        print(f"  {title:27} {error:6.1f}   {error / test.prices.mean():6.1%}")

    if options.plot:
        plot(history, stopping.best_epoch, test.prices, predicted, options.plot)
        print(f"\nPrices and curves plotted to {options.plot}")


def make_houses(count: int, rng: np.random.Generator) -> Houses:
    """Simulated houses. The price is a nonlinear function of the features, with interactions."""
    area = rng.gamma(9, 14, count) + 30
    garden = rng.exponential(350, count)
    rooms = np.clip(np.round(area / 28 + rng.normal(0, 0.8, count)), 1, None)
    year = np.round(2024 - 130 * rng.beta(1.2, 2, count))
    center = rng.gamma(3, 2.5, count)
    station = rng.exponential(900, count)
    energy = np.clip(60 + 1.6 * (2024 - year) + rng.normal(0, 45, count), 15, None)

    age = 2024 - year
    per_square_metre = 1.2 + 4.8 * np.exp(-center / 6)  # thousands of euros: expensive in the center
    condition = 1 - 0.35 * np.sin(np.pi * np.minimum(age, 110) / 110)  # new houses are expensive, and so are very old ones
    value = area**0.95 * per_square_metre * condition
    value += 0.08 * garden * np.exp(-(((center - 7) / 5) ** 2)) * 2  # gardens matter in the suburbs
    value *= 1 + 0.15 * np.exp(-station / 400) - 0.1 * np.exp(-station / 80)  # near the station, but not too near
    value *= 1 - 0.0008 * np.maximum(energy - 150, 0)  # poor insulation
    price = value * np.exp(rng.normal(0, 0.08, count))  # noise

    columns = np.stack([area, garden, rooms, year, center, station, energy], axis=1)
    return Houses(columns.astype(np.float32), price.astype(np.float32), value.astype(np.float32))


class Scaling:
    """Standardize every column, and convert back."""

    def __init__(self, columns: Rows) -> None:
        self.mean: Rows = columns.mean(axis=0)
        self.deviation: Rows = columns.std(axis=0)

    def __call__(self, columns: Rows) -> Rows:
        return (columns - self.mean) / self.deviation

    def back(self, columns: Rows) -> Rows:
        return columns * self.deviation + self.mean


def predict_linearly(x_train: Rows, y_train: Rows, x_test: Rows) -> Rows:
    """Linear least squares with a bias."""
    with_bias = np.column_stack([x_train, np.ones_like(y_train)])
    weights = np.linalg.lstsq(with_bias, y_train, rcond=None)[0]
    predicted: Rows = np.column_stack([x_test, np.ones_like(x_test[:, 0])]) @ weights
    return predicted


def print_table(houses: Houses) -> None:
    """Print three houses, and the range of each feature."""
    print(f"{'':24}{'house 1':>10}{'house 2':>10}{'house 3':>10}     smallest   largest")
    rows = [*zip(FEATURES, houses.features.T, strict=True), ("price, 1000 euros", houses.prices)]
    for title, column in rows:
        figures = "".join(f"{figure:10.1f}" for figure in column[:3])
        print(f"{title:24}{figures}   {column.min():10.1f}{column.max():10.1f}")


def plot(history: History, best_epoch: int, y_true: Rows, y_pred: Rows, file: str) -> None:
    """Plot predicted against true prices of the test houses, and the loss of every epoch."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.5), layout="constrained")
    prices, losses = figure.subplots(1, 2)

    largest = float(max(y_true.max(), y_pred.max()))
    prices.scatter(y_true, y_pred, s=8, alpha=0.4)
    prices.plot([0, largest], [0, largest], color="black", linewidth=1)
    prices.set(title="test houses", xlabel="true price, 1000 euros", ylabel="predicted price, 1000 euros", aspect="equal")
    prices.grid(alpha=0.3)

    epochs = range(1, len(history.epoch) + 1)
    losses.plot(epochs, history.history["loss"], label="training")
    losses.plot(epochs, history.history["val_loss"], label="validation")
    losses.axvline(best_epoch + 1, color="black", linestyle=":", label="weights kept")
    losses.set(title="mean squared error of scaled prices", xlabel="epoch", yscale="log")
    losses.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    losses.grid(alpha=0.3)
    losses.legend()
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
