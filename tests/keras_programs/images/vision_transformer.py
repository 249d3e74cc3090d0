"""A small vision transformer: patches with ops, position embeddings, attention blocks, and a head."""

import keras
import numpy as np
from keras import layers, ops

rng = np.random.default_rng(19)
images = rng.normal(size=(8, 8, 8, 1)).astype("float32")
labels = rng.integers(0, 3, 8)


class Patches(layers.Layer):
    def __init__(self, patch_size, **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size

    def call(self, images):
        patches = ops.image.extract_patches(images, size=self.patch_size)
        batch, rows, columns, values = ops.shape(patches)
        return ops.reshape(patches, (batch, rows * columns, values))

    def get_config(self):
        return super().get_config() | {"patch_size": self.patch_size}


class PatchEncoder(layers.Layer):
    def __init__(self, num_patches, projection_dim):
        super().__init__()
        self.num_patches = num_patches
        self.projection = layers.Dense(units=projection_dim)
        self.position_embedding = layers.Embedding(input_dim=num_patches, output_dim=projection_dim)

    def call(self, patch):
        positions = ops.expand_dims(ops.arange(start=0, stop=self.num_patches, step=1), axis=0)
        return self.projection(patch) + self.position_embedding(positions)


inputs = keras.Input((8, 8, 1))
encoded_patches = PatchEncoder(4, 6)(Patches(4)(inputs))
for _ in range(1):
    x1 = layers.LayerNormalization(epsilon=1e-6)(encoded_patches)
    attention_output = layers.MultiHeadAttention(num_heads=2, key_dim=3, dropout=0.0)(x1, x1)
    x2 = layers.Add()([attention_output, encoded_patches])
    x3 = layers.LayerNormalization(epsilon=1e-6)(x2)
    x3 = layers.Dense(8, activation=keras.activations.gelu)(x3)
    x3 = layers.Dense(6)(x3)
    encoded_patches = layers.Add()([x3, x2])
representation = layers.Flatten()(layers.LayerNormalization(epsilon=1e-6)(encoded_patches))
logits = layers.Dense(3)(representation)
model = keras.Model(inputs=inputs, outputs=logits)
# same weights: model
model.compile(
    optimizer=keras.optimizers.AdamW(learning_rate=0.001, weight_decay=0.0001),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=[
        keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
        keras.metrics.SparseTopKCategoricalAccuracy(2, name="top-2-accuracy"),
    ],
)
history = model.fit(images, labels, batch_size=8, epochs=3, verbose=0)
