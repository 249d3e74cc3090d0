"""A step length that satisfies the strong Wolfe conditions, by bracketing and zooming (Nocedal & Wright 2006, section 3.5)."""

import math
from collections.abc import Callable

_SUFFICIENT_DECREASE, _CURVATURE = 1e-4, 0.9  # c1 and c2 of the Wolfe conditions
_MAX_ITERATIONS = 10  # of bracketing, and of zooming
_MARGIN = 0.1  # share of an interval, at each end, where no step is tried

LossAndSlope = Callable[[float], tuple[float, float]]  # step -> the loss there, and its slope


def wolfe_step(evaluate: LossAndSlope) -> float | None:
    """A step with `loss(step) <= loss(0) + c1 * step * slope(0)` and `|slope(step)| <= c2 * |slope(0)|`, or `None`.

    Args:
        evaluate: the loss and its slope at a step; the slope at 0 is negative, and the loss may be infinite.
    Example:
        >>> wolfe_step(lambda step: ((step - 3) ** 2, 2 * (step - 3)))
        1.0
        >>> round(wolfe_step(lambda step: ((step - 0.2) ** 2, 2 * (step - 0.2))), 6)
        0.2
    """
    best, step = 0.0, 1.0
    for number in range(_MAX_ITERATIONS):
        loss, slope = evaluate(step)
        if _is_high(evaluate, step) or (number > 0 and loss >= evaluate(best)[0]):
            return _zoom(evaluate, best, step)
        if abs(slope) <= -_CURVATURE * evaluate(0.0)[1]:
            return step
        if slope >= 0:
            return _zoom(evaluate, step, best)
        best, step = step, 2 * step
    return None


def _zoom(evaluate: LossAndSlope, best: float, other: float) -> float | None:
    """A step between two; the best has the lowest loss that decreased enough, and its slope leads to the other."""
    for _ in range(_MAX_ITERATIONS):
        step = _between(evaluate, best, other)
        loss, slope = evaluate(step)
        if _is_high(evaluate, step) or loss >= evaluate(best)[0]:
            other = step
            continue
        if abs(slope) <= -_CURVATURE * evaluate(0.0)[1]:
            return step
        if slope * (other - best) >= 0:
            other = best
        best = step
    return None


def _is_high(evaluate: LossAndSlope, step: float) -> bool:
    loss, slope = evaluate(0.0)
    return evaluate(step)[0] > loss + _SUFFICIENT_DECREASE * step * slope


def _between(evaluate: LossAndSlope, one: float, other: float) -> float:
    """The minimum of the cubic through both losses with both slopes; the middle if that is at an end, or does not exist."""
    (loss, slope), (loss_other, slope_other) = evaluate(one), evaluate(other)
    middle, margin = (one + other) / 2, _MARGIN * abs(other - one)
    if not math.isfinite(loss_other):
        return middle
    first = slope + slope_other - 3 * (loss - loss_other) / (one - other)
    under_root = first**2 - slope * slope_other
    if under_root < 0:
        return middle
    root = math.copysign(math.sqrt(under_root), other - one)
    denominator = slope_other - slope + 2 * root
    if denominator == 0:
        return middle
    step = other - (other - one) * (slope_other + root - first) / denominator
    return step if min(one, other) + margin <= step <= max(one, other) - margin else middle
