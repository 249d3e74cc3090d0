"""How a training step's time grows with the batch and with the width, compared with the arithmetic's own growth.

`python -m tests.benchmarks.growth AXIS ROUNDS` measures one axis in this process and prints it as JSON.
"""

import json
import math
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.benchmarks.machine import environment

BATCHES = tuple(8 * 2**n for n in range(10))  # 8 ... 4096, at width 256
WIDTHS = tuple(32 * 2**n for n in range(8))  # 32 ... 4096, at batch 128
ALLOWED = 0.1  # by so much the time's exponent may exceed the arithmetic's
SECONDS = 0.3  # a round of one size lasts about so long


def operations(batch: int, width: int) -> int:
    """Multiplications and additions of one step of an MLP 784-width-width-10: forward, and back for weights and inputs."""
    first, rest = 784 * width, width * width + 10 * width
    return 2 * batch * (2 * first + 3 * rest)  # nobody needs the gradient of the images


def exponent(sizes: list[float], values: list[float]) -> float:
    """The slope of log(value) over log(size), by least squares: values grow like size ** exponent."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def measure(axis: str, rounds: int, duration: float = SECONDS) -> dict[str, Any]:
    """Seconds a step of minidl, by `fit`, for each size along "batch" or "width", sizes interleaved."""
    sizes = [(batch, 256) for batch in BATCHES] if axis == "batch" else [(128, width) for width in WIDTHS]
    learners = [learner(*size, duration) for size in sizes]
    samples = [[learn() for learn in learners] for _ in range(rounds)]
    times = [median(column) for column in zip(*samples, strict=True)]
    along = [float(size[axis == "width"]) for size in sizes]
    return compare(axis, along, times, [operations(*size) for size in sizes]) | {"samples": samples}


def measure_apart(axis: str, rounds: int) -> dict[str, Any]:
    """The same in a process of its own, which stands under no limit of threads."""
    command = [sys.executable, "-m", "tests.benchmarks.growth", axis, str(rounds)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment())
    return dict(json.loads(run.stdout))


def main(arguments: list[str]) -> None:
    """Measure one axis, and print it; a third argument is the seconds that a round of one size lasts."""
    axis, rounds, *duration = arguments
    print(json.dumps(measure(axis, int(rounds), *map(float, duration))))


def compare(axis: str, sizes: list[float], times: list[float], work: list[int]) -> dict[str, Any]:
    """Both exponents, over all sizes and over the larger half, where a step's fixed costs weigh little."""
    half = len(sizes) // 2
    found = {
        "axis": axis,
        "sizes": sizes,
        "seconds": times,
        "operations": work,
        "exponent": exponent(sizes, times),
        "arithmetic": exponent(sizes, [float(w) for w in work]),
        "exponent_large": exponent(sizes[half:], times[half:]),
        "arithmetic_large": exponent(sizes[half:], [float(w) for w in work[half:]]),
    }
    within = found["exponent"] <= found["arithmetic"] + ALLOWED
    return found | {"met": within and found["exponent_large"] <= found["arithmetic_large"] + ALLOWED}


def learner(batch: int, width: int, duration: float = SECONDS) -> Any:
    """A function that trains for about that many seconds and returns the seconds a step."""
    from minidl import Input, Sequential
    from minidl.layers import Dense

    random = np.random.default_rng(0)
    x, y = random.random((batch, 784), dtype=np.float32), random.integers(0, 10, batch)
    hidden = [Dense(width, activation="relu") for _ in range(2)]
    model = Sequential([Input((784,)), *hidden, Dense(10, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")

    def seconds(steps: int) -> float:
        rows = np.broadcast_to(x, (steps, *x.shape)).reshape(-1, 784) if steps > 1 else x
        start = time.perf_counter()
        model.fit(rows, np.tile(y, steps), batch_size=batch, shuffle=False, verbose=0)
        return (time.perf_counter() - start) / steps

    seconds(1)
    steps = max(1, min(math.ceil(duration / seconds(2)), 60_000 // batch))
    return lambda: seconds(steps)


def sentence(found: dict[str, Any]) -> str:
    """The result in one line."""
    verdict = "met" if found["met"] else "not met"
    return (
        f"a step's time grows like {found['axis']}^{found['exponent']:.2f}, the arithmetic like ^{found['arithmetic']:.2f}; "
        f"over the larger half ^{found['exponent_large']:.2f} and ^{found['arithmetic_large']:.2f}; "
        f"at most {ALLOWED} more is the goal: {verdict}"
    )


def plot(all_found: list[dict[str, Any]], path: Path) -> None:
    """Times over sizes, and lines of the arithmetic's growth through the largest; needs matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(all_found), 3.2), layout="constrained")
    for axes, found in zip(np.atleast_1d(figure.subplots(1, len(all_found))), all_found, strict=True):
        scale = found["seconds"][-1] * 1e3 / found["operations"][-1]
        axes.loglog(found["sizes"], [1e3 * s for s in found["seconds"]], "o-", label=f"minidl: ^{found['exponent']:.2f}")
        axes.loglog(
            found["sizes"],
            [scale * work for work in found["operations"]],
            "--",
            label=f"arithmetic: ^{found['arithmetic']:.2f}",
        )
        axes.set(xlabel=found["axis"], ylabel="ms per step")
        axes.legend()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


if __name__ == "__main__":
    main(sys.argv[1:])
