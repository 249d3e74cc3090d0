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
                    x0, x1, x2, x3 = x[n, p, q + j], x[n, p + 1, q + j], x[n, p + 2, q + j], x[n, p + 3, q + j]
                    h0, h1, h2, h3 = half[0, j], half[1, j], half[2, j], half[3, j]
                    for c in range(channels):
                        h0[c], h1[c], h2[c], h3[c] = x0[c] - x2[c], x1[c] + x2[c], x2[c] - x1[c], x1[c] - x3[c]
                for i in range(4):
                    h = half[i]
                    d0, d1, d2, d3 = d[4 * i, tile], d[4 * i + 1, tile], d[4 * i + 2, tile], d[4 * i + 3, tile]
                    for c in range(channels):
                        d0[c], d1[c], d2[c], d3[c] = h[0, c] - h[2, c], h[1, c] + h[2, c], h[2, c] - h[1, c], h[1, c] - h[3, c]
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
                    m0, m1, m2, m3, h0, h1 = m[j, tile], m[4 + j, tile], m[8 + j, tile], m[12 + j, tile], half[0, j], half[1, j]
                    for f in range(filters):
                        h0[f], h1[f] = m0[f] + m1[f] + m2[f], m1[f] - m2[f] - m3[f]
                for i in range(2):
                    h0, h1, h2, h3 = half[i, 0], half[i, 1], half[i, 2], half[i, 3]
                    y0 = y[n, p + i, q] if p + i < height else outside
                    y1 = y[n, p + i, q + 1] if p + i < height and q + 1 < width else outside
                    for f in range(filters):
                        y0[f], y1[f] = h0[f] + h1[f] + h2[f], h1[f] - h2[f] - h3[f]
                tile += 1
