"""Activation, initializer, regularizer, constraint, loss and metric given as registered functions: cloned, saved and loaded."""

import keras
import numpy as np
from keras import layers, ops

register = keras.saving.register_keras_serializable


@register(package="programs")
def shifted_relu(x):
    return ops.relu(x + 0.1) - 0.1


@register(package="programs")
def alternating(shape, dtype=None):
    return ops.cast(np.resize([0.5, -0.25], shape), dtype or "float32")


@register(package="programs", name="smoothness")
def neighbours_alike(kernel):
    return 0.1 * ops.sum(ops.square(kernel[1:] - kernel[:-1]))


@register(package="programs")
def at_most_one(kernel):
    return ops.clip(kernel, -1.0, 1.0)


@register(package="programs")
def log_cosh_sum(y_true, y_pred):
    return ops.sum(ops.log(ops.cosh(y_pred - y_true)), axis=-1)


@register(package="programs")
def largest_error(y_true, y_pred):
    return ops.max(ops.abs(y_true - y_pred), axis=-1)


rng = np.random.default_rng(102)
x, y = rng.normal(size=(24, 3)).astype("float32"), rng.normal(size=(24, 2)).astype("float32")
model = keras.Sequential(
    [
        keras.Input((3,)),
        layers.Dense(4, shifted_relu, kernel_initializer=alternating, kernel_regularizer=neighbours_alike),
        layers.Dense(2, kernel_initializer=alternating, kernel_constraint=at_most_one),
        layers.Lambda(shifted_relu),
    ]
)
model.compile(keras.optimizers.SGD(0.1), log_cosh_sum, metrics=[largest_error])
history = model.fit(x, y, epochs=3, batch_size=8, shuffle=False, verbose=0)
config = {name: item for name, item in model.layers[0].get_config().items() if name.startswith(("kernel", "activation"))}
model.save("functions.keras")
restored = keras.models.load_model("functions.keras")
scores = restored.evaluate(x, y, verbose=0)
penalties = [float(loss) for loss in restored.losses]
clone = keras.models.clone_model(model)
start = clone.predict(x, verbose=0)
rebuilt = keras.models.model_from_json(model.to_json())
rebuilt.set_weights(model.get_weights())
outputs = rebuilt.predict(x, verbose=0)
