"""What an import costs: NumPy alone until something else is asked for, and nothing is computed."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import minidl
from minidl.config.public_names import LAYER_ALIASES, LAYER_FILES, LAZY_FILES

OTHERS = ("scipy", "tqdm", "safetensors", "threadpoolctl", "matplotlib", "pandas", "hypothesis", "keras", "sklearn", "numba")
PLAIN = """
import numpy as np
import minidl
model = minidl.Sequential([minidl.Input((4,)), minidl.layers.Dense(8, "relu"), minidl.layers.Dense(3, "softmax")])
assert model.predict(np.ones((5, 4)), verbose=0).shape == (5, 3)
"""
CONTRACT = {  # DESIGN.md's, as far as it is built
    *("Sequential", "Model", "Input", "Layer", "Variable", "load_model", "__version__"),
    *("layers", "activations", "losses", "metrics", "optimizers", "callbacks", "initializers", "regularizers", "constraints"),
    *("preprocessing", "datasets", "diagnostics", "distillation", "distribution", "models", "saving", "utils", "testing"),
    *(
        "applications",
        "config",
        "backend",
        "dtype_policies",
        "mixed_precision",
        "tree",
        "wrappers",
        "interop",
        "version",
        "device",
        "name_scope",
        "remat",
    ),
    *(
        "DTypePolicy",
        "FloatDTypePolicy",
        "Function",
        "Initializer",
        "InputSpec",
        "KerasTensor",
        "Loss",
        "Metric",
        "Optimizer",
        "Regularizer",
    ),
    *("ops", "random"),  # what drawn models and code without a backward are written in
}


def modules_after(program):
    """Names of all modules that a fresh interpreter has loaded after running it."""
    ending = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program + ending], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("program", ["import minidl", PLAIN], ids=["import", "prediction"])
def test_nothing_but_numpy_is_loaded(program):
    loaded = {name.split(".")[0] for name in modules_after(program)}
    assert not loaded & set(OTHERS)


def test_importing_minidl_loads_no_subpackage_and_not_even_numpy():
    loaded = modules_after("import minidl")
    assert [name for name in loaded if name.startswith("minidl")] == ["minidl"]
    assert "numpy" not in loaded


def test_a_prediction_loads_neither_data_sets_nor_files_nor_tests():
    loaded = modules_after(PLAIN)
    assert not [name for name in loaded if name.startswith(("minidl.datasets", "minidl.saving", "minidl.testing"))]


def test_an_import_draws_no_random_number_and_changes_no_setting():
    check = """
import random, warnings
import numpy as np
def settings():
    return np.random.get_state()[1].tolist(), np.geterr(), np.get_printoptions(), random.getstate(), list(warnings.filters)
before = settings()
import minidl
for name in minidl.__all__:
    getattr(minidl, name)
assert settings() == before
"""
    modules_after(check)


@pytest.mark.parametrize("name", sorted(CONTRACT))
def test_every_public_name_is_reached_from_the_top_package(name):
    assert getattr(minidl, name) is not None
    assert name in minidl.__all__
    assert name in dir(minidl)


def test_the_top_package_has_only_the_public_names():
    assert sorted(minidl.__all__) == sorted(CONTRACT)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Sequentiall'"):
        minidl.Sequentiall  # noqa: B018  # looking it up is what fails


def test_type_checkers_see_exactly_the_layers_that_exist():
    tree = ast.parse(Path(minidl.layers.__file__).read_text(encoding="utf-8"))
    told = {
        name.asname: statement.module.removeprefix("minidl.layers.")
        for block in tree.body
        if isinstance(block, ast.If)
        for statement in block.body
        for name in statement.names
    }
    aliases = {alias: LAYER_FILES[name] for alias, name in LAYER_ALIASES.items()}
    assert told == LAYER_FILES | aliases


@pytest.mark.parametrize("package", ["callbacks", "losses", "metrics", "optimizers", "utils"])
def test_the_table_of_a_lazy_package_equals_its_imports_for_type_checkers(package):
    module = getattr(minidl, package)
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    (block,) = [
        part
        for part in tree.body
        if isinstance(part, ast.If) and isinstance(part.test, ast.Name)  # if TYPE_CHECKING
    ]
    own = f"minidl.{package}."
    told = sorted((part.module.removeprefix(own), name.name) for part in block.body for name in part.names)
    assert told == sorted((file, name) for file, names in LAZY_FILES[package].items() for name in names.split())
    assert all(getattr(module, name) is not None for name in module.__all__)
    assert dir(module) == sorted(module.__all__)


def test_a_prediction_loads_no_callbacks_metrics_and_optimizers_that_it_does_not_use():
    loaded = modules_after(PLAIN)
    unused = (
        "callbacks.tensorboard",
        "callbacks.checkpoint",
        "metrics.auc",
        "metrics.iou",
        "optimizers.adam",
        "optimizers.lbfgs",
        "layers.options",  # types of arguments
        "optimizers.options",
    )
    assert not {f"minidl.{name}" for name in unused} & set(loaded)
    assert "difflib" not in loaded  # which only messages for unknown names need


def test_setting_the_seed_loads_no_layers_data_sets_or_downloads():
    loaded = modules_after("import minidl; minidl.utils.set_random_seed(0)")
    assert not [name for name in loaded if name.startswith(("minidl.layers", "minidl.models", "minidl.data", "http"))]


def test_a_layer_loads_no_other_subpackage_of_layers():
    loaded = modules_after("from minidl.layers import Dense")
    assert not [name for name in loaded if name.startswith("minidl.layers.") and name.count(".") > 2]


# Every import of a module of ours is an import statement, which import-linter sees.

PACKAGE = Path(minidl.__file__).parent
IMPORTS_BY_NAME = {
    "wrappers/__init__.py",
    "config/registry.py",
    "__init__.py",
    "datasets/__init__.py",
    "layers/__init__.py",
    "testing/__init__.py",
}


def imports_by_name(source):
    """True where code imports modules by a function; `importlib.resources` and `importlib.metadata` only read files."""
    if not re.search(r"importlib|__import__|pkgutil|runpy|\bimp\b", source):
        return False
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            named = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            named = [f"{node.module}.{name.name}" for name in node.names]
        else:
            named = ["importlib"] if "__import__" in (getattr(node, "id", ""), getattr(node, "attr", "")) else []
        for name in named:
            package, _, rest = name.partition(".")
            if package in ("imp", "pkgutil", "runpy") or (
                package == "importlib" and not rest.startswith(("resources", "metadata"))
            ):
                return True
    return False


@pytest.mark.parametrize(
    "source",
    [
        "import importlib",
        "import importlib.util as u",
        "from importlib import import_module",
        "__import__('os')",
        "import builtins; builtins.__import__('os')",
    ],
)
def test_an_import_by_name_is_detected(source):
    assert imports_by_name(source)
    assert not imports_by_name("from minidl.models import Model")


def test_modules_are_imported_by_name_in_the_registry_and_the_lazy_packages_alone():
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if imports_by_name(path.read_text(encoding="utf-8"))
    }
    assert found == IMPORTS_BY_NAME


def import_graph():
    """For each module of ours those that it imports anywhere, also inside functions and for type checkers."""
    files = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    graph = {}
    for module, path in files.items():
        statements = re.findall(r"^ *from (minidl[\w.]*) import (\([^)]*\)|.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
        members = [(package, name) for package, names in statements for name in re.findall(r"\w+", names)]
        found = (f"{package}.{name}" if f"{package}.{name}" in files else package for package, name in members)
        graph[module] = {one for one in found if one in files and one != module}
    return graph


def circles(graph):
    """The groups of nodes each of which leads to every other."""
    while ends := [one for one in graph if not graph[one] & graph.keys()]:  # they lead nowhere: in no circle
        graph = {one: found for one, found in graph.items() if one not in ends}
    after = {}
    for start in graph:
        reached, waiting = set(), [start]
        while waiting:
            new = (graph[waiting.pop()] & graph.keys()) - reached
            reached |= new
            waiting += new
        after[start] = reached
    groups = {frozenset(other for other in after[one] if one in after[other]) for one in graph}
    return [sorted(group) for group in groups if len(group) > 1]


def test_circles_of_a_graph_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": set()}) == []


def test_no_circle_of_imports_has_more_than_five_files():
    assert [circle for circle in circles(import_graph()) if len(circle) > 5] == []


def test_a_prediction_loads_no_operations_and_a_variable_or_a_symbolic_tensor_loads_them():
    assert not [name for name in modules_after(PLAIN) if name.startswith("minidl.ops")]
    for program in (
        "import minidl; assert (minidl.Variable([1.0, 2.0]) + 1).tolist() == [2.0, 3.0]",
        "import numpy as np, minidl; assert np.exp(minidl.Input((3,))).shape == (None, 3)",
        "from minidl.graph.operation_call import OperationCall; OperationCall('exp', [None], {}, ['float32'])",
    ):
        assert "minidl.ops" in modules_after(program)
