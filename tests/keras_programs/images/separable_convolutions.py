"""Separable and depthwise convolutions on bytes, AdamW with weight decay left out for biases, weights in a file."""

import keras
import numpy as np
from keras import layers

model = keras.Sequential(
    [
        keras.Input((8, 8, 3)),
        layers.Rescaling(1 / 127.5, offset=-1),
        layers.Conv2D(4, 3, padding="same", activation="silu"),
        layers.AveragePooling2D(2),
        layers.SeparableConv2D(4, 3, depth_multiplier=2, activation="relu"),
        layers.BatchNormalization(momentum=0.8),
        layers.DepthwiseConv2D(2, activation="relu6"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(3),
    ]
)
# same weights: model
rng = np.random.default_rng(105)
images, labels = rng.integers(0, 256, (18, 8, 8, 3)).astype("uint8"), rng.integers(0, 3, 18)
optimizer = keras.optimizers.AdamW(1e-2, weight_decay=0.05, clipnorm=1.0)
optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(optimizer, loss, metrics=["accuracy", keras.metrics.SparseTopKCategoricalAccuracy(2)])
history = model.fit(images, labels, epochs=3, batch_size=6, shuffle=False, verbose=0)
model.save_weights("separable.weights.h5")
clone = keras.models.clone_model(model)
clone.load_weights("separable.weights.h5")
logits = clone.predict(images, verbose=0)
kinds = [type(layer).__name__ for layer in clone.layers]
