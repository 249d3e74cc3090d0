"""What users read and set on an optimizer: learning rate, step counter, variables, names, configs."""

import keras
import numpy as np
import pytest

import minidl
from minidl import Variable, optimizers
from tests.parity.comparing import assert_close, both

LIBRARIES = pytest.mark.parametrize("k", [minidl, keras], ids=["minidl", "keras"])


def built(k, name="Adam", **arguments):
    """An optimizer built for two variables, and the variables."""
    made = [k.Variable(np.ones(2, "float32"), name="a"), k.Variable(np.ones((2, 3), "float32"), name="b")]
    optimizer = getattr(k.optimizers, name)(**arguments)
    optimizer.build(made)
    return optimizer, made


@LIBRARIES
def test_the_learning_rate_is_a_variable_that_can_be_read_computed_with_and_set(k):
    optimizer = k.optimizers.Adam(0.25)
    rate = optimizer.learning_rate
    assert isinstance(rate, k.Variable)
    assert (rate.name, tuple(rate.shape), rate.trainable) == ("learning_rate", (), False)
    assert float(rate) == float(rate.numpy()) == float(rate.value) == 0.25
    for value in (rate * 2, 2 * rate, rate + 0.25, 1 - 2 * rate, rate / 0.5, rate**0.5):
        assert float(value) == 0.5
    assert bool(rate == 0.25)
    assert bool(rate < 1)
    assert float(-rate) == -0.25
    assert float(rate.__round__(1)) == pytest.approx(0.2)
    rate.assign(0.5)
    assert float(optimizer.learning_rate) == 0.5
    optimizer.learning_rate.assign(optimizer.learning_rate * 0.5)
    optimizer.learning_rate *= 0.5
    assert float(rate) == 0.125
    optimizer.learning_rate = np.float32(0.75)
    assert float(rate) == optimizer.get_config()["learning_rate"] == 0.75
    optimizer.learning_rate = k.Variable(0.5)
    assert float(rate) == 0.5


def test_the_older_name_of_the_learning_rate_works_where_keras_ignores_it():
    ours, theirs = both(lambda k: k.optimizers.SGD(0.5))
    ours.lr = theirs.lr = 0.25
    assert float(ours.learning_rate) == float(ours.lr) == 0.25
    assert float(theirs.learning_rate) == 0.5


def test_the_learning_rate_has_double_precision_where_keras_rounds_it():
    ours, theirs = both(lambda k: k.optimizers.SGD(0.1))
    assert float(ours.learning_rate) == 0.1
    assert float(theirs.learning_rate) == np.float32(0.1)
    assert f"{ours.learning_rate:.2f}" == "0.10"


@LIBRARIES
def test_the_step_counter_is_a_variable_that_schedules_follow(k):
    optimizer, variables = built(k, "SGD", learning_rate=k.optimizers.schedules.ExponentialDecay(0.5, 10, 0.5))
    assert isinstance(optimizer.iterations, k.Variable)
    for _ in range(2):
        optimizer.apply([np.ones(2), np.ones((2, 3))], variables)
    assert int(optimizer.iterations) == int(optimizer.iterations.numpy()) == 2
    optimizer.iterations.assign(9)
    optimizer.iterations.assign_add(1)
    assert float(optimizer.learning_rate) == pytest.approx(0.25)
    optimizer.iterations.assign(0)
    assert float(optimizer.learning_rate) == pytest.approx(0.5)


@LIBRARIES
def test_updates_are_counted_with_accumulation(k):
    optimizer, variables = built(k, "SGD", gradient_accumulation_steps=2)
    for _ in range(5):
        optimizer.apply([np.ones(2), np.ones((2, 3))], variables)
    assert int(optimizer.iterations) == 2


SCHEDULES = {
    "CosineDecay": (0.1, 10),
    "CosineDecayRestarts": (0.1, 4),
    "ExponentialDecay": (0.1, 10, 0.5),
    "InverseTimeDecay": (0.1, 10, 0.5),
    "PiecewiseConstantDecay": ([2, 4], [0.5, 0.3, 0.1]),
    "PolynomialDecay": (0.1, 10),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_take_variables_and_arrays_of_steps(name):
    ours, theirs = both(lambda k: getattr(k.optimizers.schedules, name)(*SCHEDULES[name]))
    assert_close(ours(Variable(5.0)), theirs(keras.Variable(5.0)))
    assert_close(ours(np.array(3)), theirs(np.array(3)))
    assert_close(ours(np.arange(8)), theirs(np.arange(8)))


FORMS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "use_ema": True, "gradient_accumulation_steps": 2}),
    ("AdamW", {}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("Adamax", {}),
    ("Ftrl", {}),
    ("Lamb", {}),
    ("Lion", {}),
]


@pytest.mark.parametrize(("name", "arguments"), FORMS, ids=str)
def test_an_optimizer_has_keras_s_variables_and_takes_keras_s_values(name, arguments):
    gradients = [np.array([1.0, -2.0], "float32"), np.arange(6.0, dtype="float32").reshape(2, 3) - 2]
    (ours, mine), (theirs, its) = both(lambda k: built(k, name, **arguments))
    assert [v.name for v in ours.variables] == [v.name for v in theirs.variables]
    assert ours.variables[0].path == f"{ours.name}/iteration"
    for _ in range(3):
        ours.apply(gradients, mine)
        theirs.apply(gradients, its)
    for one, other in zip(ours.variables, theirs.variables, strict=True):
        assert_close(one, other, what=one.name)
    again, weights = built(minidl, name, **arguments)
    again.set_weights([np.asarray(v) for v in theirs.variables])
    for one, other in zip(weights, its, strict=True):
        one.assign(np.asarray(other))
    again.apply(gradients, weights)
    theirs.apply(gradients, its)
    for one, other in zip(weights, its, strict=True):
        assert_close(one, other)


@LIBRARIES
def test_before_it_is_built_an_optimizer_has_its_counter_and_its_rate(k):
    assert [v.name for v in k.optimizers.Adam().variables] == ["iteration", "learning_rate"]
    assert not k.optimizers.Adam().built
    assert built(k)[0].built
    schedule = k.optimizers.schedules.CosineDecay(0.1, 10)
    assert [v.name for v in built(k, "SGD", learning_rate=schedule)[0].variables] == ["iteration"]


@LIBRARIES
def test_a_fitted_model_has_the_variables_of_its_optimizer(k):
    model = k.Sequential([k.layers.Input((3,)), k.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 1)), batch_size=2, verbose=0)
    assert [tuple(v.shape) for v in model.optimizer.variables] == [(), (), (3, 1), (3, 1), (1,), (1,)]
    assert int(model.optimizer.variables[0].numpy()) == 2


def test_variables_share_their_memory_with_the_slots():
    optimizer, variables = built(minidl)
    optimizer.variables[2].assign([5.0, 6.0])
    np.testing.assert_array_equal(optimizer.slots(variables[0])["momentum"], [5.0, 6.0])


def test_weights_that_do_not_fit_change_nothing():
    optimizer, _ = built(minidl)
    with pytest.raises(ValueError, match=r"Adam has 6 variables of shapes .* got shapes \[\(\), \(\)\]"):
        optimizer.set_weights([1, 2])
    with pytest.raises(ValueError, match=r"Adam has 2 variables .*; call build\(model.trainable_variables\) first"):
        optimizers.Adam().set_weights([1, 2, 3])
    assert int(optimizer.iterations) == 0


@LIBRARIES
def test_a_gradient_of_none_leaves_its_variable_with_a_warning(k):
    optimizer, (a, b) = built(k, "SGD", learning_rate=1.0)
    with pytest.warns(UserWarning, match="(no gradient for a|Gradients do not exist)"):
        optimizer.apply_gradients([(None, a), (np.ones((2, 3), "float32"), b)])
    assert_close(np.asarray(a), np.ones(2))
    assert_close(np.asarray(b), np.zeros((2, 3)))
    with pytest.raises(ValueError, match="(no gradient|No gradients)"):
        optimizer.apply([None, None], [a, b])
    assert int(optimizer.iterations) == 1


@LIBRARIES
def test_without_variables_apply_takes_those_it_was_built_for(k):
    optimizer, (a, _) = built(k, "SGD", learning_rate=1.0)
    optimizer.apply([np.ones(2, "float32"), np.ones((2, 3), "float32")])
    assert_close(np.asarray(a), np.zeros(2))


def test_stateless_updates_raise_an_error_with_the_method_to_use():
    with pytest.raises(TypeError, match=r"stateless_apply is for JAX; .*apply\(grads, variables\)"):
        optimizers.SGD().stateless_apply([], [], [])


def momentum_written_for(k):
    class Momentum(k.optimizers.Optimizer):
        def __init__(self, learning_rate=0.5, **kwargs):
            super().__init__(learning_rate=learning_rate, **kwargs)

        def build(self, variables):
            if self.built:
                return
            super().build(variables)
            self.momentums = self.add_optimizer_variables(variables, "momentum")
            self.sums = [self.add_variable_from_reference(v, name="sum", initializer="ones") for v in variables]
            self.steps = self.add_variable((), name="steps")

        def update_step(self, gradient, variable, learning_rate):
            place = self._get_variable_index(variable)
            momentum, total = self.momentums[place], self.sums[place]
            rate = k.ops.cast(learning_rate, variable.dtype)
            self.assign(momentum, 0.5 * momentum - rate * k.ops.cast(gradient, variable.dtype))
            self.assign_add(total, momentum)
            self.assign_add(self.steps, 1.0)
            self.assign_sub(variable, total)

    return Momentum


def test_an_optimizer_written_for_keras_runs():
    (ours, mine), (theirs, its) = (
        (momentum_written_for(k)(), [k.Variable(np.ones(2, "float32"), name="a"), k.Variable(np.ones(3, "float32"), name="b")])
        for k in (minidl, keras)
    )
    for _ in range(3):
        for optimizer, variables in ((ours, mine), (theirs, its)):
            optimizer.apply([np.ones(2, "float32"), np.arange(3.0, dtype="float32")], variables)
    for one, other in zip([*mine, *ours.variables], [*its, *theirs.variables], strict=True):
        assert one.name == other.name
        assert_close(one, other)


@LIBRARIES
def test_names_are_numbered(k):
    k.utils.clear_session()
    assert [k.optimizers.Adam().name, k.optimizers.Adam().name, k.optimizers.AdamW().name] == ["adam", "adam_1", "adam_w"]
    assert k.optimizers.Adam(name="mine").name == "mine"
    numbered = ["AUC", "Precision", "Recall", "TruePositives", "FalseNegatives"]
    for name, stem in zip(numbered, ["auc", "precision", "recall", "true_positives", "false_negatives"], strict=True):
        kind = getattr(k.metrics, name)
        assert [kind().name, kind().name, kind().name] == [stem, f"{stem}_1", f"{stem}_2"]
    assert [k.metrics.MeanIoU(2).name, k.metrics.MeanIoU(2).name] == ["mean_io_u", "mean_io_u_1"]
    assert [k.metrics.PrecisionAtRecall(0.5).name for _ in range(2)] == ["precision_at_recall", "precision_at_recall_1"]
    for name in ("Mean", "Sum", "MeanSquaredError", "BinaryAccuracy", "F1Score", "R2Score", "RootMeanSquaredError"):
        kind = getattr(k.metrics, name)
        assert kind().name == kind().name


@LIBRARIES
def test_custom_metrics_are_numbered(k):
    class Hits(k.metrics.Metric):
        def update_state(self, *args, **kwargs): ...

        def result(self):
            return 0.0

    class Area(k.metrics.AUC):
        pass

    k.utils.clear_session()
    assert [Hits().name, Hits().name, Hits(name="h").name] == ["hits", "hits_1", "h"]
    assert [Area().name, Area().name] == ["area", "area_1"]


def test_a_compiled_metric_has_the_number_of_keras_in_the_history():
    x, y = np.ones((4, 3)), np.array([0, 1, 0, 1])

    def keys(k):
        k.utils.clear_session()
        for _ in range(2):
            model = k.Sequential([k.layers.Input((3,)), k.layers.Dense(1, activation="sigmoid")])
            model.compile("sgd", "binary_crossentropy", metrics=[k.metrics.AUC(), "auc", k.metrics.Precision(name="p")])
            found = list(model.fit(x, y, verbose=0).history)
        return found

    ours, theirs = both(keys)
    assert ours == theirs


CONFIGS = {
    "optimizers": [
        {"class_name": "adam", "config": {"weight_decay": 0.05}},
        {"class_name": "Adam", "config": {}},
        {"module": "keras.optimizers", "class_name": "SGD", "config": {"learning_rate": 0.5}, "registered_name": None},
    ],
    "losses": [
        {"class_name": "MeanSquaredError", "config": {}},
        {"class_name": "BinaryCrossentropy", "config": {"from_logits": True}},
    ],
    "metrics": [
        {"class_name": "MeanSquaredError", "config": {}},
        {"class_name": "mean_squared_error", "config": {}},
        {"class_name": "Precision", "config": {"thresholds": 0.4}},
    ],
    "initializers": [{"class_name": "Zeros", "config": {}}, {"class_name": "random_normal", "config": {"stddev": 0.3}}],
    "regularizers": [{"class_name": "L2", "config": {"l2": 0.3}}, {"class_name": "l1", "config": {"l1": 0.3}}],
    "constraints": [{"class_name": "MaxNorm", "config": {"max_value": 3}}, {"class_name": "max_norm", "config": {}}],
}


@pytest.mark.parametrize(("package", "config"), [(p, c) for p, configs in CONFIGS.items() for c in configs], ids=str)
def test_short_configs_are_read_as_in_keras(package, config):
    for find in ("get", "deserialize"):
        ours, theirs = both(lambda k, find=find: getattr(getattr(k, package), find)(dict(config)))
        assert type(ours).__name__ == type(theirs).__name__
        for name, value in config["config"].items():
            assert np.ravel(ours.get_config()[name])[0] == pytest.approx(np.ravel(theirs.get_config()[name])[0]) == value


@LIBRARIES
def test_configs_of_schedules_and_functions_are_read(k):
    config = {"initial_learning_rate": 0.5, "decay_steps": 10, "decay_rate": 0.5}
    made = k.optimizers.schedules.deserialize({"class_name": "ExponentialDecay", "config": config})
    assert float(made(10)) == 0.25
    relu = {"class_name": "function", "config": "relu", "module": "keras.activations", "registered_name": "relu"}
    assert k.activations.get(relu) is k.activations.relu
    assert k.losses.get("mse") is k.losses.mean_squared_error
    assert k.losses.get({"class_name": "mean_squared_error", "config": {}}) is k.losses.mean_squared_error
    assert k.metrics.get(k.metrics.mean_squared_error) is k.metrics.mean_squared_error


@LIBRARIES
def test_a_variable_of_one_number_is_converted_to_it(k):
    assert (float(k.Variable(5.0)), int(k.Variable(5)), float(round(k.Variable(5.4)))) == (5.0, 5, 5.0)
    with pytest.raises(TypeError):
        float(k.Variable(np.ones(2)))


def test_a_variable_of_one_integer_is_an_index():
    assert [1, 2, 3][Variable(1, dtype="int32")] == 2
    assert list(range(Variable(2, dtype="int32"))) == [0, 1]
    with pytest.raises(TypeError):
        range(Variable(2.0))
