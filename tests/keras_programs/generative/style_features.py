"""Gram matrices and a total variation loss with ops, as in neural style transfer."""

import keras
import numpy as np
from keras import layers, ops

rng = np.random.default_rng(54)
base_image = rng.uniform(size=(1, 8, 8, 3)).astype("float32")
style_image = rng.uniform(size=(1, 8, 8, 3)).astype("float32")
model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, activation="relu"), layers.Conv2D(2, 3)])
# same weights: model
feature_extractor = keras.Model(model.inputs, {layer.name: layer.output for layer in model.layers})


def gram_matrix(x):
    x = ops.transpose(x, (2, 0, 1))
    features = ops.reshape(x, (ops.shape(x)[0], -1))
    return ops.matmul(features, ops.transpose(features))


def style_loss(style_img, combination_img):
    S, C = gram_matrix(style_img), gram_matrix(combination_img)  # noqa: N806  # as in the paper
    return ops.sum(ops.square(S - C)) / (4.0 * 9 * 64**2)


def total_variation_loss(x):
    a = ops.square(x[:, :7, :7, :] - x[:, 1:, :7, :])
    b = ops.square(x[:, :7, :7, :] - x[:, :7, 1:, :])
    return ops.sum(ops.power(a + b, 1.25))


features = feature_extractor(np.concatenate([base_image, style_image]))
names = sorted(features)
losses = [float(style_loss(features[name][1], features[name][0])) for name in names]
variation = float(total_variation_loss(ops.convert_to_tensor(base_image)))
