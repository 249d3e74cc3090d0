"""Convert and check the user's data, and iterate over batches `(x, y, sample_weight)`."""

from collections.abc import Callable, Iterable, Iterator, Sized
from itertools import islice
from typing import Any

import numpy as np

from minidl.config.checks import check_not_masked, check_positive_integer, is_number
from minidl.config.nest import flatten, is_structure, rebuild, unpack
from minidl.config.types import ArrayLike, ArraysLike, Generator
from minidl.config.user_warnings import warn_user
from minidl.data.dataset import PyDataset
from minidl.data.memory_map import advise_order
from minidl.data.string_inputs import gathered, is_text
from minidl.data.take_rows import take_rows
from minidl.data.unsupported_types import unsupported_type_message

Batch = tuple[Any, Any, Any]  # x, y, sample_weight; the last two may be None


class ArrayData:
    """Arrays with the same number of rows: x, y and sample_weight; the last two may be `None`."""

    def __init__(self, x: Any, y: Any = None, sample_weight: Any = None) -> None:
        self.x, self.y, self.sample_weight = x, y, sample_weight

    def with_parts(self, **changes: Any) -> "ArrayData":
        """The same data with another x, y or sample_weight."""
        return ArrayData(**({"x": self.x, "y": self.y, "sample_weight": self.sample_weight} | changes))

    def __len__(self) -> int:
        return int(next(array for array in flatten(self.x) if array is not None).shape[0])

    def parts(self) -> dict[str, Any]:
        """A dict of x, y and sample_weight, without those that are `None`."""
        parts = {"x": self.x, "y": self.y, "sample_weight": self.sample_weight}
        return {name: part for name, part in parts.items() if part is not None}

    def rows(self, chosen: object) -> "ArrayData":
        """Some of the rows: a slice (a view of an array or a memory map) or an array of row numbers (a copy)."""
        return ArrayData(_take(self.x, chosen), _take(self.y, chosen), _take(self.sample_weight, chosen))

    def as_batch(self) -> Any:
        """All rows as passed to `train_step`: `(x, y, sample_weight)` without trailing `None`, as in Keras."""
        x, y, sample_weight = _dense(self.x), _dense(self.y), _dense(self.sample_weight)
        if sample_weight is not None:
            return x, y, sample_weight
        if y is not None:
            return x, y
        return (x,) if is_structure(x) else x


class ArrayBatches:
    """The batches of arrays, in order or shuffled at each iteration.

    Attributes:
        steps: batches per epoch, or `None` if unknown.
        pass_length: batches of one pass over the data, or `None` if unknown.
    """

    def __init__(self, data: ArrayData, batch_size: int, generator: Generator | None = None) -> None:
        self.data, self.generator = data, generator
        self.batch_size = check_positive_integer("fit", "batch_size", batch_size)
        self.steps: int | None = -(-len(data) // self.batch_size)
        self.pass_length = self.steps

    @property
    def rows_of_largest(self) -> int:
        """Rows of the largest batch."""
        return min(self.batch_size, len(self.data))

    def slices(self) -> list[slice]:
        """The rows of each batch, in order."""
        return [slice(start, start + self.batch_size) for start in range(0, len(self.data), self.batch_size)]

    def advise(self, scattered: bool) -> None:
        """Tell the operating system in which order memory maps will be read."""
        for part in self.data.parts().values():
            for array in flatten(part):
                advise_order(array, scattered)

    def __iter__(self) -> Iterator[ArraysLike]:
        order = None if self.generator is None else self.generator.permutation(len(self.data))
        self.advise(scattered=order is not None)
        parts = tuple(self.data.parts().values())
        plain = all(type(part) is np.ndarray for part in parts) and len(parts) > 1 and self.data.y is not None
        for chosen in self.slices():
            if plain:
                yield tuple([part[chosen] if order is None else take_rows(part, order[chosen]) for part in parts])
                continue
            yield self.data.rows(chosen if order is None else order[chosen]).as_batch()


class StreamBatches:
    """The batches of an iterable of `(x, y)` or `(x, y, sample_weight)`; each is converted and checked when it is read.

    The batches of a `PyDataset` are prepared by its workers, in an order that `generator` draws.
    """

    def __init__(
        self,
        stream: Iterable[object],
        steps: int | None,
        read: Callable[[object], ArrayData],
        generator: Generator | None = None,
    ) -> None:
        self.stream, self.read, self.generator = stream, read, generator
        self.pass_length: int | None = None
        if isinstance(stream, PyDataset):
            self.pass_length = stream.num_batches
            if steps is None and self.pass_length is None:
                raise ValueError(
                    f"{type(stream).__name__} has no end: say how many batches to take, with steps_per_epoch or steps"
                )
        elif isinstance(stream, Sized):
            self.pass_length = len(stream)
        self.steps = self.pass_length if steps is None else steps

    def __iter__(self) -> Iterator[ArraysLike]:
        for item in self.stream.loaded(self.generator) if isinstance(self.stream, PyDataset) else self.stream:
            yield self.read(item).rows(slice(None)).as_batch()


Batches = ArrayBatches | StreamBatches


def repeated(batches: Iterable[object]) -> Iterator[Any]:
    """The batches repeated, until an iteration gives none."""
    gave = True
    while gave:
        gave = False
        for data in batches:
            gave = True
            yield data


def first_batches(batches: Iterable[object], steps: int | None) -> Iterator[object]:
    """The first `steps` batches, or all without `steps`; a warning if there are fewer."""
    given = 0
    for data in batches if steps is None else islice(batches, steps):
        given += 1
        yield data
    if steps is not None and given < steps:
        warn_of_end(given, steps)


def warn_of_end(given: int, steps: int) -> None:
    """Warn that the data had fewer batches than the number of steps, as in Keras."""
    warn_user(
        f"the data ended after {given} of the {steps} batches that steps_per_epoch or steps asks for, so this pass ends; "
        f"leave the number of steps out, or give more data",
    )


def unpack_data(data: object) -> Batch:
    """The same for validation data: an iterable of batches, or x alone, has no targets and weights."""
    if is_stream(data) or not isinstance(data, (list, tuple)):
        return data, None, None
    return unpack(tuple(data))


def is_stream(x: object) -> bool:
    """Whether x is an iterable of batches rather than arrays."""
    listed = isinstance(x, list) and len(x) > 0 and all(isinstance(item, tuple) and _holds_arrays(item) for item in x)
    iterable = hasattr(x, "__iter__") and not isinstance(x, (str, bytes))
    return listed or (not hasattr(x, "shape") and not is_structure(x) and iterable)


def _holds_arrays(batch: tuple[object, ...]) -> bool:
    """Whether the first element of a tuple is one or several arrays, as in a batch, and not a row of numbers."""
    first = flatten(batch[0]) if batch else []
    return len(first) > 0 and all(len(getattr(item, "shape", ())) > 0 for item in first)


def as_data(
    x: ArrayLike,
    y: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    model_inputs: int | None = None,
    takes_text: bool = False,
) -> ArrayData:
    """Convert arrays, lists, frames or sparse matrices to arrays with the same number of rows.

    Args:
        x, y, sample_weight: the user's data.
        model_inputs: number of the model's inputs, if known.
        takes_text: whether x may hold strings.
    Raises:
        ValueError: x is empty, or x, y and sample_weight differ in their number of rows, or hold NaN or infinity.
        TypeError: x holds objects, or strings that the model does not take.
    """
    inputs = _as_arrays(x, "x", model_inputs, takes_text)
    data = ArrayData(inputs, _dense(_as_arrays(y, "y")), _as_arrays(sample_weight, "sample_weight"))
    counts = {
        name: sorted({array.shape[0] for array in flatten(part) if array is not None}) for name, part in data.parts().items()
    }
    if len({count for several in counts.values() for count in several}) > 1:
        listed = ", ".join(f"{name} has {' and '.join(map(str, several))}" for name, several in counts.items())
        names = "x, y and sample_weight" if "sample_weight" in counts else "x and y"
        raise ValueError(f"{names} must have the same number of rows: {listed}{_fix_for_rows(x, inputs, data.y)}")
    if not counts.get("x") or len(data) == 0:
        raise ValueError(f"the data is empty: x {'has 0 rows' if counts.get('x') else 'is None'}")
    return data


def _fix_for_rows(x: Any, inputs: Any, y: Any) -> str:
    """What to add if x is transposed, or a list of arrays for a model with one input, which reads the list as one array."""
    if getattr(x, "ndim", 0) == 2 and getattr(y, "ndim", 0) > 0 and x.shape[1] == len(y):
        return "; each row is one example: if x is transposed, give x.T"
    if getattr(x, "ndim", 0) > 0 and getattr(y, "ndim", 0) == 2 and y.shape[1] == len(x):
        return "; each row is one example: if y is transposed, give y.T"
    if not isinstance(x, (list, tuple)) or is_structure(inputs) or not all(getattr(item, "ndim", 0) > 0 for item in x):
        return ""
    return (
        f"; the model has one input, so the list of {len(x)} arrays was read as one array of shape {inputs.shape}; to join "
        f"them, give np.concatenate(x, axis=-1)"
    )


def split_rows(data: ArrayData, share: float) -> tuple[ArrayData, ArrayData]:
    """Split off the last `share` of the rows for validation, as in Keras."""
    if not isinstance(data, ArrayData):
        raise ValueError("validation_split needs arrays; with an iterable of batches give validation_data")
    rows = len(data)
    if not is_number(share) or not 0 < share < 1:
        raise ValueError(f"validation_split is a fraction of the rows between 0 and 1, got {share!r}")
    cut = int(rows * (1 - share))
    if cut in (0, rows):
        part = "training" if cut == 0 else "validation"
        raise ValueError(
            f"validation_split={share} of {rows} rows leaves nothing for {part}; give more rows or another fraction"
        )
    return data.rows(slice(0, cut)), data.rows(slice(cut, None))


def _as_arrays(value: object, name: str, count: int | None = None, takes_text: bool = False) -> object:
    if value is None:
        return None
    if is_structure(value) and not (isinstance(value, (list, tuple)) and _is_one_array(value, name, count)):
        return rebuild(value, [None if item is None else _as_array(item, name, takes_text) for item in flatten(value)])
    if isinstance(value, (list, tuple)) and count == 1 and len(value) == 1 and getattr(value[0], "ndim", 0) > 1:
        return _as_array(value[0], name, takes_text)  # Keras also takes [x]
    return _as_array(value, name, takes_text)


def _is_one_array(value: Any, name: str, count: int | None) -> bool:
    """Whether a list is rows of numbers, not several arrays."""
    if name == "x" and count == 1:
        return True
    arrays = [item for item in value if item is not None]  # an output may have no targets or weights
    return not arrays or not all(hasattr(item, "shape") and len(item.shape) > 0 for item in arrays)


def _as_array(value: Any, name: str, takes_text: bool = False) -> object:
    check_not_masked(value, name)
    if hasattr(value, "tocsr"):
        return value.tocsr()
    try:
        array = value.to_numpy("float64", na_value=np.nan) if _is_table_of_numbers(value) else gathered(value)
    except ValueError as error:
        if isinstance(value, tuple) and len({len(item) for item in value if hasattr(item, "ndim")}) == 1:
            raise ValueError(
                f"{name} is a tuple of {len(value)} arrays of different shapes; give x and y separately"
            ) from error
        raise ValueError(f"{name} does not form an array: its rows differ in length or shape ({error})") from error
    if array.ndim == 0 and isinstance(value, (str, bytes)) and not takes_text:
        fix = "of a file, pd.read_csv({!r})" if "." in str(value) else "of the column of a frame, frame[{!r}]"
        raise ValueError(f"{name} is a single string, {value!r}; give the values, for example {fix.format(value)}")
    if array.ndim == 0 and isinstance(value, (str, bytes)):
        raise ValueError(f"{name} is a single string, {value!r}; give a list with one for each example: [{value!r}]")
    if array.ndim == 0:
        raise ValueError(f"{name} is a single value, {value!r}; an array with one row for each example is expected")
    if array.dtype.kind not in "biuf" and not (takes_text and is_text(array)):
        raise TypeError(unsupported_type_message(value, array, name, takes_text))
    return array


def _is_table_of_numbers(value: Any) -> bool:
    """Whether a pandas frame or series holds only numbers and booleans, with types that NumPy would convert to objects."""
    if not hasattr(value, "to_numpy") or not hasattr(value, "iloc"):
        return False
    types = list(value.dtypes) if value.ndim == 2 else [value.dtype]
    mixed = len({str(dtype) for dtype in types}) > 1 or any(not isinstance(dtype, np.dtype) for dtype in types)
    return mixed and all(getattr(dtype, "kind", "O") in "biuf" for dtype in types)


def _take(part: object, chosen: object) -> object:
    if part is None:
        return None
    taken = [None if item is None else item[chosen] for item in flatten(part)]
    return rebuild(part, taken)


def _dense(part: object) -> object:
    """Convert sparse rows to dense arrays, one batch at a time."""
    if part is None or not any(hasattr(item, "toarray") for item in flatten(part)):
        return part
    return rebuild(part, [item.toarray() if hasattr(item, "toarray") else item for item in flatten(part)])
