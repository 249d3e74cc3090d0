"""Operations of functional models are exported as far as ONNX has operators for them."""

import numpy as np
import pytest

from minidl import layers, ops
from minidl.interop.onnx.operations import TABLE
from minidl.models import Model
from tests.interop.onnx_running import compare
from tests.ops.graphs import has_tensors, model_of
from tests.ops.table import CALLS

FLOATS, POSITIVE, ABOVE_ONE, INSIDE = (-2.0, 2.0), (0.1, 3.0), (1.1, 3.0), (-0.9, 0.9)

UNARY = {
    FLOATS: "abs ceil cos cosh arctan arcsinh erf exp exp2 expm1 fabs floor negative sigmoid sign sin "
    "sinh square tanh relu copy",
    POSITIVE: "log log10 log1p log2 reciprocal rsqrt sqrt",
    ABOVE_ONE: "arccosh",
    INSIDE: "arccos arcsin arctanh tan",
}
REDUCTIONS = "sum mean max min prod logsumexp std var"
ON_MATRICES = {
    "add a number": lambda x: 1 + x,
    "arithmetic": lambda x: (x - 2) * x / 3 + ops.maximum(x, 0.5) - ops.minimum(x, 0.1),
    "powers": lambda x: ops.abs(x) ** 1.5,
    "floor division": lambda x: x // 0.3,
    "comparisons": lambda x: ops.cast(x > 0, "float32") + ops.cast(x <= 0.5, "float32") + ops.cast(x != 0, "float32"),
    "logic": lambda x: ops.logical_or(x < -1, ops.logical_and(x > 0, ops.logical_not(x > 1))),
    "where": lambda x: ops.where(x > 0, x, -2.0),
    "clip": lambda x: ops.clip(x, -0.5, 0.7),
    "any and all": lambda x: ops.stack([ops.any(x > 0, axis=-1), ops.all(x > -1, axis=-1)], axis=-1),
    "argmax": lambda x: ops.argmax(x, axis=1),
    "argmin": lambda x: ops.argmin(x, axis=-1),
    "gelu by tanh": ops.gelu,
    "exact gelu": lambda x: ops.gelu(x, approximate=False),
    "softmax": lambda x: ops.softmax(x, axis=1),
    "hard sigmoid": ops.hard_sigmoid,
    "reshape": lambda x: ops.reshape(x, (-1, 4, 3)),
    "reshape with None": lambda x: ops.reshape(x, (ops.shape(x)[0], 12)),
    "transpose": lambda x: ops.transpose(x, (0, 2, 1)) + 1,
    "moveaxis": lambda x: ops.moveaxis(x, 1, -1) * 2,
    "swapaxes": lambda x: ops.swapaxes(x, 1, 2) * 2,
    "expand and squeeze": lambda x: ops.squeeze(ops.expand_dims(x, 1), 1),
    "concatenate": lambda x: ops.concatenate([x, 2 * x], axis=-1),
    "stack": lambda x: ops.stack([x, 2 * x], axis=1),
    "split": lambda x: ops.split(x, 2, axis=-1)[1],
    "split at": lambda x: ops.split(x, [1, 3], axis=-1)[1],
    "take": lambda x: ops.take(x, [2, 0, -1], axis=1),
    "item": lambda x: x[:, 1],
    "last item": lambda x: x[:, -1],
    "slices": lambda x: x[:, ::2, 1:-1],
    "backwards": lambda x: x[:, ::-1],
    "ellipsis and new axis": lambda x: x[..., None, 0],
    "flip": lambda x: ops.flip(x, axis=1),
    "tile": lambda x: ops.tile(x, (1, 2, 1)),
    "repeat": lambda x: ops.repeat(x, 2, axis=1),
    "pad": lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1))),
    "reflect": lambda x: ops.pad(x, ((0, 0), (1, 1), (2, 3)), mode="reflect"),
    "wrap": lambda x: ops.pad(x, ((0, 0), (1, 3), (4, 0)), mode="wrap"),
    "ones and zeros": lambda x: ops.ones_like(x) + ops.zeros_like(x) + ops.full_like(x, 3.0),
    "cumsum": lambda x: ops.cumsum(x, axis=1),
    "one hot": lambda x: ops.one_hot(ops.argmax(x, axis=-1), 4),
    "top k": lambda x: ops.top_k(x, 2)[0],
    "triangle": lambda x: ops.tril(x) + ops.triu(x, k=1),
    "normalize": lambda x: ops.normalize(x, axis=-1),
    "matmul": lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))),
    "einsum": lambda x: ops.einsum("bij,bkj->bik", x, x),
    "tensordot": lambda x: ops.tensordot(x, np.ones((4, 2), "float32"), axes=1),
    "NumPy": lambda x: np.tanh(x) + np.exp(-x),
    "all at once": lambda x: ops.sum(x),
    "no numbers": lambda x: ops.isnan(x),
}


def all_of(functions, low, high, path):
    """Compare a model with one output for each function of the same input."""
    x = np.random.default_rng(0).uniform(low, high, (2, 3, 4)).astype("float32")
    start = layers.Input((3, 4))
    compare(Model(start, [function(start) for function in functions]), path / "net.onnx", x)


@pytest.mark.parametrize("interval", UNARY)
def test_operations_of_one_tensor_are_exported(interval, tmp_path):
    all_of([getattr(ops, name) for name in UNARY[interval].split()], *interval, tmp_path)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [-1, (1, 2)])
def test_reductions_are_exported(axis, keepdims, tmp_path):
    named = [getattr(ops, name) for name in REDUCTIONS.split()]
    all_of([lambda x, f=f: f(x, axis=axis, keepdims=keepdims) for f in named], *POSITIVE, tmp_path)


def test_operations_of_several_tensors_and_shapes_are_exported(tmp_path):
    all_of(ON_MATRICES.values(), *FLOATS, tmp_path)


def test_a_variable_is_a_weight_of_the_file(tmp_path):
    x = layers.Input((3,))
    dense = layers.Dense(2)
    y = dense(x)
    model = Model(x, ops.matmul(y, dense.kernel.value.T) + dense.bias.value.sum())
    compare(model, tmp_path / "net.onnx", np.random.default_rng(0).normal(size=(4, 3)).astype("float32"))


def test_operations_without_an_operator_raise_an_error_by_name(tmp_path):
    x = layers.Input((3, 3))
    with pytest.raises(ValueError, match='operation inv "inv.*": ONNX has no operator for it'):
        Model(x, ops.inv(x) + 0).export(tmp_path / "net.onnx")
    with pytest.raises(ValueError, match='operation logdet "logdet.*": it consists of others, and for slogdet: ONNX has no'):
        Model(x, ops.logdet(x) + 0).export(tmp_path / "net.onnx")
    with pytest.raises(ValueError, match='operation median "median.*": .*its steps depend on values'):
        Model(x, ops.median(x, axis=-1) + 0).export(tmp_path / "net.onnx")
    for mode, width in (("reflect", 3), ("wrap", 4)):
        with pytest.raises(ValueError, match='operation pad "pad.*" cannot .*: it pads an axis by more elements than it'):
            Model(x, ops.pad(x, ((0, 0), (0, 0), (width, 0)), mode=mode)).export(tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_every_operation_of_the_table_exists():
    from minidl.autodiff.table import TABLE as OPERATIONS

    assert set(TABLE) <= set(OPERATIONS)


# The table of all operations. What ONNX has no operator for: matrices that are inverted or decomposed, integers without
# formulas, results whose size depends on values, and steps that look at values.
REFUSED = (
    "argpartition bincount bitwise_right_shift cholesky cholesky_inverse ctc_decode ctc_loss cumprod eigh erfinv "
    "gcd histogram i0 image.affine_transform image.elastic_transform image.map_coordinates "
    "image.perspective_transform in_top_k inv irfft istft lcm linspace logdet lstsq lu_factor matrix_rank median "
    "nanargmax nanargmin nancumprod nanmedian nanpercentile nanquantile nextafter nonzero percentile pinv qr "
    "quantile right_shift saturate_cast segment_max segment_min segment_prod slice_update slogdet solve "
    "solve_triangular sparse_categorical_crossentropy svd unique unravel_index"
)
# An array between slices, norms by svd and of other orders, and symmetric padding.
REFUSED_FORMS = {"get_item": 1, "norm": 2, "normalize": 2, "pad": 1}

QUICK = (
    "average_pool conv conv_transpose depthwise_conv dot_product_attention image.resize image.rgb_to_hsv layer_normalization "
    "max_pool mod pad roll separable_conv sort"
)
TRIED = [
    pytest.param(name, id=name, marks=() if name in QUICK.split() else pytest.mark.thorough)
    for name, forms in CALLS.items()
    if any(has_tensors(tensors) for tensors, _ in forms)
]


@pytest.mark.parametrize("name", TRIED)
def test_every_operation_is_exported_or_raises_an_error_that_names_it(name, tmp_path):
    refused, forms = [], [form for form in CALLS[name] if has_tensors(form[0])]
    for tensors, options in forms:
        model, arrays = model_of(name, tensors, {"dtype": "int32"} if name == "cast" else options)
        try:
            compare(model, tmp_path / "net.onnx", *arrays, tolerance=2e-5)
        except ValueError as error:
            refused.append(str(error))
    always = name in REFUSED.split()
    assert len(refused) == (len(forms) if always else REFUSED_FORMS.get(name, 0))
    assert all(always or f'operation {name} "' in message for message in refused)
