"""`EinsumDense`."""

from minidl import layers
from tests.table.layers.common import IMAGE, IMAGES, ROW, ROWS, SEQUENCE, SEQUENCES, TRAINING, regularized, started
from tests.table.layers.core import LOW_PRECISION


def einsum(*arguments, **options):
    return lambda: layers.EinsumDense(*arguments, **options)


FORMS = {
    "EinsumDense": [
        (einsum("ab,bc->ac", 3, "softmax", "c"), ROW, {}),
        (einsum("ab,cb->ac", 3, "tanh", activity_regularizer="l2"), ROW, {}),
        (einsum("abc,cd->abd", (None, 3), bias_axes="d"), SEQUENCE, {}),
        (einsum("abc,cde->abed", (None, 3, 2), bias_axes="e"), SEQUENCE, {"sizes_of_one": False}),
        (einsum("abc,bd->adc", (3, None), bias_axes="dc"), SEQUENCE, {}),
        (einsum("...x,xy->...y", 3, bias_axes="y"), IMAGE, {}),
        (einsum("...xy,yz->...zx", (3, None), bias_axes="x"), IMAGE, {}),
        (einsum("ab...,bc->ac...", 5, bias_axes="c"), IMAGE, {}),
        (einsum("abc,bcd->abd", (None, 3), bias_axes="b"), SEQUENCE, {}),  # a kernel of its own at each step
        (einsum("abc,cd->ad", 3), SEQUENCE, {}),  # one axis of the input summed over, and no kernel there
        (einsum("abc,de->aebcd", (2, None, None, 3)), SEQUENCE, {"sizes_of_one": False}),
        (einsum("ab,b->ab", None, bias_axes="b"), ROW, {}),
        (einsum("abcd,cde->abe", (None, 3), bias_axes="be"), IMAGE, {}),
    ],
}


COMPARED_WITH_KERAS = {
    "EinsumDense": [
        ({"equation": "ab,bc->ac", "output_shape": 3, "activation": "softmax", "bias_axes": "c"}, ROWS, {}),
        ({"equation": "ab,cb->ac", "output_shape": 3, "activity_regularizer": "l2"}, ROWS, TRAINING),
        ({"equation": "abc,cd->abd", "output_shape": (6, 4), "bias_axes": "d"}, SEQUENCES, {}),
        ({"equation": "abc,cde->abed", "output_shape": (6, 4, 2), "bias_axes": "e"}, SEQUENCES, {}),
        ({"equation": "abc,cde->abed", "output_shape": (6, 4, 2), "bias_axes": "ed"}, SEQUENCES, {}),
        ({"equation": "abc,cde->abde", "output_shape": (6, 4, 2), "bias_axes": "be"}, SEQUENCES, {}),
        ({"equation": "abc,bd->adc", "output_shape": (4, 3), "bias_axes": "d"}, SEQUENCES, {}),
        ({"equation": "...x,xy->...y", "output_shape": 4, "bias_axes": "y"}, SEQUENCES, {}),
        ({"equation": "...xy,yz->...zx", "output_shape": (4, 3), "bias_axes": "x"}, IMAGES, {}),
        ({"equation": "...x,xy->...y", "output_shape": 4}, ROWS, {}),
        ({"equation": "...ab,bc->...ac", "output_shape": 4, "bias_axes": "c"}, ROWS, {}),
        ({"equation": "ab...,bc->ac...", "output_shape": 3, "bias_axes": "c"}, IMAGES, {}),
        ({"equation": "abc,bcd->abd", "output_shape": (6, 4)}, SEQUENCES, TRAINING),
        ({"equation": "abc,cd->ad", "output_shape": 4, "bias_axes": "d"}, SEQUENCES, {}),
        ({"equation": "abc,de->aebcd", "output_shape": (2, 6, 3, 2)}, SEQUENCES, {}),
        ({"equation": "abcd,cde->abe", "output_shape": (5, 2), "bias_axes": "be"}, IMAGES, {}),
        (
            lambda k: {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c"} | regularized("kernel", "bias")(k),
            ROWS,
            TRAINING,
        ),
        (
            lambda k: {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "c"} | started("kernel", "bias")(k),
            ROWS,
            {},
        ),
    ],
}
LEFT_OUT = {
    "EinsumDense": dict.fromkeys(("lora_rank", "lora_alpha", "gptq_unpacked_column_size", "quantization_config"), LOW_PRECISION)
}
