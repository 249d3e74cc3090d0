"""Models with `call` and several inputs, classes with `*args`, ranks of inputs, and messages about unknown sizes."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers, load_model, ops

A, B, Y = np.ones((6, 2), "float32"), np.ones((6, 3), "float32"), np.ones((6, 2), "float32")


class TwoInputs(Model):
    def __init__(self):
        super().__init__()
        self.a, self.b = layers.Dense(2), layers.Dense(2)

    def call(self, x):
        return self.a(x[0]) + self.b(x[1])


def batches(kind):
    while True:
        yield kind((A, B)), Y


@pytest.mark.parametrize("second", [A, B])
@pytest.mark.parametrize("kind", [list, tuple])
def test_a_model_with_call_takes_several_arrays_of_any_width(kind, second):
    model = TwoInputs()
    model.compile("sgd", "mse")
    x = kind((A, second))
    model.fit(x, Y, batch_size=4, verbose=0)
    assert model.predict(x, verbose=0).shape == (6, 2)
    assert np.isfinite(model.evaluate(x, Y, verbose=0))
    assert np.isfinite(model.train_on_batch(x, Y))


@pytest.mark.parametrize("kind", [list, tuple])
def test_batches_of_several_inputs_train_a_model_with_call(kind):
    model = TwoInputs()
    model.compile("sgd", "mse")
    assert len(model.fit(batches(kind), steps_per_epoch=2, verbose=0).history["loss"]) == 1


class Stack(Model):
    def __init__(self, first, *widths, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.stack, self.factor = [layers.Dense(width) for width in (first, *widths)], factor

    def call(self, x):
        for layer in self.stack:
            x = layer(x)
        return x * self.factor


class Scaled(layers.Layer):
    def __init__(self, *factors, **kwargs):
        super().__init__(**kwargs)
        self.factors = factors

    def call(self, x):
        return x * float(np.prod(self.factors))


class Named(Model):
    def __init__(self, *args, note="", **kwargs):
        super().__init__(*args, **kwargs)
        self.note = note


def make_named():
    x = Input((3,))
    return Named(x, layers.Dense(2)(x), note="kept")


@pytest.mark.parametrize(
    "make", [lambda: Stack(4, 3, 2, factor=2.0), lambda: Stack(4), lambda: Sequential([Scaled(2, 3)]), make_named]
)
def test_classes_with_args_are_rebuilt_and_loaded(make, tmp_path):
    model = make()
    y = model(B)
    model.save(tmp_path / "m.safetensors")
    own = {kind.__name__: kind for kind in (Stack, Scaled, Named)}
    loaded = load_model(tmp_path / "m.safetensors", custom_objects=own)
    np.testing.assert_array_equal(loaded(B), y)
    assert type(loaded) is type(model)
    assert getattr(loaded, "note", None) == getattr(model, "note", None)
    assert Scaled.from_config(Scaled(2, 3).get_config()).factors == (2, 3)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (Sequential([Input((2,)), layers.Dense(1)]), (2, 2)),
        (Sequential([Input((2,)), layers.Flatten()]), (2, 3)),
        (Sequential([Input((2, 3)), layers.Flatten()]), (3,)),
    ],
)
def test_rows_of_another_rank_raise_an_error_wherever_a_sequential_model_is_called(model, shape):
    class Outer(Model):
        def __init__(self):
            super().__init__()
            self.inner = model

        def call(self, x):
            return self.inner(x)

    x = np.ones((4, *shape), "float32")
    for run in (model, lambda x: model(Input(x.shape[1:])), Outer(), lambda x: model.predict(x, verbose=0)):
        with pytest.raises(ValueError, match="rows of shape"):
            run(x)


def test_a_sequential_model_built_by_a_call_raises_an_error_for_another_rank():
    model = Sequential([layers.Dense(1)])
    model(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"built for rows of shape \(3,\), got rows of shape \(4, 3\)"):
        model(np.ones((2, 4, 3)))


class Folded(layers.Layer):
    def call(self, x):
        return ops.reshape(np.asarray(x), (5, 7, -1))


class FoldedModel(Model):
    def call(self, x):
        return np.reshape(x, (5, 7, -1))


@pytest.mark.parametrize(
    "draw", [lambda: Folded()(Input((2,))), lambda: layers.Lambda(lambda x: x.reshape(5, 7, -1))(Input((2,)))]
)
def test_errors_while_finding_a_shape_do_not_name_sizes_of_examples(draw):
    with pytest.raises(ValueError, match="array of size None into shape") as caught:
        draw()
    text = str(caught.value) + " ".join(caught.value.__notes__)
    assert not any(number in text for number in ("(8", "(9", "16", "18"))
    assert "(None, 2)" in text


def test_the_same_holds_for_a_model_with_call():
    with pytest.raises(ValueError, match="array of size None into shape"):
        FoldedModel()(Input((2,)))


class Wrong(layers.Layer):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(self.dense(x))


def test_errors_of_inner_layers_show_an_unknown_batch_too():
    with pytest.raises(ValueError, match=r"expects rows of 3 features, got shape \(None, 2\)"):
        Wrong()(Input((3,)))


@pytest.mark.parametrize("given", [[None], (None,), {"x": None}])
def test_data_of_none_raises_an_error(given):
    model = Sequential([Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="there is no data"):
        model.fit(given, np.ones((3, 1)))
