"""The simple MNIST convnet, with ten images of eight by eight pixels."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(10)
num_classes = 3
input_shape = (10, 10, 1)
x_train = rng.integers(0, 256, size=(32, 10, 10))
y_train = rng.integers(0, num_classes, size=32)
x_train = x_train.astype("float32") / 255
x_train = np.expand_dims(x_train, -1)
y_train = keras.utils.to_categorical(y_train, num_classes)

model = keras.Sequential(
    [
        keras.Input(shape=input_shape),
        layers.Conv2D(4, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Conv2D(6, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Flatten(),
        layers.Dropout(0.0),
        layers.Dense(num_classes, activation="softmax"),
    ]
)
# same weights: model
model.summary()
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
history = model.fit(x_train, y_train, batch_size=16, epochs=3, validation_split=0.5, verbose=0)
score = model.evaluate(x_train, y_train, verbose=0)
print("Test loss:", score[0])
shapes = [layer.output.shape for layer in model.layers]
