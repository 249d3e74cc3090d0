"""Products by letters: against `np.einsum`, which is slow and plain."""

import itertools

import numpy as np
import pytest

from minidl.kernels.einsum import contract

SIZES = dict(zip("abcdefg", (2, 3, 4, 5, 1, 6, 2), strict=True))


def arrays(*letters):
    generator = np.random.default_rng(0)
    return [generator.normal(size=[SIZES[letter] for letter in part]) for part in letters]


@pytest.mark.parametrize(
    ("a", "b", "y"),
    [
        ("ab", "bc", "ac"),
        ("ab", "cb", "ca"),
        ("abc", "cd", "abd"),
        ("abc", "acd", "dab"),  # a product for each a
        ("abc", "bd", "adc"),
        ("abcd", "dbe", "aec"),  # b and d are summed over, and b is not next to d
        ("abcd", "cdf", "abf"),
        ("abc", "bc", "a"),
        ("abc", "a", "abc"),
        ("abc", "abc", "abc"),
        ("abc", "abc", ""),
        ("ab", "cd", "dbca"),
        ("abc", "de", "ae"),  # letters of one array alone are summed over at once
        ("", "ab", "ba"),
        ("abe", "ecd", "abcd"),
    ],
)
def test_products_are_those_of_einsum(a, b, y):
    one, other = arrays(a, b)
    np.testing.assert_allclose(contract(one, other, a, b, y), np.einsum(f"{a},{b}->{y}", one, other), rtol=1e-12)


def test_every_order_of_axes_gives_the_same_numbers():
    for a, b, y in itertools.product(*(map("".join, itertools.permutations(part)) for part in ("abc", "bcd", "abd"))):
        one, other = arrays(a, b)
        np.testing.assert_allclose(contract(one, other, a, b, y), np.einsum(f"{a},{b}->{y}", one, other), rtol=1e-12)


def test_letters_that_only_the_result_has_get_size_one():
    one, other = arrays("ab", "bc")
    y = contract(one, other, "ab", "bc", "afcg")
    assert y.shape == (2, 1, 4, 1)
    np.testing.assert_allclose(y[:, 0, :, 0], one @ other)


def test_float32_is_kept_and_neither_array_is_modified():
    one, other = (array.astype("float32") for array in arrays("abc", "cd"))
    one.flags.writeable = other.flags.writeable = False
    assert contract(one, other, "abc", "cd", "bda").dtype == "float32"
