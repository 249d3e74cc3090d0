"""California housing: prices of 20,640 districts by 8 features, from the census of 1990."""

import os

from minidl.datasets.housing import Parts, check_test_split, read_housing, split_shuffled

SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"


def load_data(
    version: str = "large",
    path: "str | os.PathLike[str]" = "california_housing.npz",
    test_split: float = 0.2,
    seed: int | None = 113,
) -> Parts:
    """Load features and median prices in dollars.

    Args:
        version: "large" for all districts, "small" for the first 600.
        path: the archive, relative to `$MINIDL_HOME` or `~/.cache/minidl` unless it is absolute; downloaded once.
        test_split: fraction of the rows for testing.
        seed: seed of the order.
    Returns:
        `(x_train, y_train), (x_test, y_test)`: x of shape (n, 8) with longitude, latitude, housing_median_age, total_rooms,
        total_bedrooms, population, households and median_income; y of shape (n,).
    Raises:
        OSError: there is no file at `path`, and the download failed.
        ValueError: an argument is unknown, or the file is damaged or holds something else.
    Source: Pace & Barry, Sparse spatial autoregressions, 1997.
    Example:
        `(x_train, y_train), (x_test, y_test) = california_housing.load_data()`
    """
    check_test_split(test_split)
    if version not in ("large", "small"):
        raise ValueError(f'version is "large" or "small", got {version!r}')
    x, y = read_housing(path, "california_housing.npz", SHA256, "California housing", features=8)
    return split_shuffled(x, y, test_split, seed) if version == "large" else split_shuffled(x[:600], y[:600], test_split, seed)
