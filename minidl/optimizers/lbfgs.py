"""`LBFGS`: limited-memory BFGS, a full-batch quasi-Newton method."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np

from minidl.config.checks import check_positive_integer
from minidl.config.types import Array
from minidl.optimizers.line_search import wolfe_step
from minidl.optimizers.optimizer import Optimizer
from minidl.variable import ParameterSlice, Variable

_MOST = 10_000  # past steps, each of which needs twice the memory of the weights
Vectors: TypeAlias = list[Array]  # several slices that together form one long vector


class LBFGS(Optimizer):
    """Limited-memory BFGS (not in Keras): steps along `-H @ g`, where `H` approximates the inverse Hessian.

    For small models whose data fits in memory, it reaches a lower loss in less time than mini-batch optimizers. One epoch is
    one iteration: `fit` passes all rows as one batch, and the line search evaluates the loss usually two or three times.
    There is no learning rate to choose.

    Args:
        history_size: number of past steps to store; each needs twice the memory of the weights.
        name: the class's name by default.
    Raises:
        ValueError: `fit` is called with a `batch_size` smaller than the data.
    Source: Nocedal & Wright 2006, "Numerical optimization", algorithms 7.4 (two-loop recursion), 3.5 and 3.6 (line search).
    Example:
        >>> w = Variable([1.0, -1.0], dtype="float64")
        >>> def evaluate():  # the loss, and its gradient in `grad`
        ...     w.grad = np.array([2.0, 20.0]) * w.value
        ...     return float(w.value @ np.diag([1.0, 10.0]) @ w.value)
        >>> optimizer = LBFGS()
        >>> for _ in range(8):
        ...     optimizer.minimize(evaluate, [w])
        >>> bool(np.abs(w.value).max() < 1e-6)
        True
    """

    needs_full_batch = True

    def __init__(self, history_size: int = 10, name: str | None = None) -> None:
        super().__init__(1.0, name=name)
        self.history_size = check_positive_integer("LBFGS", "history_size", history_size)
        if history_size > _MOST:
            raise ValueError(f"LBFGS stores at most {_MOST} past steps, got history_size={history_size}")
        numbers = range(self.history_size)
        self.slot_names = (*(f"step_{n}" for n in numbers), *(f"change_{n}" for n in numbers))

    def step(self, variables: Sequence[Variable]) -> None:
        """Not supported, as one gradient is not enough: raises an error."""
        raise TypeError(
            "LBFGS evaluates the loss several times per step: train with fit, or call minimize(evaluate, variables)"
        )

    def minimize(self, evaluate: Callable[[], float], variables: Sequence[Variable]) -> None:
        """One iteration: compute a direction, run a line search along it, and update the curvature history.

        Args:
            evaluate: returns the loss at the variables' current values and sets their `grad`; it is called first at the
                initial values, and last at the final values (before constraints).
            variables: the variables.
        Raises:
            BaseException: any error of `evaluate`, including Ctrl-C; the variables then have their initial values again.
        """
        if self._slices[0] not in ((), tuple(variables)):
            self.scalars.clear()  # other variables: the history does not apply
        slices = self._find_slices(tuple(variables))
        loss = evaluate()
        start, gradient = [part.value.copy() for part in slices], [part.grad.copy() for part in slices]
        try:
            self._descend(evaluate, slices, start, gradient, loss)
        except BaseException:  # do not keep a value of the line search
            for part, before in zip(slices, start, strict=True):
                part.value[...] = before
            raise
        self.batches += 1
        for variable in variables:
            if variable.constraint is not None:
                variable.assign(variable.constraint(variable.value))

    def _descend(
        self, evaluate: Callable[[], float], slices: list[ParameterSlice], start: Vectors, gradient: Vectors, loss: float
    ) -> None:
        """Move to a point with a lower loss, if there is one."""
        moved = False
        while not moved and _dot(gradient, gradient) > 0:
            had_history = self.scalars.get("pairs", 0) > 0
            direction = self._direction(slices, gradient)
            moved = _LineSearch(evaluate, slices, start, direction, loss, _dot(direction, gradient)).descend()
            if moved:
                self._remember(slices, start, gradient)
            elif not had_history:  # no lower loss within floating-point precision
                break
            else:
                self.scalars.clear()  # the history misleads: retry with the negative gradient

    def _pairs(self, slices: list[ParameterSlice]) -> list[tuple[Vectors, Vectors]]:
        """The stored steps and changes of the gradient, latest first."""
        known, last = int(self.scalars.get("pairs", 0)), int(self.scalars.get("last", 0))
        slots = [self.slice_slots(part) for part in slices]
        numbers = [(last - age) % self.history_size for age in range(known)]
        return [([one[f"step_{n}"] for one in slots], [one[f"change_{n}"] for one in slots]) for n in numbers]

    def _direction(self, slices: list[ParameterSlice], gradient: Vectors) -> Vectors:
        """`-H g` by the two-loop recursion; without history `-g`, with a norm of at most 1."""
        q, pairs = [part.copy() for part in gradient], self._pairs(slices)
        shares = []
        for step, change in pairs:
            shares.append(_dot(step, q) / _dot(step, change))
            _add(q, -shares[-1], change)
        if pairs:
            step, change = pairs[0]
            scale = _dot(step, change) / _dot(change, change)
        else:
            scale = min(1.0, _dot(gradient, gradient) ** -0.5)
        q = [part * scale for part in q]
        for (step, change), share in zip(reversed(pairs), reversed(shares), strict=True):
            _add(q, share - _dot(change, q) / _dot(step, change), step)
        return [-part for part in q]

    def _remember(self, slices: list[ParameterSlice], start: Vectors, gradient: Vectors) -> None:
        """Store the step and the change of the gradient, if the curvature is positive."""
        steps = [part.value - before for part, before in zip(slices, start, strict=True)]
        changes = [part.grad - before for part, before in zip(slices, gradient, strict=True)]
        if _dot(steps, changes) <= 1e-10 * _dot(changes, changes):
            return
        last = (int(self.scalars.get("last", -1)) + 1) % self.history_size
        for part, step, change in zip(slices, steps, changes, strict=True):
            slots = self.slice_slots(part)
            slots[f"step_{last}"][...] = step
            slots[f"change_{last}"][...] = change
        self.scalars |= {"pairs": min(self.scalars.get("pairs", 0) + 1, self.history_size), "last": last}


class _LineSearch:
    """The loss along a line from the variables' values; each evaluation moves the variables."""

    def __init__(
        self,
        evaluate: Callable[[], float],
        slices: list[ParameterSlice],
        start: Vectors,
        direction: Vectors,
        loss: float,
        slope: float,
    ) -> None:
        self.evaluate, self.slices, self.start, self.direction = evaluate, slices, start, direction
        self.evaluated = {0.0: (loss, slope)}
        self.step = 0.0

    def evaluate_at(self, step: float) -> tuple[float, float]:
        """Loss and slope at one point, computed once."""
        if step not in self.evaluated:
            self.move_to(step)
        return self.evaluated[step]

    def move_to(self, step: float) -> None:
        """Move the variables to a point and restore its gradients."""
        for part, start, direction in zip(self.slices, self.start, self.direction, strict=True):
            np.add(start, step * direction, out=part.value)
        with np.errstate(all="ignore"):  # a step that is too long may overflow; it is not accepted
            loss = self.evaluate()
            slope = _dot([part.grad for part in self.slices], self.direction)
        self.evaluated[step] = (loss, slope) if math.isfinite(loss) and math.isfinite(slope) else (math.inf, 0.0)
        self.step = step

    def descend(self) -> bool:
        """Move to a point that satisfies the Wolfe conditions, otherwise to the lowest evaluated; False if none is lower."""
        found = wolfe_step(self.evaluate_at) if self.evaluated[0.0][1] < 0 else None
        best = min(self.evaluated, key=lambda step: self.evaluated[step][0]) if found is None else found
        if best != self.step or best == 0:
            self.move_to(best)
        return best != 0


def _dot(one: Iterable[Array], other: Iterable[Array]) -> float:
    return sum(float(np.dot(a, b)) for a, b in zip(one, other, strict=True))


def _add(vectors: Vectors, factor: float, others: Vectors) -> None:
    for vector, other in zip(vectors, others, strict=True):
        vector += factor * other
