"""Training steps: the initial loss, the learning rate, and whether the model can overfit one batch."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minidl.diagnostics import fixes
from minidl.diagnostics.examination import LEARNED, Examination, as_arrays
from minidl.diagnostics.ordering import EXPLAINED_BY
from minidl.diagnostics.report import Finding
from minidl.diagnostics.trial_runs import TrialRun, run_trial
from minidl.optimizers import Adam

SLOW = 0.05  # a rate is too small if it makes less than this fraction of another rate's progress,
STILL = 0.015  # and the weights moved by less than this fraction of their norm in 100 steps
ONE_BATCH, OVERFIT_STEPS = 16, 150  # rows and steps of the attempt to overfit one batch
NOT_LEARNED = 0.6  # fraction left to learn above which that failed


def examine_start(examination: Examination) -> Iterator[Finding]:
    """Compare the initial loss with that of uninformed predictions, which it should be close to.

    Source: Karpathy 2019, "A Recipe for Training Neural Networks": verify loss @ init.
    """
    loss, baselines = examination.forward_backward.loss, examination.baselines
    if loss is None or baselines is None or not np.isfinite(loss):
        return
    if is_far_off(examination):
        last = examination.forward_backward.weighted[-1].layer if examination.forward_backward.weighted else None
        yield Finding(
            "initial_loss",
            None if last is None else last.name,
            loss,
            f"The initial loss is {loss:.3g}, but uninformed predictions have a loss of {baselines.untrained:.3g}: "
            f"the network is confident in wrong predictions before it has learned anything.",
            "Initialize the last layer with a smaller kernel_initializer, and a bias_initializer near the mean of the targets.",
            partial(fixes.reinitialized, like=examination.model),
        )


def is_far_off(examination: Examination) -> bool:
    """Whether the initial loss is far above that of an untrained network."""
    loss, baselines = examination.forward_backward.loss, examination.baselines
    if loss is None or baselines is None:
        return False
    possible = baselines.untrained - baselines.perfect
    return loss - baselines.perfect > 3 * possible + (0.5 if possible > 0.1 else 0)


def examine_steps(examination: Examination) -> Iterator[Finding]:
    """Check whether a trial run reduces the loss, and whether other learning rates would."""
    if examination.has_loss and not examination.model.trainable_weights:
        yield _frozen()
    if not examination.can_try or examination.trial.learns:
        return
    if not examination.kinds & EXPLAINED_BY["learning_rate_too_large"]:
        found = [*_rate_too_large(examination)]
        if not found and not examination.kinds & EXPLAINED_BY["learning_rate_too_small"]:
            found = [*_rate_too_small(examination)]
        yield from found
        if not found and not examination.kinds & EXPLAINED_BY["cannot_overfit"]:
            yield from _cannot_overfit(examination)


def _rate_too_large(examination: Examination) -> Iterator[Finding]:
    """Check whether a smaller learning rate reaches a lower loss.

    Source: Bengio 2012, "Practical recommendations for gradient-based training of deep architectures", section 3.1.
    """
    own, rate = examination.trial, float(examination.model.optimizer.learning_rate)
    for factor, slower in sorted(examination.slower, key=lambda pair: pair[1].after)[:1]:
        better = slower.remaining < LEARNED and slower.remaining < own.remaining - 0.15
        stabilized = (own.failure is not None or own.remaining > 1.5) and slower.remaining < min(1.1, 0.7 * own.remaining)
        if better or stabilized:
            how = "becomes NaN or infinite" if own.failure is not None else f"goes from {own.before:.3g} to {own.after:.3g}"
            yield Finding(
                "learning_rate_too_large",
                None,
                rate,
                f"The learning rate is too large: with {rate:.3g} the loss {how} in {len(own.losses) + 1} steps; with "
                f"{rate * factor:.3g} it goes to {slower.after:.3g}.",
                f"Compile with learning_rate={rate * factor:.3g}.",
                partial(fixes.with_learning_rate, like=examination.model, rate=float(f"{rate * factor:.6g}")),
            )


def _rate_too_small(examination: Examination) -> Iterator[Finding]:
    """Check for tiny updates: about 1e-3 of the weights' norm is usual; with 1e-4 and less, hundreds of steps do little.

    Source: Karpathy, "CS231n: Neural Networks Part 3", ratio of weights and updates.
    """
    own, rate = examination.trial, float(examination.model.optimizer.learning_rate)
    if own.failure is not None or own.progress < -0.05:
        return
    if rate == 0 and not callable(examination.model.optimizer.constructor_arguments()["learning_rate"]):
        yield _too_small(examination, own, 0.0, 1e-3, None)
        return
    best = max((trial.progress for _, trial in examination.faster), default=0.0)
    for factor, faster in sorted(examination.faster, key=lambda pair: pair[1].after)[:1]:
        if faster.remaining < LEARNED and own.progress < SLOW * best and own.moved < STILL:
            yield _too_small(examination, own, rate, rate * factor, faster)


def _too_small(examination: Examination, own: TrialRun, rate: float, better: float, faster: TrialRun | None) -> Finding:
    comparison = "" if faster is None else f"; with {better:.3g} it goes to {faster.after:.3g}"
    change = f"the weights change by {own.moved:.2g} of their norm"
    return Finding(
        "learning_rate_too_small",
        None,
        rate,
        f"The learning rate is too small: with {rate:.3g} {change} in {len(own.losses)} steps, and the loss goes from "
        f"{own.before:.4g} to only {own.after:.4g}{comparison}.",
        f"Compile with learning_rate={better:.3g}.",
        partial(fixes.with_learning_rate, like=examination.model, rate=float(f"{better:.6g}")),
    )


def _cannot_overfit(examination: Examination) -> Iterator[Finding]:
    """Check whether the network can overfit a few rows, as any large enough network can.

    Source: Goodfellow, Bengio & Courville 2016, "Deep Learning", section 11.5; Zhang et al. 2017.
    """
    rows = examination.rows(ONE_BATCH, seed=1)
    best = None
    for optimizer in (None, Adam(1e-2), Adam(1e-3)):
        trial = run_trial(examination, OVERFIT_STEPS, optimizer=optimizer, rows=rows)
        best = trial if best is None or trial.remaining < best.remaining else best
        if best.remaining < NOT_LEARNED or examination.baselines_for(as_arrays(rows)) is None:
            return
    if best is None:
        return
    yield Finding(
        "cannot_overfit",
        None,
        best.remaining,
        f"The network cannot even overfit {len(rows)} rows: after {OVERFIT_STEPS} steps on them alone {best.remaining:.0%} "
        f"of the possible improvement is still missing, also with Adam.",
        "Possible reasons: too few units, no activation between layers, a penalty or dropout that is too strong, "
        "rows with equal x and different y. Rule them out one by one.",
    )


def _frozen() -> Finding:
    return Finding(
        "cannot_overfit",
        None,
        1.0,
        "The network cannot learn anything: none of its weights is trainable.",
        "Set model.trainable = True, or that of the layers to be trained.",
        fixes.unfrozen_copy,
    )
