"""Default names, as in Keras: `dense`, `dense_1`, `dense_2` ... for layers, the class's name for losses and metrics."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from minidl.config.public_names import PACKAGES

_PUBLIC = frozenset(name for names in PACKAGES.values() for name in names)
_counts: Counter[str] = Counter()
_uids: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """Convert class names as Keras does: `BatchNormalization` -> `batch_normalization`, `Conv2D` -> `conv2d`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[^_])(?=[A-Z][a-z])", "_", name)
    return spaced.lower().lstrip("_")


def default_name(kind: type) -> str:
    """The name of a loss or metric that was given none: its class's, or that of the public class it is derived from.

    Example:
        >>> from minidl.losses import MeanSquaredError
        >>> class Mine(MeanSquaredError):
        ...     pass
        >>> default_name(Mine)
        'mean_squared_error'
    """
    ours = (parent for parent in kind.__mro__ if parent.__module__.startswith("minidl.") and parent.__name__ in _PUBLIC)
    return snake_case(next(ours, kind).__name__)


def loss_name(kind: type) -> str:
    """The name of a loss that was given none: a public class's, or its own with a number, `my_loss_1`, as in Keras."""
    ours = any(parent.__module__.startswith("minidl.") and parent.__name__ in _PUBLIC for parent in kind.__mro__)
    return default_name(kind) if ours else automatic_name(kind.__name__)


def automatic_name(class_name: str) -> str:
    """The next unused name for an object of that class in this process."""
    stem = snake_case(class_name)
    _counts[stem] += 1
    number = _counts[stem] - 1
    return f"{stem}_{number}" if number else stem


def layer_name(name: object, class_name: str) -> str:
    """The name that a layer was given, or the next automatic one for `None`; as in Keras, a name contains no slash.

    Raises:
        ValueError: the name is not a string, or contains "/".
    """
    if name is None or name == "":
        return automatic_name(class_name)
    if not isinstance(name, str) or "/" in name:
        raise ValueError(f'{class_name} takes a string without "/" as its name, got {name!r}')
    return name


def unique_names(names: Sequence[str]) -> list[str]:
    """The names, with a number for each that an earlier one has already: `head`, `head_1`."""
    found: list[str] = []
    for name in names:
        numbered = (f"{name}_{number}" for number in itertools.count(1))
        found.append(name if name not in found else next(n for n in numbered if n not in (*names, *found)))
    return found


def get_uid(prefix: str = "") -> int:
    """The next unused number for automatic names with this prefix: 1, 2, 3 ...

    Example:
        >>> get_uid("block"), get_uid("block")
        (1, 2)
    """
    _uids[prefix] += 1
    return _uids[prefix]


def clear_session(free_memory: bool = True) -> None:
    """Reset the counters of automatic layer names: the next `Dense` is named "dense".

    Args:
        free_memory: accepted for compatibility with Keras; nothing global holds memory here.
    Example:
        >>> clear_session()
        >>> minidl.layers.Dense(2).name
        'dense'
    """
    _counts.clear()
    _uids.clear()


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6, prefix: bool = True) -> str | None:
    """The most similar known name, or with `prefix` the first that begins with this one, ignoring case; otherwise `None`."""
    import difflib  # only errors need it

    by_spelling = {candidate.lower(): candidate for candidate in sorted(known, reverse=True)}
    near = difflib.get_close_matches(name.lower(), by_spelling, n=1, cutoff=cutoff)
    if not near and prefix and len(name) > 1:
        near = sorted(spelling for spelling in by_spelling if spelling.startswith(name.lower()))
    return by_spelling[near[0]] if near else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error about an unknown name: the nearest known one, or the list of all."""
    known = sorted(known)
    near = nearest(name, known)
    return f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
