"""Operations that change shapes, join, cut and index tensors."""

import string
from collections.abc import Callable

import numpy as np

from minidl.config.types import Array
from minidl.interop.onnx.builder import END, Builder, Tensor, element_type
from minidl.interop.onnx.call import AddCall, Call
from minidl.interop.onnx.normalization import unit


def reshape(g: Builder, call: Call) -> str:
    """The same elements with another shape; the batch may be of any size."""
    (x,), (shape,) = call.names(g), call.shapes
    wanted = call.options.get("newshape", -1)
    sizes = [-1 if size is None else int(size) for size in (wanted if isinstance(wanted, (tuple, list)) else [wanted])]
    if sizes.count(-1) > 1:
        if wanted[0] == -1:  # `Builder.reshape` would keep the first axis
            raise call.unsupported(f"several sizes are not known, shape {shape}")
        return g.reshape(x, shape)
    return g.op("Reshape", x, g.integers(*sizes))


def permuted(function: Callable[..., Array]) -> AddCall:
    """The axes in another order: only noted, and moved where an operation needs it."""

    def add(g: Builder, call: Call) -> Tensor:
        x = call.tensors[0]
        order = function(np.empty(range(x.rank)), **call.options).shape  # as the size of each axis is its number
        views = {tuple(order.index(axis) for axis in view): name for view, name in x.views.items()}
        return Tensor(tuple(call.shapes[0]), x.dtype, views)

    return add


def expand_dims(g: Builder, call: Call) -> str:
    """Axes of size 1."""
    return g.op("Unsqueeze", *call.names(g), g.integers(*(call.axes(len(call.shapes[0])) or [])))


def squeeze(g: Builder, call: Call) -> str:
    """Remove axes of size 1."""
    axes = call.axes(call.tensors[0].rank)
    return g.op("Squeeze", *call.names(g), *([] if axes is None else [g.integers(*axes)]))


def concatenate(g: Builder, call: Call) -> str:
    """Several tensors along one axis."""
    return g.op("Concat", *call.names(g), axis=call.options["axis"])


def stack(g: Builder, call: Call) -> str:
    """Several tensors along a new axis."""
    axis = call.options["axis"] % len(call.shapes[0])
    return g.op("Concat", *(g.expand_dims(one, axis) for one in call.names(g)), axis=axis)


def split(g: Builder, call: Call) -> list[str]:
    """Equal parts, or parts that end at the given places."""
    axis, (x,) = call.options["axis"], call.names(g)
    sizes = [shape[axis] for shape in call.shapes]
    if None in sizes:
        raise call.unsupported("it splits an axis of unknown size")
    return g.ops("Split", [x, g.integers(*(size or 0 for size in sizes))], len(sizes), axis=axis)


def take(g: Builder, call: Call) -> str:
    """Elements by their indices along an axis; negative ones count from the end."""
    x, indices = call.tensors
    axis, name = call.options["axis"], g.plain(x)
    if axis is None:
        name, axis = g.op("Reshape", name, g.integers(-1)), 0
    return g.op("Gather", name, g.plain(g.cast(indices, "int64")), axis=axis)


def get_item(g: Builder, call: Call) -> str:
    """`x[key]` for integers, slices, `...` and new axes."""
    x, key = call.tensors[0], call.options["key"]
    parts = list(key) if isinstance(key, tuple) else [key]
    chosen = [part for part in parts if not (part is None or part is Ellipsis or isinstance(part, (int, slice)))]
    if chosen:
        return _get_chosen(g, call, parts, np.asarray(chosen[0]))
    whole = x.rank - sum(part is not None and part is not Ellipsis for part in parts)
    place = next((n for n, part in enumerate(parts) if part is Ellipsis), len(parts))
    parts = [*parts[:place], *[slice(None)] * whole, *parts[place + 1 :]]
    cut: list[tuple[int, int, int, int]] = []
    dropped, added, axis, result = [], [], 0, 0
    for part in parts:
        if part is None:
            added.append(result)
            result += 1
            continue
        if isinstance(part, int):
            cut.append((axis, part, part + 1 or END, 1))
            dropped.append(axis)
        else:
            result += 1
            if part != slice(None):
                cut.append((axis, *_bounds(part)))
        axis += 1
    name = g.plain(x)
    if cut:
        axes, starts, stops, steps = zip(*cut, strict=True)
        name = g.op("Slice", name, g.integers(*starts), g.integers(*stops), g.integers(*axes), g.integers(*steps))
    name = g.op("Squeeze", name, g.integers(*dropped)) if dropped else name
    return g.expand_dims(name, *added)


def _get_chosen(g: Builder, call: Call, parts: list[object], indices: Array) -> str:
    """`x[:, indices]`: one array of integers, and whole axes around it."""
    x = call.tensors[0]
    place = next(n for n, part in enumerate(parts) if not isinstance(part, (slice, int, type(...), type(None))))
    others = parts[:place] + parts[place + 1 :]
    if indices.dtype.kind != "i" or any(part is not Ellipsis and part != slice(None) for part in others):
        raise call.unsupported("it is indexed by an array and something else")
    axis = place if Ellipsis not in parts[:place] else x.rank - len(parts) + place
    return g.op("Gather", g.plain(x), g.constant(indices.astype(np.int64)), axis=axis)


def _bounds(part: slice) -> tuple[int, int, int]:
    step = 1 if part.step is None else part.step
    start = part.start if part.start is not None else 0 if step > 0 else END
    stop = part.stop if part.stop is not None else END if step > 0 else -END
    return start, stop, step


def broadcast_to(g: Builder, call: Call) -> str:
    """Repeat axes of size 1; a size that is not known stays as it is."""
    sizes = [1 if size is None else size for size in call.shapes[0]]
    return g.op("Expand", *call.names(g), g.integers(*sizes))


def flip(g: Builder, call: Call) -> str:
    """Reverse the order along axes."""
    (x,), rank = call.names(g), call.tensors[0].rank
    return g.reverse(x, call.axes(rank) or list(range(rank)))


def tile(g: Builder, call: Call) -> str:
    """The whole tensor several times along each axis."""
    repeats, (x,) = call.options["repeats"], call.names(g)
    times = list(repeats) if isinstance(repeats, (tuple, list)) else [repeats]
    rank = call.tensors[0].rank
    x = g.expand_dims(x, *range(len(times) - rank))
    return g.op("Tile", x, g.integers(*[1] * (rank - len(times)), *times))


def repeat(g: Builder, call: Call) -> str:
    """Each element several times along an axis."""
    times, axis, (x,), rank = call.options["repeats"], call.options["axis"], call.names(g), call.tensors[0].rank
    if not isinstance(times, int):
        raise call.unsupported("it repeats elements differently often")
    if axis is None:
        x, axis, rank = g.op("Reshape", x, g.integers(-1)), 0, 1
    axis %= rank
    sizes = [1] * (rank + 1)
    sizes[axis + 1] = times
    tiled = g.op("Tile", g.expand_dims(x, axis + 1), g.integers(*sizes))
    if axis == 0 and list(call.shapes[0]).count(None) > 1:
        raise call.unsupported("it repeats the rows of tensors of unknown size")
    return g.reshape(tiled, call.shapes[0])


def pad(g: Builder, call: Call) -> str:
    """Constants, the border, its reflection or the opposite side around the data."""
    mode, width = call.options["mode"], np.broadcast_to(call.options["pad_width"], (call.tensors[0].rank, 2))
    if mode not in ("constant", "edge", "reflect", "wrap"):
        raise call.unsupported(f"mode={mode!r}")
    most = {"reflect": -1, "wrap": 0}.get(mode, np.inf)  # elements more than the axis has; ONNX Runtime repeats no axis
    if any(size is not None and max(pair) > size + most for size, pair in zip(call.tensors[0].shape, width)):
        raise call.unsupported("it pads an axis by more elements than it has")
    value = call.options["constant_values"]
    fill = [g.constant(value, call.dtypes[0])] if value else []
    return g.op("Pad", *call.names(g), g.integers(*width[:, 0].tolist(), *width[:, 1].tolist()), *fill, mode=mode)


def cast(g: Builder, call: Call) -> Tensor:
    """Another type."""
    return g.cast(call.tensors[0], call.dtypes[0])


def filled_like(value: float | None) -> AddCall:
    """A tensor of the same shape with one value."""

    def add(g: Builder, call: Call) -> str:
        shape = g.op("Shape", g.plain(call.tensors[0]))
        one = g.constant(value, call.dtypes[0]) if value is not None else g.plain(g.cast(call.tensors[1], call.dtypes[0]))
        return g.op("Expand", one, shape)

    return add


def cumsum(g: Builder, call: Call) -> str:
    """Sums of all elements up to each."""
    axis, (x,) = call.options["axis"], call.names(g)
    x = g.op("Reshape", x, g.integers(-1)) if axis is None else x
    return g.op("CumSum", x, g.constant(axis or 0, "int64"))


def top_k(g: Builder, call: Call) -> list[str]:
    """The largest elements of the last axis and their indices."""
    x = g.plain(call.tensors[0])
    values, indices = g.ops("TopK", [x, g.integers(call.options["k"])], 2, axis=-1, sorted=int(call.options["sorted"]))
    return [values, g.op("Cast", indices, to=element_type(call.dtypes[1]))]


def triangle(upper: int) -> AddCall:
    """`triu` and `tril`."""
    return lambda g, call: g.op("Trilu", *call.names(g), g.constant(call.options["k"], "int64"), upper=upper)


def normalize(g: Builder, call: Call) -> str:
    """`x / |x|` along axes."""
    if call.options["order"] != 2:
        raise call.unsupported("order is not 2")
    rank, smallest = call.tensors[0].rank, call.options["epsilon"]
    (x,) = call.names(g)
    return unit(g, x, tuple(call.axes(rank) or range(rank)), call.dtypes[0], 1e-7 if smallest is None else smallest)


def tensordot(g: Builder, call: Call) -> str:
    """Products summed over some axes of both tensors."""
    a, axes = call.tensors[0], call.options["axes"]
    if isinstance(axes, int):
        axes = (list(range(a.rank - axes, a.rank)), list(range(axes)))
    return contracted(g, call, *([one] if isinstance(one, int) else list(one) for one in axes))


def dot(g: Builder, call: Call) -> str:
    """Products summed over the last axis of the first and the last but one of the second tensor."""
    a, b = call.tensors
    if b.rank < 3 or a.rank == 0:
        return g.op("Mul" if 0 in (a.rank, b.rank) else "MatMul", *call.names(g))
    return contracted(g, call, [-1], [-2])


def contracted(g: Builder, call: Call, of_first: list[int], of_second: list[int]) -> str:
    """Products summed over these axes of both tensors."""
    a, b = call.tensors
    left, right = list(string.ascii_lowercase[: a.rank]), list(string.ascii_lowercase[a.rank : a.rank + b.rank])
    inner = [left[axis] for axis in of_first]
    for axis, letter in zip(of_second, inner, strict=True):
        right[axis] = letter
    result = [letter for letter in (*left, *right) if letter not in inner]
    return g.op("Einsum", *call.names(g), equation=f"{''.join(left)},{''.join(right)}->{''.join(result)}")


OPERATIONS: dict[str, AddCall] = {
    "broadcast_to": broadcast_to,
    "cast": cast,
    "concatenate": concatenate,
    "cumsum": cumsum,
    "dot": dot,
    "empty_like": filled_like(0.0),
    "expand_dims": expand_dims,
    "flip": flip,
    "full_like": filled_like(None),
    "get_item": get_item,
    "moveaxis": permuted(np.moveaxis),
    "normalize": normalize,
    "ones_like": filled_like(1.0),
    "pad": pad,
    "ravel": reshape,
    "repeat": repeat,
    "reshape": reshape,
    "split": split,
    "squeeze": squeeze,
    "stack": stack,
    "swapaxes": permuted(np.swapaxes),
    "take": take,
    "tensordot": tensordot,
    "tile": tile,
    "top_k": top_k,
    "transpose": permuted(np.transpose),
    "tril": triangle(0),
    "triu": triangle(1),
    "zeros_like": filled_like(0.0),
}
