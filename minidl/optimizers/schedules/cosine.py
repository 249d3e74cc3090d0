"""Cosine schedules: `CosineDecay`, `CosineDecayRestarts` and `OneCycle`."""

import math

from minidl.config.checks import check_real
from minidl.optimizers.schedules.decays import check_steps
from minidl.optimizers.schedules.schedule import NumberSchedule


def _half_wave(share: float) -> float:
    """Half a cosine from 1 at 0 to 0 at 1."""
    return 0.5 * (1 + math.cos(math.pi * share))


class CosineDecay(NumberSchedule):
    """Cosine decay to `alpha` times the initial rate in `decay_steps` steps, optionally after a linear warm-up.

    `rate = initial_learning_rate * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha)`.

    Args:
        initial_learning_rate: the rate at step 0, at least 0.
        decay_steps: steps of the decay, after the warm-up.
        alpha: final rate as a fraction of the initial one.
        name: an optional name.
        warmup_target: the rate at the end of the warm-up; `None` for no warm-up.
        warmup_steps: steps of the warm-up.
    Source: Loshchilov & Hutter 2017, "SGDR: stochastic gradient descent with warm restarts".
    Example:
        >>> CosineDecay(0.1, decay_steps=100)(50)
        0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = check_real("CosineDecay", "initial_learning_rate", initial_learning_rate, low=0.0)
        self.decay_steps = check_steps("CosineDecay", "decay_steps", decay_steps)
        self.alpha = check_real("CosineDecay", "alpha", alpha, low=0.0)
        if warmup_target is not None:
            check_real("CosineDecay", "warmup_target", warmup_target, low=0.0)
        self.warmup_steps = check_real("CosineDecay", "warmup_steps", warmup_steps, low=0.0)
        self.warmup_target, self.name = warmup_target, name

    def at(self, step: float) -> float:
        top = self.initial_learning_rate
        if self.warmup_target is not None:
            if step <= self.warmup_steps > 0:
                return float(top + (self.warmup_target - top) * step / self.warmup_steps)
            step, top = step - self.warmup_steps, self.warmup_target
        wave = _half_wave(min(step, self.decay_steps) / self.decay_steps)
        return top * ((1 - self.alpha) * wave + self.alpha)


class CosineDecayRestarts(NumberSchedule):
    """Cosine decay with warm restarts: the nth period begins at `initial_learning_rate * m_mul ** n`.

    Args:
        initial_learning_rate: the rate at step 0, at least 0.
        first_decay_steps: steps of the first period.
        t_mul: factor of the length of each period relative to the previous one.
        m_mul: factor of the initial rate of each period relative to the previous one.
        alpha: rate at the end of each period, as a fraction of its initial rate.
        name: an optional name.
    Source: Loshchilov & Hutter 2017, "SGDR: stochastic gradient descent with warm restarts".
    Example:
        >>> rate = CosineDecayRestarts(0.1, first_decay_steps=100)
        >>> rate(50), rate(100), rate(200)
        (0.05, 0.1, 0.05)
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        owner = "CosineDecayRestarts"
        self.initial_learning_rate = check_real(owner, "initial_learning_rate", initial_learning_rate, low=0.0)
        self.first_decay_steps = check_steps(owner, "first_decay_steps", first_decay_steps)
        self.t_mul = check_real(owner, "t_mul", t_mul, low=1.0)
        self.m_mul = check_real(owner, "m_mul", m_mul, low=0.0)
        self.alpha = check_real(owner, "alpha", alpha, low=0.0)
        self.name = name

    def at(self, step: float) -> float:
        restarts, start, length = 0, 0.0, float(self.first_decay_steps)
        if self.t_mul == 1:
            restarts = int(step // length)
            start = restarts * length
        while start + length <= step:
            restarts, start, length = restarts + 1, start + length, length * self.t_mul
        wave = _half_wave((step - start) / length)
        return self.initial_learning_rate * ((1 - self.alpha) * self.m_mul**restarts * wave + self.alpha)


class OneCycle(NumberSchedule):
    """One-cycle policy: cosine warm-up to `max_learning_rate`, then cosine decay to nearly 0 (not in Keras).

    In each part, `rate = start + (end - start) * (1 - cos(pi * step / steps)) / 2`.

    Args:
        max_learning_rate: the highest rate, at least 0.
        total_steps: steps of the cycle; afterwards the rate stays at its final value.
        warmup_share: fraction of the steps used for the warm-up, between 0 and 1.
        start_factor: the rate at step 0 is the highest divided by this.
        end_factor: the final rate is that of step 0 divided by this.
        name: an optional name.
    Source: Smith & Topin 2018, "Super-convergence: very fast training of neural networks using large learning rates"; cosine
        shape and default values as in fastai and PyTorch's `OneCycleLR`.
    Example:
        >>> rate = OneCycle(0.1, total_steps=100)
        >>> round(rate(0), 6), rate(30), f"{rate(100):.1g}"
        (0.004, 0.1, '4e-07')
    """

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: int,
        warmup_share: float = 0.3,
        start_factor: float = 25.0,
        end_factor: float = 1e4,
        name: str = "OneCycle",
    ) -> None:
        self.max_learning_rate = check_real("OneCycle", "max_learning_rate", max_learning_rate, low=0.0)
        self.total_steps = check_steps("OneCycle", "total_steps", total_steps)
        self.warmup_share = check_real("OneCycle", "warmup_share", warmup_share, 0.0, 1.0)
        self.start_factor = check_real("OneCycle", "start_factor", start_factor, low=1.0)
        self.end_factor = check_real("OneCycle", "end_factor", end_factor, low=1.0)
        self.name = name

    def at(self, step: float) -> float:
        turn, top = self.warmup_share * self.total_steps, self.max_learning_rate
        first = top / self.start_factor
        if step < turn:
            return top + (first - top) * _half_wave(step / turn)
        down = 1.0 if turn == self.total_steps else min(1.0, (step - turn) / (self.total_steps - turn))
        last = first / self.end_factor
        return last + (top - last) * _half_wave(down)
