"""Rounds of all frameworks, interleaved, so that what slows the machine down slows all of them."""

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.distance import round_trip
from tests.benchmarks.machine import environment
from tests.benchmarks.worker import module_of
from tests.benchmarks.workloads import Workload

SETTLING = 0.2  # seconds before a round, in which the other processes' threads stop waiting for work
# Another program that computes, until the process that started it has ended, also if that was killed.
SPIN = "import os; parent = os.getppid()\nwhile os.getppid() == parent: sum(range(100_000))"
TOUCH = "import time; start = time.perf_counter(); {}; print(time.perf_counter() - start)"


@dataclass
class Series:
    """What one framework did, round after round: seconds or bytes, steps or rows, losses or outputs."""

    framework: str
    variant: str
    values: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    results: list[float] = field(default_factory=list)
    distances: list[float | None] = field(default_factory=list)  # of two cores, before each round
    threads: int = 0
    error: str = ""

    def add(self, answer: dict[str, Any]) -> None:
        self.values.append(answer["value"])
        self.counts.append(answer["count"])
        self.results.append(answer["result"])


class Worker:
    """A process that waits for the next round; where a round needs a fresh one, a process a round."""

    def __init__(self, workload: Workload, framework: str, variant: str, path: Path) -> None:
        self.arguments = [framework, variant, workload.name, str(path)]
        self.series, self.fresh, self.process = Series(framework, variant), workload.kind == "memory", None
        if not self.fresh:
            self._start()

    def round(self) -> None:
        if self.fresh:
            self._start()
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.series.add(self._read())
        if self.fresh:
            self.close()

    def close(self) -> None:
        if self.process is not None:
            self.process.communicate()

    process: Any

    def _start(self) -> None:
        command, pipe = [sys.executable, "-m", "tests.benchmarks.worker", *self.arguments], subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment())
        self.series.threads = self._read()["threads"]

    def _read(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            errors = self.process.communicate()[1].strip().splitlines()
            raise RuntimeError(errors[-1] if errors else "the process ended without a word")
        return dict(json.loads(line))


class Importer:
    """Times an import in a fresh interpreter; the first is not counted, for it may compile and fill the file cache."""

    def __init__(self, framework: str) -> None:
        self.series = Series(framework, "import")
        self.code = TOUCH.format(module_of(framework).IMPORT)
        self._seconds()

    def round(self) -> None:
        self.series.add({"value": self._seconds(), "count": 1, "result": 0.0})

    def close(self) -> None:
        """Nothing is left running."""

    def _seconds(self) -> float:
        run = subprocess.run([sys.executable, "-c", self.code], capture_output=True, text=True, check=False, env=environment())
        if run.returncode:
            raise RuntimeError(run.stderr.strip().splitlines()[-1])
        return float(run.stdout.split()[-1])


def installed(framework: str) -> bool:
    """Whether the framework, and what it needs here, can be imported."""
    needed = {"keras": ("keras", "jax"), "onnxruntime": ("onnxruntime", "onnx")}.get(framework, (framework,))
    return all(importlib.util.find_spec(package) is not None for package in needed)


def run(workload: Workload, frameworks: list[str], rounds: int, path: Path, say: Callable[[str], None]) -> list[Series]:
    """Every variant of every framework, `rounds` times, each time in another order."""
    workers: list[Worker | Importer] = []
    failed: list[Series] = []

    def fail(series: Series, error: RuntimeError) -> None:
        series.error = str(error)
        say(f"{series.framework} ({series.variant}) failed: {error}")
        failed.append(series)

    others = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(workload.spinning)]
    try:
        for framework in frameworks:
            for variant in ["import"] if workload.kind == "import" else module_of(framework).variants(workload):
                try:
                    fresh = workload.kind == "import"
                    workers.append(Importer(framework) if fresh else Worker(workload, framework, variant, path))
                except RuntimeError as error:
                    fail(Series(framework, variant), error)
        for number in range(rounds):
            turn = number % max(len(workers), 1)
            for worker in workers[turn:] + workers[:turn]:
                time.sleep(SETTLING)
                worker.series.distances.append(None if others else round_trip())
                try:
                    worker.round()
                except RuntimeError as error:
                    fail(worker.series, error)
                    workers.remove(worker)
    finally:
        for worker in workers:
            worker.close()
        for other in others:
            other.kill()
            other.wait()
    return [worker.series for worker in workers] + failed
