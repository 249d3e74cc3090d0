"""Rounds of all frameworks, interleaved, so that what slows the machine down slows all of them."""

import importlib
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.workloads import Workload

SETTLING = 0.05  # seconds before a round, in which the other processes' threads stop waiting for work
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass
class Series:
    """What one framework did, round after round."""

    framework: str
    variant: str
    values: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    results: list[float] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    error: str = ""


class Worker:
    """A process that waits for the next round."""

    def __init__(self, workload: Workload, framework: str, variant: str, path: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if name not in THREADS} | {"KERAS_BACKEND": "jax"}
        command = [sys.executable, "-m", "tests.benchmarks.worker", framework, variant, workload.name, str(path)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment)
        self.series = Series(framework, variant, settings=self._read())

    def round(self) -> None:
        """Let the process do one round and write down what it answers."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        answer = self._read()
        self.series.values.append(answer["value"])
        self.series.steps.append(answer["steps"])
        self.series.results.append(answer["result"])

    def close(self) -> None:
        """End the process, and wait for it."""
        self.process.communicate()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, errors = self.process.communicate()
            raise RuntimeError((errors.strip().splitlines() or ["the process ended without a word"])[-1])
        return dict(json.loads(line))


def installed(framework: str) -> bool:
    """Whether the framework can be imported here."""
    needed = {"keras": ("keras", "jax"), "sklearn": ("sklearn",)}.get(framework, (framework,))
    return all(importlib.util.find_spec(package) is not None for package in needed)


def run(workload: Workload, frameworks: list[str], rounds: int, path: Path, say: Callable[[str], None]) -> list[Series]:
    """Every variant of every framework, `rounds` times."""
    workers: list[Worker] = []
    series: list[Series] = []
    try:
        for framework in frameworks:
            for variant in importlib.import_module(f"tests.benchmarks.frameworks.with_{framework}").variants(workload):
                try:
                    workers.append(Worker(workload, framework, variant, path))
                    series.append(workers[-1].series)
                except RuntimeError as error:
                    say(f"{framework} ({variant}): {error}")
                    series.append(Series(framework, variant, error=str(error)))
        for number in range(rounds):
            for worker in workers[number % len(workers) :] + workers[: number % len(workers)]:
                time.sleep(SETTLING)
                worker.round()
    finally:
        for worker in workers:
            worker.close()
    return series
