"""Mutation run: small errors planted in backward code must make a test fail (`python tests/mutation.py [--quick]`).

Each mutant is one change of one expression in a function that computes gradients or updates, in a temporary copy of the
package; the tests of its package run against the copy. A mutant that no test notices survives, and fails the run.
"""

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from minidl.config.public_names import LAYER_FILES, PACKAGES  # noqa: E402  # of this checkout, wherever the run is started

THOROUGH, QUICK = 40, 8
SECONDS = 300  # a mutant that runs longer is stuck in a loop, which is noticed too

TARGETS = ("kernels/**/*.py", "layers/**/*.py", "losses/*.py", "optimizers/*.py", "ops/*.py", "regularizers.py")
FUNCTIONS = re.compile(r"_?backward(_\w+)?|\w+_backward|gradient|update_vector|update_step")

# What runs against a mutant of a package: which tests of the table, besides the tests that mirror the file.
CHOSEN = {
    "kernels": "",  # those of the layers that use the file
    "layers": "",
    "losses": "test_loss",
    "optimizers": "test_optimizer",
    "regularizers": "test_regularizer",
}

# The rows that judge a file that many layers use.
CORE = ["Dense", "BatchNormalization", "SimpleRNN", "Embedding", "Softmax", "Add", "Dropout"]

# (file, function, change) -> why no test can notice it.
EQUIVALENT: dict[tuple[str, str, str], str] = {}

SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


class Mutant(NamedTuple):
    """One change: the whole file as it reads with it, and what a report needs."""

    path: str
    function: str
    line: int
    change: str
    source: str

    @property
    def package(self) -> str:
        """The package whose tests are run."""
        return Path(self.path).parts[1].removesuffix(".py")


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every mutant of a file."""
    source = path.read_text()
    place = 0
    while True:
        tree = ast.parse(source)
        sites = [(function, node, change) for function in _functions(tree) for node, change in _sites(function)]
        if place >= len(sites):
            return
        function, node, change = sites[place]
        before = _one_line(node)
        change(node)
        place += 1
        if before != _one_line(node):
            shown = f"{before}  ->  {_one_line(node)}"
            yield Mutant(str(path.relative_to(ROOT)), function.name, node.lineno, shown, ast.unparse(tree))


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and FUNCTIONS.fullmatch(node.name)]


def _sites(function: ast.FunctionDef) -> Iterator[tuple[ast.AST, object]]:
    """Each place in a function that can be changed, with what changes it."""
    statements = [node for statement in function.body for node in ast.walk(statement)]
    notes = {id(part) for node in statements if isinstance(node, ast.AnnAssign) for part in ast.walk(node.annotation)}
    for node in statements:
        if id(node) in notes:
            continue
        if isinstance(node, ast.BinOp) and type(node.op) in SWAPPED and not _is_sequence(node):
            yield node, _swap
        if isinstance(node, ast.AugAssign):
            if type(node.op) in SWAPPED:
                yield node, _swap
            yield node, _overwrite
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
            yield node, _drop_minus
        if isinstance(node, ast.Compare) and type(node.ops[0]) in FLIPPED:
            yield node, _flip
        if isinstance(node, ast.BinOp) and any(_is_number(side) for side in (node.left, node.right)):
            yield node, _add_one
        if isinstance(node, ast.Call) and any(word.arg == "axis" and _is_number(word.value) for word in node.keywords):
            yield node, _turn_axis
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield node, _drop_transpose


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)


def _is_sequence(node: ast.BinOp) -> bool:
    """Shapes put together with `+` or `*`, which change no number."""
    return any(isinstance(side, (ast.Tuple, ast.List)) for side in (node.left, node.right))


def _one_line(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _swap(node: ast.BinOp | ast.AugAssign) -> None:
    node.op = SWAPPED[type(node.op)]()


def _overwrite(node: ast.AugAssign) -> None:
    """`a += b` becomes `a[...] = b`, the mistake that loses what was there."""
    node.op = ast.Mult() if isinstance(node.op, ast.MatMult) else node.op
    target = ast.unparse(node.target)
    replacement = ast.parse(f"np.copyto({target}, {ast.unparse(node.value)})").body[0]
    node.__class__ = ast.Expr  # type: ignore[assignment]  # the node itself stands in its parent's list
    node.__dict__ = {**replacement.__dict__, "lineno": node.lineno}


def _drop_minus(node: ast.UnaryOp) -> None:
    node.op = ast.UAdd()


def _flip(node: ast.Compare) -> None:
    node.ops[0] = FLIPPED[type(node.ops[0])]()


def _add_one(node: ast.BinOp) -> None:
    for side in (node.left, node.right):
        if _is_number(side):
            side.value += 1


def _turn_axis(node: ast.Call) -> None:
    for word in node.keywords:
        if word.arg == "axis" and _is_number(word.value):
            word.value.value = 1 if word.value.value == 0 else 0


def _drop_transpose(node: ast.BinOp) -> None:
    for name in ("left", "right"):
        side = getattr(node, name)
        if isinstance(side, ast.Attribute) and side.attr == "T":
            setattr(node, name, side.value)


def runs_for(mutant: Mutant) -> list[list[str]]:
    """Arguments of pytest, one list a run: the mirrored tests where there are some, then the table's rows of its users."""
    if mutant.package == "ops":
        return [["tests/ops"]]
    path = Path(mutant.path)
    mirrored = Path("tests", *path.parts[1:-1], f"test_{path.name}")
    runs = [[str(mirrored)]] if (ROOT / mirrored).exists() else []
    rows = CHOSEN[mutant.package]
    if mutant.package in ("kernels", "layers"):
        layers = layers_that_use(path)
        layers = layers if 0 < len(layers) <= len(CORE) * 3 else CORE
        rows = f"test_activation or test_loss or (test_layer and ({' or '.join(layers)}))"
    return [*runs, ["tests/test_every_public_class.py", "-k", f"({rows}) and not keras"]]


def layers_that_use(path: Path) -> list[str]:
    """Public layers whose file imports a file of kernels or layers, directly or by way of others; all of them take minutes."""
    users = {
        name
        for name, file in LAYER_FILES.items()
        if path in _reached(Path("minidl", "layers", *file.split(".")).with_suffix(".py"))
    }
    return sorted(users & set(PACKAGES["layers"]))


@cache
def _reached(path: Path) -> frozenset[Path]:
    """A file and every file of kernels and layers that it imports, transitively."""
    found, ahead = {path}, [path]
    while ahead:
        for node in ast.walk(ast.parse((ROOT / ahead.pop()).read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("minidl.kernels", "minidl.layers")):
                modules = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
                for file in (Path(*module.split(".")).with_suffix(".py") for module in modules):
                    if file not in found and (ROOT / file).exists():
                        found.add(file)
                        ahead.append(file)
    return frozenset(found)


def run_tests(home: Path, arguments: list[str]) -> tuple[int, str]:
    """pytest in a copy of the project: its exit code, and the first test that failed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", "-p", "no:cacheprovider", *arguments]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return 1, f"more than {SECONDS} s"
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return done.returncode, failed.group(1) if failed else (done.stdout + done.stderr)[-1500:]


def try_out(mutant: Mutant, homes: "SimpleQueue[Path]") -> str:
    """The test that notices the mutant; nothing when it survives."""
    home = homes.get()
    target = home / mutant.path
    original = target.read_text()
    try:
        target.write_text(mutant.source)
        for arguments in runs_for(mutant):
            code, message = run_tests(home, arguments)
            if code not in (0, 5):  # 5: nothing was chosen
                return message
        return ""
    finally:
        target.write_text(original)
        homes.put(home)


def make_home(parent: Path, number: int) -> Path:
    """A copy of what the tests need."""
    home = parent / str(number)
    for folder in ("minidl", "tests"):
        shutil.copytree(ROOT / folder, home / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", home)
    return home


def main() -> int:
    """Run the sample and report every mutant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} mutants instead of {THOROUGH}")
    parser.add_argument("--count", type=int, help="number of mutants; 0 for all")
    parser.add_argument("--only", default="", help="only files whose path contains this")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="mutants tried at once")
    options = parser.parse_args()
    every = sorted(path for pattern in TARGETS for path in (ROOT / "minidl").glob(pattern))
    paths = [path for path in every if options.only in str(path)]
    found = [mutant for path in paths for mutant in mutants_of(path)]
    known = [m for m in found if (m.path, m.function, m.change) in EQUIVALENT]
    pool = [m for m in found if m not in known]
    count = options.count if options.count is not None else QUICK if options.quick else THOROUGH
    sample = random.Random(options.seed).sample(pool, min(count or len(pool), len(pool)))
    print(f"{len(found)} mutants of {len({m.path for m in found})} files, {len(known)} equivalent; trying {len(sample)}")
    start, survivors = time.perf_counter(), []
    with tempfile.TemporaryDirectory(prefix="minidl-mutation-") as parent:
        homes: SimpleQueue[Path] = SimpleQueue()
        for number in range(options.jobs):
            homes.put(make_home(Path(parent), number))
        home = homes.get()
        for arguments in {tuple(run): run for mutant in sample for run in runs_for(mutant)}.values():
            code, message = run_tests(home, arguments)
            if code not in (0, 5):
                print(f"without any mutation pytest {' '.join(arguments)} fails: {message}")
                return 2
        homes.put(home)
        with ThreadPoolExecutor(options.jobs) as workers:
            for mutant, noticed in zip(sample, workers.map(lambda m: try_out(m, homes), sample), strict=True):
                print(f"{'killed  ' if noticed else 'SURVIVED'} {mutant.path}:{mutant.line} {mutant.function}: {mutant.change}")
                print(f"         {noticed.strip().splitlines()[-1] if noticed else 'no test notices it'}", flush=True)
                survivors += [] if noticed else [mutant]
    print(f"{len(sample) - len(survivors)} of {len(sample)} killed in {time.perf_counter() - start:.0f} s")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
