"""Transfer and fine-tuning: a frozen base, a new head, then some layers of the base with a low rate."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(16)
images = rng.normal(size=(16, 8, 8, 3)).astype("float32")
labels = rng.integers(0, 2, size=(16, 1)).astype("float32")

conv_base = keras.Sequential(
    [
        keras.Input((8, 8, 3)),
        layers.Conv2D(3, 3, activation="relu", name="block1_conv"),
        layers.BatchNormalization(name="block1_bn"),
        layers.Conv2D(4, 3, activation="relu", name="block2_conv"),
    ],
    name="base",
)
conv_base.trainable = False
inputs = keras.Input(shape=(8, 8, 3))
x = conv_base(inputs, training=False)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(1)(x)
model = keras.Model(inputs, outputs)
# same weights: model
before = len(model.trainable_weights)
model.compile(
    optimizer=keras.optimizers.Adam(),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy()],
)
history = model.fit(images, labels, epochs=3, batch_size=16, verbose=0)

conv_base.trainable = True
for layer in conv_base.layers[:-1]:
    layer.trainable = False
after = len(model.trainable_weights)
model.compile(
    optimizer=keras.optimizers.RMSprop(learning_rate=1e-3),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy()],
)
fine_tuning = model.fit(images, labels, epochs=2, batch_size=16, verbose=0)
frozen = conv_base.get_layer("block1_conv").get_weights()
