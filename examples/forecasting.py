"""How many visitors will the zoo have next week? A GRU reads the last eight weeks and foretells seven days.

You see how to cut a series into windows, how to keep the future out of training, how to take out the trend by
measuring each window from its own mean, and how to judge a forecast: beside the naive one (each day as a week ago), which
is harder to beat than it looks, and beside the best that anyone could do. The visitors are made up, so that this is known.
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
WINDOW, AHEAD = 8 * WEEK, WEEK  # days read, days foretold
NAIVE, NETWORK = "naive: as a week ago", "the GRU"
WEEKDAYS = (-40, -45, -35, -5, 15, 65, 45)  # visitors more or less than on an average day, Monday to Sunday
MEMORY, LUCK = 0.7, 9.0  # of a day's weather 70 % stays the next day, and luck of this deviation is added

Series: TypeAlias = npt.NDArray[np.floating]


class Visitors(NamedTuple):
    """Day after day: how many came, how many would come in average weather, and what the weather adds."""

    people: Series
    usual: Series
    weather: Series


class Windows(NamedTuple):
    """Questions and answers: what was read, and what came next, both measured from the mean of what was read."""

    x: Series  # (windows, WINDOW, 1): time and one feature
    y: Series  # (windows, AHEAD)
    mean: Series  # (windows, 1)


def main() -> None:
    parser = make_parser(__doc__, EPOCHS)
    options = read_options(parser)
    years = QUICK_TRAIN if options.quick else TRAIN
    visitors = make_visitors(years + VALIDATION + TEST, np.random.default_rng(options.seed))
    print(f"{years} years to train on, {VALIDATION} to validate, and the {TEST} after them to test with\n")

    # The past trains, the future tests: windows drawn at random would let the network look at its own tests.
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
        "linear in the same window": test.mean + scale * predict_linearly(train, test.x),
        NETWORK: test.mean + scale * model.predict(test.x),
        "who knew all but luck": foretell(visitors, until_test)[: len(test.x)],
    }
    truth = test.mean + scale * test.y
    errors = {title: np.abs(forecast - truth) for title, forecast in forecasts.items()}
    print("\nMean error in visitors:            all days   1 day ahead   7 days ahead")
    for title, error in errors.items():
        print(f"  {title:28} {error.mean():12.1f} {error[:, 0].mean():13.1f} {error[:, -1].mean():14.1f}")
    naive, network = (errors[title].mean() for title in (NAIVE, NETWORK))
    print(f"\nThe GRU errs {1 - network / naive:.0%} less than the naive forecast")

    if options.plot:
        plot(visitors, until_test, truth, forecasts, errors, options.plot)
        print(f"\nForecasts and errors drawn to {options.plot}")


def make_visitors(years: int, rng: np.random.Generator) -> Visitors:
    """A trend, a season of a week within a season of a year, and weather that lasts for some days."""
    day = np.arange(years * YEAR)
    summer = -np.cos(2 * np.pi * (day - 20) / YEAR)  # -1 late in January, 1 late in July
    usual = 200 + 0.05 * day + 60 * summer + np.array(WEEKDAYS)[day % WEEK] * (1 + 0.7 * summer)
    weather = np.zeros(len(day))
    for today in day[1:]:
        weather[today] = MEMORY * weather[today - 1] + rng.normal(0, LUCK)
    return Visitors(usual + weather, usual, weather)


def make_windows(people: Series, scale: float) -> Windows:
    """Every stretch of WINDOW days, and the AHEAD days behind it."""
    stretches = np.lib.stride_tricks.sliding_window_view(people, WINDOW + AHEAD)
    mean = stretches[:, :WINDOW].mean(axis=1, keepdims=True)
    level = (stretches - mean) / scale
    return Windows(level[:, :WINDOW, np.newaxis], level[:, WINDOW:], mean)


def predict_linearly(train: Windows, x: Series) -> Series:
    """Least squares."""
    weights = np.linalg.lstsq(train.x[..., 0], train.y, rcond=None)[0]
    return x[..., 0] @ weights


def foretell(visitors: Visitors, start: int) -> Series:
    """The best forecast for the days from `start` on, by one who knows all but luck: the weather fades."""
    ahead = np.arange(AHEAD)
    first = np.arange(start, len(visitors.people) - AHEAD + 1)[:, np.newaxis]
    forecast: Series = visitors.usual[first + ahead] + MEMORY ** (ahead + 1) * visitors.weather[first - 1]
    return forecast


def plot(
    visitors: Visitors, start: int, truth: Series, forecasts: dict[str, Series], errors: dict[str, Series], file: str
) -> None:
    """The whole series; some weeks of the test with a forecast made on the eve of each; errors by days ahead."""
    from matplotlib.figure import Figure

    colours = dict(zip(forecasts, ("tab:orange", "tab:green", "tab:blue", "gray"), strict=True))
    figure = Figure(figsize=(11, 8), layout="constrained")
    axes = figure.subplot_mosaic([["all", "all", "all"], ["weeks", "weeks", "ahead"]])
    axes["all"].plot(visitors.people, color="gray", linewidth=0.5)
    axes["all"].axvspan(start, len(visitors.people), alpha=0.15, label="test")
    axes["all"].set(title="Visitors", xlabel="day", xlim=(0, len(visitors.people)))
    axes["all"].legend(loc="upper left")

    first = 17 * WEEK  # spring, when no week is like the one before
    eves = np.arange(first, first + 8 * WEEK, WEEK)
    days = np.arange(first, first + len(eves) * WEEK)
    axes["weeks"].plot(days, truth[eves].ravel(), color="black", marker=".", label="what came")
    for title in (NAIVE, NETWORK):
        axes["weeks"].plot(days, forecasts[title][eves].ravel(), color=colours[title], label=title)
    for eve in eves:
        axes["weeks"].axvline(eve - 0.5, color="gray", linewidth=0.5, linestyle=":")
    axes["weeks"].set(title="Eight weeks, each foretold on its eve", xlabel="day of the test")
    axes["weeks"].legend(fontsize=8)

    for title, error in errors.items():
        axes["ahead"].plot(range(1, AHEAD + 1), error.mean(axis=0), color=colours[title], marker=".", label=title)
    axes["ahead"].set(title="Mean error", xlabel="days ahead", ylim=(0, None))
    axes["ahead"].legend(fontsize=8)
    for one in axes.values():
        one.grid(alpha=0.3)
    figure.savefig(file, dpi=120)


if __name__ == "__main__":
    main()
