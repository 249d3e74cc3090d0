"""Rows of the gradient table: operations that NumPy and linear algebra have too."""

import numpy as np

from tests.ops.arrays import STACK, P, X, Y, apart, positive, real

WITH_NAN = np.where(apart(3, 4) > 1.0, np.nan, apart(3, 4))
NAN_ROW = np.array([[np.nan, 1.0, 2.0], [0.5, np.nan, -1.0], [3.0, 0.2, 1.4]])
INTS, BITS = np.array([[4, 6, 9], [12, 8, 1]]), np.array([[1, 3, 2], [0, 5, 2]])
SQUARE = real(3, 3) + 3 * np.eye(3)
SYMMETRIC = SQUARE @ SQUARE.T
AXES = [{}, {"axis": 1}, {"axis": 0, "keepdims": True}]

NUMPY_CALLS = {
    # elementwise
    **{name: [((X,), {})] for name in ("fabs", "sinc", "i0", "erfc", "signbit", "isneginf", "isposinf", "isreal")},
    **{name: [((X,), {})] for name in ("real", "imag", "conjugate", "conj", "angle")},
    "erfinv": [((X / 2,), {})],
    "fmax": [((X, Y), {}), ((NAN_ROW, np.ones(3)), {})],
    "fmin": [((X, Y), {}), ((NAN_ROW, np.ones(3)), {})],
    "fmod": [((X, 0.37), {}), ((X, Y), {})],
    "logaddexp2": [((X, Y), {})],
    "heaviside": [((X, Y), {}), ((np.zeros((2, 2), int), real(2)), {})],
    "nextafter": [((X, Y), {})],
    "ldexp": [((X, np.array([1, -2, 0, 3])), {})],
    "divide_no_nan": [((X, Y), {}), ((X, 0.0), {})],
    "absolute": [((X,), {})],
    "true_divide": [((X, Y), {})],
    # integers
    **{
        name: [((INTS, BITS), {})]
        for name in (
            *("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift", "left_shift"),
            *("right_shift", "gcd", "lcm"),
        )
    },
    "bitwise_not": [((INTS,), {})],
    "bitwise_invert": [((INTS,), {})],
    "count_nonzero": [((BITS,), {}), ((BITS,), {"axis": 1})],
    "bincount": [((INTS[0],), {}), ((INTS[0],), {"minlength": 12})],
    "digitize": [((X,), {"bins": np.array([-1.0, 0.0, 1.0])})],
    "searchsorted": [((np.arange(5.0), X), {}), ((np.arange(5.0), np.array([1.0, 2.5])), {"side": "right"})],
    "histogram": [((X.ravel(),), {"bins": 4}), ((X.ravel(),), {"bins": 3, "range": (-1.0, 1.0)})],
    "nonzero": [((BITS,), {})],
    "isin": [((INTS, np.array([4, 1])), {}), ((INTS, np.array([4, 1])), {"invert": True})],
    "unravel_index": [((np.array([3, 7]),), {"shape": (3, 4)})],
    "in_top_k": [((np.array([0, 3, 2]), apart(3, 4)), {"k": 2})],
    "argpartition": [((apart(7),), {"kth": 3})],
    "unique": [((INTS,), {}), ((np.array([3, 1, 3, 1]),), {"return_inverse": True, "return_counts": True})],
    # comparisons
    "isclose": [((X, X + 1e-7), {}), ((X, Y), {})],
    "allclose": [((X, X + 1e-9), {}), ((X, Y), {})],
    # creation
    "empty": [((), {"shape": (2, 3)})],
    "empty_like": [((X,), {})],
    "full_like": [((X, 2.0), {})],
    "identity": [((), {"n": 3})],
    "tri": [((), {"N": 3}), ((), {"N": 2, "M": 4, "k": 1})],
    "linspace": [
        ((0.5, 2.0), {"num": 4}),
        ((real(3), real(3)), {"num": 5, "axis": -1}),
        ((X, 1.0), {"num": 3, "endpoint": False}),
    ],
    "logspace": [((), {"start": 0.0, "stop": 2.0, "num": 4})],
    "geomspace": [((), {"start": 1.0, "stop": 8.0, "num": 4})],
    **{name: [((), {"x": 6})] for name in ("bartlett", "blackman", "hamming", "hanning")},
    "kaiser": [((), {"x": 6, "beta": 3.0})],
    "vander": [((real(4),), {}), ((real(4),), {"N": 3, "increasing": True})],
    "meshgrid": [(([real(3), real(4)],), {}), (([real(2), real(3), real(2)],), {"indexing": "ij"})],
    "convert_to_tensor": [((X,), {})],
    "array": [((X,), {})],
    # reductions
    **{name: [((STACK,), options) for options in AXES] for name in ("nanmean", "nanvar", "nanstd", "nansum", "nanprod")},
    "amax": [((apart(3, 4),), options) for options in AXES],
    "amin": [((apart(3, 4),), options) for options in AXES],
    "ptp": [((apart(3, 4),), options) for options in AXES],
    "median": [((apart(3, 4),), options) for options in AXES],
    "nanmax": [((NAN_ROW,), options) for options in AXES],
    "nanmin": [((NAN_ROW,), options) for options in AXES],
    "nanmedian": [((NAN_ROW,), options) for options in AXES],
    "nanargmax": [((NAN_ROW,), {}), ((NAN_ROW,), {"axis": 1})],
    "nanargmin": [((NAN_ROW,), {}), ((NAN_ROW,), {"axis": 1})],
    "nancumsum": [((NAN_ROW,), {"axis": 1})],
    "nancumprod": [((X,), {"axis": 1})],
    **{
        name: [
            ((apart(3, 4),), {"q": 0.3 * scale}),
            ((apart(3, 4),), {"q": [0.1 * scale, 0.9 * scale], "axis": 1}),
            ((apart(2, 3, 4),), {"q": 0.5 * scale, "axis": (0, 2), "keepdims": True}),
            ((apart(3, 4),), {"q": 0.4 * scale, "axis": 0, "method": "lower"}),
        ]
        for name, scale in (("quantile", 1), ("nanquantile", 1), ("percentile", 100), ("nanpercentile", 100))
    },
    "average": [((STACK,), {"axis": 1}), ((X, P), {"axis": 0}), ((X, positive(4)), {"axis": 1}), ((X, P), {})],
    "corrcoef": [((real(3, 5),), {})],
    "correlate": [((real(5), real(3)), {"mode": mode}) for mode in ("valid", "same", "full")] + [((real(2), real(5)), {})],
    "moments": [((STACK,), {"axes": (0, 1)}), ((X,), {"axes": [1], "keepdims": True})],
    "psnr": [((X, Y), {"max_val": 2.0})],
    "trapezoid": [((X,), {"dx": 0.5}), ((X, np.sort(real(4))), {}), ((STACK,), {"axis": 1})],
    # products
    "tensordot": [((STACK, real(4, 2)), {"axes": 1}), ((STACK, real(3, 2)), {"axes": [[1, 0], [0, 1]]})],
    "inner": [((X, real(2, 4)), {}), ((real(4), real(4)), {})],
    "vdot": [((X, Y), {})],
    "outer": [((real(3), real(4)), {})],
    "kron": [((real(2, 3), real(3, 2)), {}), ((real(3), real(2, 2)), {})],
    "cross": [((real(4, 3), real(4, 3)), {}), ((real(3, 4), real(3, 4)), {"axis": 0}), ((real(2), real(3)), {})],
    "trace": [((SQUARE,), {}), ((STACK,), {"offset": 1, "axis1": 1, "axis2": 2})],
    "diag": [((SQUARE,), {}), ((real(3),), {"k": 1}), ((X,), {"k": -1})],
    "diagflat": [((real(2, 2),), {})],
    "cdist": [((real(3, 4), real(2, 4)), {}), ((real(2, 3, 4), real(2, 2, 4)), {})],
    # joining
    "append": [((X, Y), {}), ((X, Y), {"axis": 1})],
    "array_split": [((real(5, 2),), {"indices_or_sections": 3})],
    "dsplit": [((STACK,), {"indices_or_sections": 2})],
    "hsplit": [((X,), {"indices_or_sections": 2}), ((real(4),), {"indices_or_sections": (1, 3)})],
    "vsplit": [((X,), {"indices_or_sections": 3})],
    "dstack": [(([X, Y],), {})],
    "hstack": [(([X, Y],), {}), (([real(2), real(3)],), {})],
    "vstack": [(([X, Y],), {}), (([real(3), real(3)],), {})],
    "fliplr": [((X,), {})],
    "flipud": [((X,), {})],
    "diff": [((X,), {}), ((X,), {"n": 2, "axis": 0})],
    "unstack": [((STACK,), {}), ((STACK,), {"num": 3, "axis": 1})],
    "select": [],
    "rearrange": [((real(2, 12, 5),), {"pattern": "b (h w) c -> b c (w h)", "h": 3}), ((X,), {"pattern": "a b -> b a"})],
    # indexing
    "scatter": [((np.array([[0, 1], [2, 0], [0, 1]]), real(3)), {"shape": (3, 2)})],
    "scatter_update": [
        ((X, np.array([[0, 1], [2, 0]]), real(2)), {}),
        ((X, np.array([[0], [2]]), real(2, 4)), {}),
        ((X, np.array([[0], [0]]), real(2, 4)), {"reduction": "add"}),
        ((X, np.array([[0, 1], [2, 0], [0, 1]]), real(3)), {"reduction": "mul"}),
        ((X, np.array([[0, 1], [2, 0], [0, 1]]), real(3)), {"reduction": "max"}),
        ((X, np.array([[0, 1], [2, 0]]), real(2)), {"reduction": "min"}),
    ],
    "slice": [((X,), {"start_indices": (0, 1), "shape": (2, 3)}), ((X,), {"start_indices": (2, 3), "shape": (2, 2)})],
    "slice_update": [((X, np.array([1, 1]), real(2, 2)), {})],
    "top_k": [((apart(3, 4),), {"k": 2})],
    "extract_sequences": [((real(2, 7),), {"sequence_length": 3, "sequence_stride": 2})],
    **{
        name: [
            ((apart(4, 2) + 0.03, np.array([0, 1, 0, 2])), {"num_segments": 3}),
            ((apart(4) + 0.03, np.array([0, 1, 1, 2])), {"num_segments": 3}),
        ]
        for name in ("segment_sum", "segment_max", "segment_min", "segment_prod")
    },
    # matrices
    "cholesky": [((SYMMETRIC,), {}), ((SYMMETRIC,), {"upper": True})],
    "cholesky_inverse": [((np.linalg.cholesky(SYMMETRIC),), {})],
    "eigh": [((SYMMETRIC,), {})],
    "eig": [],
    "lu_factor": [((SQUARE,), {})],
    "qr": [((real(4, 3),), {}), ((SQUARE,), {})],
    "svd": [
        ((real(4, 3),), {"full_matrices": False}),
        ((real(2, 3, 4),), {"full_matrices": False}),
        ((SQUARE,), {}),
        ((X,), {"compute_uv": False}),
    ],
    "pinv": [((real(4, 3),), {}), ((real(2, 3, 4),), {})],
    "lstsq": [((real(5, 3), real(5, 2)), {}), ((real(5, 3), real(5)), {})],
    "matrix_rank": [((real(4, 3),), {})],
    "slogdet": [((SQUARE,), {}), ((np.stack([SQUARE, SYMMETRIC]),), {})],
    "logdet": [((SYMMETRIC,), {})],
    "solve_triangular": [((SQUARE, real(3, 2)), {}), ((SQUARE, real(3)), {"lower": True})],
    "norm": [
        ((X,), {}),
        *(((X,), {"ord": order, "axis": 1}) for order in (1, 2, 3, np.inf, -np.inf)),
        *(((X,), {"ord": order}) for order in ("fro", "nuc", 1, -1, 2, np.inf)),
        ((STACK,), {"ord": "fro", "axis": (0, 2), "keepdims": True}),
        ((STACK,), {"ord": 2, "axis": -1, "keepdims": True}),
    ],
    # Fourier transforms
    "fft": [(([X, Y],), {})],
    "fft2": [(([X, Y],), {})],
    "ifft2": [(([X, Y],), {})],
    "rfft": [((X,), {}), ((X,), {"fft_length": 6}), ((X,), {"fft_length": 3})],
    "irfft": [(([real(2, 4), real(2, 4)],), {}), (([real(2, 4), real(2, 4)],), {"fft_length": 5})],
    "stft": [
        ((real(2, 20),), {"sequence_length": 5, "sequence_stride": 3, "fft_length": 8}),
        ((real(20),), {"sequence_length": 6, "sequence_stride": 2, "fft_length": 6, "window": None, "center": False}),
        ((real(20),), {"sequence_length": 6, "sequence_stride": 2, "fft_length": 8, "window": "hamming"}),
    ],
    "istft": [
        (([real(6, 5), real(6, 5)],), {"sequence_length": 8, "sequence_stride": 2, "fft_length": 8}),
        (([real(6, 5), real(6, 5)],), {"sequence_length": 6, "sequence_stride": 2, "fft_length": 8, "length": 9}),
        (([real(2, 6, 5), real(2, 6, 5)],), {"sequence_length": 8, "sequence_stride": 4, "fft_length": 8, "center": False}),
    ],
    # bytes and complex numbers
    "polar": [],
    "view": [],
    "view_as_complex": [],
    "view_as_real": [],
    "saturate_cast": [((100 * X,), {"dtype": "int8"}), ((3 * X,), {"dtype": "uint8"})],
}
