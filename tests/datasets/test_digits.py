import numpy as np
import pytest
from sklearn.datasets import load_digits

from minidl.datasets import digits


def test_every_fifth_row_is_for_testing_and_the_rest_for_training() -> None:
    original = load_digits()
    test = np.arange(1797) % 5 == 0
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    np.testing.assert_array_equal(x_train, original.images[~test])
    np.testing.assert_array_equal(y_train, original.target[~test])
    np.testing.assert_array_equal(x_test, original.images[test])
    np.testing.assert_array_equal(y_test, original.target[test])


def test_the_other_split_uses_the_last_fifth_for_testing() -> None:
    original = load_digits()
    (x_train, y_train), (x_test, y_test) = digits.load_data(split="last")
    np.testing.assert_array_equal(np.concatenate([x_train, x_test]), original.images)
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), original.target)
    assert len(x_test) == 360


@pytest.mark.parametrize("split", ["every_fifth", "last"])
def test_arrays_are_writable_copies(split: str) -> None:
    for x, y in digits.load_data(split):
        assert x.dtype == y.dtype == np.uint8
        assert x.max() == 16
        assert set(y) == set(range(10))
        x[:] = 0
    assert digits.load_data(split)[0][0].max() == 16


@pytest.mark.parametrize("split", ["first", None, 5])
def test_an_unknown_split_raises_an_error(split: object) -> None:
    with pytest.raises(ValueError, match="split is 'every_fifth' or 'last', got"):
        digits.load_data(split)  # type: ignore[arg-type]  # a wrong one on purpose
