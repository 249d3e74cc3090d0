"""Where one training step's time and memory go, layer by layer: `python -m tests.benchmarks.profile WORKLOAD`.

Times come from steps without, bytes from one step with `tracemalloc`, which counts every array: "peak" is what a part had at
most beyond what was there when it began, "kept" what it left behind (a cache, new weights' gradients).
"""

import argparse
import cProfile
import pstats
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tests.benchmarks import data
from tests.benchmarks.frameworks import with_minidl
from tests.benchmarks.workloads import WORKLOADS, Workload

TRAINED = {workload.name: workload for workload in WORKLOADS if workload.kind == "train"}


@dataclass
class Part:
    """One part of a step; seconds for each time it ran, bytes for the step in which they were counted."""

    name: str
    seconds: list[float] = field(default_factory=list)
    before: int = 0
    top: int = 0
    after: int = 0

    @property
    def peak(self) -> int:
        return self.top - self.before

    @property
    def kept(self) -> int:
        return self.after - self.before

    def watch(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, watched."""

        def watched(*arguments: Any, **options: Any) -> Any:
            counting = tracemalloc.is_tracing()
            if counting:
                self.before = tracemalloc.get_traced_memory()[0]
                tracemalloc.reset_peak()
            start = time.perf_counter()
            result = function(*arguments, **options)
            if counting:
                self.after, self.top = tracemalloc.get_traced_memory()
            else:
                self.seconds.append(time.perf_counter() - start)
            return result

        return watched


def watch_step(model: Any) -> list[Part]:
    """Parts of the step, which note what they take from now on."""
    plan, parts = model.plan, []

    def watch(name: str, owner: Any, method: str) -> None:
        parts.append(Part(name))
        setattr(owner, method, parts[-1].watch(getattr(owner, method)))

    layers = [leaf for layer in plan.network.layers for leaf in leaves(layer)]
    watch("zero gradients", plan, "zero_gradients")
    for layer in layers:
        watch(f"{layer.name} forward", layer, "_forward")
    watch("loss", plan.loss, "value_and_grad")
    for layer in reversed(layers):
        watch(f"{layer.name} backward", layer, "_backward")
    watch("optimizer", model.optimizer, "step")
    return parts


def leaves(layer: Any) -> list[Any]:
    """The layers of a model, and of the models in it."""
    if getattr(layer, "network", None) is None:
        return [layer]
    return [leaf for inner in layer.layers for leaf in leaves(inner)]


def profile(workload: Workload, images: Any, labels: Any, steps: int = 20) -> list[Part]:
    """The parts of a step of the workload, "the whole step" last; what is missing from it are metrics and the way between."""
    from minidl.models.training import gradient_step

    model, x, y = prepared(workload, images, labels)
    parts = watch_step(model)
    whole = Part("the whole step")
    step = whole.watch(lambda: gradient_step(model, x, y))
    for _ in range(3):
        step()
    for part in (*parts, whole):
        part.seconds.clear()
    for _ in range(steps):
        step()
    tracemalloc.start()
    try:
        step()
    finally:
        tracemalloc.stop()
    whole.top = max(part.top for part in (*parts, whole))  # each part resets the peak
    return [part for part in (*parts, whole) if part.seconds]


def prepared(workload: Workload, images: Any, labels: Any) -> tuple[Any, Any, Any]:
    """A model that has learned from one batch, and the batch."""
    model = with_minidl.compiled(workload, data.initial_weights(data.weight_shapes(workload)))
    x, y = data.inputs(workload, images[: workload.batch_size]), labels[: workload.batch_size]
    model.fit(x, y, batch_size=len(x), verbose=0)
    return model, x, y


def functions(workload: Workload, images: Any, labels: Any, steps: int) -> pstats.Stats:
    """Python's own profile of `fit`, function by function."""
    model, x, y = prepared(workload, images, labels)
    profiler = cProfile.Profile()
    profiler.runcall(model.fit, x, y, batch_size=len(x), epochs=steps, verbose=0)
    return pstats.Stats(profiler)


def table(parts: list[Part]) -> str:
    """Milliseconds a step, their share, and megabytes."""
    whole = median(parts[-1].seconds)
    lines = [f"{'part':<40}{'ms':>9}{'share':>8}{'peak MB':>10}{'kept MB':>10}"]
    for part in parts:
        taken = median(part.seconds)
        lines.append(f"{part.name:<40}{1e3 * taken:9.3f}{taken / whole:8.1%}{part.peak / 1e6:10.3f}{part.kept / 1e6:10.3f}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks.profile", description="One training step, layer by layer.")
    parser.add_argument("workload", choices=list(TRAINED))
    parser.add_argument("--steps", type=int, default=20, help="steps that are timed, 20 by default")
    parser.add_argument("--functions", type=int, metavar="N", help="also the N functions that take most time of their own")
    chosen = parser.parse_args(arguments)
    images, labels, source = data.mnist()
    print(f"{TRAINED[chosen.workload].title}; data: {source}; medians of {chosen.steps} steps\n")
    print(table(profile(TRAINED[chosen.workload], images, labels, chosen.steps)))
    if chosen.functions:
        functions(TRAINED[chosen.workload], images, labels, chosen.steps).sort_stats("tottime").print_stats(chosen.functions)


if __name__ == "__main__":
    main()
