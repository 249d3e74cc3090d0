"""Branches and loops whose bodies are Python functions of tensors.

They are Python's own: a branch that is not taken does not run. On symbolic tensors the functions become one node of the graph,
which runs them on arrays; such a model can be trained, but not saved.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from minidl.autodiff import composed
from minidl.autodiff.operation import handlers_in
from minidl.autodiff.tensor import TensorLike
from minidl.config.nest import rebuild
from minidl.config.types import Array, Tensors
from minidl.ops.elements import get_item
from minidl.ops.shapes import concatenate, flip, reshape, shape, stack

__all__ = ["associative_scan", "cond", "fori_loop", "map", "scan", "switch", "vectorize", "vectorized_map", "while_loop"]


def _leaves(structure: object) -> list[Tensors]:
    """The tensors of nested lists, tuples and dicts."""
    if isinstance(structure, dict):
        structure = list(structure.values())
    return [leaf for item in structure for leaf in _leaves(item)] if isinstance(structure, (list, tuple)) else [structure]


def _mapped(function: Callable[..., object], *structures: Any) -> Tensors:
    """A function of the tensors in the same place of several structures, in their structure."""
    first = structures[0]
    if isinstance(first, dict):
        return {key: _mapped(function, *(structure[key] for structure in structures)) for key in first}
    if isinstance(first, (list, tuple)):
        parts = [_mapped(function, *parts) for parts in zip(*structures, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else type(first)(parts)
    return function(*structures)


def _part(structure: object, key: object) -> Tensors:
    """`x[key]` of every tensor of a structure."""
    return _mapped(lambda leaf: get_item(leaf, key), structure)


@composed(several=True)
def call_function(tensors: Sequence[object], function: Callable[..., object]) -> Tensors:
    """A Python function of tensors, which returns one tensor or a tuple of them."""
    return function(*tensors)


def _run(function: Callable[..., object], structure: object) -> Tensors:
    """`function(structure)`; as one node of a graph if there are symbolic tensors in the structure."""
    if not any(handler.is_symbolic for handler in handlers_in(_leaves(structure))):
        return function(structure)

    def of_leaves(*leaves: Any) -> Tensors:
        incoming = iter(leaves)
        y = function(_mapped(lambda _: next(incoming), structure))
        return y if hasattr(y, "shape") else tuple(_leaves(y))

    return call_function(_leaves(structure), of_leaves)


def cond(pred: TensorLike, true_fn: Callable[[], object], false_fn: Callable[[], object]) -> Tensors:
    """`true_fn()` if the condition is true, otherwise `false_fn()`.

    Example:
        >>> cond(np.array(3) > 2, lambda: "more", lambda: "less")
        'more'
    """
    return _run(lambda given: true_fn() if bool(given) else false_fn(), pred)


def switch(index: TensorLike, branches: Sequence[Callable[..., object]], *operands: Any) -> Tensors:
    """The result of the branch with that index for the operands; an index out of range becomes the nearest one.

    Example:
        >>> int(switch(1, [lambda x: x + 1, lambda x: x * 10], np.array(3)))
        30
    """
    return _run(lambda given: branches[min(max(int(given[0]), 0), len(branches) - 1)](*given[1:]), [index, *operands])


def while_loop(
    cond: Callable[..., object], body: Callable[..., object], loop_vars: object, maximum_iterations: int | None = None
) -> Tensors:
    """Repeat `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` is true.

    Example:
        >>> while_loop(lambda n: n < 10, lambda n: (n * 2,), (3,))
        (12,)
    """

    def loop(values: Tensors) -> object:
        single, rounds = not isinstance(values, (list, tuple)), 0
        given = (values,) if single else tuple(values)
        while bool(cond(*given)) and (maximum_iterations is None or rounds < maximum_iterations):
            found = body(*given)
            given, rounds = tuple(found) if isinstance(found, (list, tuple)) else (found,), rounds + 1
        return rebuild(values, list(given))

    return _run(loop, loop_vars)


def fori_loop(lower: int, upper: int, body_fun: Callable[[Tensors, Tensors], Tensors], init_val: object) -> Tensors:
    """Repeat `value = body_fun(n, value)` for n from `lower` up to, but excluding, `upper`.

    Example:
        >>> fori_loop(0, 5, lambda n, total: total + n, 0)
        10
    """

    def loop(value: Tensors) -> Tensors:
        for n in range(int(lower), int(upper)):
            value = body_fun(n, value)
        return value

    return _run(loop, init_val)


def scan(
    f: Callable[[Tensors, Tensors], Tensors],
    init: object,
    xs: object = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> Tensors:
    """Run `carry, y = f(carry, x)` over the first axis of xs; the last carry and all y, stacked.

    Args:
        xs: a tensor, a structure of them, or `None` for `length` steps without input.
        reverse: whether the steps run from the last to the first.
        unroll: ignored.
    Example:
        >>> total, y = scan(lambda total, x: (total + x, total * 10), 0, np.array([1, 2, 3]))
        >>> int(total), y
        (6, array([ 0, 10, 30]))
    """

    def run(given: Tensors) -> Tensors:
        carry, steps, made = given[0], None if xs is None else given[1], []
        count = length if xs is None else shape(_leaves(steps)[0])[0]
        if count is None:
            raise ValueError("scan expects xs or length, got neither")
        for n in list(range(count))[:: -1 if reverse else 1]:
            carry, y = f(carry, None if xs is None else _part(steps, n))
            made.append(y)
        if not made or made[0] is None:
            return carry, None
        return carry, _mapped(lambda *ys: stack(list(ys), 0), *(made[::-1] if reverse else made))

    return _run(run, [init] if xs is None else [init, xs])


def map(f: Callable[[Tensors], Tensors], xs: Tensors) -> Tensors:
    """`f` of each row, stacked; xs is a tensor or a structure of them.

    Example:
        >>> map(lambda x: x * x, np.array([1, 2, 3]))
        array([1, 4, 9])
    """

    def run(given: Tensors) -> Tensors:
        rows = range(shape(_leaves(given)[0])[0])
        return _mapped(lambda *ys: stack(list(ys), 0), *(f(_part(given, n)) for n in rows))

    return _run(run, xs)


def vectorized_map(function: Callable[[Tensors], Tensors], elements: object) -> Tensors:
    """`function` of each row, stacked, as `map`.

    Example:
        >>> vectorized_map(lambda row: row.sum(), np.array([[1, 2], [3, 4]]))
        array([3, 7])
    """
    return map(function, elements)


def associative_scan(f: Callable[[Tensors, Tensors], Tensors], elems: object, reverse: bool = False, axis: int = 0) -> Tensors:
    """Cumulative results of an associative function along an axis: x0, f(x0, x1), f(f(x0, x1), x2) ...

    Example:
        >>> associative_scan(lambda a, b: a + b, np.array([1, 2, 3]))
        array([1, 3, 6])
    """

    def run(given: Tensors) -> Tensors:
        around = _mapped(lambda leaf: flip(leaf, axis), given) if reverse else given
        before = (slice(None),) * (axis % len(shape(_leaves(given)[0])))
        made: list[Tensors] = []
        for n in range(shape(_leaves(given)[0])[axis]):
            step = _part(around, (*before, slice(n, n + 1)))
            made.append(f(made[-1], step) if made else step)
        y = _mapped(lambda *parts: concatenate(list(parts), axis), *made)
        return _mapped(lambda leaf: flip(leaf, axis), y) if reverse else y

    return _run(run, elems)


def vectorize(
    pyfunc: Callable[..., object], *, excluded: Collection[int | str] | None = None, signature: str | None = None
) -> Callable[..., Array]:
    """A function that applies `pyfunc` to all elements of its broadcast arguments, or to parts of the shapes in `signature`.

    Args:
        excluded: positions and names of arguments that are passed unchanged.
        signature: such as "(n),(n)->()": the last axes of each argument that belong to one call.
    Example:
        >>> vectorize(lambda a, b: a @ b, signature="(n),(n)->()")(np.ones((3, 4)), np.ones(4))
        array([4., 4., 4.])
    """
    ranks = None
    if signature is not None:
        ranks = [len(part.split(",")) if part else 0 for part in re.findall(r"\(([^)]*)\)", signature.split("->")[0])]

    def run(*args: Any, **kwargs: Any) -> Tensors:
        places = [n for n in range(len(args)) if n not in (excluded or ())]
        core = [0] * len(places) if ranks is None else ranks

        def of_arrays(arrays: Array) -> object:
            shapes = [tuple(shape(array)) for array in arrays]
            outer = [sizes[: len(sizes) - rank] for sizes, rank in zip(shapes, core, strict=True)]
            loop = np.broadcast_shapes(*outer)
            made = []
            for place in np.ndindex(loop):
                whole = list(args)
                for n, array, sizes in zip(places, arrays, outer, strict=True):
                    own = place[len(place) - len(sizes) :]
                    whole[n] = get_item(array, tuple(0 if size == 1 else at for at, size in zip(own, sizes, strict=True)))
                made.append(pyfunc(*whole, **kwargs))
            return _mapped(lambda *ys: reshape(stack(list(ys), 0), (*loop, *shape(ys[0]))), *made)

        return _run(of_arrays, [args[n] if hasattr(args[n], "shape") else np.asarray(args[n]) for n in places])

    return run
