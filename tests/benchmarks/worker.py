"""One framework, one variant, one workload in a process of its own, which does a round whenever it reads a line.

`python -m tests.benchmarks.worker FRAMEWORK VARIANT WORKLOAD DATA` is started by tests.benchmarks.rounds. It answers each line
with one line of JSON.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import data
from tests.benchmarks.workloads import BY_NAME


def use_every_core(framework: str) -> int:
    """Allow every core that the process may run on; NumPy's, JAX's and scikit-learn's libraries do so by themselves."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if framework == "torch":
        import torch

        torch.set_num_threads(cores)
    return cores


def main(framework: str, variant: str, name: str, path: str) -> None:
    """Make the model, do one round for warming up, then a round a line."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a framework prints is no answer
    module = importlib.import_module(f"tests.benchmarks.frameworks.with_{framework}")
    threads = use_every_core(framework)
    do_round = module.make(BY_NAME[name], variant, data.read(Path(path)))

    def answer(**values: Any) -> None:
        print(json.dumps(values), file=answers, flush=True)

    do_round()
    answer(ready=True, threads=threads)
    for _ in sys.stdin:
        start = time.perf_counter()
        steps, result = do_round()
        answer(value=time.perf_counter() - start, steps=steps, result=float(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
