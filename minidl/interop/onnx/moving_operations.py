"""Operations that sort, shift, turn, scatter and transform tensors."""

import math

import numpy as np

from minidl.interop.onnx.builder import END, Builder, Tensor, element_type, known
from minidl.interop.onnx.call import AddCall, Call


def ordered(g: Builder, call: Call) -> list[str]:
    """The sorted values along an axis, and their indices."""
    x, axis = call.tensors[0], call.options["axis"]
    if axis is None:
        raise call.unsupported("axis=None")
    name = g.plain(x)
    size = x.shape[axis % x.rank]
    count = g.size(name, axis % x.rank) if size is None else g.integers(size)
    return g.ops("TopK", [name, count], 2, axis=axis, largest=0, sorted=1)


def sort(g: Builder, call: Call) -> str:
    """The values in rising order."""
    return ordered(g, call)[0]


def argsort(g: Builder, call: Call) -> str:
    """The indices of the values in rising order."""
    return g.op("Cast", ordered(g, call)[1], to=element_type(call.dtypes[0]))


def roll(g: Builder, call: Call) -> str:
    """Shift along axes; what leaves at one end enters at the other."""
    (name,), shape = call.names(g), call.tensors[0].shape
    flat = call.options["axis"] is None
    if flat:
        shape, name = (math.prod(known(call.title, *shape)),), g.op("Reshape", name, g.integers(-1))
    shifts, axes = np.broadcast_arrays(np.atleast_1d(call.options["shift"]), np.atleast_1d(0 if flat else call.options["axis"]))
    for shift, axis in zip(shifts.tolist(), axes.tolist(), strict=True):
        (size,) = known(call.title, shape[axis])
        if cut := -shift % size:
            name = g.op("Concat", g.slice(name, [cut], [size], [axis]), g.slice(name, [0], [cut], [axis]), axis=axis)
    return g.reshape(name, call.shapes[0]) if flat else name


def rot90(g: Builder, call: Call) -> str:
    """Quarter turns: transposed and reversed."""
    x, (name,) = call.tensors[0], call.names(g)
    first, second = (axis % x.rank for axis in call.options["axes"])
    turns = call.options["k"] % 4
    reversed_axes = {0: [], 1: [second], 2: [first, second], 3: [first]}[turns]
    name = g.reverse(name, reversed_axes) if reversed_axes else name
    order = list(range(x.rank))
    order[first], order[second] = order[second], order[first]
    return g.op("Transpose", name, perm=order) if turns % 2 else name


def diagonal(g: Builder, call: Call) -> str:
    """The diagonals of matrices, which become the last axis."""
    x, offset = call.tensors[0], call.options["offset"]
    first, second = (call.options[name] % x.rank for name in ("axis1", "axis2"))
    rows, columns = known(call.title, x.shape[first], x.shape[second])
    order = (*(axis for axis in range(x.rank) if axis not in (first, second)), first, second)
    flat = g.op("Reshape", g.view(x, order), g.integers(*[0] * (x.rank - 2), rows * columns))
    places = np.diagonal(np.arange(rows * columns).reshape(rows, columns), offset)
    return g.op("Gather", flat, g.integers(*places.tolist()), axis=-1)


def det(g: Builder, call: Call) -> str:
    """The determinants of matrices."""
    return g.op("Det", *call.names(g))


def cut_box(g: Builder, call: Call) -> str:
    """A box of the tensor, moved inside if it would end beyond it."""
    x, starts, lengths = call.tensors[0], np.ravel(call.options["start_indices"]).tolist(), list(call.options["shape"])
    places = []
    for start, length, size in zip(starts, lengths, x.shape, strict=True):
        if length == -1:
            places.append((start, END))
        else:
            start = start if start == 0 else min(max(start, 0), known(call.title, size)[0] - length)
            places.append((start, start + length))
    begin, end = zip(*places, strict=True)
    return g.op("Slice", *call.names(g), g.integers(*begin), g.integers(*end))


def _indices(g: Builder, x: Tensor) -> str:
    return g.plain(g.cast(x, "int64"))


def scatter(g: Builder, call: Call) -> str:
    """Values added to zeros at rows of indices."""
    indices, values = call.tensors
    zeros = g.constant(np.zeros(tuple(call.options["shape"]), call.dtypes[0]))
    return g.op("ScatterND", zeros, _indices(g, indices), g.plain(g.cast(values, call.dtypes[0])), reduction="add")


def scatter_update(g: Builder, call: Call) -> str:
    """Updates at rows of indices."""
    x, indices, updates = call.tensors
    data, new = (g.plain(g.cast(one, call.dtypes[0])) for one in (x, updates))
    return g.op("ScatterND", data, _indices(g, indices), new, reduction=call.options["reduction"] or "none")


def segment_sum(g: Builder, call: Call) -> str:
    """Sums of the rows of each segment."""
    data, ids = call.tensors
    if call.options["num_segments"] is None:
        raise call.unsupported("num_segments is not given")
    zeros = g.constant(np.zeros((call.options["num_segments"], *known(call.title, *data.shape[1:])), call.dtypes[0]))
    rows = g.expand_dims(_indices(g, ids), -1)
    return g.op("ScatterND", zeros, rows, g.plain(g.cast(data, call.dtypes[0])), reduction="add")


def one_hot(g: Builder, call: Call) -> str:
    """A 1 at the place of each integer along a new axis."""
    ids, count = call.tensors[0], call.options["num_classes"]
    axis = call.options["axis"] % (ids.rank + 1)
    classes = np.arange(count).reshape([-1 if n == axis else 1 for n in range(ids.rank + 1)])
    found = g.op("Equal", g.expand_dims(_indices(g, ids), axis), g.constant(classes))
    return g.op("Cast", found, to=element_type(call.dtypes[0]))


def multi_hot(g: Builder, call: Call) -> str:
    """A 1 at the place of every integer of a row."""
    return g.op("ReduceMax", one_hot(g, call), g.integers(1 if call.tensors[0].rank > 1 else 0), keepdims=0)


def _parts(g: Builder, pairs: str) -> list[str]:
    """The real and the imaginary part, which ONNX has in the last axis."""
    return [g.op("Gather", pairs, g.constant(part, "int64"), axis=-1) for part in (0, 1)]


def rfft(g: Builder, call: Call) -> list[str]:
    """The Fourier transform of real numbers along the last axis."""
    name, length = g.expand_dims(g.plain(call.tensors[0]), -1), call.options["fft_length"]
    size = "" if length is None else g.constant(length, "int64")
    return _parts(g, g.op("DFT", name, size, g.constant(-2, "int64"), onesided=1))


def fourier(axes: tuple[int, ...], inverse: int) -> AddCall:
    """The Fourier transform of complex numbers along the last axes."""

    def add(g: Builder, call: Call) -> list[str]:
        pairs = g.op("Concat", *(g.expand_dims(one, -1) for one in call.names(g)), axis=-1)
        for axis in axes:
            pairs = g.op("DFT", pairs, "", g.constant(axis, "int64"), inverse=inverse)
        return _parts(g, pairs)

    return add


def take_along_axis(g: Builder, call: Call) -> str:
    """Elements by indices of the same rank."""
    x, indices = call.tensors
    if call.options["axis"] is None:
        raise call.unsupported("axis=None")
    axis = call.options["axis"] % x.rank
    values, places = _repeated(g, x, indices, axis), _repeated(g, g.cast(indices, "int64"), x, axis)
    return g.op("GatherElements", values, places, axis=axis)


def _repeated(g: Builder, x: Tensor, other: Tensor, axis: int) -> str:
    """A tensor along whose axes of size 1, but for one, the values are repeated to the sizes of another."""
    alone = [place for place in range(x.rank) if place != axis and x.shape[place] == 1 != other.shape[place]]
    if not alone:
        return g.plain(x)
    sizes = [g.size(g.plain(other), place) if place in alone else g.integers(1) for place in range(x.rank)]
    return g.op("Expand", g.plain(x), g.op("Concat", *sizes, axis=0))


OPERATIONS: dict[str, AddCall] = {
    "argsort": argsort,
    "det": det,
    "diagonal": diagonal,
    "fft": fourier((-2,), 0),
    "fft2": fourier((-2, -3), 0),
    "ifft2": fourier((-2, -3), 1),
    "multi_hot": multi_hot,
    "one_hot": one_hot,
    "rfft": rfft,
    "roll": roll,
    "rot90": rot90,
    "scatter": scatter,
    "scatter_update": scatter_update,
    "segment_sum": segment_sum,
    "slice": cut_box,
    "sort": sort,
    "take_along_axis": take_along_axis,
}
