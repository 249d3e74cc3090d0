"""Segmentation with losses of regions, focal losses, metrics of overlap and a weight for each pixel."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(23)
images = rng.normal(size=(8, 8, 8, 1)).astype("float32")
masks = (images[..., 0] > 0).astype("int32") + (images[..., 0] > 1)


def block(x, filters):
    x = layers.Conv2D(filters, 3, padding="same", kernel_initializer="he_normal", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.LeakyReLU(negative_slope=0.1)(x)


inputs = keras.Input((8, 8, 1))
c1 = block(inputs, 4)
p1 = layers.MaxPooling2D(2)(c1)
c2 = layers.SeparableConv2D(6, 3, padding="same", activation="relu")(p1)
u1 = layers.Conv2DTranspose(4, 2, strides=2, padding="same")(c2)
m1 = layers.Concatenate()([u1, c1, layers.UpSampling2D(2, interpolation="bilinear")(c2)])
out = layers.Conv2D(3, 1, activation="softmax")(m1)
model = keras.Model(inputs, out)
# same weights: model
model.compile(
    "adam", "sparse_categorical_crossentropy", metrics=["accuracy", keras.metrics.MeanIoU(3, sparse_y_pred=False, name="iou")]
)
history = model.fit(
    images, masks, batch_size=4, epochs=2, shuffle=False, verbose=0, sample_weight=1.0 + masks.astype("float32")
)
iou = model.evaluate(images, masks, verbose=0, return_dict=True)
onehot = keras.utils.to_categorical(masks, 3)
model.compile(
    keras.optimizers.Lion(1e-3),
    keras.losses.Dice(),
    metrics=[keras.metrics.OneHotIoU(3, [1, 2], name="one"), "categorical_accuracy"],
)
dice = model.fit(images, onehot, batch_size=4, epochs=2, shuffle=False, verbose=0)
model.compile("sgd", keras.losses.CategoricalFocalCrossentropy(alpha=[0.2, 0.3, 0.5], gamma=1.5), metrics=["mse"])
focal = model.fit(images, onehot, batch_size=4, epochs=1, shuffle=False, verbose=0)
tversky = float(keras.losses.Tversky(0.3, 0.7)(onehot, model.predict(images, verbose=0)))
