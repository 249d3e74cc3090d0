"""Decompositions of matrices and what follows from them, with their gradients.

Sources: Murray 2016 (Cholesky); Townsend 2016 (singular values); Golub & Pereyra 1973 (pseudoinverse).
"""

from __future__ import annotations

import numpy as np

from minidl.autodiff import composed, operation
from minidl.autodiff.tensor import TensorLike
from minidl.config.types import Array, Tensors
from minidl.ops.elements import tril, triu
from minidl.ops.matrix_products import inv, matmul, solve
from minidl.ops.shapes import expand_dims, ndim, or_zeros, squeeze, swapaxes

__all__ = ["cholesky", "cholesky_inverse", "eig", "eigh", "logdet", "lstsq", "lu_factor", "matrix_rank", "pinv", "qr"]
__all__ += ["slogdet", "solve_triangular", "svd"]


def _t(x: Array) -> Array:
    """Transposed matrices."""
    return x.swapaxes(-1, -2)


@operation(lambda dy, y, x, upper: _cholesky_backward(dy, y, upper), numpy=np.linalg.cholesky)
def cholesky(x: Array, upper: bool = False) -> Array:
    """The lower triangular L with `x = L @ L.T` of a positive definite x, or its transpose; otherwise NaN.

    Example:
        >>> cholesky([[4.0, 2.0], [2.0, 5.0]]).round(2)
        array([[2., 0.],
               [1., 2.]], dtype=float32)
    """
    symmetric = (x + _t(x)) / 2
    try:
        lower = np.linalg.cholesky(symmetric)
    except np.linalg.LinAlgError:
        lower = np.full_like(x, np.nan)
    return _t(lower) if upper else lower


def _cholesky_backward(dy: Array, y: Array, upper: bool) -> Array:
    """`dx = L.T^-1 @ P @ L^-1`, symmetric, where P is the lower triangle of `L.T @ dL` with half of the diagonal."""
    lower, dlower = (_t(y), _t(dy)) if upper else (y, dy)
    half = np.tril(_t(lower) @ np.tril(dlower)) * (1 - 0.5 * np.eye(y.shape[-1], dtype=y.dtype))
    inverse = np.linalg.inv(lower)
    dx = _t(inverse) @ half @ inverse
    return np.asarray((dx + _t(dx)) / 2)


@composed()
def cholesky_inverse(x: TensorLike, upper: bool = False) -> Array:
    """The inverse of the matrix whose Cholesky factor is x: `y = inv(x @ x.T)`.

    Example:
        >>> cholesky_inverse([[2.0, 0.0], [1.0, 1.0]]).round(2)
        array([[ 0.5, -0.5],
               [-0.5,  1. ]], dtype=float32)
    """
    inverse = inv(triu(x) if upper else tril(x))
    return matmul(inverse, swapaxes(inverse, -1, -2)) if upper else matmul(swapaxes(inverse, -1, -2), inverse)


@operation(lambda dy, y, x: _eigh_backward(dy, y))
def eigh(x: Array) -> Tensors:
    """Eigenvalues in increasing order and eigenvectors, as columns, of symmetric matrices: `x @ v = v @ diag(w)`.

    Example:
        >>> values, vectors = eigh([[2.0, 0.0], [0.0, 1.0]])
        >>> values.round(2)
        array([1., 2.], dtype=float32)
    """
    return tuple(np.linalg.eigh((x + _t(x)) / 2))


def _eigh_backward(dy: tuple[Array, Array], y: tuple[Array, Array]) -> Array:
    """`dx = V @ (diag(dw) + F * (V.T @ dV)) @ V.T` with `F[i, j] = 1 / (w[j] - w[i])`."""
    (w, v), (dw, dv) = y, or_zeros(dy, y)
    inner = _reciprocals(w) * (_t(v) @ dv) + dw[..., np.newaxis] * np.eye(w.shape[-1], dtype=w.dtype)
    dx = v @ inner @ _t(v)
    return np.asarray((dx + _t(dx)) / 2)


def _reciprocals(w: Array) -> Array:
    """`1 / (w[j] - w[i])`, 0 where both are equal."""
    difference = w[..., np.newaxis, :] - w[..., np.newaxis]
    equal = difference == 0
    return np.where(equal, 0, 1 / np.where(equal, 1, difference)).astype(w.dtype)


@operation()
def eig(x: Array) -> tuple[Array, Array]:
    """Complex eigenvalues and eigenvectors, as columns, of square matrices, `x @ v = v @ diag(w)`; without a gradient.

    Example:
        >>> values, vectors = eig([[2.0, 0.0], [0.0, 1.0]])
        >>> np.sort(values.real).round(2)
        array([1., 2.], dtype=float32)
    """
    values, vectors = np.linalg.eig(x)
    kind = np.complex64 if x.dtype == np.float32 else np.complex128
    return values.astype(kind), vectors.astype(kind)


@operation(lambda dy, y, x, mode: _qr_backward(dy, y))
def qr(x: Array, mode: str = "reduced") -> tuple[Array, Array]:
    """`x = Q @ R` with orthogonal columns in Q and a triangular R; `mode` is "reduced" or "complete".

    Example:
        >>> q, r = qr([[3.0, 1.0], [4.0, 2.0]])
        >>> (q @ r).round(2)
        array([[3., 1.],
               [4., 2.]], dtype=float32)
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr expects mode to be 'reduced' or 'complete', got {mode!r}")
    q, r = np.linalg.qr(x, "complete" if mode == "complete" else "reduced")
    return q, r


def _qr_backward(dy: tuple[Array, Array], y: tuple[Array, Array]) -> Array:
    """`dx = (dQ + Q @ S) @ R.T^-1`, where S is the symmetric matrix with the lower triangle of `R @ dR.T - dQ.T @ Q`."""
    (q, r), (dq, dr) = y, or_zeros(dy, y)
    if r.shape[-1] != r.shape[-2]:
        raise ValueError(f"the gradient of qr needs a square R, got shape {r.shape}: at least as many rows as columns, reduced")
    m = r @ _t(dr) - _t(dq) @ q
    symmetric = np.tril(m) + _t(np.tril(m, -1))
    return np.asarray(_t(np.linalg.solve(r, _t(dq + q @ symmetric))))


@operation(lambda dy, y, x, full_matrices, compute_uv: _svd_backward(dy, y, x, compute_uv))
def svd(x: Array, full_matrices: bool = True, compute_uv: bool = True) -> Tensors:
    """`x = U @ diag(s) @ Vh` with decreasing singular values s; only s if `compute_uv` is false.

    Example:
        >>> svd([[3.0, 0.0], [0.0, -4.0]], compute_uv=False).round(2)
        array([4., 3.], dtype=float32)
    """
    return tuple(np.linalg.svd(x, full_matrices)) if compute_uv else np.linalg.svd(x, compute_uv=False)


def _svd_backward(dy: Array, y: Array, x: Array, compute_uv: bool) -> Array:
    """`dx = U @ (F * (U.T dU - dU.T U) s + diag(ds) + s F * (V.T dV - dV.T V)) @ V.T`, and what dU, dV have outside U, V."""
    if not compute_uv:
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        return np.asarray((u * dy[..., np.newaxis, :]) @ vh)
    (u, s, vh), (du, ds, dvh) = y, or_zeros(dy, y)
    if u.shape[-1] != vh.shape[-2]:
        raise ValueError("the gradient of svd needs full_matrices=False, unless the matrix is square")
    v, dv, row = _t(vh), _t(dvh), s[..., np.newaxis, :]
    f = _reciprocals(s * s)
    left, right = _t(u) @ du, vh @ dv
    inner = f * (left - _t(left)) * row + _t(row) * (f * (right - _t(right))) + ds[..., np.newaxis] * np.eye(s.shape[-1])
    outside_u = (du - u @ left) / row @ vh
    outside_v = u @ _t((dv - v @ right) / row)
    dx: Array = u @ inner @ vh + outside_u + outside_v
    return dx


@operation(lambda dy, y, x: np.zeros_like(x) if dy[0] is None else _lu_backward(dy[0], *y))
def lu_factor(x: Array) -> tuple[Array, Array]:
    """L and U of `P @ x = L @ U` in one matrix, without L's diagonal of ones, and the rows that P exchanges; x is square.

    Example:
        >>> factors, pivots = lu_factor([[2.0, 1.0], [1.0, 2.0]])
        >>> factors
        array([[2. , 1. ],
               [0.5, 1.5]], dtype=float32)
    """
    from scipy.linalg import lu_factor  # imported here, because importing minidl loads only NumPy

    stack = x.reshape(-1, *x.shape[-2:])
    factors, pivots = zip(*(lu_factor(matrix) for matrix in stack), strict=True)
    return np.reshape(factors, x.shape), np.reshape(pivots, (*x.shape[:-2], -1)).astype(np.int32)


def _lu_backward(dlu: Array, lu: Array, pivots: Array) -> Array:
    """`dx = P.T @ L.T^-1 @ (tril(L.T @ dL, -1) + triu(dU @ U.T)) @ U.T^-1`."""
    rank = lu.shape[-1]
    lower, upper = np.tril(lu, -1) + np.eye(rank, dtype=lu.dtype), np.triu(lu)
    inner = np.tril(_t(lower) @ np.tril(dlu, -1), -1) + np.triu(np.triu(dlu) @ _t(upper))
    permuted = np.linalg.solve(_t(lower), _t(np.linalg.solve(upper, _t(inner))))
    dx = np.empty_like(permuted)
    for place in np.ndindex(lu.shape[:-2]):
        order = np.arange(rank)
        for row, other in enumerate(pivots[place]):
            order[[row, other]] = order[[other, row]]
        dx[place][order] = permuted[place]
    return np.asarray(dx)


@operation(lambda dy, y, x, rcond: _pinv_backward(dy, y, x), numpy=np.linalg.pinv)
def pinv(x: Array, rcond: float | None = None) -> Array:
    """The Moore-Penrose pseudoinverse: `x @ y @ x = x`, and `y = inv(x.T @ x) @ x.T` if the columns of x are independent.

    Example:
        >>> pinv([[1.0], [1.0]]).round(2)
        array([[0.5, 0.5]], dtype=float32)
    """
    kind = x.dtype if x.dtype.kind in "fc" else np.float64
    limit = 10 * max(x.shape[-2:]) * np.finfo(kind).eps if rcond is None else rcond
    return np.linalg.pinv(x, limit)


def _pinv_backward(dy: Array, y: Array, x: Array) -> Array:
    """`dx = -P.T dP P.T + (1 - x P) dP.T P P.T + P.T P dP.T (1 - P x)` for the pseudoinverse P."""
    rows_left = _t(dy) - x @ (y @ _t(dy))
    columns_left = _t(dy) - (_t(dy) @ y) @ x
    return np.asarray(-_t(y) @ dy @ _t(y) + rows_left @ y @ _t(y) + _t(y) @ y @ columns_left)


@composed(tensors=2)
def lstsq(a: TensorLike, b: TensorLike, rcond: float | None = None) -> Array:
    """The x of smallest norm that minimizes `norm(a @ x - b)`.

    Example:
        >>> lstsq([[1.0], [1.0]], [[1.0], [3.0]]).round(2)
        array([[2.]], dtype=float32)
    """
    return matmul(pinv(a, rcond), b)


@operation(numpy=np.linalg.matrix_rank)
def matrix_rank(x: Array, tol: float | None = None) -> Array:
    """Number of singular values greater than `tol`, by default relative to the largest.

    Example:
        >>> int(matrix_rank([[1.0, 2.0], [2.0, 4.0]]))
        1
    """
    return np.asarray(np.linalg.matrix_rank(x, tol))


@operation(lambda dy, y, x: or_zeros(dy, y)[1][..., np.newaxis, np.newaxis] * _t(np.linalg.inv(x)), numpy=np.linalg.slogdet)
def slogdet(x: Array) -> Tensors:
    """The determinant's sign, and the logarithm of its absolute value: `det(x) = sign * exp(logdet)`.

    Example:
        >>> sign, logarithm = slogdet([[2.0, 0.0], [0.0, -2.0]])
        >>> float(sign), round(float(logarithm), 2)
        (-1.0, 1.39)
    """
    return tuple(map(np.asarray, np.linalg.slogdet(x)))


@composed()
def logdet(x: TensorLike) -> Array:
    """The logarithm of the determinant of positive definite matrices: `y = log(det(x))`.

    Example:
        >>> round(float(logdet([[2.0, 0.0], [0.0, 2.0]])), 2)
        1.39
    """
    y: Array = slogdet(x)[1]
    return y


@composed(tensors=2)
def solve_triangular(a: TensorLike, b: TensorLike, lower: bool = False) -> Array:
    """The x with `a @ x = b`, where only a's upper (or lower) triangle counts.

    Example:
        >>> solve_triangular([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])
        array([1. , 0.5], dtype=float32)
    """
    triangle = tril(a) if lower else triu(a)
    if ndim(b) == ndim(a) - 1:
        return squeeze(solve(triangle, expand_dims(b, -1)), -1)
    return solve(triangle, b)
