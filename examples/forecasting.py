"""How much power will a town need tomorrow? A GRU learns a series with two seasons, and forecasts a day of it.

You see how a series becomes windows, past in and future out; how to hold back the end of it, for the
future must not help to foretell the past; and how to judge a forecast: beside the naive one, which
takes what was a week ago, and beside the noise, which nobody can foretell. The series is made up,
so that the noise is known.
"""

import time
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from _common import make_parser, read_options

from minidl import Input, Sequential
from minidl.callbacks import EarlyStopping
from minidl.layers import GRU, Dense
from minidl.optimizers import Adam

EPOCHS, QUICK_EPOCHS = 20, 4
DAY, WEEK = 24, 7 * 24  # hours
PAST, FUTURE = WEEK, DAY  # what the network sees, and what it foretells
WEEKS, QUICK_WEEKS = 60, 30
TEST_WEEKS = 6
NOISE = 3.0  # megawatts
STRIDE = 3  # hours from one window to the next

Series: TypeAlias = npt.NDArray[np.float64]


class Windows(NamedTuple):
    """Pieces of the series: what was, (windows, past, 1), and what came, (windows, future)."""

    past: Series
    future: Series


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    options = read_options(parser)
    rng = np.random.default_rng(options.seed)
    weeks = QUICK_WEEKS if options.quick else WEEKS
    power = make_series(weeks * WEEK, rng)
    cut = (weeks - TEST_WEEKS) * WEEK
    mean, deviation = power[:cut].mean(), power[:cut].std()  # of what is known before the test
    scaled = (power - mean) / deviation
    train, test = make_windows(scaled[:cut]), make_windows(scaled[cut - PAST :])
    print(f"{weeks} weeks of hourly power, {mean:.0f} MW on average; the last {TEST_WEEKS} are held back")
    print(f"{len(train.past)} windows to train on: {PAST} hours in, {FUTURE} hours out\n")

    model = Sequential([Input((PAST, 1)), GRU(32), Dense(FUTURE)])
    model.compile(optimizer=Adam(0.005, clipnorm=1.0), loss="mse", metrics=["mae"])
    model.summary()
    start = time.perf_counter()
    epochs = options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS)
    stop = EarlyStopping("val_loss", patience=4, restore_best_weights=True)
    model.fit(train.past, train.future, epochs=epochs, batch_size=64, validation_split=0.1, callbacks=[stop], verbose=2)
    print(f"Trained in {time.perf_counter() - start:.0f} s\n")

    foretold = model.predict(test.past) * deviation + mean
    came = test.future * deviation + mean
    naive = test.past[:, PAST - WEEK : PAST - WEEK + FUTURE, 0] * deviation + mean  # the same hours a week ago
    yesterday = test.past[:, -DAY:, 0] * deviation + mean
    best = NOISE * np.sqrt(2 / np.pi)
    print("Mean error over the held-back weeks, in MW:")
    print(f"  the network              {error(foretold, came):6.2f}")
    print(f"  the same hour last week  {error(naive, came):6.2f}")
    print(f"  the same hour yesterday  {error(yesterday, came):6.2f}")
    print(f"  the noise alone          {best:6.2f}")
    if options.plot:
        plot(test, foretold, naive, came, mean, deviation, options.plot)
        print(f"\nForecasts drawn to {options.plot}")


def make_series(hours: int, rng: np.random.Generator) -> Series:
    """Days and weeks upon a slow rise, weather that lasts for days, and noise."""
    t = np.arange(hours)
    day = 12 * np.sin(2 * np.pi * (t - 8) / DAY) + 5 * np.sin(4 * np.pi * (t - 3) / DAY)
    weekend = np.where(t // DAY % 7 >= 5, 0.5, 1.0)
    weather = np.zeros(hours)
    steps = rng.normal(0.0, 0.6, hours)
    for hour in range(1, hours):
        weather[hour] = 0.99 * weather[hour - 1] + steps[hour]
    return np.asarray(100 + 0.002 * t + weekend * day - 8 * (weekend < 1) + weather + rng.normal(0.0, NOISE, hours))


def make_windows(series: Series) -> Windows:
    """Every piece of past and future that the series holds, one beginning a few hours after the other."""
    pieces = np.lib.stride_tricks.sliding_window_view(series, PAST + FUTURE)[::STRIDE]
    return Windows(pieces[:, :PAST, np.newaxis].copy(), pieces[:, PAST:].copy())


def error(foretold: Series, came: Series) -> float:
    """Mean distance."""
    return float(np.abs(foretold - came).mean())


def plot(test: Windows, foretold: Series, naive: Series, came: Series, mean: float, deviation: float, file: str) -> None:
    """Four days that were foretold: the past, what came, the network's forecast and the naive one."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 6), layout="constrained")
    chosen = np.linspace(0, len(came) - 1, 4, dtype=int)
    for axes, window in zip(figure.subplots(2, 2).flat, chosen, strict=True):
        past = test.past[window, -2 * DAY :, 0] * deviation + mean
        axes.plot(np.arange(-2 * DAY, 0), past, color="black", label="past")
        hours = np.arange(FUTURE)
        axes.plot(hours, came[window], "o", color="black", markersize=3, label="what came")
        axes.plot(
            hours, foretold[window], color="tab:blue", label=f"network, error {error(foretold[window], came[window]):.1f}"
        )
        axes.plot(
            hours, naive[window], "--", color="tab:orange", label=f"last week, error {error(naive[window], came[window]):.1f}"
        )
        axes.set(xlabel="hours from now", ylabel="MW")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(file, dpi=110)


if __name__ == "__main__":
    main()
