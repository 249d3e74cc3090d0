"""One framework, one variant, one workload in a process of its own, which does a round whenever it reads a line.

`python -m tests.benchmarks.worker FRAMEWORK VARIANT WORKLOAD DATA` is started by tests.benchmarks.rounds. It answers each line
with one line of JSON.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import data, machine, memory
from tests.benchmarks.workloads import BY_NAME, Workload

Round = Callable[[], tuple[int, Any]]


def main(framework: str, variant: str, name: str, path: str) -> None:
    """Make the model, do one round for warming up, then a round a line."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a framework prints is no answer

    def answer(**values: Any) -> None:
        print(json.dumps(values), file=answers, flush=True)

    module, workload, given = module_of(framework), BY_NAME[name], data.read(Path(path))
    threads = allow_every_core(framework)
    exec(module.IMPORT, {})
    if workload.kind == "memory":
        answer(ready=True, threads=threads)
        sys.stdin.readline()
        answer(**memory_of_a_round(workload, given, lambda: module.make(workload, variant, given)))
        return
    do_round = module.make(workload, variant, given)
    do_round()
    answer(ready=True, threads=1 if variant == "1 thread" else threads)
    for _ in sys.stdin:
        answer(**time_of_a_round(do_round))


def module_of(framework: str) -> Any:
    """The file that knows the framework."""
    return importlib.import_module(f"tests.benchmarks.frameworks.with_{framework}")


def allow_every_core(framework: str) -> int:
    """Allow PyTorch every core that the process may run on; NumPy, JAX and scikit-learn take them by themselves."""
    if framework == "torch":
        import torch

        torch.set_num_threads(machine.cores())
    return machine.cores()


def time_of_a_round(do_round: Round) -> dict[str, Any]:
    """Seconds, what was done, and the loss or the mean square of the outputs, by which frameworks are compared.

    The same is done once before, unmeasured: after the other processes' rounds, caches are cold and threads sleep.
    """
    do_round()
    start = time.perf_counter()
    count, result = do_round()
    seconds = time.perf_counter() - start
    return {"value": seconds, "count": count, "result": float(np.mean(np.square(result)) if np.ndim(result) else result)}


def memory_of_a_round(workload: Workload, given: dict[str, Any], make: Callable[[], Round]) -> dict[str, Any]:
    """Bytes at the highest, without the data; for "memory-training" also without what was there before the model."""
    before = 0
    if workload.name == "memory-training":
        memory.reset_peak()
        before = memory.resident()
    count, result = make()()
    value = memory.peak() - (before or given["x"].nbytes + given["y"].nbytes)
    return {"value": value, "count": count, "result": float(result)}


if __name__ == "__main__":
    main(*sys.argv[1:])
