"""Einsum equations of `EinsumDense`, such as "abc,cd->abd", for inputs of a given shape."""

import re
import string
from typing import NamedTuple

from minidl.config.types import Shape


class Letters(NamedTuple):
    """Subscripts of input, kernel and output for one rank of the input, and the size of each, `None` where unknown."""

    x: str
    kernel: str
    y: str
    sizes: dict[str, int | None]

    def shape(self, letters: str) -> Shape:
        """The sizes of some subscripts."""
        return tuple(self.sizes[letter] for letter in letters)


class Equation(NamedTuple):
    """The three parts of an equation, and the side of "...": "left", "right" or ""."""

    x: str
    kernel: str
    y: str
    dots: str

    def letters_for(self, title: str, shape: Shape, output_shape: Shape) -> Letters:
        """The subscripts for an input of that shape, with "..." replaced by letters; the first is the batch axis."""
        count = len(shape) - len(self.x)
        if count < 0 or (count and not self.dots) or not shape:
            rank = f"{len(self.x)} axes" + (" or more" if self.dots else "")
            raise ValueError(f'{title} expects inputs of {rank}, as its equation names "{self.x}", got shape {shape}')
        free = [letter for letter in string.ascii_letters if letter not in self.x + self.kernel + self.y]
        dots = "".join(free[:count])
        x, y = (dots + self.x, dots + self.y) if self.dots == "left" else (self.x + dots, self.y + dots)
        if x[0] != y[0]:
            raise ValueError(f'{title} expects the rows, axis "{x[0]}", to come first in its output too, got "{self}"')
        letters = "".join(letter for letter in self.y if letter != x[0])
        if len(letters) != len(output_shape):
            raise ValueError(
                f'{title} expects output_shape to hold a size for each of the axes "{letters}" of its output, without the '
                f"batch's, got {output_shape}"
            )
        sizes: dict[str, int | None] = dict(zip(x, shape, strict=True))
        for letter, size in zip(letters, output_shape, strict=True):
            size_here = sizes.get(letter)
            if None not in (size_here, size) and size_here != size:
                raise ValueError(
                    f'{title} expects the size {size} on axis "{letter}" of "{x}", got {size_here} in shape {shape}'
                )
            sizes[letter] = size if size_here is None else size_here
        return Letters(x, self.kernel, y, sizes)

    def __str__(self) -> str:
        left, right = ("..." if self.dots == side else "" for side in ("left", "right"))
        return f"{left}{self.x}{right},{self.kernel}->{left}{self.y}{right}"


def parse(owner: str, equation: str) -> Equation:
    """Split an equation in its parts; raises ValueError if it is invalid."""
    found = re.fullmatch(r"(\.{3})?([a-zA-Z]+)(\.{3})?,([a-zA-Z]+)->(\.{3})?([a-zA-Z]+)(\.{3})?", str(equation))
    if found is None or found[1] != found[5] or found[3] != found[7] or (found[1] and found[3]):
        raise ValueError(
            f'{owner} expects an equation such as "abc,cd->abd", "...x,xy->...y" or "ab...,bc->ac...", got {equation!r}'
        )
    x, kernel, y = found[2], found[4], found[6]
    for part in (x, kernel, y):
        if len(set(part)) < len(part):
            raise ValueError(f'{owner} expects each letter once in "{part}", got equation {equation!r}')
    if unknown := [letter for letter in y if letter not in x + kernel]:
        raise ValueError(f'{owner}: the output\'s axis "{unknown[0]}" is in neither input nor kernel of {equation!r}')
    if idle := [letter for letter in kernel if letter not in x + y]:
        raise ValueError(f'{owner}: the kernel\'s axis "{idle[0]}" is in neither input nor output of {equation!r}')
    return Equation(x, kernel, y, "left" if found[1] else "right" if found[3] else "")
