"""One `fit` of a model at a time; and metrics of its own for an evaluation that runs during a `fit` or another evaluation."""

import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from minidl.config.interrupts import with_cleanup
from minidl.config.nest import flatten, is_structure, rebuild
from minidl.metrics.metric import Metric
from minidl.models.protocol import Trainable


class Claim:
    """The use of a model's metrics by a `fit` or an evaluation, in the thread that makes it."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()


_in_fit: "WeakKeyDictionary[Trainable, Claim]" = WeakKeyDictionary()  # the model, and the `fit` that it belongs to
_in_use: "WeakKeyDictionary[Trainable, Claim]" = WeakKeyDictionary()  # the model, and what uses its metrics


def run_alone(model: Trainable, work: Callable[[], None], leave: Callable[[], None]) -> None:
    """`work()`, during which no other `fit` of the model may run, then `leave()`.

    Raises:
        RuntimeError: another `fit` of the model is running.
    """
    claim = Claim()

    def run() -> None:
        if _in_fit.setdefault(model, claim) is not claim:
            raise RuntimeError(f"{model.title} is being fitted already; one model cannot run two fits at the same time")
        wait_for_metrics(model, claim)
        work()

    def cleanup() -> None:
        release_metrics(model, claim)
        if _in_fit.get(model) is claim:
            leave()
            del _in_fit[model]

    with_cleanup(run, cleanup)


def wait_for_metrics(model: Any, claim: Claim) -> None:
    """Claim the metrics for a `fit`; first wait until an evaluation in another thread has ended."""
    while not claim_metrics(model, claim):
        holder = _in_use.get(model, claim)
        if holder.thread == claim.thread:  # a fit inside an evaluation, in a callback
            return
        time.sleep(0.001)


def claim_metrics(model: Any, claim: Claim) -> bool:
    """Whether the metrics of the model now belong to `claim`, and not to an earlier one."""
    return _in_use.setdefault(model, claim) is claim


def release_metrics(model: Any, claim: Claim) -> None:
    """End the claim, if it has the metrics."""
    if _in_use.get(model) is claim:
        del _in_use[model]


@contextmanager
def unshared_metrics(model: Any) -> Iterator[Any]:
    """The model; while its metrics are in use, a copy that shares everything but the metrics.

    So `evaluate` in a callback or in another thread leaves the running means of the epoch unchanged.
    """
    claim = Claim()
    try:
        yield model if claim_metrics(model, claim) else _with_copied_metrics(model)
    finally:
        release_metrics(model, claim)


def _with_copied_metrics(model: Any) -> Any:
    """A shallow copy of the model with copies of the compiled metrics, and of those that are attributes."""
    copies: dict[int, Any] = {}  # so that a metric in several places stays one metric
    changed, plan = copy.copy(model), copy.copy(model.plan)
    plan.metrics = copy.deepcopy(plan.metrics, copies)
    vars(changed).update({name: _copied(value, copies) for name, value in vars(model).copy().items()} | {"_plan": plan})
    return changed


def _copied(value: Any, copies: dict[int, Any]) -> Any:
    if is_structure(value) and any(isinstance(member, Metric) for member in flatten(value)):
        return rebuild(value, [_copied(member, copies) for member in flatten(value)])
    return copy.deepcopy(value, copies) if isinstance(value, Metric) else value
