"""Medians, ratios and the table."""

from statistics import median
from typing import Any

from tests.benchmarks.rounds import Series
from tests.benchmarks.workloads import Workload


def unequal_work(workload: Workload, series: list[Series]) -> list[str]:
    """Sentences that say where the frameworks did not do the same."""
    found = []
    done = [one for one in series if one.values]
    for one in done:
        if set(one.steps) != {workload.steps}:
            found.append(f"{one.framework} ({one.variant}) did {sorted(set(one.steps))} steps a round, not {workload.steps}")
        ours, theirs = done[0].results[-1], one.results[-1]
        if abs(theirs - ours) > workload.tolerance * max(abs(ours), abs(theirs)):
            found.append(f"{one.framework} ({one.variant}) ended at {theirs:.5g}, {done[0].framework} at {ours:.5g}")
    return found


def summary(workload: Workload, series: list[Series]) -> dict[str, Any]:
    """One workload's row: medians and spread in the table's units, the best opponent, the ratio, whether the goal is met."""
    unit, divisor = workload.units
    measured = [
        {
            "framework": one.framework,
            "variant": one.variant,
            "median": median(one.values) / divisor,
            "least": min(one.values) / divisor,
            "most": max(one.values) / divisor,
            "result": one.results[-1],
        }
        for one in series
        if one.values
    ]
    ours = min((row for row in measured if row["framework"] == "minidl"), key=lambda row: row["median"], default=None)
    judged = workload.judged or workload.against
    best = min((row for row in measured if row["framework"] in judged), key=lambda row: row["median"], default=None)
    ratio = None if ours is None or best is None else ours["median"] / best["median"]
    return {
        "workload": workload.name,
        "title": workload.title,
        "unit": unit,
        "goal": workload.goal,
        "measured": measured,
        "best": best and f"{best['framework']} ({best['variant']})",
        "ratio": ratio,
        "met": None if ratio is None else ratio <= workload.goal,
        "unequal": unequal_work(workload, series),
    }


def table(summaries: list[dict[str, Any]]) -> str:
    """All rows as Markdown."""
    lines = [
        "| workload | unit | minidl | opponents | ratio to the best | goal | met |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in summaries:
        ours = "; ".join(shown(one, "") for one in row["measured"] if one["framework"] == "minidl")
        theirs = "; ".join(
            shown(one, f"{one['framework']} {one['variant']} ") for one in row["measured"] if one["framework"] != "minidl"
        )
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        met = {None: "", True: "yes", False: "no"}[row["met"]]
        lines.append(f"| {row['title']} | {row['unit']} | {ours} | {theirs} | {ratio} | {row['goal']:g} | {met} |")
    return "\n".join(lines)


def shown(row: dict[str, Any], name: str) -> str:
    """A median with its least and greatest value."""
    return f"{name}{row['median']:.3g} ({row['least']:.3g}-{row['most']:.3g})"
