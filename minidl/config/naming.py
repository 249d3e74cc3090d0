"""Names given to what the user did not name: `dense`, `dense_1`, `dense_2` ..., as Keras gives them."""

import difflib
import re
from collections import Counter
from collections.abc import Iterable

_counts: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """`BatchNormalization` -> `batch_normalization`, `Conv2DTranspose` -> `conv2d_transpose`, as Keras names objects."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[^_])(?=[A-Z][a-z])", "_", name)
    return spaced.lower().lstrip("_")


def automatic_name(class_name: str) -> str:
    """The next free name for an object of that class in this process."""
    stem = snake_case(class_name)
    _counts[stem] += 1
    number = _counts[stem] - 1
    return f"{stem}_{number}" if number else stem


reset_names = _counts.clear  # starts counting again (`utils.clear_session`)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The tail of an error about an unknown name: the nearest known one, or the list of all."""
    known = sorted(known)
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
