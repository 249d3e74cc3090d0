"""`load_weights(skip_mismatch=True)`: layers that fit are loaded, the others skipped with a warning."""

import numpy as np
import pytest

from minidl import Input, Model, Sequential
from minidl.layers import BatchNormalization, Dense


def net(classes, named=True, width=4):
    trunk, head = ("trunk", "head") if named else (None, None)
    return Sequential([Input((3,)), Dense(width, name=trunk), BatchNormalization(), Dense(classes, name=head)])


@pytest.mark.parametrize("named", [True, False])
def test_a_model_with_another_head_loads_the_shared_layers(named, tmp_path):
    one, other = net(2, named), net(5, named)
    one.layers[1].moving_mean.assign(np.arange(4.0))
    head = other.layers[2].get_weights()
    one.save_weights(tmp_path / "a.safetensors")
    with pytest.raises(ValueError, match="and these differ"):
        other.load_weights(tmp_path / "a.safetensors")
    with pytest.warns(UserWarning, match=f"skipped layers whose weights do not fit: {other.layers[2].name}"):
        other.load_weights(tmp_path / "a.safetensors", skip_mismatch=True)
    for layer in (0, 1):
        for mine, its in zip(other.layers[layer].get_weights(), one.layers[layer].get_weights(), strict=True):
            np.testing.assert_array_equal(mine, its)
    for before, after in zip(head, other.layers[2].get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_file_in_which_everything_fits_is_loaded_without_a_warning(tmp_path):
    one, other = net(2), net(2)
    one.save(tmp_path / "a.safetensors")
    other.load_weights(tmp_path / "a.safetensors", skip_mismatch=True)
    for mine, its in zip(other.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)


def test_layers_of_nested_models_and_more_layers_are_matched_by_their_paths(tmp_path):
    def nested(head):
        start = Input((3,))
        inner = Sequential([Input((3,)), Dense(4, name="h")], name="inner")
        return Model(start, head(inner(start)))

    one = nested(Dense(2, name="a"))
    other = nested(lambda x: Dense(1, name="c")(Dense(3, name="a")(x)))
    one.save_weights(tmp_path / "a.safetensors")
    with pytest.warns(UserWarning, match="do not fit: a, c"):
        other.load_weights(tmp_path / "a.safetensors", skip_mismatch=True)
    np.testing.assert_array_equal(other.get_weights()[0], one.get_weights()[0])


def test_all_weights_that_do_not_fit_are_listed_and_nothing_changes(tmp_path):
    small, large = (Sequential([Input((3,)), Dense(width, name="one"), Dense(width, name="two")]) for width in (2, 4))
    small.save_weights(tmp_path / "a.safetensors")
    before = large.get_weights()
    with pytest.raises(ValueError, match="holds 4 weights and Sequential .* has 4, and these differ") as caught:
        large.load_weights(tmp_path / "a.safetensors")
    assert str(caught.value).splitlines()[1:] == [
        "  number 1: the file has 'one/kernel' of shape (3, 2), the model expects 'one/kernel' of shape (3, 4)",
        "  number 2: the file has 'one/bias' of shape (2,), the model expects 'one/bias' of shape (4,)",
        "  number 3: the file has 'two/kernel' of shape (2, 2), the model expects 'two/kernel' of shape (4, 4)",
        "  number 4: the file has 'two/bias' of shape (2,), the model expects 'two/bias' of shape (4,)",
    ]
    assert all(np.array_equal(one, other) for one, other in zip(large.get_weights(), before, strict=True))
    deep = Sequential([Input((3,)), Dense(2), *(Dense(2) for _ in range(15))])
    with pytest.raises(ValueError, match=r"the file has nothing more, the model expects 'dense.*\n  and 8 more"):
        deep.load_weights(tmp_path / "a.safetensors")


def test_layers_that_only_the_file_has_are_named(tmp_path):
    one = Sequential([Input((3,)), Dense(4, name="h"), Dense(4, name="more"), Dense(2, name="head")])
    other = Sequential([Input((3,)), Dense(4, name="h"), Dense(2, name="head")])
    one.save_weights(tmp_path / "a.safetensors")
    with pytest.warns(UserWarning, match="skipped layers of the file that the model does not have: more$"):
        other.load_weights(tmp_path / "a.safetensors", skip_mismatch=True)
    np.testing.assert_array_equal(other.get_weights()[2], one.get_weights()[4])
