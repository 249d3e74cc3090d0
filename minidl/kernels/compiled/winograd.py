"""Convolutions with 3x3 kernels by Winograd's algorithm F(2x2, 3x3): 16 multiplications for 4 outputs instead of 36.

Each tile of 4x4 inputs gives 2x2 outputs. With the matrices

    B' = [1 0 -1 0]    G = [1    0   0 ]    A' = [1 1  1  0]
         [0 1  1 0]        [1/2 1/2 1/2]         [0 1 -1 -1]
         [0 -1 1 0]        [1/2 -1/2 1/2]
         [0 1 0 -1]        [0    0   1 ]

the outputs of a tile d and a kernel g are `A' [(G g G') * (B' d B)] A`: for several channels the elementwise product becomes a
matrix product for each of the 16 elements, (tiles, channels) @ (channels, filters).

Source: Lavin & Gray 2016.
"""

import numpy as np

from minidl.config.types import Array
from minidl.kernels.compiled.compiler import compile_within

_G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])


def transform_kernel(kernel: Array) -> Array:
    """`G kernel G'`: (3, 3, channels, filters) -> (16, channels, filters)."""
    g = _G.astype(kernel.dtype)
    half: Array = (g @ kernel.reshape(3, -1)).reshape(4, 3, -1)
    return np.asarray(np.matmul(g, half)).reshape(16, *kernel.shape[-2:])


@compile_within
def transform_inputs(x: Array, d: Array) -> None:
    """`B' tile B`: (rows, 2 * high + 2, 2 * wide + 2, channels) -> (16, rows * high * wide, channels)."""
    count, height, width, channels = x.shape
    half, tile = np.empty((4, 4, channels), x.dtype), 0  # B' tile
    for n in range(count):
        for p in range(0, height - 2, 2):
            for q in range(0, width - 2, 2):
                for j in range(4):
                    for c in range(channels):
                        x1, x2 = x[n, p + 1, q + j, c], x[n, p + 2, q + j, c]
                        half[0, j, c] = x[n, p, q + j, c] - x2
                        half[1, j, c] = x1 + x2
                        half[2, j, c] = x2 - x1
                        half[3, j, c] = x1 - x[n, p + 3, q + j, c]
                for i in range(4):
                    for c in range(channels):
                        h1, h2 = half[i, 1, c], half[i, 2, c]
                        d[4 * i, tile, c] = half[i, 0, c] - h2
                        d[4 * i + 1, tile, c] = h1 + h2
                        d[4 * i + 2, tile, c] = h2 - h1
                        d[4 * i + 3, tile, c] = h1 - half[i, 3, c]
                tile += 1


@compile_within
def transform_outputs(m: Array, y: Array) -> None:
    """`A' m A`: (16, rows * high * wide, filters) -> (rows, height, width, filters)."""
    count, height, width, filters = y.shape
    half, tile = np.empty((2, 4, filters), y.dtype), 0  # A' m
    outside = np.empty(filters, y.dtype)  # outputs of the last tiles beyond an odd size
    for n in range(count):
        for p in range(0, height, 2):
            for q in range(0, width, 2):
                for j in range(4):
                    for f in range(filters):
                        m1, m2 = m[4 + j, tile, f], m[8 + j, tile, f]
                        half[0, j, f] = m[j, tile, f] + m1 + m2
                        half[1, j, f] = m1 - m2 - m[12 + j, tile, f]
                for i in range(2):
                    y0 = y[n, p + i, q] if p + i < height else outside
                    y1 = y[n, p + i, q + 1] if p + i < height and q + 1 < width else outside
                    for f in range(filters):
                        h1, h2 = half[i, 1, f], half[i, 2, f]
                        y0[f] = half[i, 0, f] + h1 + h2
                        y1[f] = h1 - h2 - half[i, 3, f]
                tile += 1
