"""Models whose inputs and outputs are lists and dicts in one another, compared with Keras's."""

from collections import namedtuple

import keras
import numpy as np
import pytest

import minidl

pytestmark = pytest.mark.filterwarnings("ignore:.*doesn't match the expected:UserWarning", "ignore:When providing:UserWarning")
X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
ZEROS, FIVES = np.zeros((4, 1)), np.full((4, 1), 5.0)
INPUTS = {"1": X, "o": {"3": 3 * X, "2": 2 * X}}
TARGETS = {"p": ZEROS, "a": [FIVES, {"z": ZEROS}]}
Pair = namedtuple("Pair", "left right")


def nested(k):
    first, second, third = (k.Input((3,), name=name) for name in ("first", "second", "third"))
    joined = k.layers.Concatenate(name="joined")([first, second, third])
    heads = [k.layers.Dense(1, name=name)(joined) for name in ("one", "two", "three")]
    return k.Model({"1": first, "o": {"3": third, "2": second}}, {"p": heads[0], "a": [heads[1], {"z": heads[2]}]})


def both():
    ours, theirs = nested(minidl), nested(keras)
    generator = np.random.default_rng(1)
    ours.set_weights([generator.normal(size=weight.shape) for weight in ours.weights])
    theirs.set_weights(ours.get_weights())
    return ours, theirs


def assert_same(ours, theirs):
    assert list(ours) == list(theirs)
    assert isinstance(ours["a"], list)
    pairs = [(ours["p"], theirs["p"]), (ours["a"][0], theirs["a"][0]), (ours["a"][1]["z"], theirs["a"][1]["z"])]
    for one, other in pairs:
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_nested_inputs_and_outputs_keep_their_structure(tmp_path):
    ours, theirs = both()
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    assert [tensor.name for tensor in ours.inputs] == [tensor.name for tensor in theirs.inputs]
    expected = theirs(INPUTS)
    assert_same(ours(INPUTS), expected)
    flat = [X, 2 * X, 3 * X]
    assert_same(ours(flat), expected)
    for found in (ours.predict(INPUTS, verbose=0), ours.predict_on_batch(INPUTS), ours.predict(flat, verbose=0)):
        assert_same({key: found[key] for key in expected}, expected)
    inner = minidl.Model(ours.input, ours(ours.input)["a"][1]["z"])
    np.testing.assert_allclose(inner.predict(INPUTS, verbose=0), expected["a"][1]["z"], rtol=1e-5, atol=1e-6)
    for ending in ("keras", "safetensors"):
        ours.save(tmp_path / f"ours.{ending}")
        loaded = minidl.load_model(tmp_path / f"ours.{ending}")(INPUTS)
        assert_same({key: loaded[key] for key in expected}, expected)
    assert_same(keras.models.load_model(tmp_path / "ours.keras")(INPUTS), expected)
    theirs.save(tmp_path / "theirs.keras")
    assert_same(minidl.load_model(tmp_path / "theirs.keras")(INPUTS), expected)
    copied = minidl.models.clone_model(ours)
    copied.set_weights(ours.get_weights())
    assert_same(copied(INPUTS), expected)


@pytest.mark.parametrize(
    ("loss", "weights"),
    [("mse", None), ({"p": "mse", "a": ["mae", {"z": "mse"}]}, {"p": 1.0, "a": [2.0, {"z": 3.0}]})],
)
def test_losses_and_targets_have_the_structure_of_the_outputs(loss, weights):
    ours, theirs = both()
    for model in (ours, theirs):
        model.compile("sgd", loss, loss_weights=weights)
    expected = theirs.evaluate(INPUTS, TARGETS, verbose=0, return_dict=True)
    found = ours.evaluate(INPUTS, TARGETS, verbose=0, return_dict=True)
    assert found == pytest.approx(expected, rel=1e-5)
    ours.fit(INPUTS, TARGETS, batch_size=2, shuffle=False, verbose=0)
    theirs.fit(INPUTS, TARGETS, batch_size=2, shuffle=False, verbose=0)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    batches = iter([(INPUTS, TARGETS)])
    assert ours.fit(batches, verbose=0).history.keys() == expected.keys()


def test_own_losses_and_steps_see_the_structure_of_the_outputs():
    class Own(minidl.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return minidl.ops.mean((y_pred["a"][0] - y["a"][0]) ** 2)

    i = minidl.Input((3,))
    model = Own(i, {"a": [minidl.layers.Dense(1, kernel_initializer="ones")(i)], "b": i})
    model.compile("sgd")
    assert model.evaluate(X, {"a": [ZEROS], "b": X}, verbose=0) == pytest.approx(np.mean(X.sum(axis=1) ** 2), rel=1e-5)
    model.fit(X, {"a": [ZEROS], "b": X}, verbose=0)


def test_a_list_in_a_list_and_a_named_tuple_are_structures_too(tmp_path):
    for k in (keras, minidl):
        i = k.Input((3,))
        dense = k.layers.Dense(1)
        inside = k.Model([[i]], [[dense(i)]])
        assert [one.shape for one in inside([[X]])] == [(4, 1)]
        pair = k.Model(i, Pair(dense(i), k.layers.Dense(2)(i)))
        assert isinstance(pair(X), Pair)
        assert pair.predict(X, verbose=0).right.shape == (4, 2)
        pair.save(tmp_path / "pair.keras")
        assert [one.shape for one in minidl.load_model(tmp_path / "pair.keras")(X)] == [(4, 1), (4, 2)]
        assert [one.shape for one in keras.models.load_model(tmp_path / "pair.keras")(X)] == [(4, 1), (4, 2)]


def test_arrays_and_targets_of_dicts_are_found_by_their_keys():
    def make(k):
        b, a = k.Input((3,), name="b"), k.Input((3,), name="a")
        heads = {"z": k.layers.Dense(1, kernel_initializer="ones")(b), "y": k.layers.Dense(1, kernel_initializer="zeros")(a)}
        return k.Model({"b": b, "a": a}, heads)

    ours, theirs = make(minidl), make(keras)
    for model in (ours, theirs):
        model.compile("sgd", ["mse", "mae"])  # of "y" and of "z", as the keys are sorted
    x, y = {"a": X, "b": 2 * X}, {"z": ZEROS, "y": FIVES}
    expected = theirs.evaluate(x, y, verbose=0)
    assert ours.evaluate(x, y, verbose=0) == pytest.approx(expected, rel=1e-5)
    assert ours.evaluate([X, 2 * X], [FIVES, ZEROS], verbose=0) == pytest.approx(expected, rel=1e-5)
    assert expected[1] == 25


def heads(k, structure):
    class Heads(k.Model):
        def __init__(self):
            super().__init__()
            self.heads = [k.layers.Dense(1, kernel_initializer=k.initializers.Constant(0.1 * n)) for n in (1, 2, 3)]

        def call(self, x):
            return structure(*[head(x) for head in self.heads])

    return Heads()


STRUCTURES = {
    "dicts": lambda a, b, c: {"z": a, "b": {"y": b, "d": c}},
    "lists": lambda a, b, c: [a, [b, c]],
    "tuples": lambda a, b, c: (a, (b, c)),
    "a list of dicts": lambda a, b, c: [a, {"y": b, "d": c}],
    "a dict of lists": lambda a, b, c: {"a": a, "b": [b, c]},
}


@pytest.mark.parametrize("structure", STRUCTURES.values(), ids=STRUCTURES)
def test_call_may_return_structures_in_one_another(structure):
    y = structure(ZEROS, FIVES, X[:, :1])
    losses, weights = structure("mse", "mae", "huber"), structure(1.0, 2.0, 3.0)
    ours, theirs = heads(minidl, structure), heads(keras, structure)
    theirs.compile("sgd", losses, loss_weights=weights, metrics=structure("mae", ["mse"], ["mae"]))
    ours.compile("sgd", losses, loss_weights=weights, metrics=structure("mae", ["mse"], ["mae"]))
    assert minidl.tree.map_structure(np.shape, ours.predict(X, verbose=0)) == minidl.tree.map_structure(np.shape, ours(X))
    options = {"batch_size": 2, "epochs": 2, "shuffle": False, "verbose": 0}
    history = ours.fit(X, y, **options).history
    expected = theirs.fit(X, y, **options).history
    assert history.keys() == expected.keys()
    for key in expected:
        assert history[key] == pytest.approx(expected[key], rel=1e-5), key
    assert ours.predict(X, verbose=0).__class__ is structure(1, 2, 3).__class__
    assert ours.fit([(X, y)], verbose=0).history.keys() == expected.keys()


@pytest.mark.parametrize("losses", [["mse", "mae"], ["mae", "mse"], {"b": "mse", "a": "mae"}])
def test_evaluate_lists_the_losses_in_the_order_of_the_outputs_or_of_a_dict(losses):
    def structure(a, b, _):
        return {"a": a, "b": b} if isinstance(losses, dict) else [a, b]

    for kind in (heads, lambda k, structure: functional(k, structure)):
        ours, theirs = kind(minidl, structure), kind(keras, structure)
        y = structure(ZEROS, FIVES, None)
        for model in (ours, theirs):
            model.compile("sgd", losses)
        assert ours.evaluate(X, y, verbose=0) == pytest.approx(theirs.evaluate(X, y, verbose=0), rel=1e-5)


def functional(k, structure):
    i = k.Input((3,))
    made = [k.layers.Dense(1, kernel_initializer=k.initializers.Constant(0.1 * n), name=f"h{n}")(i) for n in (1, 2, 3)]
    return k.Model(i, structure(*made))


def test_metrics_of_nested_outputs_have_the_names_of_the_layers():
    structure = STRUCTURES["dicts"]
    histories = []
    for k in (minidl, keras):
        model = functional(k, structure)
        model.compile("sgd", "mse", metrics=structure(["mae"], ["mae"], ["mae"]))
        histories.append(model.fit(X, structure(ZEROS, FIVES, ZEROS), verbose=0).history)
    assert histories[0].keys() == histories[1].keys()
    assert "h1_mae" in histories[0]


def test_a_structure_of_losses_for_other_outputs_raises_an_error():
    model = heads(minidl, STRUCTURES["dicts"])
    model.compile("sgd", {"z": "mse", "b": {"y": "mse", "q": "mse"}})
    with pytest.raises(ValueError, match="has the outputs|dict with the keys"):
        model.fit(X, STRUCTURES["dicts"](ZEROS, FIVES, ZEROS), verbose=0)


def nested_code(k):
    class Nested(k.Model):
        def __init__(self):
            super().__init__()
            self.dense = k.layers.Dense(1, kernel_initializer="ones")

        def call(self, x):
            return self.dense(x["o"]["3"]) + 2 * self.dense(x["o"]["2"]) + 3 * self.dense(x["1"])

    return Nested()


def test_nested_inputs_of_code_give_the_same_outputs_and_histories():
    results = []
    for k in (minidl, keras):
        model = nested_code(k)
        model.compile(k.optimizers.SGD(0.001), "mse")
        history = model.fit(INPUTS, FIVES, epochs=2, batch_size=2, shuffle=False, verbose=0, validation_data=(INPUTS, FIVES))
        results.append((history.history, model.predict(INPUTS, verbose=0)))
    (ours, y), (theirs, expected) = results
    assert {name: pytest.approx(values, rel=1e-5) for name, values in theirs.items()} == ours
    np.testing.assert_allclose(y, expected, rtol=1e-5)


def nested_layers(k):
    """Layers of one's own whose inputs are structures in one another, and the shapes that their `build` got."""
    shapes = []

    class Product(k.layers.Layer):
        def build(self, input_shape):
            shapes.append(input_shape)
            self.kernel = self.add_weight((input_shape["p"][-1], 1), "ones", name="kernel")

        def call(self, x):
            return k.ops.matmul(x["p"] * x["q"]["r"][0], self.kernel)

    class Cell(k.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = k.layers.Dense(3, kernel_initializer="ones")

        def call(self, x):
            row, (hidden, count) = x
            hidden = k.ops.tanh(0.1 * self.dense(row) + hidden)
            return hidden, (hidden, count + 1)

    return Product(), Cell(), shapes


def arrays_through_nested_layers(k):
    product, cell, shapes = nested_layers(k)
    row, (hidden, count) = cell((X, (0.5 * X, X)))
    return [product({"p": row, "q": {"r": [hidden]}}), count, *shapes]


def symbols_through_nested_layers(k):
    product, cell, shapes = nested_layers(k)
    first, second = k.Input((3,)), k.Input((3,))
    row, (hidden, count) = cell((first, (second, first)))
    model = k.Model([first, second], product({"p": row, "q": {"r": [hidden + count]}}))
    model.compile(k.optimizers.SGD(0.01), "mse")
    history = model.fit([X, 2 * X], FIVES, epochs=3, batch_size=2, shuffle=False, verbose=0).history
    return [*history["loss"], model.predict([X, 2 * X], verbose=0), *shapes]


def code_with_nested_layers(k):
    class Model(k.Model):
        def __init__(self):
            super().__init__()
            self.dense = k.layers.Dense(3, kernel_initializer="ones")
            self.product, self.cell, _ = nested_layers(k)

        def call(self, x):
            row, (_, count) = self.cell((self.dense(x), (x, x)))
            return self.product({"p": row, "q": {"r": [count]}})

    model = Model()
    model.compile(k.optimizers.SGD(0.01), "mse")
    history = model.fit(X, FIVES, epochs=3, batch_size=2, shuffle=False, verbose=0).history
    return [*history["loss"], model.predict(X, verbose=0), model(X)]


@pytest.mark.parametrize("run", [arrays_through_nested_layers, symbols_through_nested_layers, code_with_nested_layers])
def test_layers_take_nested_inputs(run):
    ours, theirs = run(minidl), run(keras)
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        if isinstance(other, dict):
            assert one == other
        else:
            np.testing.assert_allclose(one, other, rtol=1e-5)


def test_a_model_with_nested_calls_of_layers_is_saved_and_cloned(tmp_path):
    @minidl.saving.register_keras_serializable("nested")
    class Difference(minidl.layers.Layer):
        def call(self, x):
            return x["a"] - x["b"][0] * x["b"][1]

    first, second = minidl.Input((3,)), minidl.Input((3,))
    model = minidl.Model([first, second], Difference()({"a": first, "b": [second, first]}))
    expected = X - 2 * X * X
    for file in ("model.keras", "model.safetensors"):
        model.save(tmp_path / file)
        np.testing.assert_allclose(minidl.load_model(tmp_path / file)([X, 2 * X]), expected, rtol=1e-5)
    np.testing.assert_allclose(minidl.models.clone_model(model)([X, 2 * X]), expected, rtol=1e-5)
