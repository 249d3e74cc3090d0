"""Steps: the loss at the start, the learning rate, and whether one batch can be learned by heart."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from minidl.diagnostics import mends
from minidl.diagnostics.causes import EXPLAINED_BY
from minidl.diagnostics.patient import LEARNED, Patient
from minidl.diagnostics.report import Finding
from minidl.diagnostics.trials import Trial, try_out
from minidl.optimizers import Adam

SLOW = 0.05  # share of another rate's progress below which a rate is too small,
STILL = 0.015  # where the weights moved by less than this share of their length in 100 steps
ONE_BATCH, BY_HEART = 16, 150  # rows and steps of the attempt to learn a batch by heart
NOT_LEARNED = 0.6  # what remains, then, where it cannot be


def examine_start(patient: Patient) -> Iterator[Finding]:
    """A fresh network knows nothing and claims nothing: its loss is about that of a blind guess.

    Source: Karpathy 2019, "A Recipe for Training Neural Networks": verify loss @ init.
    """
    loss, scale = patient.passage.loss, patient.scale
    if loss is None or scale is None or not np.isfinite(loss):
        return
    if is_far_off(patient):
        last = patient.passage.weighted[-1].layer if patient.passage.weighted else None
        yield Finding(
            "initial_loss",
            None if last is None else last.name,
            loss,
            f"The loss begins at {loss:.3g}, where a blind guess pays {scale.naive:.3g}: the network is sure of wrong answers "
            f"before it has learned anything.",
            "Let the last layer start small: a smaller kernel_initializer, a bias_initializer near what a blind guess says.",
            partial(mends.initialised, like=patient.model),
        )


def is_far_off(patient: Patient) -> bool:
    """Whether the loss begins far above what a fresh network pays."""
    loss, scale = patient.passage.loss, patient.scale
    if loss is None or scale is None:
        return False
    chance = scale.naive - scale.perfect
    return loss - scale.perfect > 3 * chance + (0.5 if chance > 0.1 else 0)


def examine_steps(patient: Patient) -> Iterator[Finding]:
    """Whether a few steps lead anywhere, and whether other steps would."""
    if patient.judged and not patient.model.trainable_weights:
        yield _frozen()
    if not patient.can_try or patient.trial.learns:
        return
    if not patient.kinds & EXPLAINED_BY["learning_rate_too_large"]:
        found = [*_rate_too_large(patient)]
        if not found and not patient.kinds & EXPLAINED_BY["learning_rate_too_small"]:
            found = [*_rate_too_small(patient)]
        yield from found
        if not found and not patient.kinds & EXPLAINED_BY["cannot_overfit"]:
            yield from _cannot_overfit(patient)


def _rate_too_large(patient: Patient) -> Iterator[Finding]:
    """Smaller steps lead further than the model's own.

    Source: Bengio 2012, "Practical recommendations for gradient-based training of deep architectures", section 3.1.
    """
    own, rate = patient.trial, patient.model.optimizer.learning_rate
    for factor, slower in sorted(patient.slower, key=lambda pair: pair[1].after)[:1]:
        better = slower.remaining < LEARNED and slower.remaining < own.remaining - 0.15
        tamed = (own.failure is not None or own.remaining > 1.5) and slower.remaining < min(1.1, 0.7 * own.remaining)
        if better or tamed:
            how = "becomes NaN or infinite" if own.failure is not None else f"goes from {own.before:.3g} to {own.after:.3g}"
            yield Finding(
                "learning_rate_too_large",
                None,
                rate,
                f"The learning rate is too large: with {rate:.3g} the loss {how} in {len(own.losses) + 1} steps; with "
                f"{rate * factor:.3g} it goes to {slower.after:.3g}.",
                f"Compile with learning_rate={rate * factor:.3g}.",
                partial(mends.with_learning_rate, like=patient.model, rate=float(f"{rate * factor:.6g}")),
            )


def _rate_too_small(patient: Patient) -> Iterator[Finding]:
    """A step of about a thousandth of the weights is usual; of a ten-thousandth and less, hundreds of steps do nothing.

    Source: Karpathy, "CS231n: Neural Networks Part 3", ratio of weights and updates.
    """
    own, rate = patient.trial, patient.model.optimizer.learning_rate
    if own.failure is not None or own.progress < -0.05:
        return
    if rate == 0 and not callable(patient.model.optimizer.constructor_arguments()["learning_rate"]):
        yield _too_small(patient, own, 0.0, 1e-3, None)
        return
    best = max((trial.progress for _, trial in patient.faster_by_factor), default=0.0)
    for factor, faster in sorted(patient.faster_by_factor, key=lambda pair: pair[1].after)[:1]:
        if faster.remaining < LEARNED and own.progress < SLOW * best and own.moved < STILL:
            yield _too_small(patient, own, rate, rate * factor, faster)


def _too_small(patient: Patient, own: Trial, rate: float, better: float, faster: Trial | None) -> Finding:
    told = "" if faster is None else f"; with {better:.3g} it goes to {faster.after:.3g}"
    way = f"the weights move by {own.moved:.2g} of their length"
    return Finding(
        "learning_rate_too_small",
        None,
        rate,
        f"The learning rate is too small: with {rate:.3g} {way} in {len(own.losses)} steps, and the loss goes from "
        f"{own.before:.4g} to only {own.after:.4g}{told}.",
        f"Compile with learning_rate={better:.3g}.",
        partial(mends.with_learning_rate, like=patient.model, rate=float(f"{better:.6g}")),
    )


def _cannot_overfit(patient: Patient) -> Iterator[Finding]:
    """A network that has what it needs learns a handful of rows by heart, whatever they are.

    Source: Goodfellow, Bengio & Courville 2016, "Deep Learning", section 11.5; Zhang et al. 2017.
    """
    rows = patient.rows(ONE_BATCH, seed=1)
    best = None
    for optimizer in (None, Adam(1e-2), Adam(1e-3)):
        trial = try_out(patient, BY_HEART, optimizer=optimizer, rows=rows)
        best = trial if best is None or trial.remaining < best.remaining else best
        if best.remaining < NOT_LEARNED or patient.scale_of_rows(rows) is None:
            return
    if best is None:
        return
    yield Finding(
        "cannot_overfit",
        None,
        best.remaining,
        f"The network cannot learn even {len(rows)} rows by heart: after {BY_HEART} steps on them alone {best.remaining:.0%} "
        f"of what can be learned remains, with Adam too.",
        "Something stands in the way: too few units, no activation between layers, a penalty or dropout that is too strong, "
        "rows with equal x and different y. Take them away one by one.",
    )


def _frozen() -> Finding:
    return Finding(
        "cannot_overfit",
        None,
        1.0,
        "The network cannot learn anything: none of its weights is trainable.",
        "Set model.trainable = True, or that of the layers that shall learn.",
        mends.thawed,
    )
