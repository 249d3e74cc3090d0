"""`Any` is for values that may really be anything: its number in each package does not grow. As a script it prints them."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "minidl"
MOST = {
    "__init__": 1,  # names that are found when they are used
    "activations": 8,  # functions of the user before they are checked; layers of all kinds
    "autodiff": 8,  # NumPy's protocols, variables of the package above
    "callbacks": 10,  # logs of the user; progress bars and writers of untyped libraries
    "config": 55,  # what a name, a file or a structure holds; protocols of layers
    "data": 26,  # what data sets of the user give: arrays, lists, frames, generators
    "datasets": 4,  # values of pickles and archives
    "diagnostics": 11,  # data of the user; layers of all kinds
    "distillation": 3,  # data and losses of the user
    "distribution": 11,  # models, losses and data of the user, on their way between processes
    "graph": 19,  # layers of all kinds, masks and options of any operation
    "interop": 41,  # nodes and layers of families that share only attributes; objects that a file names
    "kernels": 10,  # Numba's values
    "layers": 71,  # methods that users override; arguments before they are checked; cells and layers of all kinds
    "losses": 15,  # targets and outputs of the user, and what a name stands for
    "metrics": 14,  # targets, outputs and results of the user's functions
    "models": 59,  # data of the user, and what a model of any structure returns
    "ops": 5,  # indices, and arguments whose form is checked
    "optimizers": 12,  # learning rates: numbers, schedules, functions
    "preprocessing": 5,  # frames, and images with any targets
    "random": 7,  # parameters of distributions, seeds
    "saving": 11,  # plain values of any state
    "testing": 6,  # layers and data of all kinds
    "tree": 15,  # structures of anything
    "utils": 11,  # data sets and frames
    "variable": 1,  # a regularizer, whose class lies above
    "wrappers": 4,  # scikit-learn's results, which have no types
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
