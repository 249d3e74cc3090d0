"""Command line of the evaluation: `python -m tests.diagnostics.evaluation [--seed N] [--json FILE] [--verify]`."""

import argparse
import json
import sys
from pathlib import Path

from tests.diagnostics.evaluation import make_cases
from tests.diagnostics.evaluation.cases import KINDS
from tests.diagnostics.evaluation.examining import examine_all
from tests.diagnostics.evaluation.verifying import verify


def main() -> int:
    """Examine or verify sixty cases; the exit code is 0 if the doctor passed, or if the cases are valid."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.diagnostics.evaluation",
        description="Sixty networks, 20 healthy and 40 sick, that Model.diagnose has to tell apart. They were written without "
        "knowledge of its rules, and its rules must not be tuned on them: after a change of the rules a new seed decides.",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another seed makes another sixty (default: 0)")
    parser.add_argument("--only", metavar="KIND", choices=["healthy", *KINDS], help="only the cases of one kind")
    parser.add_argument("--json", metavar="FILE", help="also write everything there; - for the standard output alone")
    parser.add_argument(
        "--verify", action="store_true", help="train the cases instead of diagnosing them, to check that they are valid"
    )
    parser.add_argument("--list", action="store_true", help="say what the cases are, and no more")
    options = parser.parse_args()
    wanted = "" if options.only == "healthy" else options.only
    cases = [case for case in make_cases(options.seed) if options.only is None or case.recipe.kind == wanted]
    if options.list:
        for case in cases:
            print(f"{case.name:38} {case.recipe.kind or 'healthy':24} {case.recipe.title}")
        return 0
    if options.verify:
        print(f"{'case':38} {'has':24} {'skill':>9} {'sound':>6}  verdict; proof; what was drawn")
        verified = []
        for case in cases:
            verified.append(verify(case))
            print(verified[-1], flush=True)
        wrong = sum(bool(one.wrong) for one in verified)
        print(f"{len(verified) - wrong} of {len(verified)} as they should be, in {sum(one.seconds for one in verified):.0f} s")
        return 1 if wrong else 0
    outcome = examine_all(cases)
    if options.json != "-":
        print(f"seed {options.seed}\n{outcome.table()}\n\n{outcome.totals()}")
    if options.json:
        text = json.dumps({"seed": options.seed, **outcome.as_json()}, indent=1)
        print(text) if options.json == "-" else Path(options.json).write_text(f"{text}\n", encoding="utf-8")
    return 0 if outcome.passed else 1


if __name__ == "__main__":
    sys.exit(main())
