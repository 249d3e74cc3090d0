"""Boston housing: prices of 506 districts by 13 features, from the 1970s."""

import os

from minidl.datasets.housing import Parts, check_test_split, read_housing, split_shuffled

SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: "str | os.PathLike[str]" = "boston_housing.npz", test_split: float = 0.2, seed: int | None = 113) -> Parts:
    """Load features and median prices in thousands of dollars.

    One of the features was built on racist assumptions; use the data only to reproduce older work.

    Args:
        path: the archive, relative to `$MINIDL_HOME` or `~/.cache/minidl` unless it is absolute; downloaded once.
        test_split: fraction of the rows for testing.
        seed: seed of the order.
    Returns:
        `(x_train, y_train), (x_test, y_test)`: x of shape (404 or 102, 13), y of shape (404 or 102,).
    Raises:
        OSError: there is no file at `path`, and the download failed.
        ValueError: `test_split` is not a fraction, or the file is damaged or holds something else.
    Source: Harrison & Rubinfeld, Hedonic housing prices and the demand for clean air, 1978.
    Example:
        `(x_train, y_train), (x_test, y_test) = boston_housing.load_data()`
    """
    check_test_split(test_split)
    x, y = read_housing(path, "boston_housing.npz", SHA256, "Boston housing", features=13)
    return split_shuffled(x, y, test_split, seed)
