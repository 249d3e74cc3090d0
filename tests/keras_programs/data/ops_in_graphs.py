"""A functional model of operations alone: resizing, padding, slices, sorting, matrix products."""

import keras
import numpy as np
from keras import ops

rng = np.random.default_rng(21)
x = rng.normal(size=(6, 4, 4, 2)).astype("float32")
inputs = keras.Input((4, 4, 2))
a = ops.image.resize(inputs, (6, 6), interpolation="bilinear")
b = ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
c = ops.where(a > 0, a, ops.expm1(b))
d = ops.transpose(c, (0, 3, 1, 2))
e = ops.reshape(d, (-1, 2, 36))
f = ops.concatenate(
    [ops.max(e, axis=-1), ops.logsumexp(e, axis=-1), ops.std(e, axis=-1), ops.sqrt(ops.sum(e * e, axis=-1))], axis=-1
)
g = ops.stack([f, ops.cumsum(f, axis=-1), ops.flip(f, axis=-1)], axis=1)
top, where = ops.top_k(g, 3)
h = ops.matmul(g, ops.swapaxes(g, 1, 2))
i = ops.one_hot(ops.argmax(f, axis=-1), 8)
j = ops.mean(ops.absolute(ops.roll(f, 1, axis=-1)), axis=-1, keepdims=True)
k = ops.clip(ops.divide(f, 1e-3 + ops.abs(j)), -2, 2) ** 2 % 1.5
q = inputs[:, ::2, 1:, -1] - ops.expand_dims(inputs[:, 0, :2, 0], -1) * 2
m = ops.tril(h) + ops.split(h, 3, axis=-1)[1]
n = ops.softmax(-f) @ ops.ones((8, 2))
model = keras.Model(inputs, {"top": top, "where": where, "h": h, "i": i, "k": k, "q": q, "m": m, "n": n})
outputs = model.predict(x, verbose=0)
shapes = {key: tuple(t.shape) for key, t in model.output.items()}
direct = {key: ops.convert_to_numpy(value) for key, value in sorted(model(x).items())}
trainable = keras.Model(inputs, keras.layers.Dense(1, name="d")(ops.concatenate([k, f, ops.reshape(q, (-1, 6))], axis=1)))
# same weights: trainable
trainable.compile("sgd", "mae")
history = trainable.fit(x, x[:, 0, 0, :1], epochs=3, batch_size=3, shuffle=False, verbose=0)
grown = ops.scatter(np.array([[0], [2]]), np.array([1.0, 2.0], "float32"), (4,))
summed = ops.segment_sum(np.array([1.0, 2.0, 4.0], "float32"), np.array([0, 0, 2]), num_segments=3)

scanned = ops.associative_scan(lambda p, q: p + q, np.arange(4.0, dtype="float32"))
mapped = ops.vectorized_map(lambda v: v * 2, np.arange(3.0, dtype="float32"))
uppers = ops.triu(np.ones((3, 3), "float32"))
