"""Strokes traced from images of digits: lines thinned to one pixel, then followed."""

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]
AROUND = ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))  # north, north-east, east ...


def thinned(image: Bits) -> Bits:
    """T. Y. Zhang & C. Y. Suen, A fast parallel algorithm for thinning digital patterns, 1984."""
    bits = np.pad(image.astype(bool), 1)
    changed = True
    while changed:
        changed = False
        for first in (True, False):
            near = [np.roll(bits, shift, (0, 1)) for shift in AROUND]
            north, east, south, west = near[::2]
            count = np.sum(near, axis=0)
            begins = np.sum([~near[i] & near[(i + 1) % 8] for i in range(8)], axis=0)
            ends = (
                ~(north & east & south) & ~(east & south & west) if first else ~(north & east & west) & ~(north & south & west)
            )
            dropped = bits & (count >= 2) & (count <= 6) & (begins == 1) & ends
            bits &= ~dropped
            changed |= bool(dropped.any())
    return bits[1:-1, 1:-1]


def traced(image: Bits) -> list[list[tuple[float, float]]]:
    """Strokes as points (x, y) from 0 to 1, which run along the lines of an image, straight on where lines cross."""
    every = {(int(row), int(column)) for row, column in zip(*np.nonzero(thinned(image)), strict=True)}
    left, strokes = set(every), []

    def near(point: tuple[int, int], among: set[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(point[0] + i, point[1] + j) for i, j in AROUND if (point[0] + i, point[1] + j) in among]

    while left:
        path = [min(left, key=lambda point: (len(near(point, left)), point))]
        left.discard(path[0])
        while following := near(path[-1], left):
            (row, column), before = path[-1], path[max(0, len(path) - 4)]
            way = (row - before[0], column - before[1])
            path.append(max(following, key=lambda point: (point[0] - row) * way[0] + (point[1] - column) * way[1]))
            left.discard(path[-1])
        before_first = [point for point in near(path[0], every) if point not in path][:1]
        after_last = [point for point in near(path[-1], every) if point not in path][:1]
        strokes.append([*before_first, *path[:-1:2], path[-1], *after_last])
    long = [stroke for stroke in strokes if len(stroke) > 2] or strokes
    size = max(image.shape)
    return [[((column + 0.5) / size, (row + 0.5) / size) for row, column in stroke] for stroke in long]
