"""The command: `python -m tests.benchmarks [WORKLOAD ...] [--against torch keras sklearn onnxruntime] [--rounds 5]`."""

import argparse
import json
import tempfile
from pathlib import Path

from tests.benchmarks import data, report, rounds
from tests.benchmarks.workloads import BY_NAME, WORKLOADS

OPPONENTS = ("torch", "keras", "sklearn", "onnxruntime")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description="minidl's speed beside other frameworks'")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"one of {', '.join(BY_NAME)}; all by default")
    parser.add_argument("--against", nargs="*", choices=OPPONENTS, default=list(OPPONENTS), help="all by default")
    parser.add_argument("--rounds", type=int, default=5, help="measured rounds of each, 5 by default")
    parser.add_argument("--json", type=Path, help="a file for every sample and setting")
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.workloads) - set(BY_NAME)):
        parser.error(f"no workload is called {', '.join(unknown)}; there are {', '.join(BY_NAME)}")
    return chosen


def main(arguments: list[str] | None = None) -> None:
    chosen = parse(arguments)
    workloads = [BY_NAME[name] for name in chosen.workloads] or list(WORKLOADS)
    there = [name for name in chosen.against if rounds.installed(name)]
    for name in sorted(set(chosen.against) - set(there)):
        print(f"{name} is not installed, so it is left out")
    images, labels, source = data.mnist()
    print(f"data: {source}")
    summaries = []
    with tempfile.TemporaryDirectory() as directory:
        for workload in workloads:
            path = Path(directory) / f"{workload.name}.npz"
            data.write(workload, path, images, labels)
            frameworks = ["minidl", *(name for name in there if name in workload.against)]
            series = rounds.run(workload, frameworks, chosen.rounds, path, print)
            summaries.append(report.summary(workload, series))
            print(report.table(summaries[-1:]).splitlines()[-1], flush=True)
            for sentence in summaries[-1]["unequal"]:
                print(f"  unequal work: {sentence}")
    print()
    print(report.table(summaries))
    if chosen.json:
        chosen.json.write_text(json.dumps(summaries, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
