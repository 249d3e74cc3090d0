"""Medians, ratios and the table."""

import itertools
from dataclasses import asdict
from statistics import median
from typing import Any

from tests.benchmarks.distance import FAR
from tests.benchmarks.rounds import Series
from tests.benchmarks.workloads import Workload

DRIFT = 0.25  # how far losses may lie apart in the last round; those of PyTorch's own settings were found a fifth apart
SMALL = 0.05  # a smaller loss is that of a few rows
CROWDED = 0.05  # a larger share of the cores used by other programs makes a measurement doubtful


def unequal_work(workload: Workload, series: list[Series]) -> list[str]:
    """Sentences that say where the frameworks did not do the same: steps or rows, the results of the first round and the last.

    The first must agree closely. By the last, rounding alone has driven losses apart that began alike to four digits, the more
    the smaller they are.
    """
    found = []
    done = [one for one in series if one.values]
    for one in done:
        if set(one.counts) != {workload.count}:
            found.append(f"{one.framework} ({one.variant}) did {sorted(set(one.counts))} a round, not {workload.count}")
        drift = max(workload.tolerance, DRIFT)
        for number, when, tolerance, least in ((0, "began", workload.tolerance, 0), (-1, "ended", drift, SMALL)):
            ours, theirs = done[0].results[number], one.results[number]
            if not abs(theirs - ours) <= tolerance * max(abs(ours), abs(theirs), least):  # NaN equals nothing
                found.append(f"{one.framework} ({one.variant}) {when} at {theirs:.5g}, {done[0].framework} at {ours:.5g}")
    return found


def summary(workload: Workload, series: list[Series], neighbours: float | None = None) -> dict[str, Any]:
    """One workload's row: medians and spread in the table's units, the best opponent, the ratio, whether the goal is met.

    Args:
        workload: the row.
        series: every sample.
        neighbours: the share of the cores that other programs used meanwhile.
    """
    unit, divisor = workload.units
    measured = [
        {
            "framework": one.framework,
            "variant": one.variant,
            "median": median(one.values) / divisor,
            "least": min(one.values) / divisor,
            "most": max(one.values) / divisor,
        }
        for one in series
        if one.values
    ]
    best = best_of(measured, workload.judged or workload.against)
    ratio, fast_ratio = (
        None if ours is None or best is None else ours["median"] / best["median"]
        for ours in (default_of(measured), fast_of(measured))
    )
    return {
        "workload": asdict(workload),
        "unit": unit,
        "measured": measured,
        "best": best and f"{best['framework']} {best['variant']}",
        "ratio": ratio,
        "met": None if ratio is None else ratio <= workload.goal,
        "fast_ratio": fast_ratio,
        "fast_met": None if fast_ratio is None else fast_ratio <= workload.fast_goal,
        "unequal": unequal_work(workload, series),
        "neighbours": neighbours,
        "series": [asdict(one) for one in series],
    }


def best_of(measured: list[dict[str, Any]], frameworks: tuple[str, ...]) -> dict[str, Any] | None:
    """The fastest, or smallest, among some frameworks."""
    return min((row for row in measured if row["framework"] in frameworks), key=lambda row: row["median"], default=None)


def default_of(measured: list[dict[str, Any]]) -> dict[str, Any] | None:
    """minidl without settings, which comes first."""
    return next((row for row in measured if row["framework"] == "minidl"), None)


def fast_of(measured: list[dict[str, Any]]) -> dict[str, Any] | None:
    """minidl with compiled kernels."""
    return next((row for row in measured if (row["framework"], row["variant"]) == ("minidl", "fast")), None)


def table(summaries: list[dict[str, Any]]) -> str:
    """All rows as Markdown: medians, in brackets the least and the greatest."""
    lines = [
        "| workload | unit | minidl | fast | opponents | minidl / best | goal | met | fast / best | goal | met |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in summaries:
        ours = [
            shown(one) if one["variant"] in ("default", "import") else f"{shown(one)} ({one['variant']})"
            for one in row["measured"]
            if one["framework"] == "minidl" and one["variant"] != "fast"
        ]
        fast = fast_of(row["measured"])
        theirs = [opponent(one, row["best"]) for one in row["measured"] if one["framework"] != "minidl"]
        given = row["workload"]
        cells = [given["title"], row["unit"], "; ".join(ours), "" if fast is None else shown(fast), "<br>".join(theirs)]
        for kind in ("", "fast_"):
            ratio = row[f"{kind}ratio"]
            cells += ["" if ratio is None else f"{ratio:.2f}", f"{given[f'{kind}goal']:g}"]
            cells.append({None: "", True: "yes", False: "no"}[row[f"{kind}met"]])
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def repeated(summaries: list[dict[str, Any]]) -> str:
    """Workloads that were measured several times as Markdown: each time's medians and ratios; nothing where none was."""
    times: dict[str, list[dict[str, Any]]] = {}
    for row in summaries:
        times.setdefault(row["workload"]["name"], []).append(row)
    lines = ["| workload | unit | minidl | best opponent | minidl / best | goal | met |", "|---|---|---|---|---|---|---|"]
    for (name, rows), kind in itertools.product(times.items(), ("", "fast_")):
        if len(rows) == 1 or any(row[f"{kind}ratio"] is None for row in rows):
            continue
        judged, mine = tuple(rows[0]["workload"]["judged"] or rows[0]["workload"]["against"]), fast_of if kind else default_of
        ours = [number(one["median"]) for row in rows if (one := mine(row["measured"]))]
        best = [f"{number(one['median'])} {one['framework']}" for row in rows if (one := best_of(row["measured"], judged))]
        ratios, met = [f"{row[f'{kind}ratio']:.2f}" for row in rows], {row[f"{kind}met"] for row in rows}
        verdict = "yes" if met == {True} else "no" if met == {False} else "not each time"
        goal, title = f"{rows[0]['workload'][f'{kind}goal']:g}", f"{name}, fast" if kind else name
        cells = [title, rows[0]["unit"], ", ".join(ours), ", ".join(best), ", ".join(ratios), goal, verdict]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) if len(lines) > 2 else ""


def opponent(row: dict[str, Any], best: str | None) -> str:
    """A rival's median, emphasised where it is the best."""
    text = f"{row['framework']} ({row['variant']}) {shown(row)}"
    return f"**{text}**" if f"{row['framework']} {row['variant']}" == best else text


def shown(row: dict[str, Any]) -> str:
    """A median with its least and greatest value."""
    return f"{number(row['median'])} [{number(row['least'])}, {number(row['most'])}]"


def number(value: float) -> str:
    """Three digits that count, never with an exponent."""
    return f"{value:.3g}" if value < 999.5 else f"{value:.0f}"


def doubts(row: dict[str, Any]) -> list[str]:
    """What makes a row no result, or a doubtful one: unequal work, a crowded machine, cores apart, a framework that failed."""
    found = [f"unequal work: {sentence}" for sentence in row["unequal"]]
    if row["neighbours"] is not None and row["neighbours"] > CROWDED:
        found.append(f"other programs used {row['neighbours']:.0%} of the cores meanwhile")
    distances = [distance for one in row["series"] for distance in one.get("distances", []) if distance is not None]
    if far := sum(distance > FAR for distance in distances):
        found.append(f"the cores shared no cache in {far} of {len(distances)} rounds, which slows two threads down")
    return found + [f"{one['framework']} ({one['variant']}) failed: {one['error']}" for one in row["series"] if one["error"]]


def heading(settings: dict[str, Any]) -> str:
    """Machine and versions in one line."""
    versions = ", ".join(f"{name} {version}" for name, version in settings["versions"].items())
    cleared = ", ".join(f"{name}={value}" for name, value in settings["cleared"].items())
    return (
        f"{settings['date']}, commit {settings['commit']}, {settings['cpu']}, {settings['cores']} cores, {settings['system']}, "
        f"Python {settings['python']}, {versions}; data: {settings['data']}; cleared: {cleared or 'nothing'}"
    )
