"""Files of Keras: real Keras reads what minidl writes, and minidl reads what Keras writes; predictions agree within 1e-5."""

import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import minidl
from minidl.saving import load_model
from tests.parity.side_by_side import called, give_random_weights, rows, side_by_side
from tests.parity.test_layers import LAYERS

X = np.random.default_rng(0).normal(size=(8, 5, 3)).astype("float32")
Y = np.arange(8) % 2


def assert_close(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def check_both_directions(table, path):
    theirs, x = side_by_side(table, np.random.default_rng(1))
    give_random_weights(theirs, np.random.default_rng(2))
    theirs.save(path)
    ours = load_model(path)
    expected = called(theirs, x)
    assert_close(called(ours, x), expected)
    ours.save(path)
    assert_close(called(keras.models.load_model(path), x), expected)


@pytest.mark.filterwarnings("ignore::UserWarning")  # JAX without 64-bit integers
@pytest.mark.parametrize("third", [0, pytest.param(1, marks=pytest.mark.thorough), pytest.param(2, marks=pytest.mark.thorough)])
def test_every_layer_predicts_the_same_after_saving_and_loading_in_both_directions(tmp_path, third):
    check_both_directions(list(rows(0))[third::3], tmp_path / "net.keras")


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("number", [n for n in range(1, max(map(len, LAYERS.values()))) if rows(n)])
def test_every_form_of_every_layer_predicts_the_same(tmp_path, number):
    check_both_directions(rows(number), tmp_path / "net.keras")


def classifier(k):
    """More than ten layers of one class, and LSTM weights in both directions, trained for two steps."""
    hidden = [k.layers.Dense(3) for _ in range(12)]
    ends = [k.layers.Dense(2, activation="softmax", kernel_regularizer="l2")]
    model = k.Sequential([k.layers.Input((5, 3)), k.layers.Bidirectional(k.layers.LSTM(2)), *hidden, *ends])
    model.compile(k.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, epochs=2, verbose=0)
    return model


def assert_alike(ours, theirs):
    """Equal predictions, losses, metrics and optimizer variables."""
    assert_close([ours(X)], [theirs(X)])
    assert_close(ours.evaluate(X, Y, verbose=0), theirs.evaluate(X, Y, verbose=0))
    assert_close([v.numpy() for v in ours.optimizer.variables], [np.asarray(v) for v in theirs.optimizer.variables])


def test_compiled_models_of_keras_continue_with_their_optimizer(tmp_path):
    theirs = classifier(keras)
    theirs.save(tmp_path / "net.keras")
    theirs.save_weights(tmp_path / "net.weights.h5")
    ours = load_model(tmp_path / "net.keras")
    assert_alike(ours, theirs)
    assert load_model(tmp_path / "net.keras", compile=False).optimizer is None
    for name in ("net.weights.h5", "net.keras"):
        fresh = minidl.models.clone_model(ours)
        fresh.load_weights(tmp_path / name)
        assert_close([fresh(X)], [ours(X)])


def test_keras_continues_a_compiled_model_of_minidl(tmp_path):
    ours = classifier(minidl)
    ours.save(tmp_path / "net.keras")
    ours.save_weights(tmp_path / "net.weights.h5")
    theirs = keras.models.load_model(tmp_path / "net.keras")
    assert_alike(ours, theirs)
    theirs.load_weights(tmp_path / "net.weights.h5")
    assert_close([ours(X)], [theirs(X)])


@pytest.mark.filterwarnings("ignore::UserWarning")  # Keras's own, that .h5 is an older format
def test_older_whole_models_in_h5_are_read_and_written(tmp_path):
    theirs = classifier(keras)
    theirs.save(tmp_path / "net.h5")
    ours = load_model(tmp_path / "net.h5")
    assert_alike(ours, theirs)
    fresh = minidl.models.clone_model(ours)
    fresh.load_weights(tmp_path / "net.h5")
    assert_close([fresh(X)], [ours(X)])
    ours.save(tmp_path / "again.h5")
    assert_close([keras.models.load_model(tmp_path / "again.h5")(X)], [ours(X)])


def branching(k):
    """Shared layers, nested models, several inputs and outputs in dicts, initial states, operations."""
    layers, small, long = k.layers, k.Input((3,), name="small"), k.Input((5, 3), name="long")
    shared, inner = layers.Dense(3), k.Sequential([layers.Dense(3)], name="inner")
    start = k.Input((3,))
    nested = k.Model(start, layers.Dense(3)(layers.Dense(2)(start)), name="nested")
    one = shared(small)
    two = inner(shared(one))
    attended = layers.MultiHeadAttention(2, 2)(long, long)
    read = layers.LSTM(3)(long, initial_state=[one, two])
    flat = k.ops.relu(k.ops.sum(attended * 2.0, axis=1)[:, :2])
    outputs = {"a": nested(two) + one, "b": layers.Concatenate()([read, flat]), "c": nested(one)}
    return k.Model({"small": small, "long": long}, outputs)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_shared_and_nested_models_with_operations_are_exchanged(tmp_path):
    x = {"small": X[:, 0], "long": X}
    theirs, ours = branching(keras), branching(minidl)
    theirs.save(tmp_path / "net.keras")
    read, expected = load_model(tmp_path / "net.keras")(x), theirs(x)
    assert list(read) == list(expected)
    assert_close(read.values(), expected.values())
    inner = theirs.get_layer("nested")
    inner.save(tmp_path / "nested.h5")
    assert_close([load_model(tmp_path / "nested.h5")(X[:, 0])], [inner(X[:, 0])])
    ours.save(tmp_path / "ours.keras")
    expected = ours(x)
    for model in (keras.models.load_model(tmp_path / "ours.keras"), load_model(tmp_path / "ours.keras")):
        assert_close(model(x).values(), expected.values())


def own_class(k):
    """A subclassed model with layers in lists, nested lists and private attributes."""

    class Net(k.Model):
        def __init__(self, units=3, **kwargs):
            super().__init__(**kwargs)
            self.units, self.last = units, k.layers.Dense(2)
            self.blocks = [k.layers.Dense(units), [k.layers.Dense(units)]]
            self._reader = k.layers.GRU(units)

        def call(self, x):
            return self.last(self.blocks[1][0](self.blocks[0](self._reader(x))))

    return Net


def test_subclassed_models_are_exchanged_with_custom_objects(tmp_path):
    theirs, ours = own_class(keras)(), own_class(minidl)()
    theirs(X), ours(X)
    theirs.save_weights(tmp_path / "net.weights.h5")
    ours.load_weights(tmp_path / "net.weights.h5")
    assert_close([ours(X)], [theirs(X)])
    ours.save(tmp_path / "net.keras")
    with pytest.raises(ValueError, match="unknown class 'Net'"):
        load_model(tmp_path / "net.keras")
    assert_close([load_model(tmp_path / "net.keras", {"Net": type(ours)})(X)], [ours(X)])
    assert_close([keras.models.load_model(tmp_path / "net.keras", {"Net": type(theirs)})(X)], [ours(X)])


@pytest.mark.filterwarnings("ignore:the optimizer starts without:UserWarning")  # Keras 3.0.5 left its name out
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("keras_3_0.keras", [0.5131283, 0.4787685, 0.4762545, 0.4780634]),  # written by Keras 3.0.5
        ("keras_2_15.h5", [0.5186436, 0.576203, 0.4049652, 0.5081335]),  # written by the Keras 2 in TensorFlow 2.15.1
    ],
)
def test_files_of_older_versions_are_read(name, expected):
    """A bidirectional LSTM, a shared Dense, a nested Sequential with batch normalization, and compile settings."""
    model = load_model(Path(__file__).parent / "recorded" / name)
    np.testing.assert_allclose(model.predict(X, verbose=0)[:4, 0], expected, atol=1e-6)
    assert model.compiled


def test_hard_sigmoid_of_keras_2_stays_what_it_was_where_keras_3_replaces_it(tmp_path):
    old, new = tmp_path / "old.keras", tmp_path / "new.keras"
    minidl.Sequential([minidl.Input((3,)), minidl.layers.Activation("hard_sigmoid")]).save(new)
    with zipfile.ZipFile(new) as archive, zipfile.ZipFile(old, "w") as written:
        for name in archive.namelist():
            content = archive.read(name)
            written.writestr(name, b'{"keras_version": "2.15.0"}' if name == "metadata.json" else content)
    x = X[:, 0]
    np.testing.assert_allclose(load_model(old)(x), np.clip(0.2 * x + 0.5, 0, 1), atol=1e-7)
    for read in (load_model(new), keras.models.load_model(new), keras.models.load_model(old)):
        np.testing.assert_allclose(read(x), np.clip(x / 6 + 0.5, 0, 1), atol=1e-6)


def test_keras_predicts_the_same_with_a_kernel_of_spectral_normalization(tmp_path):
    layer = minidl.layers.SpectralNormalization(minidl.layers.Conv1D(4, 2), power_iterations=2)
    model = minidl.Sequential([minidl.Input((5, 3)), layer, minidl.layers.SpectralNormalization(minidl.layers.Dense(2))])
    expected = model(X)
    model.save(tmp_path / "net.keras")
    model.save_weights(tmp_path / "net.weights.h5")
    theirs = keras.models.load_model(tmp_path / "net.keras")
    assert_close([theirs(X), load_model(tmp_path / "net.keras")(X), model(X)], [expected] * 3)
    theirs.load_weights(tmp_path / "net.weights.h5")
    assert_close([theirs(X)], [expected])


def test_a_sequential_that_data_built_is_built_again_by_both(tmp_path):
    model = minidl.Sequential([minidl.layers.Dense(4, "relu"), minidl.layers.Dense(2)])
    x = np.ones((5, 3), "float32")
    y = model.predict(x, verbose=0)
    model.save(tmp_path / "net.keras")
    for library in (minidl, keras):
        loaded = library.models.load_model(tmp_path / "net.keras")
        np.testing.assert_allclose(loaded.predict(x, verbose=0), y, rtol=1e-5, atol=1e-6)


def test_states_of_stateful_layers_are_in_no_file_of_keras(tmp_path):
    def make(k):
        return k.Sequential([k.Input(batch_shape=(8, 5, 3)), k.layers.LSTM(3, stateful=True), k.layers.Dense(1)])

    ours, theirs = make(minidl), make(keras)
    for model, load, name in ((ours, keras.models.load_model, "ours.keras"), (theirs, load_model, "theirs.keras")):
        expected = np.asarray(model(X))  # from states of zeros
        model.save(tmp_path / name)
        np.testing.assert_allclose(load(tmp_path / name)(X), expected, rtol=1e-5, atol=1e-6)


def keeper(k):
    """A layer with a file of its own."""

    class Keeper(k.layers.Layer):
        factor = 0.0

        def call(self, x):
            return x * self.factor

        def save_assets(self, folder):
            Path(folder, "factor.txt").write_text(str(self.factor))

        def load_assets(self, folder):
            self.factor = float(Path(folder, "factor.txt").read_text())

    return Keeper


@pytest.mark.parametrize(("source", "target"), [(minidl, keras), (keras, minidl)], ids=["to_keras", "from_keras"])
def test_files_of_custom_layers_are_exchanged(source, target, tmp_path):
    layer = keeper(source)(name="keeper")
    layer.factor = 2.5
    inner = source.Sequential([source.Input((3,)), layer])
    source.Sequential([source.Input((3,)), inner, source.layers.ReLU()]).save(tmp_path / "net.keras")
    loaded = target.models.load_model(tmp_path / "net.keras", custom_objects={"Keeper": keeper(target)})
    np.testing.assert_allclose(loaded(X[:, 0]), 2.5 * np.maximum(X[:, 0], 0), rtol=1e-6)


@pytest.mark.filterwarnings("ignore:Skipping variable loading:UserWarning")  # Keras's own, for one that is not built
@pytest.mark.parametrize("built", [True, False])
def test_files_of_weights_restore_an_optimizer_that_is_built(built, tmp_path):
    counts = []
    for k in (minidl, keras):
        trained, fresh = (k.Sequential([k.Input((3,)), k.layers.Dense(2)]) for _ in range(2))
        for model in (trained, fresh):
            model.compile(k.optimizers.Adam(0.1), "mse")
        trained.fit(X[:, 0], X[:, 1, :2], epochs=3, verbose=0)
        trained.save_weights(tmp_path / "net.weights.h5")
        if built:
            fresh.optimizer.build(fresh.trainable_variables)
        fresh.load_weights(tmp_path / "net.weights.h5")
        states = [[np.asarray(v) for v in model.optimizer.variables] for model in (trained, fresh)]
        counts.append(int(states[1][0]))
        if built:
            assert_close(*states)
    assert counts == [3 * built, 3 * built]


def cells(k):
    """Cells that a graph calls as layers, with their states in lists."""
    x, h, c, g = k.Input((4,)), k.Input((3,)), k.Input((3,)), k.Input((2,))
    y, states = k.layers.StackedRNNCells([k.layers.LSTMCell(3), k.layers.GRUCell(2)])(x, [[h, c], g])
    return k.Model([x, h, c, g], [y, states, k.layers.LSTMCell(3)(x, [h, c]), k.layers.SimpleRNNCell(2)(x, [g])])


@pytest.mark.parametrize(("source", "load"), [(keras, load_model), (minidl, keras.saving.load_model)])
def test_cells_that_a_graph_calls_are_exchanged(source, load, tmp_path):
    model = cells(source)
    model.save(tmp_path / "net.keras")
    loaded, draw = load(tmp_path / "net.keras"), np.random.default_rng(0)
    x = [draw.normal(size=(2, size)).astype("float32") for size in (4, 3, 3, 2)]
    expected = model.predict(x, verbose=0)
    for one, other in zip(keras.tree.flatten(loaded.predict(x, verbose=0)), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def registered_functions(library, package):
    """A compiled model whose parts are functions registered in a package, one under another name than its own."""
    register = library.saving.register_keras_serializable
    ops = library.ops

    @register(package)
    def scaled_loss(y_true, y_pred):
        return 3 * ops.mean(ops.square(y_true - y_pred), axis=-1)

    @register(package, name="another_name")
    def distance(y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred), axis=-1)

    @register(package)
    def twice(x):
        return x * 2

    @register(package)
    def total(w):
        return 0.1 * ops.sum(ops.square(w))

    @register(package)
    def halved(w):
        return w * 0.5

    @register(package)
    def all_ones(shape, dtype=None):
        return ops.ones(shape, dtype=dtype)

    layer = library.layers.Dense(
        1, activation=twice, kernel_initializer=all_ones, kernel_regularizer=total, kernel_constraint=halved
    )
    model = library.Sequential([library.Input((3,)), layer, library.layers.Lambda(twice)])
    model.compile("sgd", scaled_loss, metrics=[distance])
    model.fit(X[:, 0], Y[:, np.newaxis], epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("direction", ["keras to minidl", "minidl to keras", "minidl to minidl"])
@pytest.mark.filterwarnings("ignore")
def test_files_name_registered_functions_as_keras_does(tmp_path, direction):
    first, _, second = direction.split()
    libraries = {"keras": keras, "minidl": minidl}
    package = direction.replace(" ", "_")
    saved = registered_functions(libraries[first], package)
    registered_functions(libraries[second], package)
    saved.save(tmp_path / "functions.keras")
    loaded = libraries[second].models.load_model(tmp_path / "functions.keras")
    assert_close(loaded.predict(X[:, 0], verbose=0), saved.predict(X[:, 0], verbose=0))
    assert_close(loaded.evaluate(X[:, 0], Y[:, np.newaxis], verbose=0), saved.evaluate(X[:, 0], Y[:, np.newaxis], verbose=0))
    assert_close(loaded.losses, saved.losses)


def test_configs_of_functions_are_those_of_keras():
    configs = []
    for library in (keras, minidl):
        config = registered_functions(library, "shop").layers[0].get_config()
        configs.append({name: item for name, item in config.items() if name.startswith(("kernel", "activation"))})
    theirs, ours = configs
    assert ours == theirs


def test_an_object_keeps_its_registered_name_when_another_one_takes_it():
    """As in a notebook whose cell is run twice."""
    for library in (keras, minidl):
        register = library.saving.register_keras_serializable("notebook")
        first = register(type("Block", (library.layers.Layer,), {}))
        register(type("Block", (library.layers.Layer,), {}))
        assert library.saving.get_registered_name(first) == "notebook>Block"
        assert library.saving.serialize_keras_object(first())["registered_name"] == "notebook>Block"


def sequences(k):
    i = k.Input((6,))
    x = k.layers.Embedding(9, 4, mask_zero=True)(i)
    x = k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True))(x)
    x = k.layers.GlobalAveragePooling1D()(k.layers.LayerNormalization()(x))
    return k.Model(i, k.layers.Dense(2, "softmax")(x)), np.random.default_rng(0).integers(0, 9, (8, 6)), Y


def frozen_inside(k):
    base = k.Sequential([k.Input((8, 8, 1)), k.layers.Conv2D(2, 3), k.layers.BatchNormalization()], name="base")
    base.trainable = False
    model = k.Sequential([k.Input((8, 8, 1)), base, k.layers.Flatten(), k.layers.Dense(2, "softmax")])
    return model, np.random.default_rng(0).normal(size=(8, 8, 8, 1)), Y


def operations(k):
    first, second = k.Input((3,)), k.Input((3,))
    joined = k.ops.concatenate([first * 2, k.layers.add([first, second])], axis=-1)
    return k.Model([first, second], k.layers.Dense(2, "softmax")(joined)), [X[:, 0], X[:, 1]], Y


@pytest.mark.parametrize("make", [sequences, frozen_inside, operations])
@pytest.mark.parametrize("ending", ["h5", "hdf5"])
@pytest.mark.filterwarnings("ignore")
def test_keras_and_minidl_load_h5_files_of_minidl(make, ending, tmp_path):
    model, x, y = make(minidl)
    rate = minidl.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    model.compile(minidl.optimizers.SGD(rate, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=2, verbose=0)
    path = str(tmp_path / f"model.{ending}")
    model.save(path)
    for k in (keras, minidl):
        loaded = k.models.load_model(path)
        assert_close(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
        assert_close(loaded.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0))
        assert int(loaded.optimizer.iterations) == 2
    ours = minidl.load_model(path)
    for each in (model, ours):
        each.fit(x, y, epochs=2, verbose=0, shuffle=False)
    assert_close(ours.get_weights(), model.get_weights())
    other = make(minidl)[0]
    other.load_weights(path)
    assert_close(other.get_weights(), keras.models.load_model(path).get_weights())


def test_h5_files_hold_long_descriptions_and_no_code(tmp_path):
    layers = [minidl.layers.Dense(2, name=f"{'long' * 200}_{number}") for number in range(100)]
    model = minidl.Sequential([minidl.Input((2,)), *layers])
    model.save(tmp_path / "long.h5")  # a description and names of more than 64 kB
    assert_close(load_model(tmp_path / "long.h5").get_weights(), model.get_weights())

    class Code(minidl.Model):
        def call(self, x):
            return x * 2

    code = Code()
    code(np.ones((1, 2)))
    with pytest.raises(ValueError, match="is code with call, which .h5 files cannot describe; save it as .keras"):
        code.save(tmp_path / "code.h5")


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("third", [0, 1, 2])
def test_every_layer_predicts_the_same_after_its_h5_file_is_loaded(tmp_path, third):
    theirs, x = side_by_side(list(rows(0))[third::3], np.random.default_rng(1))
    give_random_weights(theirs, np.random.default_rng(2))
    theirs.save(tmp_path / "net.keras")
    ours = load_model(tmp_path / "net.keras")
    ours.save(tmp_path / "net.h5")
    for load in (load_model, keras.models.load_model):
        assert_close(called(load(tmp_path / "net.h5"), x), called(theirs, x))
