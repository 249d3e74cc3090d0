"""A Siamese network with a contrastive loss: two inputs through one embedding, and their distance by a Lambda."""

import keras
import numpy as np
from keras import layers, ops

rng = np.random.default_rng(1)
left = rng.normal(size=(24, 6)).astype("float32")
right = np.where(rng.random((24, 1)) < 0.5, left + 0.1, rng.normal(size=(24, 6))).astype("float32")
same = (np.abs(left - right).max(1) < 0.2).astype("float32")


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


inp = keras.Input((6,))
x = layers.BatchNormalization()(inp)
x = layers.Dense(8, activation="tanh")(x)
embedding_network = keras.Model(inp, x)
input_1, input_2 = keras.Input((6,)), keras.Input((6,))
tower_1, tower_2 = embedding_network(input_1), embedding_network(input_2)
merge_layer = layers.Lambda(euclidean_distance, output_shape=(1,))([tower_1, tower_2])
normal_layer = layers.BatchNormalization()(merge_layer)
output_layer = layers.Dense(1, activation="sigmoid")(normal_layer)
siamese = keras.Model(inputs=[input_1, input_2], outputs=output_layer)
# same weights: siamese
siamese.compile(loss=contrastive_loss(margin=1), optimizer="RMSprop", metrics=["accuracy"])
history = siamese.fit(
    [left, right], same, validation_data=([left, right], same), batch_size=8, epochs=3, shuffle=False, verbose=0
)
results = siamese.evaluate([left, right], same, verbose=0)
predictions = siamese.predict([left, right], verbose=0)
shape = merge_layer.shape
