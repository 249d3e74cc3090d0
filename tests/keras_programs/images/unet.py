"""A U-Net with skip connections by concatenation and upsampling, and a Dice loss."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(15)
images = rng.normal(size=(8, 8, 8, 1)).astype("float32")
masks = (images > 0.3).astype("float32")

inputs = keras.Input((8, 8, 1))
down = layers.Conv2D(3, 3, padding="same", activation="relu")(inputs)
bottom = layers.MaxPooling2D()(down)
bottom = layers.Conv2D(4, 3, padding="same", activation="relu")(bottom)
up = layers.UpSampling2D(2, interpolation="bilinear")(bottom)
up = layers.Concatenate()([up, down])
up = layers.Conv2D(3, 3, padding="same", activation="relu")(up)
outputs = layers.Conv2D(1, 1, activation="sigmoid", name="mask")(up)
model = keras.Model(inputs, outputs, name="unet")
# same weights: model
model.compile(optimizer="adam", loss=keras.losses.Dice(), metrics=["binary_accuracy", keras.metrics.BinaryIoU([1])])
history = model.fit(images, masks, batch_size=8, epochs=3, verbose=0)
predicted = model.predict(images, batch_size=8, verbose=0)
