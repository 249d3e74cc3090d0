import pytest

from minidl.utils import to_categorical


@pytest.mark.parametrize("labels", [["a", "b"], [None, 1], [b"a"]])
def test_the_error_for_labels_that_are_not_numbers_says_how_to_number_them(labels):
    with pytest.raises(ValueError, match=r"whole-number labels, .* np.unique\(y, return_inverse=True\)"):
        to_categorical(labels)
