"""Check that the cases are valid: healthy networks learn clearly, the others have their problem and learn worse."""

import time
from typing import NamedTuple

from tests.diagnostics.evaluation.cases import Case
from tests.diagnostics.evaluation.judging import LOST, train
from tests.diagnostics.evaluation.proofs import PROOFS

HEALTHY = 0.5  # skill that a healthy network reaches at least
WORSE = 0.15  # by how much a sick one stays behind its sound sister


class Verified(NamedTuple):
    """What the trainings of a case and its sound sister came to.

    Attributes:
        case: the case.
        skill, sound: on held-out rows, its own and the sister's; 0 is chance and 1 all right; `None` where there is no sister.
        proof: the figures that show the disease.
        wrong: what speaks against the case; empty for nothing.
        seconds: how long it took.
    """

    case: Case
    skill: float
    sound: float | None
    proof: str
    wrong: str
    seconds: float

    def __str__(self) -> str:
        figures = f"{show(self.skill):>9} {'' if self.sound is None else show(self.sound):>6}"
        verdict = f"!! {self.wrong}" if self.wrong else "ok"
        return f"{self.case.name:38} {self.case.recipe.kind or 'healthy':24} {figures}  {verdict}; {self.proof}".rstrip("; ")


def verify(case: Case) -> Verified:
    """Train a case as its user would, and a sick one's sound sister beside it."""
    start = time.perf_counter()
    subject, wrong = case.make(), []
    if not case.kinds:
        note, reached = subject.note, train(subject)
        wrong = [] if reached >= HEALTHY else [f"reaches only {show(reached)}"]
        return Verified(case, reached, None, note, ", ".join(wrong), time.perf_counter() - start)
    proof = PROOFS[case.recipe.kind](subject, case.make_sound())
    reached, sound = train(case.make()), train(case.make_sound())
    if not proof.holds:
        wrong.append("the disease does not show")
    if not sound >= HEALTHY:
        wrong.append("the sound sister does not learn")
    if case.recipe.hurts and not reached <= sound - WORSE:
        wrong.append("it does not hurt")
    return Verified(case, reached, sound, f"{proof.figures}; {subject.note}", ", ".join(wrong), time.perf_counter() - start)


def show(skill: float) -> str:
    """A skill in two decimals; "lost" where the training diverged or was refused, "< -10" where nothing is left to say."""
    if skill == LOST:
        return "lost"
    return "< -10" if skill < -10 else f"{skill:.2f}"
