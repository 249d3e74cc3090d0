"""Siamese towers with one shared network, a distance by Lambda, and a contrastive loss of one's own."""

import keras
import numpy as np
from keras import layers, ops

rng = np.random.default_rng(45)
left = rng.normal(size=(20, 5)).astype("float32")
right = np.where(np.arange(20)[:, None] % 2 == 0, left + 0.1, rng.normal(size=(20, 5))).astype("float32")
labels = (np.arange(20) % 2).astype("float32")


def euclidean_distance(vects):
    x, y = vects
    sum_square = ops.sum(ops.square(x - y), axis=1, keepdims=True)
    return ops.sqrt(ops.maximum(sum_square, keras.backend.epsilon()))


def contrastive_loss(margin=1):
    def loss(y_true, y_pred):
        square_pred = ops.square(y_pred)
        margin_square = ops.square(ops.maximum(margin - y_pred, 0))
        return ops.mean((1 - y_true) * square_pred + y_true * margin_square)

    return loss


tower = keras.Sequential([keras.Input((5,)), layers.Dense(4, activation="tanh"), layers.Dense(3)])
input_1, input_2 = keras.Input((5,)), keras.Input((5,))
merge_layer = layers.Lambda(euclidean_distance, output_shape=(1,))([tower(input_1), tower(input_2)])
normal_layer = layers.BatchNormalization()(merge_layer)
output_layer = layers.Dense(1, activation="sigmoid")(normal_layer)
siamese = keras.Model(inputs=[input_1, input_2], outputs=output_layer)
# same weights: siamese
siamese.compile(loss=contrastive_loss(margin=1), optimizer="rmsprop", metrics=["accuracy"])
history = siamese.fit([left, right], labels, batch_size=20, epochs=3, verbose=0)
predictions = siamese.predict([left[:4], right[:4]], verbose=0)
