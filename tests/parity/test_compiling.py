"""What `compile` takes and what a model makes of it, compared with the real Keras."""

import keras
import numpy as np
import pytest

import minidl
from tests.parity.comparing import both

X = np.arange(12.0, dtype="float32").reshape(4, 3) / 8 - 0.45
ZEROS, ONES = np.zeros((4, 1), "float32"), np.ones((4, 1), "float32")


def dense(k, name=None, units=1, **options):
    return k.layers.Dense(units, kernel_initializer="ones", name=name, **options)


def one_output(k, kind=None, **compiled):
    i = k.Input((3,))
    model = (kind or k.Model)(i, dense(k, "a")(i))
    model.compile(k.optimizers.SGD(0.125), **{"run_eagerly": True} | compiled)
    return model


def logs(history):
    return {key: np.round(values, 4).tolist() for key, values in sorted(history.history.items())}


def same(function):
    mine, its = both(function)
    assert mine == its


# Metrics computed by the model.


def test_an_overridden_compute_metrics_writes_the_logs_of_training_and_evaluation():
    def run(k):
        class Own(k.Model):
            def compute_metrics(self, x, y, y_pred, sample_weight=None):
                found = super().compute_metrics(x, y, y_pred, sample_weight)
                return {**found, "rows": 4.0 * x.shape[-1]}

        model = one_output(k, Own, loss="mse", metrics=["mae"], weighted_metrics=["mse"])
        weights = np.array([1.0, 2.0, 0.0, 1.0])
        found = logs(model.fit(X, ONES, sample_weight=weights, epochs=2, verbose=0, validation_data=(X, ZEROS)))
        return found, {key: round(float(v), 4) for key, v in model.evaluate(X, ONES, verbose=0, return_dict=True).items()}

    same(run)


def test_compute_metrics_updates_the_compiled_metrics_and_not_the_loss():
    def run(k):
        model = one_output(k, loss="mse", metrics=["mae"])
        model.fit(X, ONES, verbose=0)
        model.reset_metrics()
        first = model.compute_metrics(X, ZEROS, ZEROS + 2.0)
        again = model.compute_metrics(X, ZEROS, ZEROS + 4.0, None)
        return [{key: float(value) for key, value in found.items()} for found in (first, again)]

    same(run)


def test_a_metric_that_only_compute_metrics_updates():
    def run(k):
        class Own(k.Model):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.largest = k.metrics.Mean(name="largest")

            def compute_metrics(self, x, y, y_pred, sample_weight=None):
                self.largest.update_state(k.ops.max(y_pred))
                return self.get_metrics_result()

        return logs(one_output(k, Own, loss="mse").fit(X, ONES, epochs=2, verbose=0))

    same(run)


def test_masked_steps_do_not_count_in_metrics_that_compute_metrics_updates():
    class Own(minidl.Sequential):
        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return super().compute_metrics(x, y, y_pred, sample_weight)

    found = []
    x = np.array([[[1.0], [2.0], [0.0]], [[3.0], [0.0], [0.0]]])
    for kind in (minidl.Sequential, Own):
        model = kind([minidl.Input((3, 1)), minidl.layers.Masking(), dense(minidl)])
        model.compile("sgd", "mse", metrics=["mae"])
        found.append(model.evaluate(x, np.full((2, 3, 1), 5.0), verbose=0))
        assert model.compute_metrics(x, np.ones((1, 1)), np.ones((1, 1)))["loss"] == found[0][0]  # no mask is kept
    assert found[0] == found[1]
    assert found[0][1] == pytest.approx((4 + 3 + 2) / 3)


def test_settings_without_effect_can_be_read_and_set():
    def run(k):
        model = one_output(k, loss="mse", run_eagerly=True, jit_compile=False, steps_per_execution=2)
        found = [model.run_eagerly, model.jit_compile, model.steps_per_execution]
        model.run_eagerly = False
        model.jit_compile = True
        return [*found, model.run_eagerly, model.jit_compile, k.Model(model.inputs, model.outputs).run_eagerly]

    same(run)


# Losses and metrics in lists and dicts.


def two_outputs(k, by_name=False, **compiled):
    i = k.Input((3,))
    a, b = dense(k, "a")(i), dense(k, "b")(i)
    model = k.Model(i, {"a": a, "b": b} if by_name else [a, b])
    model.compile(k.optimizers.SGD(0.125), run_eagerly=True, **compiled)
    return model


@pytest.mark.parametrize("loss", ["mse", ["mse"], ("mse",), [["mse"]], {"a": "mse"}, {"a": ["mse"]}], ids=str)
def test_forms_of_one_loss(loss):
    def run(k):
        model = one_output(k, loss=loss)
        return logs(model.fit(X, ONES, epochs=2, verbose=0)), model.loss == loss

    same(run)


BY_NAME = [{"a": "mse", "b": "mae"}, {"a": ["mse"], "b": ["mae"]}, {"a": "mse", "b": None}]


@pytest.mark.parametrize("loss", [["mse", "mae"], [["mse"], ["mae"]], ["mse", None], [None, "mse"], ["mse"], *BY_NAME], ids=str)
def test_forms_of_losses_for_a_list_of_outputs(loss):
    same(lambda k: logs(two_outputs(k, loss=loss).fit(X, [ONES, ZEROS], epochs=2, verbose=0)))


@pytest.mark.parametrize("loss", [["mse", "mae"], {"a": "mse"}, *BY_NAME], ids=str)
def test_forms_of_losses_for_a_dict_of_outputs(loss):
    same(lambda k: logs(two_outputs(k, True, loss=loss).fit(X, {"a": ONES, "b": ZEROS}, epochs=2, verbose=0)))


@pytest.mark.parametrize(("loss", "listed"), [(["mse", None], False), ([None, "mse"], False), ([None, "mse"], True)], ids=str)
def test_targets_for_the_outputs_that_have_a_loss_alone(loss, listed):
    def run(k):
        model = two_outputs(k, loss=loss)
        y = [ONES] if listed else ONES
        found = logs(model.fit(X, y, epochs=2, verbose=0, validation_data=(X, y)))
        return found, round(float(model.evaluate(X, y, verbose=0)), 4), round(float(model.train_on_batch(X, y)), 4)

    same(run)


METRICS_OF_ONE = [["mae"], [["mae"]], [["mae", "mse"]], {"a": "mae"}, {"a": ["mae", "mse"]}]


@pytest.mark.parametrize("metrics", METRICS_OF_ONE, ids=str)
def test_forms_of_metrics_for_one_output(metrics):
    same(lambda k: logs(one_output(k, loss="mse", metrics=metrics).fit(X, ONES, verbose=0)))


@pytest.mark.parametrize("loss", ["crossentropy", "CE", ["ce"]], ids=str)
@pytest.mark.parametrize(
    "y", [[0, 1, 2, 1], [[0], [1], [2], [1]], np.eye(3)[[0, 1, 2, 1]].tolist(), [0.0, 1.0, 1.0, 0.0]], ids=str
)
def test_a_cross_entropy_that_is_chosen_by_the_targets(loss, y):
    units = 1 if isinstance(y[0], float) else 3

    def run(k):
        i = k.Input((3,))
        model = k.Model(i, dense(k, None, units, activation="sigmoid" if units == 1 else "softmax")(i))
        model.compile(k.optimizers.SGD(0.125), loss, metrics=["acc"], run_eagerly=True)
        model.set_weights([np.linspace(-1, 1, 3 * units).reshape(3, units), np.zeros(units)])
        return logs(model.fit(X, np.array(y), epochs=2, verbose=0)), round(model.evaluate(X, np.array(y), verbose=0)[0], 4)

    same(run)


def subclassed(k, by_name=False, **compiled):
    class Own(k.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = dense(k), dense(k)

        def call(self, x):
            return {"a": self.a(x), "b": self.b(x)} if by_name else [self.a(x), self.b(x)]

    model = Own()
    model.compile(k.optimizers.SGD(0.125), run_eagerly=True, **compiled)
    return model


@pytest.mark.parametrize("metrics", [None, [["mae"], ["mse"]]], ids=str)
@pytest.mark.parametrize("by_name", [False, True])
def test_keys_of_the_logs_of_a_subclassed_model_with_two_outputs(by_name, metrics):
    def run(k):
        y = {"a": ONES, "b": ZEROS} if by_name else [ONES, ZEROS]
        return logs(subclassed(k, by_name, loss=["mse", "mae"], metrics=metrics).fit(X, y, epochs=2, verbose=0))

    same(run)


def test_outputs_without_a_loss_of_a_subclassed_model():
    same(lambda k: logs(subclassed(k, loss=["mse", None]).fit(X, ONES, verbose=0)))


def test_equal_losses_of_unnamed_outputs_are_all_in_the_logs_where_keras_keeps_the_last():
    mine, its = both(lambda k: logs(subclassed(k, loss="mse").fit(X, [ONES, ZEROS], verbose=0)))
    assert mine["mse_1_loss"] == its["mse_loss"]
    assert mine["mse_loss"][0] + mine["mse_1_loss"][0] == pytest.approx(its["loss"][0], abs=2e-4)


@pytest.mark.parametrize("loss", [["mse", "mae"], {"a": ["mse", "mae"]}], ids=str)
def test_several_losses_of_one_output_are_added_where_keras_takes_the_first(loss):
    def run(k):
        first, second = (one_output(k, loss=one).evaluate(X, ONES, verbose=0) for one in ("mse", "mae"))
        return first, second, one_output(k, loss=loss).fit(X, ONES, epochs=1, verbose=0).history["loss"][0]

    (first, second, total), (its_first, _, its_total) = both(run)
    assert total == pytest.approx(first + second)
    assert its_total == pytest.approx(its_first)


def test_several_losses_of_one_of_two_outputs_are_added_as_in_keras():
    def run(k):
        model = two_outputs(k, loss=[["mse", "mae"], ["mae"]])
        return round(model.fit(X, [ONES, ZEROS], verbose=0).history["loss"][0], 4), np.round(model.get_weights()[0], 4).tolist()

    same(run)


def test_a_model_with_a_chosen_cross_entropy_is_saved_and_loaded(tmp_path):
    model = minidl.Sequential([minidl.Input((3,)), dense(minidl, None, 3, activation="softmax")])
    model.compile("sgd", "crossentropy")
    y = np.array([0, 1, 2, 1])
    model.fit(X, y, verbose=0)
    model.save(tmp_path / "model.safetensors")
    loaded = minidl.load_model(tmp_path / "model.safetensors")
    assert loaded.loss == "crossentropy"
    assert loaded.evaluate(X, y, verbose=0) == model.evaluate(X, y, verbose=0)
    plan = model.plan
    assert plan.loss.activations[0] is minidl.activations.softmax  # computed from the logits


def test_custom_losses_are_numbered():
    def run(k):
        class ErrorOfRows(k.losses.Loss):
            def call(self, y_true, y_pred):
                return k.ops.mean(k.ops.abs(y_true - y_pred), axis=-1)

        class OwnSquares(k.losses.MeanSquaredError):
            pass

        return ErrorOfRows().name, ErrorOfRows().name, ErrorOfRows(name="mine").name, OwnSquares().name, OwnSquares().name

    same(run)


def test_assigning_returns_the_new_value():
    def run(k):
        variable = k.Variable([1.0, 2.0])
        kept = [variable.assign([3.0, 4.0]), variable.assign_add([1.0, 1.0]), variable.assign_sub([2.0, 0.0])]
        return [np.asarray(value).tolist() for value in kept], np.asarray(variable).tolist()

    same(run)


def test_stateless_methods_say_what_to_use():
    mean, stack = minidl.metrics.Mean(), minidl.Sequential([minidl.Input((2,)), dense(minidl)])
    for name, instead in [
        ("stateless_update_state", "update_state"),
        ("stateless_result", r"result\(\)"),
        ("stateless_reset_state", r"reset_state\(\)"),
    ]:
        with pytest.raises(TypeError, match=f"{name} is for JAX; .*{instead}"):
            getattr(mean, name)([])
    for holder in (stack, stack.layers[0]):
        with pytest.raises(AttributeError, match="stateless_call.*for JAX; .*call it"):
            holder.stateless_call([], [], X)
    with pytest.raises(AttributeError, match="for JAX; use compute_loss"):
        stack.stateless_compute_loss([], [], [])


def test_logs_show_the_metrics_that_a_model_lists():
    def run(k, with_loss):
        class Own(k.Model):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self.tracker = k.metrics.Mean(name="tracked")

            @property
            def metrics(self):
                return [*super().metrics, self.tracker] if with_loss else [self.tracker]

            def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
                loss = k.ops.mean(k.ops.square(y - y_pred))
                self.tracker.update_state(loss)
                return loss

        inputs = k.Input((3,))
        model = Own(inputs, k.layers.Dense(1, kernel_initializer="ones")(inputs))
        model.compile("sgd")
        x, y = np.ones((4, 3), "float32"), np.zeros((4, 1), "float32")
        history = model.fit(x, y, verbose=0, validation_data=(x, y)).history
        return sorted(history), history["tracked"], model.evaluate(x, y, verbose=0, return_dict=True).keys()

    for with_loss in (False, True):
        mine, its = both(lambda k, with_loss=with_loss: run(k, with_loss))
        assert mine[0] == its[0]
        assert mine[1] == pytest.approx(its[1])
        assert mine[2] == its[2]


@pytest.mark.parametrize("order", ["zcm", "mcz"])
def test_evaluate_lists_the_losses_of_outputs_in_the_order_of_their_dict(order):
    def run(k):
        inputs = k.Input((3,))
        outputs = {
            name: k.layers.Dense(1, kernel_initializer=k.initializers.Constant(v))(inputs) for v, name in enumerate("zcm")
        }
        model = k.Model(inputs, outputs)
        losses = {"z": "mse", "c": "mae", "m": "log_cosh"}
        model.compile("sgd", {name: losses[name] for name in order}, metrics={"c": ["mse"]})
        x = np.ones((4, 3), "float32")
        values = model.evaluate(x, dict.fromkeys("zcm", x[:, :1]), verbose=0)
        return values, [metric.name for metric in model.metrics if metric.name != "compile_metrics"]

    mine, its = both(run)
    assert mine[0] == pytest.approx(its[0])
    assert mine[1] == its[1]


def test_dicts_by_output_may_leave_outputs_out_where_keras_wants_all_of_a_list():
    def run(k, outputs, given=None, y=None, **compiled):
        i = k.Input((3,))
        a, b = dense(k, "a")(i), dense(k, "b")(i)
        model = k.Model(i, outputs(a, b))
        model.compile(k.optimizers.SGD(0.125), **{"run_eagerly": True} | compiled)
        history = model.fit(X, y or {"a": ONES, "b": ZEROS}, sample_weight=given, shuffle=False, verbose=0).history
        return float(history["loss"][0])

    def as_list(a, b):
        return [a, b]

    def as_dict(a, b):
        return {"a": a, "b": b}

    for outputs in (as_list, as_dict):
        mse_of_a, mse_of_b = (run(minidl, outputs, loss=loss) for loss in (["mse", None], [None, "mse"]))
        assert run(minidl, outputs, loss={"a": "mse"}) == mse_of_a
        assert run(minidl, outputs, loss={"a": "mse"}, y={"a": ONES}) == mse_of_a
        assert run(minidl, outputs, loss="mse", loss_weights={"a": 2.0}) == pytest.approx(2 * mse_of_a + mse_of_b)
        ones = np.array([1.0, 1.0, 1.0, 0.0])
        assert run(minidl, outputs, {"a": ones}, loss="mse") < mse_of_a + mse_of_b
        with pytest.raises(ValueError, match='loss for its output "b", but the targets are None'):
            run(minidl, outputs, loss="mse", y={"a": ONES})
    assert run(keras, as_dict, loss={"a": "mse"}, y={"a": ONES}) == pytest.approx(
        run(minidl, as_dict, loss={"a": "mse"}, y={"a": ONES})
    )
    for loss, weights in (({"a": "mse"}, None), ({"a": "mse", "b": "mse"}, {"a": 2.0})):
        with pytest.raises((ValueError, KeyError)):
            run(keras, as_list, loss=loss, loss_weights=weights)
