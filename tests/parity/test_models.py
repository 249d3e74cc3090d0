"""The structure of models, compared with the real Keras: shapes, layers, inputs and outputs, metrics."""

from collections import namedtuple

import numpy as np
import pytest

import minidl
from tests.parity.comparing import assert_close, both

X = np.arange(6.0, dtype="float32").reshape(2, 3) / 4
Y = np.ones((2, 1), "float32")
Pair = namedtuple("Pair", "a b")


def dense(k, units=1, **options):
    return k.layers.Dense(units, kernel_initializer="ones", **options)


def two_inputs(k, by_name=False):
    a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
    model = k.Model({"a": a, "b": b} if by_name else [a, b], dense(k)(a + b))
    model.compile("sgd", "mse")
    return model


def same(function):
    mine, its = both(function)
    assert mine == its


def test_shapes_of_models_and_their_parts():
    def run(k):
        stack = k.Sequential([k.Input((3,)), dense(k, 2, name="h"), dense(k)])
        i, j = k.Input((3,), name="a"), k.Input((4,), name="b")
        one, named = k.Model(i, dense(k)(i)), k.Model({"a": i, "b": j}, [i * 2, j])
        found = [(m.input_shape, m.output_shape) for m in (stack, one, named, two_inputs(k))]
        return [*found, [layer.output.shape for layer in stack.layers], stack.layers[0].input.shape]

    same(run)


@pytest.mark.parametrize("name", ["input_shape", "output_shape", "input", "output"])
def test_models_without_known_inputs_have_no_shapes(name):
    def run(k):
        class Own(k.Model):
            def call(self, x):
                return x

        own = Own()
        own(X)
        return hasattr(k.Sequential([dense(k)]), name), hasattr(own, name)

    same(run)


def test_outputs_of_layers_in_a_sequential_follow_its_changes():
    def run(k):
        stack = k.Sequential([k.Input((3,), name="start")])
        stack.add(dense(k, 2))
        first = stack.layers[0].output
        stack.add(dense(k, 4))
        shapes = [layer.output.shape for layer in stack.layers]
        stack.pop()
        features = k.Model(stack.inputs, [first, stack.layers[-1].output])
        return stack.inputs[0].name, shapes, stack.output_shape, [y.tolist() for y in features.predict(X, verbose=0)]

    same(run)


def test_the_output_of_a_sequential_in_another_model_is_that_of_its_call():
    def run(k):
        inner = k.Sequential([k.Input((3,)), dense(k, 2)], name="inner")
        i = k.Input((3,))
        outer = k.Model(i, dense(k)(inner(i)))
        return k.Model(outer.inputs, outer.get_layer("inner").output).predict(X, verbose=0).tolist()

    same(run)


def test_a_sequential_keeps_its_shape():
    def run(k):
        stack = k.Sequential([k.Input((2,)), dense(k, 2), dense(k, 3)])
        stack.pop()
        found = [stack.built, stack.output_shape]
        for shape in ((3, 4), (None, 2)):
            try:
                stack.build(shape)
                found.append("built")
            except ValueError:
                found.append("ValueError")
        return found

    same(run)


def test_inputs_by_name_with_further_keys():
    def run(k):
        i = k.Input((3,), name="a")
        one = k.Model(i, dense(k)(i))
        one.compile("sgd", "mse")
        models = [(one, {"a": X, "more": X}), (two_inputs(k), {"b": X, "a": 2 * X, "c": X})]
        return [
            (m(x).shape, m.predict(x, verbose=0).tolist(), m.evaluate(x, Y, verbose=0), m.fit(x, Y, verbose=0).history["loss"])
            for m, x in [*models, (two_inputs(k, by_name=True), {"c": X, "b": X, "a": 2 * X})]
        ]

    with pytest.warns(UserWarning, match="ignored|structure"):
        mine, its = both(run)
    for one, other in zip(mine, its, strict=True):
        for a, b in zip(one, other, strict=True):
            assert_close(a, b)


def test_structures_of_outputs_are_kept():
    def run(k):
        class ByName(k.layers.Layer):
            def call(self, x):
                return {"out": x * 2}

        i = k.Input((3,))
        models = [k.Model(i, form([i * 2, i * 3])) for form in (list, tuple)]
        models += [k.Model(i, Pair(i * 2, i * 3)), k.Model(i, ByName()(i)), k.Model(i, ByName()(i)["out"])]
        forms = [type(y).__name__ for m in models for y in (m(X), m.predict(X, verbose=0)) if not hasattr(y, "shape")]
        return forms, [type(m(k.Input((3,)))).__name__ for m in models[:2]]

    same(run)


def test_layers_of_a_model():
    def run(k):
        a, b = k.Input((3,), name="a"), k.Input((3,), name="b")
        summed = k.Model([a, b], dense(k, 5, name="d")(a + b))
        h = dense(k, 4, name="h")(a)
        tail, idle = k.Model(h, dense(k, 2, name="z")(h)), k.Model([a, b], a * 2)
        kinds = [[type(layer).__name__ for layer in m.layers] for m in (summed, tail, idle)]
        return (
            kinds,
            summed.get_layer(index=2).name,
            tail(np.ones((1, 4))).shape,
            tail.input_shape,
            np.asarray(idle([X, X])).tolist(),
        )

    same(run)


def test_metrics_of_models():
    def run(k):
        stack = k.Sequential([k.Input((3,)), dense(k)])
        found = [stack.metrics_names]
        stack.compile("sgd", "mse")
        found.append(stack.metrics_names)
        stack.tracker = k.metrics.Mean(name="tracker")
        stack.compile("sgd", "mse", metrics=["mae", "mse"])
        found += [stack.metrics_names, sorted(stack.fit(X, Y, verbose=0).history)]
        i = k.Input((3,))
        several = k.Model(i, [dense(k, name="p")(i), dense(k, name="q")(i)])
        several.compile("sgd", "mse", metrics=[["mae"], ["mse"]])
        several.fit(X, [Y, Y], verbose=0)
        return [*found, several.metrics_names]

    same(run)


def test_metrics_of_a_custom_training_step():
    class Own(minidl.Sequential):
        def test_step(self, data):
            x, y = data
            y_pred = self(x)
            for metric in self.metrics:
                if metric.name == "loss":
                    metric.update_state(self.compute_loss(x, y, y_pred))
                else:
                    metric.update_state(y, y_pred)
            return {metric.name: metric.result() for metric in self.metrics}

    model = Own([minidl.Input((3,)), dense(minidl)])
    model.compile("sgd", "mse", metrics=["mae"])
    plain = minidl.Sequential([minidl.Input((3,)), dense(minidl)])
    plain.compile("sgd", "mse", metrics=["mae"])
    loss, mae = plain.evaluate(X, Y, verbose=0)
    logs = model.evaluate(X, Y, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(loss)
    assert logs["compile_metrics"]["mae"] == pytest.approx(mae)


def test_compile_config():
    def run(k):
        model, other = two_inputs(k), two_inputs(k)
        model.compile(k.optimizers.Adam(0.25), "mae", metrics=["mse"])
        other.compile_from_config(model.get_compile_config())
        fresh = k.Sequential([dense(k)])
        return type(other.optimizer).__name__, other.evaluate([X, X], Y, verbose=0), bool(fresh.get_compile_config())

    mine, its = both(run)
    assert mine[0] == its[0]
    assert mine[2] == its[2]
    assert_close(mine[1], its[1])


def test_direct_calls_of_functional_models_check_and_adapt_their_input():
    def run(k):
        i, j = k.Input((3,), name="a"), k.Input((3, 1), name="b")
        one, column, two = k.Model(i, i * 2), k.Model(j, j * 2), two_inputs(k)
        found = [one(X[..., None]).shape, column(X).shape]
        for model, x in ((one, X[:, :2]), (two, [X, X[:, :2]]), (two, [X, X, X]), (two, {"a": X})):
            try:
                model(x)
                found.append("taken")
            except (ValueError, KeyError):
                found.append("refused")
        return found

    same(run)


def test_a_sequential_of_an_input_alone_returns_it():
    nested = minidl.Sequential([minidl.Sequential([minidl.Input((3,))])])
    assert_close(nested(X), X)
    assert nested.input_shape == nested.output_shape == (None, 3)


def test_clones_made_with_custom_functions_and_inputs():
    def run(k):
        def changed(layer):
            return k.layers.Dropout(0.5) if isinstance(layer, k.layers.Dropout) else type(layer).from_config(layer.get_config())

        def call(layer, *args, **options):
            called.append(layer.name)
            return layer(*args, **options)

        called, i, new = [], k.Input((3,)), k.Input((3,), name="new")
        inner = k.Sequential([k.Input((3,)), dense(k, 3, name="d"), k.layers.Dropout(0.1)], name="inner")
        outer = k.Model(i, dense(k, name="z")(inner(i)))
        clones = [k.models.clone_model(outer, clone_function=changed, recursive=deep) for deep in (False, True)]
        named = [k.models.clone_model(m, input_tensors=new).inputs[0].name for m in (inner, outer)]
        k.models.clone_model(outer, call_function=call, clone_function=changed)
        rates = [m.get_layer("inner").layers[-1].rate for m in clones]
        return rates, named, called, k.models.clone_model(inner, clone_function=changed).layers[-1].rate

    same(run)


def test_clones_are_compiled_and_may_hold_free_variables():
    def run(k):
        i = k.Input((3,))
        model = k.Model(i, dense(k)(i * k.Variable(np.ones(3, "float32"))))
        model.compile("adam", "mse", metrics=["mae"])
        clone = k.models.clone_model(model)
        return clone.compiled, type(clone.optimizer).__name__, clone.evaluate(X, Y, verbose=0)

    mine, its = both(run)
    assert mine[:2] == its[:2]
    assert_close(mine[2], its[2])


def test_models_from_json_and_from_configs_with_custom_classes():
    def run(k):
        class Twice(k.layers.Layer):
            def call(self, x):
                return 2 * x

            def compute_output_shape(self, shape):
                return shape

        i = k.Input((3,))
        models = [k.Sequential([k.Input((3,)), Twice()]), k.Model(i, Twice()(i))]
        given = {"custom_objects": {"Twice": Twice}}
        made = [k.models.model_from_json(m.to_json(), **given) for m in models]
        made += [type(m).from_config(m.get_config(), **given) for m in models]
        return [m.predict(X, verbose=0).tolist() for m in made]

    same(run)
