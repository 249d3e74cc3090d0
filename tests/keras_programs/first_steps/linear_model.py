"""A linear model by hand with ops, and the same by a layer without a bias, trained by RMSprop."""

import keras
import numpy as np
from keras import ops

rng = np.random.default_rng(6)
x = rng.normal(size=(50, 3)).astype("float32")
y = x @ np.array([[1.0], [2.0], [-1.0]], dtype="float32") + 0.5

design = ops.concatenate([x, ops.ones((50, 1))], axis=1)
solution = ops.matmul(ops.linalg.inv(ops.matmul(ops.transpose(design), design)), ops.matmul(ops.transpose(design), y))
residual = ops.mean(ops.square(ops.matmul(design, solution) - y))

model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, use_bias=False)])
# same weights: model
model.compile("rmsprop", "mean_absolute_error", metrics=["mse", keras.metrics.RootMeanSquaredError()])
history = model.fit(np.array(design), y, epochs=3, batch_size=25, shuffle=False, verbose=0)
bias = model.layers[0].bias
