"""An encoder and decoder with strided and transposed convolutions: a class for each pixel."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(14)
input_imgs = rng.integers(0, 255, size=(8, 8, 8, 3)).astype("uint8")
targets = rng.integers(0, 3, size=(8, 8, 8, 1)).astype("uint8")


def get_model(img_size, num_classes):
    inputs = keras.Input(shape=(*img_size, 3))
    x = layers.Rescaling(1.0 / 255)(inputs)
    x = layers.Conv2D(4, 3, strides=2, activation="relu", padding="same")(x)
    x = layers.Conv2D(4, 3, activation="relu", padding="same")(x)
    x = layers.Conv2DTranspose(4, 3, activation="relu", padding="same")(x)
    x = layers.Conv2DTranspose(4, 3, activation="relu", padding="same", strides=2)(x)
    outputs = layers.Conv2D(num_classes, 3, activation="softmax", padding="same")(x)
    return keras.Model(inputs, outputs)


model = get_model(img_size=(8, 8), num_classes=3)
# same weights: model
iou = keras.metrics.IoU(num_classes=3, target_class_ids=(0,), name="foreground_iou", sparse_y_true=True, sparse_y_pred=False)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=[iou])
history = model.fit(input_imgs, targets, epochs=3, batch_size=8, verbose=0)
mask = np.argmax(model.predict(input_imgs[:1], verbose=0)[0], axis=-1)
