"""Bad input raises a helpful error before any work, and nothing is partly changed."""

import datetime
import tracemalloc
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from minidl import Input, Model, Sequential, callbacks, layers, losses, metrics, optimizers, utils
from minidl.layers import Activation, Dense, Flatten

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(20, 6)).astype(np.float32)
LABELS = RANDOM.integers(0, 3, 20)
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]


def classifier(loss="sparse_categorical_crossentropy"):
    model = Sequential([Input((6,)), Dense(4, activation="relu", name="hidden"), Dense(3, activation="softmax", name="out")])
    model.compile("adam", loss)
    return model


def regressor():
    model = Sequential([Input((6,)), Dense(1)])
    model.compile("adam", "mse")
    return model


def refused(model, x, y, error=ValueError, match="", **options):
    """Fitting must fail, with every word of `match` in the message, and leave weights and optimizer alone."""
    before, built = model.get_weights(), model.built
    with pytest.raises(error) as caught:
        model.fit(x, y, verbose=0, **options)
    message = " ".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    for words in match.split("|"):
        assert words in message, message
    assert model.built == built
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))
    if model.compiled:
        assert model.optimizer.iterations == 0
    return message


def with_value(array, value):
    changed = array.copy()
    changed[3, 2] = value
    return changed


def test_a_wrong_number_of_features_raises_an_error_with_both_shapes():
    refused(classifier(), X[:, :5], LABELS, match="(6,)|(5,)")


def test_a_model_built_from_data_raises_an_error_for_a_wrong_number_of_features():
    model = Sequential([Dense(4, name="hidden"), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.build((None, 6))
    refused(model, X[:, :5], LABELS, match='Dense "hidden"|6 features|5|layer 1 of 2')


def test_the_error_for_images_before_a_dense_layer_suggests_flatten():
    model = Sequential([Dense(3, activation="softmax", name="out")])
    model.build((None, 16))
    refused(model, np.zeros((20, 4, 4)), LABELS, match="built for rows of shape (16,)|reshape(-1, 16)")


def test_a_wrong_rank_raises_an_error():
    refused(classifier(), np.zeros((20, 2, 3)), LABELS, match="(6,)|reshape")
    refused(classifier(), X[0], LABELS[:6], match="x[np.newaxis]")


def test_empty_data_raises_an_error():
    refused(classifier(), X[:0], LABELS[:0], match="empty")
    refused(classifier(), [], [], match="empty")


def test_different_numbers_of_rows_raise_an_error():
    refused(classifier(), X, LABELS[:19], match="x has 20|y has 19")
    refused(classifier(), X, LABELS, match="sample_weight has 3", sample_weight=np.ones(3))


def test_labels_out_of_range_raise_an_error_with_the_label():
    refused(classifier(), X, LABELS + 1, match="3|sparse_categorical_crossentropy")
    refused(classifier(), X, LABELS - 1, match="-1")


def test_labels_that_are_not_whole_numbers_raise_an_error_and_whole_floats_are_labels():
    refused(classifier(), X, LABELS + 0.5, error=TypeError, match="integer labels|which is not a class label")
    model, other = classifier(), classifier()
    other.set_weights(model.get_weights())
    for metrics_given in (["accuracy"], ["sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy"]):
        logs = []
        for one, labels in ((model, LABELS), (other, pd.Series(LABELS, dtype="float64"))):
            one.compile("adam", "sparse_categorical_crossentropy", metrics=metrics_given)
            logs.append(one.fit(X, labels, epochs=2, shuffle=False, class_weight={1: 3.0}, verbose=0).history)
        assert logs[0] == logs[1]


def test_one_hot_rows_raise_an_error_where_integers_belong_and_the_reverse():
    refused(classifier(), X, ONE_HOT, match="categorical_crossentropy|argmax")
    refused(classifier("categorical_crossentropy"), X, LABELS, match="sparse_categorical_crossentropy")


def test_binary_crossentropy_raises_an_error_for_labels_outside_zero_and_one():
    model = Sequential([Input((6,)), Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    refused(model, X, np.where(LABELS > 0, 1, -1), match="-1|[0, 1]")


@pytest.mark.parametrize(
    ("labels", "advice"),
    [
        ([0, 1, 2], 'Dense(3, activation="softmax")|loss="sparse_categorical_crossentropy"'),
        ([0.0, 1.0, 2.0], 'Dense(3, activation="softmax")'),
        ([1, 2, 3], 'Dense(3, activation="softmax")|y = y - 1'),
        ([-1, 0, 1], 'Dense(3, activation="softmax")|y = y + 1'),
        ([1, 5, 9], "np.unique(y, return_inverse=True)[1]"),
        ([1, 2], "y = y - 1"),
        ([-1, 0], "y = y + 1"),
        ([-1, 1], "y = (y + 1) / 2"),
        ([0, 255], "y = (y == 255).astype(int)"),
        ([7, 7], "every row has the label 7"),
        ([199.5, 250.0, 1.25], 'regression|Dense(1)|loss="mean_squared_error"'),
        (range(1000, 1200), 'regression|Dense(1)|loss="mean_squared_error"'),
    ],
)
def test_the_error_for_labels_outside_zero_and_one_gives_the_right_advice(labels, advice):
    model = Sequential([Input((6,)), Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    y = np.resize(labels, 200)
    message = refused(model, np.resize(X, (200, 6)), y, match=advice)
    assert ("regression" in message) == ("regression" in advice)


def test_the_error_for_pixels_as_targets_says_to_divide_them():
    model = Sequential([Input((6,)), Dense(6, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    refused(model, X, RANDOM.integers(0, 256, (20, 6)), match="y / 255")


@pytest.mark.parametrize(
    ("labels", "advice"),
    [
        (LABELS + 1, "write y - 1"),
        (LABELS - 1, "write y + 1"),
        (LABELS + 2 * (LABELS == 2), "need a last layer of 5 units"),
        (LABELS * 100, "last layer 3 units and number the labels: np.unique"),
    ],
)
def test_the_error_for_labels_out_of_range_gives_the_right_advice(labels, advice):
    refused(classifier(), X, labels, match=advice)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("y", [RANDOM.random(20) * 100, LABELS * 0.5], ids=["prices", "halves"])
def test_the_error_for_quantities_as_labels_suggests_a_regression(y, compiled):
    model = classifier() if compiled else Sequential([Dense(3, activation="softmax")])
    message = refused(model, X, y, error=TypeError, match='not a class label|Dense(1)|loss="mean_squared_error"')
    assert "astype" not in message


@pytest.mark.parametrize(
    "metric", ["auc", metrics.Precision(), metrics.F1Score(), "mse", "categorical_accuracy", "binary_accuracy", metrics.Hinge()]
)
def test_a_metric_that_needs_one_hot_rows_says_so(metric):
    model = classifier()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=[metric])
    refused(model, X, LABELS, match='utils.to_categorical(y, 3)|loss="categorical_crossentropy"|"sparse_categorical_accuracy"')


def test_a_sparse_metric_on_one_hot_rows_names_the_conversion():
    with pytest.raises(ValueError, match=r"y\.argmax\(axis=-1\)"):
        metrics.SparseCategoricalAccuracy()(ONE_HOT, ONE_HOT)


def test_a_column_of_targets_and_a_vector_are_equivalent():
    one, other = regressor(), regressor()
    other.set_weights(one.get_weights())
    y = X.sum(axis=1)
    for model, targets in ((one, y), (other, y[:, np.newaxis])):
        model.fit(X, targets, epochs=2, shuffle=False, verbose=0)
    np.testing.assert_array_equal(one.weights[0].value, other.weights[0].value)


def test_a_vector_of_targets_is_never_broadcast_against_several_outputs():
    model = Sequential([Input((6,)), Dense(4)])
    model.compile("adam", "mse")
    refused(model, X, X.sum(axis=1), match="(4,)")


def test_strings_and_objects_raise_an_error():
    refused(classifier(), X, np.array(list("abc" * 6 + "ab")), error=TypeError, match="strings|np.unique")
    refused(classifier(), np.full((20, 6), "a"), LABELS, error=TypeError, match="strings")
    refused(classifier(), np.full((20, 6), None), LABELS, error=TypeError, match="objects of type NoneType")


def of(value, shape=(20, 6)):
    """An array that holds one object many times."""
    array = np.empty(shape, object)
    array[...] = value
    return array


@pytest.mark.parametrize(
    ("x", "advice"),
    [
        (of(None), "np.array(x, dtype=float)|NaN|np.nan_to_num(x)"),
        (of(Decimal("1.5")), "convert with np.array(x, dtype=float)"),
        (of(True), "convert with np.array(x, dtype=float)"),
        (of(datetime.date(2020, 1, 1)), "dtype='datetime64[D]'|(x - x.min()) / np.timedelta64(1, 'D')"),
        (of(datetime.timedelta(1)), "np.timedelta64(1, 'D')"),
        (np.full((20, 6), "2020-01-01", "datetime64[D]"), "dates|(x - x.min()) / np.timedelta64(1, 'D')"),
        (np.full((20, 6), 3, "timedelta64[D]"), "durations|x / np.timedelta64(1, 'D')"),
        (np.full((20, 6), 1 + 2j), "complex|x.real|x.imag|np.abs(x)"),
        (np.full((20, 6), "1.5"), "np.array(x, dtype=float)"),
        (np.full((20, 6), "red"), "StringLookup|TextVectorization"),
        (np.zeros(20, [("a", float), ("b", float)]), "structured_to_unstructured(x)"),
        (pd.Series([np.ones(6)] * 20), "np.stack(x)"),
    ],
)
def test_the_error_for_data_that_is_not_numeric_gives_a_conversion_that_works(x, advice):
    refused(Sequential([Dense(3, activation="softmax")]), x, LABELS, error=TypeError, match=f"x holds|{advice}")


@pytest.mark.parametrize(
    ("y", "advice"),
    [
        (of(None, 20), "drop the rows without a target"),
        (of(Decimal("1.5"), 20), "np.array(y, dtype=float)"),
        (np.full(20, "red"), "classes, y = np.unique(y, return_inverse=True)"),
        (np.full(20, "2020-01-01", "datetime64[D]"), "(y - y.min()) / np.timedelta64(1, 'D')"),
    ],
)
def test_the_error_for_targets_that_are_not_numeric_gives_a_conversion_that_works(y, advice):
    refused(regressor(), X, y, error=TypeError, match=f"y holds|{advice}")


def test_the_conversions_that_messages_name_work():
    days = np.array(of(datetime.date(2020, 1, 1), 3), dtype="datetime64[D]")
    days[2] += np.timedelta64(5, "D")
    np.testing.assert_array_equal((days - days.min()) / np.timedelta64(1, "D"), [0, 0, 5])
    np.testing.assert_array_equal(np.array(of(Decimal("1.5"), 2), dtype=float), [1.5, 1.5])
    assert np.isnan(np.array(of(None, 2), dtype=float)).all()
    assert np.array(of(datetime.timedelta(1), 1), dtype="timedelta64[s]") / np.timedelta64(1, "D") == 1


def frame(**columns):
    return pd.DataFrame({"age": np.arange(20.0), **columns})


@pytest.mark.parametrize(
    ("column", "kind", "advice"),
    [
        (["Rome", "Oslo"] * 10, "text", "pd.get_dummies(x, columns=['city'], dtype=float)|StringLookup"),
        (pd.Categorical(["Rome", "Oslo"] * 10), "text", "get_dummies"),
        (["Rome", None] * 10, "text", "get_dummies"),
        (pd.date_range("2020", periods=20), "dates", "(x['city'] - x['city'].min()) / np.timedelta64(1, 'D')"),
        ([Decimal(1)] * 20, "decimal numbers", "np.array(x['city'], dtype=float)"),
        (np.full(20, 1j), "complex numbers", "x['city'].real"),
        ([1, None] * 10, "", None),
    ],
)
def test_a_column_of_a_frame_that_is_not_numeric_is_named(column, kind, advice):
    x = frame(city=column)
    if advice is None:  # pandas makes NaN of it
        refused(regressor(), x, np.ones(20), match="x holds nan at row 1, column 'city'|x.fillna(0)")
    else:
        message = refused(regressor(), x, np.ones(20), error=TypeError, match=f"'city' ({kind})|{advice}")
        assert "'age'" not in message


def test_every_column_that_is_not_numeric_is_named():
    x = frame(city=["Rome"] * 20, day=pd.date_range("2020", periods=20))
    refused(regressor(), x, np.ones(20), error=TypeError, match="'city' (text), 'day' (dates)|get_dummies|np.timedelta64")


def test_the_column_of_text_in_an_array_of_objects_is_named():
    x = of(1.0)
    x[:, 2] = "red"
    refused(regressor(), x, np.ones(20), error=TypeError, match="strings in column 2")


def test_the_error_for_a_frame_of_class_names_suggests_factorize():
    y = pd.DataFrame({"species": ["setosa", "virginica"] * 10})
    refused(classifier(), X, y, error=TypeError, match="'species' (text)|pd.factorize(y['species'])")


def test_the_error_for_nan_names_the_column_or_input():
    x = frame(income=np.where(np.arange(20) == 11, np.nan, 1.0))
    refused(regressor(), x, np.ones(20), match="x holds nan at row 11, column 'income'|x.fillna(0)")
    refused(regressor(), with_value(X, np.nan), np.ones(20), match="x holds nan at row 3, column 2|np.nan_to_num(x)")
    a, b = Input((2,), name="a"), Input((2,), name="b")
    model = Model([a, b], Dense(1)(layers.Concatenate()([a, b])))
    model.compile("adam", "mse")
    refused(model, {"a": frame(n=1.0), "b": x}, np.ones(20), match="x['b'] holds nan at row 11, column 'income'")
    refused(model, [frame(n=1.0), x], np.ones(20), match="x[1] holds nan at row 11, column 'income'")


def test_the_error_for_nan_targets_does_not_suggest_filling_them():
    message = refused(regressor(), X, np.where(np.arange(20) == 7, np.nan, 1.0), match="y holds nan at row 7|leave out rows")
    assert "nan_to_num" not in message


def test_the_error_for_a_dict_to_a_model_with_one_input_suggests_the_array():
    for model in (regressor(), Sequential([Dense(1)])):
        model.compile("adam", "mse")
        refused(model, {"a": X}, np.ones(20), match="has one input|['a']|the array itself, x['a']")
        refused(model, {"a": X, "b": X}, np.ones(20), match="has one input|['a', 'b']|np.column_stack")


def test_a_dict_with_the_name_of_the_only_input_is_accepted():
    x = Input((6,), name="a")
    model = Model(x, Dense(1)(x))
    np.testing.assert_array_equal(model.predict({"a": X}), model.predict(X))
    with pytest.raises(ValueError, match=r"named \['a'\], got a dict with \['z'\]"):
        model.predict({"z": X})


def test_the_error_for_a_list_of_arrays_to_a_model_with_one_input_suggests_joining():
    refused(regressor(), [X, X], np.ones(20), match="one input|list of 2 arrays|np.concatenate(x, axis=-1)")


def test_the_error_for_a_dict_of_targets_to_a_model_with_one_output_suggests_the_array():
    refused(regressor(), X, {"price": np.ones(20)}, match="['price']|one output, so give the value itself")


def test_ragged_lists_raise_an_error():
    refused(classifier(), [[1.0] * 6] * 19 + [[1.0] * 5], LABELS, match="differ in length")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_raise_an_error_with_their_position(value):
    refused(classifier(), with_value(X, value), LABELS, match="x holds|row 3")
    refused(regressor(), X, np.where(np.arange(20) == 7, value, 1.0), match="y holds|row 7")


@pytest.mark.parametrize(("share", "rows"), [(0.99, 4), (0.5, 1)])
def test_a_validation_split_that_leaves_nothing_raises_an_error(share, rows):
    refused(classifier(), X[:rows], LABELS[:rows], match="validation_split|leaves nothing", validation_split=share)


def test_a_validation_split_outside_zero_and_one_raises_an_error():
    refused(classifier(), X, LABELS, match="between 0 and 1", validation_split=1.5)


def test_bad_validation_data_raises_an_error_before_training():
    refused(classifier(), X, LABELS, match="(5,)", validation_data=(X[:, :5], LABELS))
    refused(classifier(), X, LABELS, match="9", validation_data=(X, LABELS + 7))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Dense(3, activation="rleu"), "did you mean 'relu'?"),
        (lambda: Dense(3, kernel_initializer="he_norml"), "did you mean 'he_normal'?"),
        (lambda: classifier("mean_squard_error"), "did you mean 'mean_squared_error'?"),
        (lambda: regressor().compile("adm"), "did you mean 'adam'?"),
        (lambda: regressor().compile("adam", "mse", metrics=["acuracy"]), "did you mean"),
        (lambda: Activation("sigmod"), "did you mean 'sigmoid'?"),
    ],
)
def test_errors_for_unknown_names_suggest_the_nearest(make, words):
    with pytest.raises(ValueError, match="unknown") as caught:
        make()
    assert words in str(caught.value)


def test_metrics_passed_as_loss_weights_raise_an_error():
    with pytest.raises(
        ValueError, match=r"loss_weights to be numbers, got 'mae'; if they are metrics, write metrics=\['mae'\]"
    ):
        regressor().compile("adam", "mse", ["mae"])


def test_a_failed_compile_leaves_the_model_compiled_as_it_was():
    model = classifier()
    before = (model.optimizer, model.loss)
    with pytest.raises(ValueError, match="unknown"):
        model.compile("sgd", "no such loss")
    assert (model.optimizer, model.loss) == before


def test_use_before_build_or_compile_raises_an_error():
    empty, unbuilt = Sequential(), Sequential([Dense(3)])
    for use in (lambda: empty.predict(X), lambda: empty.build((None, 3))):
        with pytest.raises(ValueError, match="no layers yet"):
            use()
    with pytest.raises(RuntimeError, match="not compiled"):
        unbuilt.evaluate(X, LABELS)
    with pytest.raises(ValueError, match="not built"):
        unbuilt.save("nowhere.safetensors")
    with pytest.raises(ValueError, match="not built yet"):
        unbuilt.set_weights([np.zeros((6, 3)), np.zeros(3)])


def test_a_first_fit_that_raises_an_error_leaves_the_model_unbuilt_and_uncompiled():
    model = Sequential([Flatten(), Dense(3, activation="softmax")])
    refused(model, X, LABELS + 5)
    assert not model.compiled
    assert not model.built
    model.fit(X[:, :4], LABELS, verbose=0)  # so other data may still build it
    assert model.weights[0].shape == (4, 3)


def test_a_loss_that_becomes_nan_stops_with_epoch_step_and_layer():
    model = Sequential([Input((6,)), Dense(4, name="hidden"), Dense(1, name="out")])
    model.compile(optimizers.SGD(1e18), "mse")
    with (
        pytest.raises(FloatingPointError, match=r"epoch \d+, step \d+.*(hidden|out).*learning rate"),
        np.errstate(all="ignore"),
    ):
        model.fit(X, X.sum(axis=1), batch_size=4, epochs=10, verbose=0)


def test_anything_but_layers_raises_an_error():
    for wrong, words in ((Dense, r"Dense\(...\)"), (np.tanh, "Activation"), (3, "takes layers")):
        with pytest.raises(ValueError, match=words):
            Sequential([wrong])
    with pytest.raises(ValueError, match="already"):
        Sequential([Dense(3, name="a"), Dense(3, name="a")])


def test_the_error_for_an_unknown_argument_suggests_the_nearest():
    with pytest.raises(TypeError, match="Dense has no argument 'actvation': did you mean 'activation'"):
        Dense(3, actvation="relu")
    with pytest.raises(TypeError, match="Dense needs the argument 'units'"):
        Dense()


@pytest.mark.parametrize("units", [0, -1, 2.5, "3", None, True])
def test_units_must_be_a_positive_integer(units):
    with pytest.raises(ValueError, match="positive integer"):
        Dense(units)


@pytest.mark.parametrize("option", [{"epochs": -1}, {"epochs": 1.5}, {"batch_size": 0}, {"batch_size": -3}])
def test_epochs_and_batch_size_must_be_integers_in_range(option):
    refused(classifier(), X, LABELS, match="integer", **option)


@pytest.mark.parametrize("option", [{"batch_size": 0}, {"batch_size": 2.5}, {"steps": 0}])
def test_errors_of_evaluate_and_predict_name_the_method(option):
    (name,) = option
    with pytest.raises(ValueError, match=f"predict expects {name} to be a positive integer"):
        regressor().predict(X, **option)
    with pytest.raises(ValueError, match=f"evaluate expects {name} to be a positive integer"):
        regressor().evaluate(X, np.ones(20), **option)


def median_difference(y_true, y_pred):
    return np.sum(np.unwrap(y_pred - y_true))


class MedianLoss(losses.Loss):
    def call(self, y_true, y_pred):
        return np.sum(np.unwrap(y_pred - y_true), axis=-1)


@pytest.mark.parametrize(
    ("loss", "name"), [(median_difference, 'the loss "median_difference"'), (MedianLoss(), 'the loss "median_loss"')]
)
def test_a_function_without_a_gradient_in_a_loss_names_the_loss(loss, name):
    model = Sequential([Input((6,)), Dense(1)])
    model.compile("adam", loss)
    refused(
        model, X, np.ones(20), error=TypeError, match=f"numpy.unwrap|{name}|minidl.ops|Loss that defines forward and backward"
    )


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: Dense(10**12, name="wide"), "kernel of shape (6, 1000000000000)"),
        (lambda: layers.Embedding(10**12, 6, name="wide"), "embeddings of shape (1000000000000, 6)"),
        (lambda: layers.Conv1D(10**12, 3, name="wide"), "kernel of shape (3, 6, 1000000000000)"),
    ],
)
def test_a_weight_larger_than_the_memory_raises_an_error_before_anything_is_allocated(make, shape):
    layer = make()
    tracemalloc.start()
    with pytest.raises(MemoryError) as caught:
        layer.build((None, 5, 6))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert '"wide" needs ' in str(caught.value)
    assert shape in str(caught.value)
    assert "TB" in str(caught.value)
    assert peak < 1e6
    assert not layer.built


def ways_in(model, x, y, sample_weight):
    """Every way by which a batch with weights enters a model."""
    batch, arrays = [(x, y, sample_weight)], {"x": x, "y": y, "sample_weight": sample_weight}

    class Batches(utils.PyDataset):
        def __len__(self):
            return 1

        def __getitem__(self, index):
            return batch[0]

    return [
        lambda: model.fit(**arrays, verbose=0),
        lambda: model.fit(iter(batch), verbose=0),
        lambda: model.fit(batch, verbose=0),
        lambda: model.fit(Batches(), verbose=0),
        lambda: model.fit(X, LABELS, validation_data=batch[0], verbose=0),
        lambda: model.evaluate(**arrays, verbose=0),
        lambda: model.evaluate(iter(batch), verbose=0),
        lambda: model.train_on_batch(**arrays),
        lambda: model.test_on_batch(**arrays),
        lambda: model.gradients(**arrays),
        lambda: model.trace(**arrays),
    ]


def test_negative_sample_weights_raise_an_error_in_every_method():
    model = classifier()
    for enter in ways_in(model, X, LABELS, -np.ones(20)):
        with pytest.raises(ValueError, match="sample_weight holds -1 at row 0; weights are at least 0"):
            enter()


def test_masked_arrays_raise_an_error_in_every_method_unless_nothing_is_masked():
    model = classifier()
    hidden = np.ma.masked_greater(X, 1.0)
    labels, weights = np.ma.masked_equal(LABELS, 2), np.ma.masked_equal(np.ones(20), 1)
    for name, arguments in {"x": (hidden, LABELS, None), "y": (X, labels, None), "sample_weight": (X, LABELS, weights)}.items():
        for enter in ways_in(model, *arguments):
            with pytest.raises(TypeError, match=rf"{name} is a masked array in which \d+ of \d+ values are masked.*\.filled"):
                enter()
    for enter in (
        lambda: model.predict(hidden, verbose=0),
        lambda: model.predict([hidden], verbose=0),
        lambda: model.predict_on_batch(hidden),
        lambda: model(hidden),
        lambda: Dense(2)(hidden),
        lambda: layers.Normalization().adapt(hidden),
        lambda: losses.MeanSquaredError()(hidden, X),
        lambda: losses.MeanSquaredError()(X, hidden),
    ):
        with pytest.raises(TypeError, match="masked array in which"):
            enter()
    whole = np.ma.masked_greater(X, 1e9)
    np.testing.assert_array_equal(model.predict(whole, verbose=0), model.predict(X, verbose=0))


def test_a_class_weight_of_no_class_raises_an_error_in_every_method():
    model = classifier()
    for weights in ({"0": 100.0}, {7: 100.0}):
        refused(model, X, LABELS, match="the labels are 0, 1, 2", class_weight=weights)
        refused(model, X, LABELS.astype(float), match="the labels are 0, 1, 2", class_weight=weights)
        with pytest.raises(ValueError, match="the labels are 0, 1, 2"):
            model.train_on_batch(X[:1], LABELS[:1], class_weight=weights)
    model.train_on_batch(X[:1], LABELS[:1], class_weight={0: 1.0, 1: 1.0, 2: 3.0})
    unbuilt = Sequential([Dense(3, activation="softmax")])
    refused(unbuilt, X, LABELS, match="the labels are 0, 1, 2", class_weight={3: 1.0})
    one_output = Sequential([Dense(1, activation="sigmoid")])
    refused(one_output, X, LABELS % 2, match="the labels are 0, 1", class_weight={2: 1.0})


def test_rows_of_another_rank_than_the_model_was_built_for_raise_an_error():
    """Keras refuses them too: "Invalid input shape"."""
    model = Sequential([Dense(1)])
    model.fit(X, X[:, 0], verbose=0)
    other = np.ones((2, 60, 6))
    for enter in (
        lambda: model.predict(other, verbose=0),
        lambda: model.predict([X, X], verbose=0),
        lambda: model.predict_on_batch(other),
        lambda: model.predict(iter([other]), verbose=0),
        lambda: model.evaluate(other, np.ones((2, 60, 1)), verbose=0),
        lambda: model.fit(other, np.ones((2, 60, 1)), verbose=0),
    ):
        with pytest.raises(ValueError, match=r"was built for rows of shape \(6,\), got rows of shape \(\d+, 6\)"):
            enter()
    np.testing.assert_array_equal(model.predict(X[..., np.newaxis], verbose=0), model.predict(X, verbose=0))  # as in Keras
    convolution = Sequential([layers.Conv2D(2, 3)])
    convolution.build((None, 8, 8, 1))
    np.testing.assert_array_equal(
        convolution.predict(np.ones((2, 8, 8)), verbose=0), convolution.predict(np.ones((2, 8, 8, 1)), verbose=0)
    )
    lengths = Sequential([layers.LSTM(2)])
    lengths.predict(np.ones((2, 5, 3)), verbose=0)
    assert lengths.predict(np.ones((2, 9, 3)), verbose=0).shape == (2, 2)  # other sizes stay allowed


def test_class_weight_and_sample_weight_together_raise_an_error():
    refused(classifier(), X, LABELS, match="not both", class_weight={0: 2.0}, sample_weight=np.ones(20))


def test_a_custom_layer_that_does_not_call_its_parents_constructor_raises_an_error():
    class Forgetful(layers.Layer):
        def __init__(self):
            self.factor = 2

        def forward(self, x, training=False):
            return x * self.factor, None

    with pytest.raises(TypeError, match=r"super\(\).__init__\(\)"):
        Forgetful()(X)


SEQUENCES = np.zeros((20, 5, 6), np.float32)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: regressor().fit("data.csv", X), ValueError, "single string.*pd.read_csv"),
        (lambda: regressor().fit(X.T, np.ones(20)), ValueError, "x has 6, y has 20; .*give x.T"),
        (lambda: regressor().predict(X[0]), ValueError, r"x\[np.newaxis\], several as an array of shape \(rows, 6\)"),
        (lambda: regressor().fit(X, X[:, 0], callbacks="early_stopping"), TypeError, r"such as callbacks.EarlyStopping\(\)"),
        (
            lambda: regressor().fit(X, X[:, 0], callbacks=[callbacks.EarlyStopping]),
            TypeError,
            r"create one: EarlyStopping\(\)",
        ),
        (
            lambda: regressor().fit(X, X[:, 0], verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda epoch: None)]),
            ValueError,
            "the value that schedule returns to be a number",
        ),
        (lambda: regressor().compile("mse", "adam"), ValueError, "unknown optimizer 'mse': it is in minidl.losses"),
        (lambda: regressor().compile("adam", "sgd"), ValueError, "unknown loss 'sgd': it is in minidl.optimizers"),
        (lambda: regressor().compile("adam", "cross_entropy"), ValueError, "did you mean 'binary_crossentropy'"),
        (lambda: regressor().compile(0.1, "mse"), ValueError, r"such as Adam\(learning_rate=0.01\), got 0.1"),
        (lambda: regressor().compile("adam", ["mse", None]), ValueError, "has 1 output, .*, got a list of 2"),
        (lambda: Sequential(Dense(1), Dense(2)), TypeError, r"in one list: Sequential\(\[first, second"),
        (lambda: Sequential([[Dense(1)]]), ValueError, "one flat list"),
        (lambda: Sequential(["dense"]), ValueError, r"create a layer, such as Dense\(8\)"),
        (lambda: Sequential([Dense(1, name="a")] * 2), ValueError, "used twice only in a functional model"),
        (lambda: Model(X, X), ValueError, r"got an array of shape \(20, 6\)$"),
        (lambda: Dense(X), ValueError, r"got an array of shape \(20, 6\)$"),
        (lambda: Flatten(X), ValueError, r"got an array of shape \(20, 6\)$"),
        (lambda: Dense(3, activation=X), ValueError, r"got an array of shape \(20, 6\)$"),
        (lambda: layers.Reshape(4, 4), TypeError, "Reshape got too many arguments; it takes target_shape"),
        (lambda: Dense(3)(X, X), ValueError, r"one array, got 2 .*Concatenate\(\)"),
        (lambda: Sequential([layers.LSTM(3), layers.LSTM(3)]).predict(SEQUENCES), ValueError, "return_sequences=True"),
        (lambda: layers.Embedding(5, 2)(X), ValueError, "ids as whole numbers, got"),
        (lambda: metrics.Precision("a"), ValueError, r"Precision expects thresholds in \[0, 1\], got 'a'"),
    ],
)
def test_the_errors_for_common_mistakes_say_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy", "mse"])
def test_the_error_for_an_output_per_step_or_pixel_suggests_flatten(loss):
    for model in (
        Sequential([layers.LSTM(4, return_sequences=True), Dense(3, activation="softmax")]),
        Sequential([layers.Reshape((5, 6, 1)), layers.Conv2D(2, 3), Dense(3, activation="softmax")]),
    ):
        model.compile("adam", loss)
        refused(model, SEQUENCES, LABELS, match="Flatten() or a global pooling layer|return_sequences=False")
