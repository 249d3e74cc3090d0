"""The core stays small: the files that one training step really runs through. `python tests/test_core.py` lists them."""

import ast
import io
import os
import sys
import tokenize
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # of this checkout, also when run as a script
os.environ["MINIDL_COMPILED"] = "0"  # the core is the plain version

import numpy as np  # noqa: E402  # after the path

from minidl import Input, Sequential, layers  # noqa: E402  # after the path

PACKAGE = ROOT / "minidl"
MOST_FILES, MOST_LINES = 20, 1_500
LONGEST_FILE = 300  # lines, docstrings included
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def files_run_by(function: Callable[[], object]) -> list[Path]:
    """The files of the package in which any function is called while `function` runs."""
    seen: set[str] = set()

    def trace(frame: FrameType, event: str, argument: Any) -> None:
        seen.add(frame.f_code.co_filename)

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(before)
    return sorted(path for path in map(Path, seen) if path.is_relative_to(PACKAGE))


def lines_of_code(source: str) -> int:
    """Number of lines that hold code: neither blank, nor comment, nor docstring."""
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        documented = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        if documented and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            code.difference_update(range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1))
    return len(code)


def core() -> dict[str, int]:
    """The files of a training step of two Dense layers with Adam, cross-entropy and accuracy, and their lines of code.

    The first step also builds optimizer and metrics, and moves the variables into one buffer; the second is the one counted.
    """
    random = np.random.default_rng(0)
    x, y = random.normal(size=(32, 4)).astype("float32"), random.integers(0, 3, 32)
    model = Sequential([Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.train_on_batch(x, y)
    files = files_run_by(lambda: model.train_step((x, y)))
    return {str(path.relative_to(ROOT)): lines_of_code(path.read_text(encoding="utf-8")) for path in files}


def test_the_count_leaves_out_blank_lines_comments_and_docstrings() -> None:
    source = '"""Doc\n\nstring."""\n\n# comment\ndef f(x):  # counted\n    """Doc."""\n    x = """two\nlines"""\n    return x\n'
    assert lines_of_code(source) == 4


def test_the_tracer_sees_the_layers_the_loss_the_optimizer_and_the_metrics() -> None:
    packages = {name.split("/")[1] for name in core()}
    assert packages >= {"layers", "losses", "optimizers", "metrics", "models"}


def test_a_training_step_runs_through_at_most_20_files_and_1500_lines_of_code() -> None:
    counts = core()
    assert len(counts) <= MOST_FILES, counts
    assert sum(counts.values()) <= MOST_LINES, counts


def test_a_file_has_at_most_300_lines() -> None:
    files = PACKAGE.rglob("*.py")
    lengths = {path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


if __name__ == "__main__":
    counts = core()
    for name, lines in counts.items():
        print(f"{lines:6}  {name}")
    print(f"{sum(counts.values()):6}  lines of code in {len(counts)} files; {MOST_LINES} and {MOST_FILES} are allowed")
