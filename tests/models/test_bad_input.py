"""Bad input is refused before any work, in a sentence that helps, and nothing is half-changed."""

import numpy as np
import pytest

from minidl import Input, Sequential, layers, optimizers
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


def test_a_wrong_number_of_features_names_what_came_and_what_was_expected():
    refused(classifier(), X[:, :5], LABELS, match="(6,)|(5,)")


def test_a_wrong_number_of_features_is_refused_by_a_model_built_from_data():
    model = Sequential([Dense(4, name="hidden"), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.build((None, 6))
    refused(model, X[:, :5], LABELS, match='Dense "hidden"|6 features|5|layer 1 of 2')


def test_images_before_a_dense_layer_are_told_of_flatten():
    model = Sequential([Dense(3, activation="softmax", name="out")])
    model.build((None, 16))
    refused(model, np.zeros((20, 4, 4)), LABELS, match='Dense "out"|16 features|Flatten()')


def test_a_wrong_rank_is_refused():
    refused(classifier(), np.zeros((20, 2, 3)), LABELS, match="(6,)|reshape")
    refused(classifier(), X[0], LABELS[:6], match="x[np.newaxis]")


def test_empty_data_is_refused():
    refused(classifier(), X[:0], LABELS[:0], match="empty")
    refused(classifier(), [], [], match="empty")


def test_different_numbers_of_rows_are_refused():
    refused(classifier(), X, LABELS[:19], match="x has 20|y has 19")
    refused(classifier(), X, LABELS, match="sample_weight has 3", sample_weight=np.ones(3))


def test_labels_out_of_range_are_refused_with_the_label():
    refused(classifier(), X, LABELS + 1, match="3|sparse_categorical_crossentropy")
    refused(classifier(), X, LABELS - 1, match="-1")


def test_float_labels_are_refused_where_integers_belong():
    refused(classifier(), X, LABELS.astype(float), error=TypeError, match="astype(int)")


def test_one_hot_rows_are_refused_where_integers_belong_and_the_reverse():
    refused(classifier(), X, ONE_HOT, match="categorical_crossentropy|argmax")
    refused(classifier("categorical_crossentropy"), X, LABELS, match="sparse_categorical_crossentropy")


def test_labels_outside_zero_and_one_are_refused_by_binary_crossentropy():
    model = Sequential([Input((6,)), Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy")
    refused(model, X, np.where(LABELS > 0, 1, -1), match="-1|[0, 1]")


def test_a_column_of_targets_and_a_vector_mean_the_same():
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


def test_strings_and_objects_are_refused():
    refused(classifier(), X, np.array(list("abc" * 6 + "ab")), error=TypeError, match="strings|np.unique")
    refused(classifier(), np.full((20, 6), "a"), LABELS, error=TypeError, match="strings")
    refused(classifier(), np.full((20, 6), None), LABELS, error=TypeError, match="objects of type NoneType")


def test_ragged_lists_are_refused():
    refused(classifier(), [[1.0] * 6] * 19 + [[1.0] * 5], LABELS, match="differ in length")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_are_refused_with_their_place(value):
    refused(classifier(), with_value(X, value), LABELS, match="x holds|row 3")
    refused(regressor(), X, np.where(np.arange(20) == 7, value, 1.0), match="y holds|row 7")


@pytest.mark.parametrize(("share", "rows"), [(0.99, 4), (0.5, 1)])
def test_a_validation_split_that_leaves_nothing_is_refused(share, rows):
    refused(classifier(), X[:rows], LABELS[:rows], match="validation_split|leaves nothing", validation_split=share)


def test_a_validation_split_outside_zero_and_one_is_refused():
    refused(classifier(), X, LABELS, match="between 0 and 1", validation_split=1.5)


def test_bad_validation_data_is_refused_before_training():
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
def test_unknown_names_are_answered_with_the_nearest(make, words):
    with pytest.raises(ValueError, match="unknown") as caught:
        make()
    assert words in str(caught.value)


def test_metrics_in_the_place_of_loss_weights_are_noticed():
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


def test_use_before_build_or_compile_is_refused():
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


def test_a_refused_first_fit_leaves_the_model_unbuilt_and_uncompiled():
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


def test_things_that_are_no_layers_are_refused():
    for wrong, words in ((Dense, r"Dense\(...\)"), (np.tanh, "Activation"), (3, "takes layers")):
        with pytest.raises(TypeError, match=words):
            Sequential([wrong])
    with pytest.raises(ValueError, match="already"):
        Sequential([Dense(3, name="a"), Dense(3, name="a")])


def test_an_unknown_argument_is_answered_with_the_nearest():
    with pytest.raises(TypeError, match="Dense has no argument 'actvation': did you mean 'activation'"):
        Dense(3, actvation="relu")
    with pytest.raises(TypeError, match="Dense needs the argument 'units'"):
        Dense()


@pytest.mark.parametrize("units", [0, -1, 2.5, "3", None, True])
def test_units_must_be_a_positive_integer(units):
    with pytest.raises(ValueError, match="positive integer"):
        Dense(units)


@pytest.mark.parametrize("option", [{"epochs": 0}, {"epochs": 1.5}, {"batch_size": 0}, {"batch_size": -3}])
def test_epochs_and_batch_size_must_be_positive_integers(option):
    refused(classifier(), X, LABELS, match="positive integer", **option)


def test_class_weight_and_sample_weight_together_are_refused():
    refused(classifier(), X, LABELS, match="not both", class_weight={0: 2.0}, sample_weight=np.ones(20))


def test_a_custom_layer_that_forgets_its_parents_constructor_is_told():
    class Forgetful(layers.Layer):
        def __init__(self):
            self.factor = 2

        def forward(self, x, training=False):
            return x * self.factor, None

    with pytest.raises(TypeError, match=r"super\(\).__init__\(\)"):
        Forgetful()(X)
