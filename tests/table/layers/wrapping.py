"""`Wrapper`, `SpectralNormalization` and `Lambda`."""

from minidl import layers
from tests.table.layers.common import ROW, ROWS, SEQUENCE, SEQUENCES, TRAINING, ids, mask_of


def wrapped(make, **arguments):
    return lambda: layers.Wrapper(make(), **arguments)


FORMS = {
    "Wrapper": [
        (wrapped(lambda: layers.Dense(3, "tanh", activity_regularizer="l2")), ROW, {}),
        (wrapped(lambda: layers.Dense(2, "softmax"), activity_regularizer="l2"), SEQUENCE, {}),
        (wrapped(lambda: layers.SimpleRNN(3, dropout=0.3, return_sequences=True)), SEQUENCE, {}),
        (wrapped(lambda: layers.SimpleRNN(3, return_state=True)), SEQUENCE, {}),
        (wrapped(layers.BatchNormalization), ROW, {}),
        (wrapped(wrapped(lambda: layers.Embedding(5, 2, mask_zero=True))), (3, 4), {"inputs": ids}),
        (wrapped(layers.Add), [ROW, ROW], {}),
    ],
}
COMPARED_WITH_KERAS = {"Wrapper": []}  # Keras's has no call


def power(x, exponent=2):
    return x**exponent


def power_backward(dy, x, y, exponent=2):
    return dy * exponent * x ** (exponent - 1)


def turned(x):
    return x[:, ::-1]


def turned_back(dy, x, y):
    return dy[:, ::-1]


def product(x):
    return x[0] * x[1]


def product_backward(dy, x, y):
    return [dy * x[1], dy * x[0]]


def noted(x, mask=None, training=False):
    """Twice as large in training; masked steps are 0."""
    scaled = x * (2.0 if training else 1.0)
    return scaled if mask is None else scaled * mask[..., None]


def noted_backward(dy, x, y, mask=None, training=False):
    return noted(dy, mask, training)


def same_mask(x, previous_mask):
    return previous_mask


def halves(x):
    return x[:, :2], x[:, 2:]


def halves_backward(dy, x, y):
    dx = 0.0 * x
    for part, where in zip(dy, (slice(2), slice(2, None)), strict=True):
        if part is not None:
            dx[:, where] = part
    return dx


def own_shape(shape):
    return shape


def applied(*arguments, **options):
    return lambda: layers.Lambda(*arguments, **options)


FORMS["Lambda"] = [
    (applied(power, backward=power_backward), ROW, {}),
    (applied(power, arguments={"exponent": 3}, backward=power_backward, activity_regularizer="l2"), ROW, {}),
    (applied(turned, (4, 2), backward=turned_back), SEQUENCE, {"sizes_of_one": False}),
    (applied(noted, mask=same_mask, backward=noted_backward), SEQUENCE, {}),
    (applied(product, backward=product_backward), [ROW, ROW], {}),
    (applied(halves, [(2,), (2,)], backward=halves_backward), ROW, {"sizes_of_one": False}),
    (applied(lambda x: x + 1.0, own_shape, backward=lambda dy, x, y: dy), ROW, {}),
]


def differentiable(function, backward, **arguments):
    """Arguments for both: ours knows the gradient, Keras finds it."""
    return lambda k: {"function": function} | arguments | ({"backward": backward} if k.__name__ == "minidl" else {})


COMPARED_WITH_KERAS["Lambda"] = [
    (differentiable(power, power_backward), ROWS, {}),
    (differentiable(power, power_backward, arguments={"exponent": 3}), ROWS, TRAINING),
    (differentiable(turned, turned_back, output_shape=(6, 3)), SEQUENCES, {}),
    (differentiable(turned, turned_back, output_shape=own_shape), SEQUENCES, {}),
    (differentiable(noted, noted_backward, mask=same_mask), SEQUENCES, TRAINING | {"mask": mask_of(SEQUENCES)}),
    (differentiable(noted, noted_backward, mask=same_mask), SEQUENCES, {"mask": mask_of(SEQUENCES)}),
    (differentiable(power, power_backward, mask=mask_of(SEQUENCES)), SEQUENCES, {}),
    (differentiable(product, product_backward), [ROWS, ROWS], {}),
    (differentiable(halves, halves_backward, output_shape=[(2,), (2,)]), ROWS, {}),
]
