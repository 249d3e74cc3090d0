"""One table puts every public class through the harness, or through the contract of its kind."""

import importlib
import inspect
import json
import warnings

import numpy as np
import pytest

from minidl import activations, constraints, initializers, layers, regularizers
from minidl.config.configurable import Configurable
from minidl.config.public_names import PACKAGES
from minidl.config.registry import deserialize, serialize
from minidl.testing import check_gradient, check_layer, check_loss
from minidl.testing.layer_case import numbers_away_from_zero
from minidl.testing.rebuilding import check_configurable
from minidl.variable import Variable
from tests.table.callbacks import CALLBACKS, WATCHERS
from tests.table.layers import gathered
from tests.table.layers.common import NEEDED, ROW, SEQUENCE, ids
from tests.table.losses import LOSSES
from tests.table.metrics import METRICS
from tests.table.optimizers import BOWL, FORMULAS, MADE_SCHEDULES, OPTIMIZERS, RULES
from tests.table.optimizers import NOT_IN_KERAS as OPTIMIZERS_NOT_IN_KERAS
from tests.table.optimizers import OTHER_ORDER as OPTIMIZERS_IN_OTHER_ORDER


def package(name):
    return importlib.import_module(f"minidl.{name}")


def simple_rnn(**arguments):
    return lambda: layers.SimpleRNN(3, **arguments)


def sequential(*makers, **arguments):
    return lambda: package("models").Sequential([make() for make in makers], **arguments)


def two_in_two_out():
    a, b = layers.Input((4,)), layers.Input((4,))
    shared = layers.Dense(3, "tanh")
    h = layers.Add()([shared(a), shared(b)])
    return package("models").Model([a, b], [h, layers.Dense(2)(h)])


def skip_connection():
    x = layers.Input((4,))
    return package("models").Model(x, layers.Dense(2)(layers.Add()([x, layers.Dense(4, "sigmoid")(x)])))


# class -> its forms: (what makes it, input shape, options of check_layer)
LAYERS = gathered("FORMS")

MODELS = {
    "Model": [
        (two_in_two_out, [ROW, ROW], {"mask": None, "sizes_of_one": False}),
        (skip_connection, ROW, {"mask": None, "sizes_of_one": False}),
    ],
    "Sequential": [
        (sequential(lambda: layers.Dense(3, "tanh"), lambda: layers.Dense(2)), ROW, {"mask": None}),
        (sequential(lambda: layers.Input((4,)), lambda: layers.Dropout(0.4), lambda: layers.Dense(2)), ROW, {"mask": None}),
        (
            sequential(layers.BatchNormalization, lambda: layers.Dense(2, activity_regularizer="l2"), layers.Flatten),
            SEQUENCE,
            {"mask": None},
        ),
        (
            sequential(
                lambda: layers.Embedding(5, 3, mask_zero=True),
                simple_rnn(return_sequences=True),
                sequential(simple_rnn(), lambda: layers.Dense(2)),
            ),
            (3, 4),
            {"mask": None, "inputs": ids},
        ),
    ],
}

INITIALIZERS = {
    "Constant": [lambda: initializers.Constant(2.5)],
    "Identity": [lambda: initializers.Identity(2.0)],
    "Ones": [initializers.Ones],
    "STFT": [lambda: initializers.STFT("imag", "hamming", "spectrum")],
    "Orthogonal": [lambda: initializers.Orthogonal(2.0, seed=1)],
    "Zeros": [initializers.Zeros],
    "RandomNormal": [lambda: initializers.RandomNormal(1.0, 0.5, seed=1)],
    "RandomUniform": [lambda: initializers.RandomUniform(-1.0, 2.0, seed=1)],
    "TruncatedNormal": [lambda: initializers.TruncatedNormal(1.0, 0.5, seed=1)],
    "VarianceScaling": [
        lambda: initializers.VarianceScaling(seed=1),
        lambda: initializers.VarianceScaling(2.0, "fan_avg", "uniform", seed=1),
        lambda: initializers.VarianceScaling(0.5, "fan_out", "untruncated_normal", seed=1),
    ],
} | {
    name: [lambda name=name: getattr(initializers, name)(seed=1)]
    for name in ("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform")
}

REGULARIZERS = {
    "L1": [lambda: regularizers.L1(0.3)],
    "L2": [lambda: regularizers.L2(0.3)],
    "L1L2": [lambda: regularizers.L1L2(0.2, 0.3)],
    "OrthogonalRegularizer": [
        lambda: regularizers.OrthogonalRegularizer(0.3),
        lambda: regularizers.OrthogonalRegularizer(0.3, mode="columns"),
    ],
}

CONSTRAINTS = {
    "MaxNorm": [lambda: constraints.MaxNorm(1.0), lambda: constraints.MaxNorm(0.5, axis=1)],
    "MinMaxNorm": [lambda: constraints.MinMaxNorm(0.5, 1.0), lambda: constraints.MinMaxNorm(2.0, 3.0, axis=1)],
    "NonNeg": [constraints.NonNeg],
    "UnitNorm": [constraints.UnitNorm, lambda: constraints.UnitNorm(axis=[0, 1])],
}

TABLE = {
    "activations": {name: [] for name in PACKAGES["activations"]},  # each has one form
    "callbacks": CALLBACKS,
    "constraints": CONSTRAINTS,
    "diagnostics": WATCHERS,
    "distillation": {"Distiller": [], "FeatureDistillation": [], "LogitsDistillation": []},  # parity/test_distillation.py
    "initializers": INITIALIZERS,
    "layers": LAYERS,
    "losses": LOSSES,
    "metrics": METRICS,
    "models": MODELS,
    "random": {"SeedGenerator": []},  # tested in tests/test_random.py
    "optimizers": OPTIMIZERS,
    "optimizers.schedules": MADE_SCHEDULES,
    "regularizers": REGULARIZERS,
}

# Abstract classes, and what is not an object with a config.
BASES = {
    "FunctionRegularizer",  # made by regularizers.get of a function; tested in tests/test_regularizers.py
    "ActivationFunction",
    "Constraint",
    "DistillationLoss",
    "Initializer",
    "Input",
    "InputSpec",
    "Layer",
    "LearningRateSchedule",
    "Loss",
    "MeanMetric",
    "Merge",
    "Metric",
    "MultiOptimizer",  # made of others; tested in parity/test_multi_optimizer.py
    "Optimizer",
    "OptimizerMap",
    "Regularizer",
}


def forms(table):
    return [pytest.param(form, id=f"{name}-{number}") for name, rows in table.items() for number, form in enumerate(rows)]


# The table itself.


@pytest.mark.parametrize("name", [name for name, classes in PACKAGES.items() if classes])
def test_every_registered_class_is_in_the_table(name):
    assert set(TABLE[name]) == set(PACKAGES[name])


@pytest.mark.parametrize("name", PACKAGES)
def test_every_public_class_is_registered(name):
    module = package(name)
    own = [key for key, item in vars(module).items() if str(getattr(item, "__module__", "")).startswith(module.__name__)]
    exported = getattr(module, "__all__", own)
    items = [getattr(module, key) for key in exported]
    public = {
        item.__name__  # so that an alias, such as l2 for L2, counts once
        for item in items
        if (isinstance(item, type) and issubclass(item, Configurable)) or isinstance(item, activations.ActivationFunction)
    }
    assert public - BASES <= set(PACKAGES[name]), "a public class is missing from config/public_names.py"
    assert set(PACKAGES[name]) <= set(exported)


# Layers, models, losses: the harness.


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize("form", forms(LAYERS))
def test_layer(form):
    make, shape, options = form
    check_layer(make, shape, **options)


@pytest.mark.parametrize("form", forms(MODELS))
def test_models_pass_the_checks_of_layers(form):
    make, shape, options = form
    check_layer(make, shape, **options)


@pytest.mark.parametrize("form", forms(LOSSES))
def test_loss(form):
    check_loss(*form())


# Activations.


@pytest.mark.parametrize("name", PACKAGES["activations"])
def test_activation_has_its_numeric_gradient(name):
    function, generator, needed = getattr(activations, name), np.random.default_rng(0), NEEDED.get(name, {})
    x = numbers_away_from_zero(generator, (2, 3, 4))
    x[1] *= 10  # where it saturates
    y = function(x, **needed)
    assert y.shape == function.compute_output_shape(x.shape)
    dy = generator.normal(size=y.shape)
    dx = function.backward(dy, x, y, **needed)
    magnitude = 1.0 + float(np.abs(dy * y).sum())
    assert check_gradient("dx", lambda: float((dy * function(x, **needed)).sum()), x, dx, magnitude=magnitude) > 1e3


@pytest.mark.parametrize("name", PACKAGES["activations"])
def test_activation_keeps_type_and_argument(name):
    function, needed = getattr(activations, name), NEEDED.get(name, {})
    for dtype in ("float32", "float64"):
        x = numbers_away_from_zero(np.random.default_rng(0), (3, 4)).astype(dtype)
        before = x.copy()
        x.flags.writeable = False
        y = function(x, **needed)
        assert isinstance(y, np.ndarray)
        assert y.dtype == x.dtype
        assert function.backward(np.ones_like(y), x, y, **needed).dtype == x.dtype
        np.testing.assert_array_equal(x, before)
        np.testing.assert_allclose(function(x.tolist(), **needed), y, rtol=1e-5, atol=1e-7)
    assert needed or activations.get(name) is function
    assert deserialize(serialize(function)) is function


# Everything with a config.

CONFIGURED = {
    **{f"constraint-{name}": rows for name, rows in CONSTRAINTS.items()},
    **{f"initializer-{name}": rows for name, rows in INITIALIZERS.items()},
    **{f"regularizer-{name}": rows for name, rows in REGULARIZERS.items()},
    **{f"metric-{name}": [lambda row=row: row()[0] for row in rows] for name, rows in METRICS.items()},
    **{
        f"optimizer-{name}": [lambda name=name, row=row: getattr(package("optimizers"), name)(**row) for row in rows]
        for name, rows in OPTIMIZERS.items()
    },
    **{f"schedule-{name}": rows for name, rows in MADE_SCHEDULES.items()},
    **{f"callback-{name}": rows for name, rows in (CALLBACKS | WATCHERS).items()},
}


@pytest.mark.parametrize("form", forms(CONFIGURED))
def test_config_makes_an_equal_object(form):
    item = form()
    rebuilt = check_configurable(item)
    assert rebuilt.get_config() == item.get_config()


# Arguments that a parent's constructor takes and the class itself sets, and values that are saved with the weights.
NOT_IN_CONFIG = {
    "Bidirectional": {"weights"},
    "Embedding": {"weights"},
    "HashedCrossing": {"modes"},
    "Hashing": {"modes"},
    "Model": {"inputs", "outputs", "input_shape"},  # written as layers and their connections
}
EVERYTHING = {
    **{f"layer-{name}": [form[0] for form in rows[:1]] for name, rows in (LAYERS | MODELS).items()},
    **{f"loss-{name}": [lambda form=form: form()[0] for form in rows[:1]] for name, rows in LOSSES.items()},
    **{name: rows[:1] for name, rows in CONFIGURED.items()},
}


@pytest.mark.parametrize("form", forms(EVERYTHING))
def test_config_has_every_argument_as_plain_values(form):
    item = form()
    config = item.get_config()
    assert json.loads(json.dumps(config)) == config
    left_out = getattr(type(item).__init__, "left_out", ())  # by inherit_arguments
    missing = set(arguments_of(type(item), ours=True)) - {"self", *left_out} - set(config)
    assert missing == NOT_IN_CONFIG.get(type(item).__name__, set())
    changed = item.with_arguments().get_config()
    assert {key: value for key, value in changed.items() if key != "name"} == {k: v for k, v in config.items() if k != "name"}


# Initializers, regularizers, constraints.


@pytest.mark.parametrize("form", forms(INITIALIZERS))
def test_initializer_gives_shape_and_type_and_repeats_with_its_seed(form):
    shape = (5, 1, 4) if isinstance(form(), initializers.STFT) else (5, 4)  # which makes kernels of a convolution
    for dtype in ("float32", "float64"):
        value = form()(shape, dtype)
        assert value.shape == shape
        assert value.dtype == dtype
        np.testing.assert_array_equal(form()(shape, dtype), value)
    if not isinstance(form(), (initializers.Orthogonal, initializers.Identity, initializers.STFT)):  # as Keras's
        assert form()((), "float32").shape == ()


@pytest.mark.parametrize("form", forms(REGULARIZERS))
def test_regularizer_has_its_numeric_gradient(form):
    regularizer, x = form(), numbers_away_from_zero(np.random.default_rng(0), (3, 4))
    assert isinstance(regularizer(x), float)
    assert check_gradient("x", lambda: regularizer(x), x, regularizer.gradient(x)) > 1e3
    assert regularizer.gradient(x.astype("float32")).dtype == "float32"


@pytest.mark.parametrize("form", forms(CONSTRAINTS))
def test_constraint_changes_only_weights_that_violate_it(form):
    constraint, w = form(), np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    before = w.copy()
    once = constraint(w)
    assert once.shape == w.shape
    assert once.dtype == w.dtype
    assert not np.array_equal(once, w)
    np.testing.assert_array_equal(w, before)
    np.testing.assert_allclose(constraint(once), once, rtol=1e-5)


# Metrics.


@pytest.mark.parametrize("form", forms(METRICS))
def test_metric_accumulates_over_batches_and_can_be_reset(form):
    measure, targets, outputs = form()
    generator = np.random.default_rng(0)
    arrays = [make(generator, (12, 3)) for make in (targets, outputs) if make is not None]
    whole = np.asarray(measure(*arrays))
    assert np.isfinite(whole).all()
    assert not np.isin(whole, (0, 1)).all(), "what was measured is no proof"
    measure.reset_state()
    for start, stop in ((0, 5), (5, 12)):
        measure.update_state(*(array[start:stop] for array in arrays))
    np.testing.assert_allclose(measure.result(), whole, rtol=1e-6)
    measure.reset_state()
    measure.update_state(*arrays, sample_weight=np.r_[np.ones(5), np.zeros(7)])
    weighted = measure.result()
    measure.reset_state()
    measure.update_state(*(array[:5] for array in arrays))
    np.testing.assert_allclose(weighted, measure.result(), rtol=1e-6)
    assert isinstance(weighted, float if whole.ndim == 0 else np.ndarray)


# Optimizers.


@pytest.mark.parametrize(("name", "arguments"), RULES, ids=str)
def test_optimizer_on_slices_equals_variable_by_variable(name, arguments):
    generator = np.random.default_rng(0)
    shapes = [(3, 2), (2,), (), (4,)]
    values = [generator.normal(size=shape) for shape in shapes]
    together = [Variable(value, dtype="float64") for value in values]
    apart = [Variable(value, dtype="float64") for value in values]
    by_runs, by_variable = (getattr(package("optimizers"), name)(**arguments) for _ in range(2))
    by_runs.build(together)  # one block, one run
    for variable in apart:
        by_variable.build([variable])  # a block each
    frozen = 1
    for step in range(4):
        chosen = [number for number in range(4) if step % 2 == 0 or number != frozen]
        gradients = [generator.normal(size=shapes[number]) for number in chosen]
        by_runs.apply(gradients, [together[number] for number in chosen])
        by_variable.apply(gradients, [apart[number] for number in chosen])
    for one, other, start in zip(together, apart, values, strict=True):
        np.testing.assert_allclose(one.value, other.value, rtol=1e-12)
        assert not np.allclose(one.value, start)


@pytest.mark.parametrize(("name", "arguments"), RULES, ids=str)
def test_optimizer_follows_its_formula(name, arguments):
    gradients = [0.3, -0.1, 0.25, 0.05, -0.2]  # none is clipped
    w = Variable([1.0], dtype="float64")
    optimizer = getattr(package("optimizers"), name)(**arguments)
    for g in gradients:
        optimizer.apply([np.array([g])], [w])
    plain = {key: value for key, value in arguments.items() if key not in ("clipnorm", "clipvalue", "global_clipnorm")}
    np.testing.assert_allclose(w.value, FORMULAS[name](1.0, gradients, **plain), rtol=1e-10)


@pytest.mark.parametrize(("name", "arguments"), RULES, ids=str)
def test_optimizer_reaches_the_minimum_of_a_quadratic(name, arguments):
    w = Variable([3.0, -2.0], dtype="float64")
    optimizer = getattr(package("optimizers"), name)(**arguments | {"learning_rate": BOWL.get(name, 0.05)})
    for _ in range(400):
        optimizer.apply([2 * w.value], [w])
    optimizer.finalize_variable_values([w])
    assert np.abs(w.value).max() < 0.05


# The names and arguments of the real Keras.

NOT_IN_KERAS = (
    OPTIMIZERS_NOT_IN_KERAS
    | {
        ("activations", "keras_2_hard_sigmoid"): "it is for files of Keras 2",
        ("callbacks", "ProgressBar"): "Keras's ProgbarLogger, with another screen",
        ("losses", "FunctionLoss"): "what compile makes of a function, in Keras without a public name",
        ("diagnostics", "WatchLayers"): "Keras has no diagnostics",
    }
    | {("layers", name): reason for name, reason in gathered("NOT_IN_KERAS").items()}
)
LEFT_OUT = {("layers", name): left_out for name, left_out in gathered("LEFT_OUT").items()}
OTHER_ORDER = OPTIMIZERS_IN_OTHER_ORDER | {
    ("layers", "Conv3DTranspose"): "Keras has it otherwise than in Conv1DTranspose and Conv2DTranspose"
}
OTHER_DEFAULTS = {"name": "found from the class where Keras writes it out"}
PAIRS = [(name, item) for name, items in PACKAGES.items() for item in items]


@pytest.fixture(scope="module")
def keras():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("keras")


def in_keras(keras, where):
    """The module of Keras with that name, "optimizers.schedules" too."""
    for part in where.split("."):
        keras = getattr(keras, part, None)
    return keras


def arguments_of(made, ours=False):
    """Argument -> default; ours with those that parent constructors take through `**kwargs`."""
    parameters = inspect.signature(made).parameters
    own = {p.name: p.default for p in parameters.values() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    if ours and isinstance(made, type) and any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        for parent in made.__mro__[1:]:
            if "__init__" in vars(parent) and parent is not object:
                own |= {key: default for key, default in arguments_of(parent, ours=True).items() if key not in own}
                break
    return own


@pytest.mark.parametrize(("where", "name"), PAIRS)
def test_arguments_are_those_of_keras(keras, where, name):
    theirs, ours = getattr(in_keras(keras, where), name, None), getattr(package(where), name)
    if theirs is None:
        assert (where, name) in NOT_IN_KERAS, f"keras.{where} has no {name}"
        return
    if where == "models":  # Keras's are (*args, **kwargs)
        return
    left_out = LEFT_OUT.get((where, name), {})
    expected = {key: default for key, default in arguments_of(theirs).items() if key not in left_out}
    actual = arguments_of(ours, ours=True)
    in_order = sorted if (where, name) in OTHER_ORDER else list
    assert in_order(key for key in actual if key in expected) == in_order(expected), "one is missing, or the order differs"
    for key, default in expected.items():
        if key not in OTHER_DEFAULTS:
            one_for_all = isinstance(default, tuple) and set(np.ravel(default)) == {actual[key]}  # (1, 1), which is 1 here
            demanded = default is inspect.Parameter.empty  # a default of ours takes nothing away
            assert actual[key] == default or one_for_all or demanded, f"{key}: default {actual[key]!r}, Keras has {default!r}"


@pytest.mark.parametrize(("where", "name"), LEFT_OUT)
def test_arguments_listed_as_absent_exist_in_keras_and_not_here(keras, where, name):
    theirs, ours = arguments_of(getattr(in_keras(keras, where), name)), arguments_of(getattr(package(where), name), ours=True)
    for argument, reason in LEFT_OUT[where, name].items():
        assert reason
        assert argument not in ours, f"{argument} is here now: take it off the table"
        assert argument in theirs or argument == "quantization_config", "Keras has no such argument"  # younger than 3.9
