"""One seed makes everything built after it repeatable, and NumPy's global state is left alone."""

import numpy as np
import pytest

from minidl import Sequential, layers, utils
from minidl.config.randomness import LateGenerator, make_generator


def trained():
    model = Sequential([layers.Dense(4, activation="relu"), layers.Dropout(0.5), layers.Dense(2, activation="softmax")])
    x = np.random.default_rng(0).normal(size=(20, 3))
    model.fit(x, np.arange(20) % 2, epochs=2, verbose=0)
    return model.get_weights()


def test_the_same_seed_gives_the_same_bits():
    utils.set_random_seed(7)
    one = trained()
    utils.set_random_seed(7)
    for first, second in zip(one, trained(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_generators_made_one_after_another_differ():
    assert make_generator().random() != make_generator().random()
    assert make_generator(3).random() == make_generator(3).random()


def test_seeds_are_the_children_of_numpys_seed_sequence():
    utils.set_random_seed(5)
    for child in np.random.SeedSequence(5).spawn(3):
        assert make_generator().random() == np.random.default_rng(child).random()
    assert make_generator(9).random() == np.random.default_rng(9).random()


def test_a_late_generator_takes_its_seed_when_it_is_made_and_keeps_a_restored_state():
    utils.set_random_seed(5)
    late, other = LateGenerator(), make_generator()
    first, second = (np.random.default_rng(child) for child in np.random.SeedSequence(5).spawn(2))
    assert (other.random(), late.generator.random()) == (second.random(), first.random())
    restored, state = LateGenerator(), late.generator.bit_generator.state
    restored.restore(state)
    assert restored.generator.random() == late.generator.random()
    for wrong in (None, {}, state | {"bit_generator": "Nonsense"}, state | {"uinteger": -1}, state | {"state": {"state": 1}}):
        with pytest.raises((TypeError, ValueError, KeyError, OverflowError)):
            LateGenerator().restore(wrong)


def test_numpys_global_state_is_never_touched():
    before = np.random.get_state()[1].copy()  # noqa: NPY002  # that this stays as it is, is the point
    utils.set_random_seed(7)
    trained()
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002  # as above


@pytest.mark.parametrize("seed", [-1, 1.5, "a", None, True])
def test_a_seed_must_be_an_integer_of_at_least_zero(seed):
    with pytest.raises(ValueError, match="integer of at least 0"):
        utils.set_random_seed(seed)
