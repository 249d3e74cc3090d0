"""How many visitors will a zoo have next week? A GRU reads the last eight weeks and forecasts seven days.

You see how to split a time series into windows, how to avoid training on the future, how to remove the trend by
subtracting each window's mean, and how to evaluate a forecast: against the naive one (same day last week), which is
hard to beat, and against the best possible one. The data is simulated, so that the best forecast is known.
"""

import time
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from _common import make_parser, read_options

from minidl import Input, Sequential
from minidl.layers import GRU, Dense
from minidl.optimizers import Adam

EPOCHS, QUICK_EPOCHS = 20, 8
BATCH, QUICK_BATCH = 32, 16
TRAIN, QUICK_TRAIN, VALIDATION, TEST = 9, 5, 1, 2  # years
WEEK, YEAR = 7, 365
WINDOW, AHEAD = 8 * WEEK, WEEK  # input days, forecast days
NAIVE, NETWORK = "naive: same day last week", "the GRU"
WEEKDAYS = (-40, -45, -35, -5, 15, 65, 45)  # difference from the average day, Monday to Sunday
MEMORY, NOISE = 0.7, 9.0  # autocorrelation of the weather, and standard deviation of its noise

Series: TypeAlias = npt.NDArray[np.floating]


class Visitors(NamedTuple):
    """Daily series: visitors, expected visitors in average weather, and the effect of the weather."""

    people: Series
    usual: Series
    weather: Series


class Windows(NamedTuple):
    """Input windows and targets, both relative to the mean of the input window."""

    x: Series  # (windows, WINDOW, 1): time and one feature
    y: Series  # (windows, AHEAD)
    mean: Series  # (windows, 1)


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    options = read_options(parser)
    years = QUICK_TRAIN if options.quick else TRAIN
    visitors = make_visitors(years + VALIDATION + TEST, np.random.default_rng(options.seed))
    print(f"{years} years for training, {VALIDATION} for validation, and the {TEST} after them for testing\n")

    # Train on the past, test on the future: with a random split, test windows would overlap training windows.
    until_validation, until_test = years * YEAR, (years + VALIDATION) * YEAR
    scale = float(visitors.people[:until_validation].std())
    train = make_windows(visitors.people[:until_validation], scale)
    validation = make_windows(visitors.people[until_validation - WINDOW : until_test], scale)
    test = make_windows(visitors.people[until_test - WINDOW :], scale)

    model = Sequential([Input((WINDOW, 1)), GRU(32), Dense(AHEAD)])
    model.summary()
    model.compile(optimizer=Adam(0.003), loss="mse")
    start = time.perf_counter()
    model.fit(
        train.x,
        train.y,
        validation_data=(validation.x, validation.y),
        batch_size=QUICK_BATCH if options.quick else BATCH,
        epochs=options.epochs or (QUICK_EPOCHS if options.quick else EPOCHS),
    )
    print(f"\nTrained in {time.perf_counter() - start:.0f} s")

    forecasts = {
        NAIVE: test.mean + scale * test.x[:, -AHEAD:, 0],
        "linear model": test.mean + scale * predict_linearly(train, test.x),
        NETWORK: test.mean + scale * model.predict(test.x, verbose=0),
        "best possible (noise only)": best_forecast(visitors, until_test)[: len(test.x)],
    }
    truth = test.mean + scale * test.y
    errors = {title: np.abs(forecast - truth) for title, forecast in forecasts.items()}
    print("\nMean error in visitors:            all days   1 day ahead   7 days ahead")
    for title, error in errors.items():
        print(f"  {title:28} {error.mean():12.1f} {error[:, 0].mean():13.1f} {error[:, -1].mean():14.1f}")
    naive, network = (errors[title].mean() for title in (NAIVE, NETWORK))
    print(f"\nThe error of the GRU is {1 - network / naive:.0%} lower than that of the naive forecast")

    if options.plot:
        plot(visitors, until_test, truth, forecasts, errors, options.plot)
        print(f"\nForecasts and errors plotted to {options.plot}")


def make_visitors(years: int, rng: np.random.Generator) -> Visitors:
    """Trend, yearly and weekly seasonality, and autocorrelated weather."""
    day = np.arange(years * YEAR)
    summer = -np.cos(2 * np.pi * (day - 20) / YEAR)  # -1 late in January, 1 late in July
    usual = 200 + 0.05 * day + 60 * summer + np.array(WEEKDAYS)[day % WEEK] * (1 + 0.7 * summer)
    weather = np.zeros(len(day))
    for today in day[1:]:
        weather[today] = MEMORY * weather[today - 1] + rng.normal(0, NOISE)
    return Visitors(usual + weather, usual, weather)


def make_windows(people: Series, scale: float) -> Windows:
    """All windows of WINDOW days, with the AHEAD days after each."""
    stretches = np.lib.stride_tricks.sliding_window_view(people, WINDOW + AHEAD)
    mean = stretches[:, :WINDOW].mean(axis=1, keepdims=True)
    level = (stretches - mean) / scale
    return Windows(level[:, :WINDOW, np.newaxis], level[:, WINDOW:], mean)


def predict_linearly(train: Windows, x: Series) -> Series:
    """Linear least squares."""
    weights = np.linalg.lstsq(train.x[..., 0], train.y, rcond=None)[0]
    return x[..., 0] @ weights


def best_forecast(visitors: Visitors, start: int) -> Series:
    """The best possible forecast for the days from `start` on: everything is known except the noise of the weather."""
    ahead = np.arange(AHEAD)
    first = np.arange(start, len(visitors.people) - AHEAD + 1)[:, np.newaxis]
    forecast: Series = visitors.usual[first + ahead] + MEMORY ** (ahead + 1) * visitors.weather[first - 1]
    return forecast


def plot(
    visitors: Visitors, start: int, truth: Series, forecasts: dict[str, Series], errors: dict[str, Series], file: str
) -> None:
    """Plot the series, one-week forecasts over some test weeks, and the errors by forecast horizon."""
    from matplotlib.figure import Figure

    colors = dict(zip(forecasts, ("tab:orange", "tab:green", "tab:blue", "gray"), strict=True))
    figure = Figure(figsize=(11, 8), layout="constrained")
    axes = figure.subplot_mosaic([["all", "all", "all"], ["weeks", "weeks", "ahead"]])
    axes["all"].plot(visitors.people, color="gray", linewidth=0.5)
    axes["all"].axvspan(start, len(visitors.people), alpha=0.15, label="test")
    axes["all"].set(title="Visitors", xlabel="day", xlim=(0, len(visitors.people)))
    axes["all"].legend(loc="upper left")

    first = 17 * WEEK  # spring, when every week differs from the one before
    eves = np.arange(first, first + 8 * WEEK, WEEK)
    days = np.arange(first, first + len(eves) * WEEK)
    axes["weeks"].plot(days, truth[eves].ravel(), color="black", marker=".", label="true values")
    for title in (NAIVE, NETWORK):
        axes["weeks"].plot(days, forecasts[title][eves].ravel(), color=colors[title], label=title)
    for eve in eves:
        axes["weeks"].axvline(eve - 0.5, color="gray", linewidth=0.5, linestyle=":")
    axes["weeks"].set(title="One-week forecasts over eight weeks", xlabel="test day")
    axes["weeks"].legend(fontsize=8)

    for title, error in errors.items():
        axes["ahead"].plot(range(1, AHEAD + 1), error.mean(axis=0), color=colors[title], marker=".", label=title)
    axes["ahead"].set(title="Mean error", xlabel="days ahead", ylim=(0, None))
    axes["ahead"].legend(fontsize=8)
    for one in axes.values():
        one.grid(alpha=0.3)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
