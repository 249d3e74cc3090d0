"""Every optimizer compared with Keras's: weights after each of 20 steps to 1e-5, each argument varied."""

import jax
import keras
import numpy as np
import pytest

from minidl import Variable, optimizers
from minidl.config.public_names import PACKAGES
from tests.parity.comparing import assert_close, both
from tests.table.optimizers import NOT_IN_KERAS
from tests.test_every_public_class import arguments_of

STEPS = 20
SHAPES = [(4, 3), (3,), (), (2, 3, 2)]
SHARED = [
    {"clipnorm": 0.5, "weight_decay": 0.1},
    {"clipvalue": 0.2, "use_ema": True},
    {"global_clipnorm": 0.7, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3, "name": "mine"},
    {"gradient_accumulation_steps": 3, "clipnorm": 0.5, "weight_decay": 0.1, "use_ema": True, "ema_overwrite_frequency": 2},
]
BETAS = {"learning_rate": 0.05, "beta_1": 0.5, "beta_2": 0.8}
OPTIMIZERS = {
    "Adadelta": [{}, {"learning_rate": 1.0}, {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-3}],
    "Adafactor": [
        {},
        {"learning_rate": 0.5},
        {"learning_rate": 0.05, "beta_2_decay": -0.5, "epsilon_1": 1e-5, "epsilon_2": 0.01, "clip_threshold": 0.5},
        {"learning_rate": 0.05, "relative_step": False},
    ],
    "Adagrad": [{}, {"learning_rate": 0.1}, {"learning_rate": 0.1, "initial_accumulator_value": 0.5, "epsilon": 0.01}],
    "Adam": [
        {},
        {"learning_rate": 0.1},
        BETAS,
        {"learning_rate": 0.05, "epsilon": 0.1},
        {"learning_rate": 0.05, "amsgrad": True},
    ],
    "AdamW": [{}, {"learning_rate": 0.05, "weight_decay": 0.2}, BETAS | {"epsilon": 0.1}, BETAS | {"amsgrad": True}],
    "Adamax": [{}, {"learning_rate": 0.05}, BETAS, BETAS | {"epsilon": 0.1}],
    "Ftrl": [
        {},
        {"learning_rate": 0.1, "learning_rate_power": -0.3, "initial_accumulator_value": 0.5},
        {"learning_rate": 0.1, "l1_regularization_strength": 0.1, "l2_regularization_strength": 0.2, "beta": 0.3},
        {"learning_rate": 0.1, "l2_shrinkage_regularization_strength": 0.05},
        {"learning_rate": 0.1, "learning_rate_power": 0.0},
    ],
    "Lamb": [{}, {"learning_rate": 0.05}, BETAS, BETAS | {"epsilon": 0.1}],
    "Lion": [{}, {"learning_rate": 0.01}, {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.7}],
    "Muon": [
        {},
        {"learning_rate": 0.05, "adam_beta_1": 0.5, "adam_beta_2": 0.8, "epsilon": 0.1, "adam_weight_decay": 0.1},
        {"learning_rate": 0.05, "weight_decay": None, "muon_a": 3.0, "muon_b": -4.0, "muon_c": 1.5, "adam_lr_ratio": 0.5},
        {"learning_rate": 0.05, "momentum": 0.5, "ns_steps": 3, "nesterov": False, "rms_rate": None},
        {"learning_rate": 0.05, "exclude_layers": ["vari"], "exclude_embeddings": False, "adam_weight_decay": None},
    ],
    "Nadam": [{}, {"learning_rate": 0.05}, BETAS, BETAS | {"epsilon": 0.1}],
    "RMSprop": [
        {},
        {"learning_rate": 0.05, "rho": 0.5},
        {"learning_rate": 0.05, "momentum": 0.7, "epsilon": 1e-3},
        {"learning_rate": 0.05, "centered": True},
        {"learning_rate": 0.05, "centered": True, "momentum": 0.5},
    ],
    "SGD": [
        {},
        {"learning_rate": 0.3},
        {"momentum": 0.9},
        {"learning_rate": 0.1, "momentum": 0.5, "nesterov": True},
        {"nesterov": True},
        {"gradient_accumulation_steps": 2},
        {"use_ema": True, "ema_overwrite_frequency": 1},
    ],
    "ScheduleFreeAdamW": [
        {},
        {"learning_rate": 0.02, "warmup_steps": 5},
        BETAS,
        {"learning_rate": 0.02, "epsilon": 0.1, "weight_decay": 0.1},
    ],
}
FORMS = [(name, row) for name, rows in OPTIMIZERS.items() for row in [*rows, *(rows[2] | shared for shared in SHARED)]]


def twins(shapes=SHAPES, seed=0):
    """The same variables in both libraries, and the generator that drew them."""
    generator = np.random.default_rng(seed)
    starts = [generator.normal(size=shape).astype("float32") for shape in shapes]
    return [Variable(start) for start in starts], [keras.Variable(start, name="variable") for start in starts], generator


def run_beside(ours, theirs, mine, its, generator, steps=STEPS):
    """The same gradients to both, some small, some large; all weights are compared after each."""
    for step in range(steps):
        scale = (0.01, 1.0, 3.0)[step % 3]  # some are clipped, some are not
        gradients = [(scale * generator.normal(size=variable.shape)).astype("float32") for variable in mine]
        ours.apply([gradient.copy() for gradient in gradients], mine)
        with jax.disable_jit(bool(ours.gradient_accumulation_steps)):  # otherwise each such step is compiled again
            theirs.apply(gradients, its)
        for variable, other in zip(mine, its, strict=True):
            assert_close(variable.value, other, 1e-5, f"step {step}")


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(("name", "arguments"), FORMS, ids=str)
def test_twenty_steps_give_keras_s_weights(name, arguments):
    mine, its, generator = twins()
    ours, theirs = getattr(optimizers, name)(**arguments), getattr(keras.optimizers, name)(**arguments)
    run_beside(ours, theirs, mine, its, generator)
    assert ours.iterations == int(theirs.iterations) == STEPS // arguments.get("gradient_accumulation_steps", 1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_argument_takes_two_values(name):
    forms = [row for other, row in FORMS if other == name]
    for argument, default in arguments_of(getattr(optimizers, name), ours=True).items():
        if argument == "loss_scale_factor":  # ignored: nothing is computed in float16
            continue
        values = {str(form.get(argument, default)) for form in forms}
        assert len(values) > 1, f"{argument} is always {values}"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_variables_are_excluded_from_weight_decay_by_name_as_in_keras(name):
    (weight, bias), _, generator = twins([(4, 3), (3,)])
    weight.name, bias.name = "kernel", "dense_bias"
    its = [keras.Variable(variable.value, name=variable.name) for variable in (weight, bias)]
    ours, theirs = both(lambda k: getattr(k.optimizers, name)(0.1, weight_decay=0.3))
    for optimizer in (ours, theirs):
        optimizer.exclude_from_weight_decay(var_names=["b.as$", "gamma"])
    run_beside(ours, theirs, [weight, bias], its, generator, steps=4)


def test_variables_themselves_are_excluded_from_weight_decay_as_in_keras():
    mine, its, generator = twins()
    ours, theirs = both(lambda k: k.optimizers.AdamW(0.1, weight_decay=0.3))
    ours.exclude_from_weight_decay(var_list=mine[:2])
    theirs.exclude_from_weight_decay(var_list=its[:2])
    run_beside(ours, theirs, mine, its, generator, steps=4)


@pytest.mark.parametrize(
    "arguments",
    [{"use_ema": True, "ema_momentum": 0.7}, {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 4}, {}],
    ids=str,
)
def test_the_values_at_the_end_are_keras_s_averages(arguments):
    mine, its, generator = twins()
    ours, theirs = both(lambda k: k.optimizers.SGD(0.1, **arguments))
    run_beside(ours, theirs, mine, its, generator, steps=6)
    ours.finalize_variable_values(mine)
    theirs.finalize_variable_values(its)
    for variable, other in zip(mine, its, strict=True):
        assert_close(variable.value, other)


def test_schedule_free_weights_end_at_the_average_where_keras_leaves_the_interpolated_point():
    mine, its, generator = twins()
    ours, theirs = both(lambda k: k.optimizers.ScheduleFreeAdamW(0.1, beta_1=0.8))
    run_beside(ours, theirs, mine, its, generator, steps=6)
    before = [variable.numpy() for variable in mine]
    ours.finalize_variable_values(mine)
    theirs.finalize_variable_values(its)
    for variable, other, between in zip(mine, its, before, strict=True):
        assert_close(between, other)
        assert_close(0.8 * variable.value + 0.2 * ours.slots(variable)["momentum"], between)
        assert np.abs(variable.value - between).max() > 1e-3
    ours.finalize_variable_values(mine)  # once more changes nothing
    gradients = [np.ones(variable.shape, "float32") for variable in mine]
    ours.apply([gradient.copy() for gradient in gradients], mine)
    theirs.apply(gradients, its)
    for variable, other in zip(mine, its, strict=True):
        assert_close(variable.value, other)  # and the way goes on from where it was


def test_muon_uses_adamw_for_embeddings_and_excluded_layers_as_in_keras():
    def make(k):
        model = k.Sequential([k.layers.Input((3,), dtype="int32"), k.layers.Embedding(5, 4, name="words"), k.layers.Flatten()])
        for units, name in ((6, "hidden"), (2, "out_put")):
            model.add(k.layers.Dense(units, name=name))
        return model

    ours, theirs = both(make)
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=weight.shape) for weight in ours.get_weights()]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    assert [v.path for v in ours.weights] == [v.path.split("/", 1)[1] for v in theirs.weights]
    mine, its = both(lambda k: k.optimizers.Muon(0.05, exclude_layers=["out"]))
    run_beside(mine, its, ours.trainable_weights, theirs.trainable_variables, generator, steps=4)
    assert [mine.uses_adamw(variable) for variable in ours.weights] == [True, False, True, True, True]


def test_adams_bias_correction_is_exact_where_keras_rounds():
    mine, its = Variable([0.0]), keras.Variable([0.0])
    for k, variable in ((optimizers, mine), (keras.optimizers, its)):
        k.Adam(1.0, epsilon=1e-12).apply([np.ones(1, "float32")], [variable])
    assert abs(mine.value[0] + 1) < 1e-7  # the first step is the learning rate, for any gradient
    assert 1e-6 < abs(float(its[0]) + 1) < 1e-5  # 1 - 0.999 in float32


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_constraints_act_after_each_step_as_in_keras(name):
    start = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    bound = both(lambda k: k.constraints.MaxNorm(1.0))
    mine, its = Variable(start, constraint=bound[0]), keras.Variable(start)
    its.constraint = bound[1]
    ours, theirs = both(lambda k: getattr(k.optimizers, name)(0.1))
    for _ in range(5):
        ours.apply([start.copy()], [mine])
        theirs.apply([start], [its])
        assert_close(mine.value, its)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_learning_rate_may_change_between_steps_as_in_keras(name):
    start = np.ones((2, 2), "float32")
    mine, its = Variable(start), keras.Variable(start)
    ours, theirs = both(lambda k: getattr(k.optimizers, name)(0.1))
    for rate in (0.1, 0.01, 0.5):
        ours.learning_rate = theirs.learning_rate = rate
        ours.apply([start * rate], [mine])
        theirs.apply([start * rate], [its])
        assert_close(mine.value, its)


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("shared", [{}, {"gradient_accumulation_steps": 2}], ids=str)
def test_a_schedule_is_followed_as_in_keras(name, shared):
    mine, its, generator = twins([(2, 2)])
    ours, theirs = both(
        lambda k: getattr(k.optimizers, name)(k.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5), weight_decay=0.1, **shared)
    )
    for _ in range(4):
        assert ours.learning_rate == pytest.approx(float(theirs.learning_rate), rel=1e-6)
        run_beside(ours, theirs, mine, its, generator, steps=1)


def test_setting_a_schedule_s_rate_raises_an_error_as_in_keras():
    for optimizer in both(lambda k: k.optimizers.SGD(k.optimizers.schedules.InverseTimeDecay(0.1, 3, 0.5))):
        with pytest.raises(TypeError, match="SGD follows InverseTimeDecay|LearningRateSchedule"):
            optimizer.learning_rate = 0.1
    for k in (optimizers, keras.optimizers):
        optimizer = k.SGD(0.1)
        optimizer.learning_rate = k.schedules.InverseTimeDecay(0.3, 3, 0.5)  # a number may give way to one
        assert float(optimizer.learning_rate) == pytest.approx(0.3)
        assert float(k.SGD(lambda: 0.2).learning_rate) == pytest.approx(0.2)


@pytest.mark.parametrize("name", sorted({*OPTIMIZERS, *map(str.lower, OPTIMIZERS)} - {"Lamb", "lamb"}))  # Keras forgot them
def test_names_mean_what_they_mean_in_keras(name):
    ours, theirs = both(lambda k: k.optimizers.get(name))
    assert type(ours).__name__ == type(theirs).__name__
    assert theirs.name.rstrip("_0123456789") == ours.name


def test_rmsprop_by_name_fits_as_in_keras():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(32, 3)).astype("float32"), generator.normal(size=(32, 1)).astype("float32")
    weights = [generator.normal(size=(3, 1)), generator.normal(size=1)]

    def losses(k):
        model = k.Sequential([k.layers.Input((3,)), k.layers.Dense(1)])
        model.set_weights(weights)
        model.compile("rmsprop", "mse")
        return model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0).history["loss"]

    assert_close(*both(losses))


def test_every_optimizer_is_in_the_table():
    of_others = {"MultiOptimizer", "OptimizerMap"}  # tested in test_multi_optimizer.py
    ours_alone = {name for where, name in NOT_IN_KERAS if where == "optimizers"}
    assert set(OPTIMIZERS) == set(PACKAGES["optimizers"]) - ours_alone - of_others
