"""`Any` is for values that may really be anything: its number in each package does not grow. As a script it prints them."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "minidl"
MOST = {
    "__init__": 1,
    "activations": 9,
    "autodiff": 29,
    "callbacks": 21,
    "config": 61,
    "constraints": 1,
    "data": 40,
    "datasets": 5,
    "diagnostics": 36,
    "distillation": 13,
    "distribution": 32,
    "dtype_policies": 1,
    "graph": 85,
    "initializers": 3,
    "interop": 87,
    "kernels": 40,
    "layers": 196,
    "losses": 50,
    "metrics": 24,
    "models": 97,
    "ops": 112,
    "optimizers": 13,
    "preprocessing": 27,
    "random": 19,
    "regularizers": 3,
    "saving": 32,
    "testing": 10,
    "tree": 15,
    "utils": 45,
    "variable": 13,
    "wrappers": 44,
}


def annotations(tree: ast.AST) -> Iterator[ast.expr]:
    """The annotations of arguments, results and variables, without those of `*args` and `**kwargs`, which are passed on."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            yield from (one for one in [node.returns, *(argument.annotation for argument in arguments)] if one is not None)
        elif isinstance(node, ast.AnnAssign):
            yield node.annotation


def holds_any(annotation: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(annotation))


def with_any(source: str) -> int:
    """How many annotations of a file contain `Any`."""
    return sum(map(holds_any, annotations(ast.parse(source))))


def counts() -> Counter[str]:
    """The number of annotations with `Any` in each package, or module next to the packages."""
    found: Counter[str] = Counter()
    for path in sorted(PACKAGE.rglob("*.py")):
        found[path.relative_to(PACKAGE).parts[0].removesuffix(".py")] += with_any(path.read_text(encoding="utf-8"))
    return +found


def test_annotations_of_arguments_results_and_variables_count_and_those_passed_on_do_not() -> None:
    source = "def f(x: Any, *args: Any, y: list[Any] = (), **kwargs: Any) -> dict[str, Any]:\n    z: Any = 1\n    w: int = 2\n"
    assert with_any(source) == 4


def test_no_package_has_more_annotations_with_any_than_it_had() -> None:
    grown = {name: number for name, number in counts().items() if number > MOST.get(name, 0)}
    assert not grown, f"name the type (minidl/config/types.py has names for the usual ones) in {grown}, at most {MOST}"


if __name__ == "__main__":
    for name, number in sorted(counts().items()):
        print(f'    "{name}": {number},')
