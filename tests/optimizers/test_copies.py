"""A copied model trains on with the same bits, for every optimizer and many random models."""

import ast
import copy
import pathlib
import pickle

import numpy as np
import pytest

import minidl
from minidl import Input, Sequential, optimizers
from minidl.layers import BatchNormalization, Dense, Dropout, LayerNormalization
from minidl.optimizers import LBFGS
from minidl.variable import Variable
from tests.table.optimizers import OPTIMIZERS

COPIES = {"deepcopy": copy.deepcopy, "pickle": lambda item: pickle.loads(pickle.dumps(item))}
FORMS = [(name, arguments) for name, rows in OPTIMIZERS.items() for arguments in rows]
ROWS, FEATURES = 24, 5


def random_model(seed):
    """Two to four layers of random kinds, widths, activations and float types."""
    rng = np.random.default_rng(seed)
    hidden = []
    for _ in range(rng.integers(1, 4)):
        dtype = str(rng.choice(["float32", "float32", "float64"]))
        hidden.append(Dense(int(rng.integers(1, 40)), str(rng.choice(["relu", "tanh", "gelu"])), dtype=dtype))
        hidden += [[], [BatchNormalization()], [LayerNormalization()], [Dropout(0.3)]][rng.integers(4)]
    return Sequential([Input((FEATURES,)), *hidden, Dense(3, "softmax")])


def fit_once(model, seed):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(ROWS, FEATURES)), rng.integers(0, 3, ROWS)
    rows = ROWS if isinstance(model.optimizer, LBFGS) else 7
    return model.fit(x, y, batch_size=rows, verbose=0).history


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize(("name", "arguments"), FORMS, ids=str)
def test_copies_of_random_models_continue_training_with_the_same_bits(name, arguments, way):
    for seed in range(4):
        model = random_model(seed)
        model.compile(getattr(optimizers, name)(**arguments), "sparse_categorical_crossentropy")
        fit_once(model, seed)
        twin = COPIES[way](model)
        assert fit_once(model, seed) == fit_once(twin, seed)
        for mine, its in zip(model.weights, twin.weights, strict=True):
            np.testing.assert_array_equal(mine.value, its.value)


@pytest.mark.parametrize(("name", "arguments"), FORMS, ids=str)
def test_the_type_of_an_unpickled_array_does_not_change_a_step(name, arguments):
    if name == "LBFGS":
        arguments = arguments | {"history_size": 2}
    start, gradient = np.random.default_rng(0).normal(size=(2, 300, 301)).astype("float32")
    results = []
    for way in (lambda item: item, COPIES["pickle"]):
        optimizer, variable = getattr(optimizers, name)(**arguments), Variable(start)
        optimizer.build([variable])
        optimizer, variable = way((optimizer, variable))
        for _ in range(3):
            if isinstance(optimizer, LBFGS):
                optimizer.minimize(lambda variable=variable: quadratic(variable, gradient), [variable])
            else:
                optimizer.apply([gradient], [variable])
        results.append(variable.value)
    np.testing.assert_array_equal(*results)


def quadratic(variable, target):
    variable.grad = variable.value - target
    return float(np.square(variable.grad).sum() / 2)


def test_dtypes_are_never_compared_by_identity():
    found = []
    for path in pathlib.Path(minidl.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
                sides = [node.left, *node.comparators]
                optional = any(isinstance(side, ast.Constant) and side.value is None for side in sides)
                if not optional and any("dtype" in ast.unparse(side) for side in sides):
                    found.append(f"{path.name}:{node.lineno}: {ast.unparse(node)}")
    assert not found, "an unpickled array has a dtype object of its own; compare with =="
