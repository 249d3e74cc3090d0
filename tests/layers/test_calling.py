"""Calls with several tensor arguments: by position, by name, some left out."""

import numpy as np
import pytest

from minidl import Model, load_model
from minidl.layers import Input, Layer, MultiHeadAttention
from minidl.layers.calling import arrange


class Blend(Layer):
    """`first + 2 * second + 3 * third`, of which any but the first may be left out; or the second stands in for the third."""

    roles = ("first", "second", "third")

    def forward(self, x, training=False, roles=("first", "second", "third")):
        tensors = x if isinstance(x, list) else [x]
        factors = [1 + self.roles.index(role) for role in roles][: len(tensors)]
        return sum(factor * one for factor, one in zip(factors, tensors)), factors

    def backward(self, dy, factors):
        return [factor * dy for factor in factors] if len(factors) > 1 else dy

    def compute_output_shape(self, input_shape):
        return input_shape[0] if isinstance(input_shape, list) else input_shape


class BlendWithStandIn(Blend):
    stand_ins = {"second": "first"}  # noqa: RUF012


ONE, TEN, HUNDRED = (np.full((1, 1), size) for size in (1.0, 10.0, 100.0))


@pytest.mark.parametrize(
    ("inputs", "by_name", "expected"),
    [
        ((ONE,), {}, 1),
        ((ONE, TEN), {}, 21),
        ((ONE, TEN, HUNDRED), {}, 321),
        (([ONE, TEN],), {}, 21),
        (([ONE, TEN],), {"third": HUNDRED}, 321),
        ((ONE,), {"second": TEN}, 21),
        ((ONE,), {"third": HUNDRED}, 301),
        ((ONE, None, HUNDRED), {}, 301),
        ((ONE,), {"second": None, "third": HUNDRED}, 301),
        ((), {"first": ONE, "third": HUNDRED}, 301),
    ],
)
def test_a_tensor_counts_by_its_role_however_it_comes(inputs, by_name, expected):
    assert Blend()(*inputs, **by_name).item() == expected
    symbols = {id(one): Input((1,)) for one in (ONE, TEN, HUNDRED)}

    def symbolic(value):
        return [symbolic(one) for one in value] if isinstance(value, list) else symbols.get(id(value))

    y = Blend()(*map(symbolic, inputs), **{name: symbolic(value) for name, value in by_name.items()})
    flat = [one for value in (*inputs, *by_name.values()) for one in (value if isinstance(value, list) else [value])]
    given = [one for one in flat if one is not None]
    model = Model([symbols[id(one)] for one in given], y)
    assert model.predict(given if len(given) > 1 else given[0], verbose=0).item() == expected


def test_a_stand_in_is_given_where_its_role_is_left_out_before_another():
    assert BlendWithStandIn()(ONE, third=HUNDRED).item() == 303
    assert BlendWithStandIn()(ONE, TEN, HUNDRED).item() == 321
    assert BlendWithStandIn()(ONE).item() == 1
    options = {}
    assert arrange(BlendWithStandIn(), (ONE,), options | {"third": HUNDRED}) == [ONE, ONE, HUNDRED]
    assert options == {}


def test_rows_written_as_nested_lists_are_one_tensor():
    assert arrange(Blend(), ([[1.0], [2.0]],), {}) == [[1.0], [2.0]]
    assert Blend()([[1.0], [2.0]]).tolist() == [[1.0], [2.0]]


def test_too_many_tensors_and_two_for_one_role_are_refused():
    with pytest.raises(TypeError, match='Blend "blend.*" takes at most 3 tensors, first, second, third, got 4'):
        Blend()(ONE, ONE, ONE, ONE)
    with pytest.raises(TypeError, match="given 'second' twice"):
        Blend()(ONE, TEN, second=TEN)
    with pytest.raises(TypeError, match="called on None"):
        Blend()(first=None)


def test_roles_survive_saving(tmp_path):
    a, b = Input((4, 3)), Input((4, 4), dtype="bool")
    model = Model([a, b], MultiHeadAttention(2, 3)(a, a, attention_mask=b))
    generator = np.random.default_rng(0)
    x = [generator.normal(size=(2, 4, 3)), generator.random((2, 4, 4)) < 0.6]
    model.save(tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    layer = model.layers[-1]
    np.testing.assert_allclose(model.predict(x, verbose=0), layer(x[0], x[0], attention_mask=x[1]), atol=1e-6)
    assert not np.allclose(layer(x[0], x[0]), model.predict(x, verbose=0))
