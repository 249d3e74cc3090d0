"""The heart stays small: at most 1,500 lines of code. `python tests/test_heart.py` prints the table."""

import ast
import io
import tokenize
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "minidl"
LIMIT = 1500
# DESIGN's list: config, Variable, Layer, Dense, Activation, the loss and optimizer base classes with one or two children,
# Model, the training loop, Sequential. The other files of models/ (functional, summary, recorder, cloning, auto_compile and
# the checks of data_adapter.py) are not part of it.
HEART = (
    "config/*.py",
    "variable.py",
    "layers/layer.py",
    "layers/dense.py",
    "layers/activation.py",
    "losses/loss.py",
    "losses/regression.py",
    "optimizers/optimizer.py",
    "optimizers/sgd.py",
    "optimizers/adam.py",
    "graph/network.py",
    "graph/chain.py",
    "models/model.py",
    "models/trainer.py",
    "models/compilation.py",
    "models/training_plan.py",
    "models/training.py",
    "models/sequential.py",
)
NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


def heart_files() -> list[Path]:
    """All files of the heart."""
    return [path for pattern in HEART for path in sorted(PACKAGE.glob(pattern))]


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


def count() -> dict[str, int]:
    """Lines of code of each file of the heart."""
    return {str(path.relative_to(PACKAGE)): lines_of_code(path.read_text(encoding="utf-8")) for path in heart_files()}


def test_the_count_leaves_out_blank_lines_comments_and_docstrings() -> None:
    source = '"""Doc\n\nstring."""\n\n# comment\ndef f(x):  # counted\n    """Doc."""\n    x = """two\nlines"""\n    return x\n'
    assert lines_of_code(source) == 4


def test_the_heart_is_at_most_1500_lines() -> None:
    counts = count()
    assert sum(counts.values()) <= LIMIT, counts


if __name__ == "__main__":
    counts = count()
    for name, lines in counts.items():
        print(f"{lines:6}  minidl/{name}")
    print(f"{sum(counts.values()):6}  lines of code in the heart, of {LIMIT} allowed")
