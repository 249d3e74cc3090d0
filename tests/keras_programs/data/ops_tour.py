"""A tour of keras.ops as programs use them instead of NumPy."""

import numpy as np
from keras import ops

x = ops.convert_to_tensor(np.arange(12, dtype="float32").reshape(3, 4))
results = {
    "array": ops.array([1.0, 2.0]),
    "linspace": ops.linspace(0.0, 1.0, 5),
    "tensordot": ops.tensordot(x, x, axes=[[1], [1]]),
    "arccos": ops.arccos(ops.array([0.0, 0.5])),
    "top_k": list(ops.top_k(x, 2)),
    "one_hot": ops.one_hot(ops.array([0, 2]), 3),
    "segment_sum": ops.segment_sum(ops.array([1.0, 2.0, 3.0]), ops.array([0, 0, 1]), num_segments=2),
    "norm": ops.norm(x, axis=1),
    "logsumexp": ops.logsumexp(x, axis=0),
    "take": ops.take(x, ops.array([2, 0]), axis=0),
    "cumsum": ops.cumsum(x, axis=1),
    "clip": ops.clip(x, 2.0, 7.0),
    "gelu": ops.gelu(x),
    "softmax": ops.nn.softmax(x),
    "sort": ops.flip(ops.sort(x, axis=-1), axis=-1),
    "scatter": ops.scatter(ops.array([[1], [2]]), ops.array([5.0, 6.0]), (4,)),
    "pad": ops.pad(x, [[0, 0], [1, 1]]),
    "tril": ops.tril(ops.ones((3, 3))),
    "isclose": ops.isclose(x, x + 1e-9),
    "argmax": ops.argmax(x, axis=1),
    "split": list(ops.split(x, 2, axis=1)),
    "max_pool": ops.max_pool(ops.reshape(x, (1, 3, 4, 1)), 2, 1),
    "while": ops.while_loop(lambda i: i < 5, lambda i: (i + 1,), (ops.array(0),))[0],
    "cond": ops.cond(ops.array(True), lambda: ops.array(1.0), lambda: ops.array(2.0)),
}
results = {
    name: [ops.convert_to_numpy(v) for v in (value if isinstance(value, list) else [value])] for name, value in results.items()
}
shape = ops.shape(x)
