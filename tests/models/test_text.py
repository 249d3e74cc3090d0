"""Models that begin with text: strings pass their boundary in every form, and that of no other model."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from minidl import Input, Model, Sequential, load_model
from minidl.layers import (
    Concatenate,
    Dense,
    Embedding,
    GlobalAveragePooling1D,
    InputLayer,
    IntegerLookup,
    Layer,
    Reshape,
    StringLookup,
    TextVectorization,
)
from minidl.models.cloning import clone_model
from minidl.saving import register_keras_serializable

GOOD, BAD, REST = ["good", "great", "lovely"], ["bad", "awful", "poor"], ["film", "the", "a", "plot", "was"]


def reviews(count=60):
    """Texts of different lengths, and whether they praise."""
    random = np.random.default_rng(0)
    labels = np.arange(count) % 2
    texts = []
    for label in labels:
        words = [*random.choice(GOOD if label else BAD, 2), *random.choice(REST, random.integers(1, 6))]
        random.shuffle(words)
        texts.append(" ".join(words).capitalize() + "!")
    return texts, labels


TEXTS, LABELS = reviews()
STARTS = {"no input": [], "a column": [(1,)], "single texts": [()]}


def classifier(start=(), **arguments):
    words = TextVectorization(**arguments)
    words.adapt(TEXTS)
    model = Sequential(
        [
            *(Input(shape, dtype="string") for shape in start),
            words,
            Embedding(words.vocabulary_size(), 8, mask_zero=True),
            GlobalAveragePooling1D(),
            Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.05
    return model


FORMS = {
    "list": lambda texts: texts,
    "rows": lambda texts: [[text] for text in texts],
    "U": np.array,
    "O": lambda texts: np.array(texts, object),
    "StringDType": lambda texts: np.array(texts, np.dtypes.StringDType()),
    "column": lambda texts: np.array(texts)[:, np.newaxis],
    "bytes": lambda texts: np.array([text.encode() for text in texts]),
    "Series": pd.Series,
    "DataFrame": lambda texts: pd.DataFrame({"text": texts}),
}


@pytest.mark.parametrize("start", STARTS)
def test_a_model_of_raw_strings_trains_saves_and_predicts(start, tmp_path):
    model = classifier(STARTS[start])
    history = model.fit(TEXTS, LABELS, epochs=12, verbose=0, validation_split=0.2).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["val_accuracy"][-1] == 1.0
    assert model.evaluate(TEXTS, LABELS)[1] == 1.0
    expected = model.predict(["What a great, lovely film", "awful!", ""])
    assert expected[0] > 0.5 > expected[1]
    model.save(tmp_path / "reviews.safetensors")
    again = load_model(tmp_path / "reviews.safetensors")
    for other in (again, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(other.predict(["What a great, lovely film", "awful!", ""]), expected)
    for one in (model, again):  # and goes on learning alike
        one.fit(TEXTS, LABELS, verbose=0, shuffle=False)
    np.testing.assert_array_equal(model.predict(TEXTS), again.predict(TEXTS))
    assert clone_model(model).layers[0].get_vocabulary() == model.layers[0].get_vocabulary()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("start", STARTS)
def test_strings_are_accepted_in_every_form(form, start):
    model, expected = classifier(STARTS[start]), classifier(STARTS[start])
    expected.build((None, 1))
    model.build((None, 1))
    model.set_weights(expected.get_weights())
    x = FORMS[form](TEXTS)
    for one, given in ((model, x), (expected, TEXTS)):
        one.fit(given, LABELS, shuffle=False, verbose=0, validation_data=(given, LABELS))
        one.fit(given, LABELS, shuffle=False, verbose=0, validation_split=0.5)
        one.train_on_batch(given, LABELS)
    assert model.evaluate(x, LABELS) == expected.evaluate(TEXTS, LABELS)
    assert model.test_on_batch(x, LABELS) == expected.test_on_batch(TEXTS, LABELS)
    np.testing.assert_array_equal(model.predict(x), expected.predict(TEXTS))
    np.testing.assert_array_equal(model.predict_on_batch(x), expected.predict_on_batch(TEXTS))


def test_batches_of_strings_may_come_from_an_iterable():
    model = classifier([(1,)])

    def batches():
        for start in range(0, 60, 20):
            yield TEXTS[start : start + 20], LABELS[start : start + 20]

    model.fit(batches(), verbose=0)
    assert model.predict(iter([TEXTS[:3], TEXTS[3:5]])).shape == (5, 1)


def test_gradients_and_trace_work_with_text_layers():
    model = classifier()
    assert sorted(path.split("/")[1] for path in model.gradients(TEXTS, LABELS)) == ["bias", "embeddings", "kernel"]
    first = model.trace(TEXTS, LABELS)[0]
    assert first.x[0] == TEXTS[0]
    assert first.y.dtype == np.int64
    assert first.dx is None


def test_strings_and_numbers_may_be_inputs_of_one_model(tmp_path):
    text, size = Input((), dtype="string", name="text"), Input((2,), name="size")
    words = TextVectorization(output_mode="tf_idf")
    words.adapt(TEXTS)
    model = Model({"text": text, "size": size}, Dense(1)(Concatenate()([words(text), size])))
    model.compile("adam", "mse")
    data = {"size": np.random.default_rng(0).normal(size=(60, 2)), "text": TEXTS}
    model.fit(data, LABELS, verbose=0)
    model.save(tmp_path / "both.safetensors")
    again = load_model(tmp_path / "both.safetensors")
    assert [tensor.dtype for tensor in again.inputs] == ["float32", "string"]  # in the order of their keys
    np.testing.assert_array_equal(again.predict(data), model.predict(data))
    with pytest.raises(TypeError, match='takes numbers at its input "size".*swapped'):
        model.predict({"text": TEXTS, "size": TEXTS})
    with pytest.raises(TypeError, match='takes strings at its input "text"'):
        model.predict({"text": data["size"], "size": data["size"]})


def test_categories_may_be_strings_or_numbers():
    colors, numbers = StringLookup(output_mode="one_hot"), IntegerLookup(output_mode="multi_hot")
    colors.adapt(["red", "green", "blue"])
    numbers.adapt([[7, 9], [7, 11]])
    by_color, by_number = Sequential([colors, Dense(2)]), Sequential([numbers, Dense(2)])
    for model, x, column in (
        (by_color, ["red", "pink"], [["red"], ["pink"]]),
        (by_number, [7, 8], [[7], [8]]),
    ):
        model.compile("adam", "mse")
        model.fit(x, np.ones((2, 2)), verbose=0)
        np.testing.assert_array_equal(model.predict(x), model.predict(column))
    assert by_number.predict(pd.DataFrame({"a": [7.0, 9.0], "b": [9.0, 8.0]})).shape == (2, 2)  # whole numbers in floats


def test_layers_before_the_text_layer_pass_strings_on():
    words = StringLookup(vocabulary=["a", "b"])
    nested = Sequential([Sequential([Reshape((2,)), words]), Embedding(4, 3)])
    assert nested.predict([["a", "b"], ["b", "c"]]).shape == (2, 2, 3)
    whole = Input((2,), dtype="string")
    assert Sequential([Model(whole, words(whole)), Embedding(4, 3)]).predict([["a", "b"]]).shape == (1, 2, 3)


def test_a_custom_layer_may_take_strings():
    class Lengths(Layer):
        input_dtype = "string"

        def forward(self, x, training=False):
            return np.strings.str_len(x.astype(str)).astype(self.dtype), None

        def backward(self, dy, cache):
            return None

    model = Sequential([Lengths(), Dense(1)])
    model.fit([["a"], ["abc"]], [1.0, 3.0], verbose=0)
    assert model.predict(np.array([["ab"]])).shape == (1, 1)


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.ones((4, 1)), TypeError, "takes strings at its input .*float64"),
        ([1, 2], TypeError, "takes strings"),
        ("one text", ValueError, r"single string, 'one text'; .*\['one text'\]"),
        (pd.Series(["a", None]), TypeError, "row 1 holds (nan|None); fill missing values with ''"),  # pandas 3, pandas 2
        (["a", 3], TypeError, "row 1 holds 3"),
        ([["a"], ["b", "c"]], TypeError, "row 0 holds"),
        ([], ValueError, "empty"),
        (np.array(["2020-01-01"], "datetime64[D]"), TypeError, "dates"),
    ],
)
def test_anything_but_text_raises_an_error_before_any_work(x, error, words):
    model = classifier()
    with pytest.raises(error, match=words):
        model.fit(x, LABELS[: len(x)], verbose=0)
    assert not model.built
    with pytest.raises(error, match=words):
        model.predict(x)


@pytest.mark.parametrize(
    "x", [["a", "b"], np.array(["a", "b"]), np.array(["a", "b"], np.dtypes.StringDType()), np.array([b"a"])]
)
def test_the_error_for_strings_in_other_models_names_the_layers_that_take_them(x):
    for model in (Sequential([Dense(1)]), Sequential([Embedding(3, 2)]), Sequential([Input((1,)), Dense(1)])):
        with pytest.raises(TypeError, match=r"x holds strings.*StringLookup.*TextVectorization.*np\.unique"):
            model.predict(x)
    with pytest.raises(TypeError, match="y holds strings, but a model computes with numbers; turn class names into labels"):
        classifier().fit(["text"] * len(x), x, verbose=0)


def test_an_unadapted_layer_raises_an_error():
    with pytest.raises(RuntimeError, match="no vocabulary yet"):
        Sequential([TextVectorization(), Embedding(3, 2)]).predict(["a"])
    with pytest.raises(RuntimeError, match="before the model is built"):
        Sequential([Input((1,), dtype="string"), TextVectorization(output_mode="count"), Dense(1)])


@register_keras_serializable(package="tests")
def without_vowels(texts):
    return np.array([text.translate(str.maketrans("", "", "aeiou")) for text in texts])


def unregistered(texts):
    return texts


def test_functions_are_saved_by_name(tmp_path):
    model = classifier(standardize=without_vowels)
    expected = model.predict(TEXTS)
    model.save(tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert again.layers[0].standardize is without_vowels
    np.testing.assert_array_equal(again.predict(TEXTS), expected)
    other = classifier(standardize=unregistered)
    other.predict(TEXTS)
    other.save(tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="'unregistered'.*register_keras_serializable"):
        load_model(tmp_path / "other.safetensors")
    loaded = load_model(tmp_path / "other.safetensors", custom_objects={"unregistered": unregistered})
    np.testing.assert_array_equal(loaded.predict(TEXTS), other.predict(TEXTS))


def test_an_input_keeps_the_type_of_its_data():
    for dtype in ("string", "int32", "float64", None):
        layer = InputLayer((3,), dtype=dtype, name="entry")
        again = InputLayer.from_config(layer.get_config())
        assert again.output.dtype == layer.output.dtype == (dtype or "float32")
    assert Input((), dtype=str).dtype == "string"
    assert Input((), dtype=np.dtype("int64")).dtype == "int64"
