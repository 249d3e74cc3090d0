"""Options of `summary`."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential, layers


def make():
    inner = Sequential([Input((3,)), layers.Dense(2, name="deep"), layers.ReLU(name="act")], name="inner")
    model = Sequential([Input((4,)), layers.Dense(3, name="in1"), inner, layers.Dense(1, name="last")])
    model.get_layer("in1").trainable = False
    return model


def shown(model, **options):
    lines = []
    model.summary(print_fn=lines.append, **options)
    return lines[0]


def names(text):
    return [
        line.split(" (")[0] for line in text.splitlines() if " (" in line and "params" not in line and "Layer (" not in line
    ]


def test_layers_of_inner_models_follow_them_indented():
    assert names(shown(make())) == ["in1", "inner", "last"]
    assert names(shown(make(), expand_nested=True)) == ["in1", "inner", "    deep", "    act", "last"]


def test_a_column_shows_which_layers_are_trainable():
    text = shown(make(), expand_nested=True, show_trainable=True)
    marks = {line.split(" (")[0].strip(): line.split()[-1] for line in text.splitlines()}
    assert [marks[name] for name in ("in1", "inner", "deep", "act", "last")] == ["N", "Y", "Y", "-", "Y"]
    assert "Trainable" not in shown(make()).splitlines()[2]


def test_a_range_of_layers_is_shown_by_names_or_expressions():
    assert names(shown(make(), layer_range=["in1", "inner"])) == ["in1", "inner"]
    assert names(shown(make(), layer_range=["inn", "la.*"])) == ["inner", "last"]
    with pytest.raises(ValueError, match="to match names of layers, which are"):
        shown(make(), layer_range=["absent", "last"])
    with pytest.raises(ValueError, match="two layers"):
        shown(make(), layer_range=["in1"])


def test_a_functional_model_shows_the_same_columns():
    x = Input((3,), name="x")
    model = Model(x, make().layers[1](x))
    text = shown(model, expand_nested=True, show_trainable=True)
    assert "Trainable   Connected to" in text
    assert names(text) == ["x", "inner", "    deep", "    act"]


class Crossed(Model):
    """Layers are called in another order than their attributes were set."""

    def __init__(self):
        super().__init__()
        self.last, self.first, self.unused = layers.Dense(2), layers.Dense(5), layers.Dense(7)
        self.inner = Sequential([layers.Dense(3)])

    def call(self, x):
        return self.last(self.inner(self.first(x)))


def test_each_layer_of_code_has_the_shape_that_it_was_called_with():
    model = Crossed()
    model.predict(np.ones((8, 4)), verbose=0)
    text = shown(model)
    for name, shape in (("dense", "(8, 2)"), ("dense_1", "(8, 5)"), ("sequential", "(8, 3)"), ("dense_2", "?")):
        assert shape in next(line for line in text.splitlines() if line.startswith(f"{name} "))
