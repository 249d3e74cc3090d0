"""Diagnose each case, and count correct findings and false alarms."""

import time
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.diagnostics.evaluation.cases import Case

MOST_FALSE_ALARMS = 1 / 20  # of the healthy
LEAST_HITS = 0.9  # of the sick


@dataclass(frozen=True)
class Result:
    """The result of one case.

    Attributes:
        case: the case.
        found: kinds of the findings, in the report's order.
        error: the error raised instead of a report.
        note: what was drawn.
        seconds: how long the diagnosis took.
    """

    case: Case
    found: tuple[str, ...]
    error: str
    note: str
    seconds: float

    @property
    def verdict(self) -> str:
        """A sick case is a "hit" or a "miss", a healthy one "clean" or a "false alarm", which an error is too."""
        if self.case.kinds:
            return "hit" if self.case.kinds & set(self.found) else "miss"
        return "false alarm" if self.found or self.error else "clean"

    @property
    def named_first(self) -> bool:
        """Whether the first finding is the disease."""
        return bool(self.found) and self.found[0] in self.case.kinds


@dataclass(frozen=True)
class Outcome:
    """All results, counted."""

    results: tuple[Result, ...]

    def count(self, verdict: str) -> int:
        """How many cases came to this."""
        return sum(result.verdict == verdict for result in self.results)

    @property
    def hit_rate(self) -> float:
        """Share of the sick cases named rightly."""
        return self.count("hit") / max(self.count("hit") + self.count("miss"), 1)

    @property
    def false_alarm_rate(self) -> float:
        """Share of the healthy cases in which something was found."""
        return self.count("false alarm") / max(self.count("false alarm") + self.count("clean"), 1)

    @property
    def passed(self) -> bool:
        """At least 90 % of the sick named rightly, at most one false alarm in 20 healthy ones."""
        return self.hit_rate >= LEAST_HITS and self.false_alarm_rate <= MOST_FALSE_ALARMS

    def table(self) -> str:
        """A line for each case: its name, what it has, what was found, the verdict."""
        lines = [f"{'case':38} {'has':24} {'found':48} verdict"]
        for result in self.results:
            found = shorten(result.error) if result.error else ", ".join(result.found) or "-"
            lines.append(f"{result.case.name:38} {result.case.recipe.kind or '-':24} {found:48} {result.verdict}")
        return "\n".join(lines)

    def totals(self) -> str:
        """The counts in words."""
        sick = self.count("hit") + self.count("miss")
        first = sum(result.named_first for result in self.results)
        beside = sum(len(set(r.found) - r.case.kinds) for r in self.results if r.case.kinds)
        seconds = [result.seconds for result in self.results] or [0.0]
        return (
            f"{self.count('hit')} of {sick} sick ones named rightly ({self.hit_rate:.0%}), {self.count('miss')} missed\n"
            f"{first} named by the first finding; {beside} other kinds found in sick ones\n"
            f"{self.count('false alarm')} false alarms in {self.count('false alarm') + self.count('clean')} healthy ones "
            f"({self.false_alarm_rate:.0%})\n"
            f"{sum(seconds):.1f} s for all diagnoses, {max(seconds):.2f} s for the longest\n"
            f"{'passed' if self.passed else 'failed'}: at least 90% hits and at most one false alarm in 20 are asked"
        )

    def as_json(self) -> dict[str, Any]:
        """All of it, ready for `json.dump`."""
        return {
            "hits": self.count("hit"),
            "misses": self.count("miss"),
            "false_alarms": self.count("false alarm"),
            "clean": self.count("clean"),
            "hit_rate": self.hit_rate,
            "false_alarm_rate": self.false_alarm_rate,
            "passed": self.passed,
            "cases": [
                {
                    "case": result.case.name,
                    "seed": result.case.seed,
                    "has": result.case.recipe.kind,
                    "accepted": sorted(result.case.kinds),
                    "title": result.case.recipe.title,
                    "note": result.note,
                    "found": list(result.found),
                    "error": result.error,
                    "verdict": result.verdict,
                    "seconds": round(result.seconds, 3),
                }
                for result in self.results
            ],
        }


def examine(case: Case) -> Result:
    """Diagnose a case; an error instead of a report is recorded, too."""
    subject = case.make()
    start, found, error = time.perf_counter(), (), ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            report = subject.model.diagnose(subject.x, subject.y, **subject.arguments)
            found = tuple(dict.fromkeys(finding.kind for finding in report.findings))
        except Exception as raised:  # whatever it is, a user would see that and no report
            error = f"{type(raised).__name__}: {raised}"
    return Result(case, found, error, subject.note, time.perf_counter() - start)


def examine_all(cases: Iterable[Case]) -> Outcome:
    """Every case in turn."""
    return Outcome(tuple(examine(case) for case in cases))


def shorten(error: str) -> str:
    """The first words of an error."""
    return error if len(error) <= 48 else f"{error[:45]}..."
