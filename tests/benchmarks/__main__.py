"""The command: `python -m tests.benchmarks [WORKLOAD ...] [--against torch keras sklearn onnxruntime] [--rounds 5]`."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks import data, growth, machine, report, rounds, sklearn_mlp
from tests.benchmarks.workloads import BY_NAME, WORKLOADS, Workload

OPPONENTS = ("torch", "keras", "sklearn", "onnxruntime")
SKLEARN_MLP = "sklearn-mlp"  # a comparison of its own: whole fits of estimators


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description="minidl's speed beside other frameworks'.")
    parser.add_argument(
        "workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(BY_NAME)}; all by default; or {SKLEARN_MLP}"
    )
    parser.add_argument(
        "--against", nargs="*", choices=OPPONENTS, default=list(OPPONENTS), help="all by default; none if empty"
    )
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds of each, 5 by default")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every sample and setting there")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the growth there (.svg or .png; needs matplotlib)")
    parser.add_argument(
        "--table",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="measure nothing: print earlier files as one table, and a second one of what was measured several times",
    )
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.workloads) - set(BY_NAME) - {SKLEARN_MLP}):
        parser.error(f"no workload is called {', '.join(unknown)}; there are {', '.join(BY_NAME)}, {SKLEARN_MLP}")
    if chosen.rounds < 1:
        parser.error(f"--rounds expects at least 1, got {chosen.rounds}")
    return chosen


def main(arguments: list[str] | None = None) -> int:
    """Measure what was asked for; 1 where frameworks did unequal work or failed."""
    chosen = parse(arguments)
    if chosen.workloads == [SKLEARN_MLP]:
        return sklearn_mlp.run()
    if chosen.table:
        show([json.loads(path.read_text(encoding="utf-8")) for path in chosen.table])
        return 0
    workloads = [BY_NAME[name] for name in chosen.workloads] or list(WORKLOADS)
    there = [name for name in chosen.against if rounds.installed(name)]
    if absent := [name for name in chosen.against if name not in there]:
        print(f"not installed, so left out: {', '.join(absent)}")

    def keep(outcome: dict[str, Any]) -> None:
        if chosen.json:
            chosen.json.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")

    outcome = measure(workloads, there, chosen.rounds, keep)
    show([outcome])
    if chosen.plot and outcome["growth"]:
        growth.plot(outcome["growth"], chosen.plot)
    return int(any(row["unequal"] or any(one["error"] for one in row["series"]) for row in outcome["rows"]))


def measure(
    workloads: list[Workload], opponents: list[str], count: int, keep: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Everything that was measured, with all settings; `keep` gets it after each workload, so that a long run loses nothing."""
    needed = any(workload.kind not in ("import", "growth") for workload in workloads)
    images, labels, source = data.mnist() if needed else (*data.made_up(1), "none needed")
    outcome: dict[str, Any] = {"settings": machine.settings() | {"data": source, "rounds": count}, "rows": [], "growth": []}
    with tempfile.TemporaryDirectory() as directory:
        for workload in workloads:
            print(f"{workload.name} ...", file=sys.stderr, flush=True)
            neighbours = machine.Neighbours()
            if workload.kind == "growth":
                outcome["growth"].append(growth.measure_apart(workload.name.removeprefix("growth-"), count))
            else:
                path = Path(directory) / f"{workload.name}.npz"
                if workload.kind != "import":
                    data.write(workload, path, images, labels)
                frameworks = ["minidl", *(name for name in opponents if name in workload.against)]
                series = rounds.run(workload, frameworks, count, path, print)
                outcome["rows"].append(report.summary(workload, series, neighbours.share()))
            keep(outcome)
    return outcome


def show(outcomes: list[dict[str, Any]]) -> None:
    """Print one table of several outcomes."""
    for outcome in outcomes:
        print(report.heading(outcome["settings"]))
    rows = [row for outcome in outcomes for row in outcome["rows"]]
    if rows:
        print("\n" + report.table(rows) + "\n")
    if again := report.repeated(rows):
        print(again + "\n")
    for row in rows:
        for doubt in report.doubts(row):
            print(f"{row['workload']['name']}: {doubt}")
    for outcome in outcomes:
        for found in outcome["growth"]:
            print(growth.sentence(found))


if __name__ == "__main__":
    sys.exit(main())
