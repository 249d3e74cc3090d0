"""The MNIST example that asks the backend for the order of axes."""

import keras
import numpy as np
from keras import backend as K  # noqa: N812  # Keras's usual short name
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential

rng = np.random.default_rng(18)
img_rows, img_cols = 8, 8
x_train = rng.integers(0, 255, size=(16, img_rows, img_cols))
y_train = rng.integers(0, 4, size=16)
if K.image_data_format() == "channels_first":
    x_train = x_train.reshape(x_train.shape[0], 1, img_rows, img_cols)
    input_shape = (1, img_rows, img_cols)
else:
    x_train = x_train.reshape(x_train.shape[0], img_rows, img_cols, 1)
    input_shape = (img_rows, img_cols, 1)
x_train = x_train.astype("float32")
x_train /= 255
y_train = keras.utils.to_categorical(y_train, 4)

model = Sequential()
model.add(Conv2D(4, kernel_size=(3, 3), activation="relu", input_shape=input_shape))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(4, activation="softmax"))
# same weights: model
model.compile(loss=keras.losses.categorical_crossentropy, optimizer=keras.optimizers.Adadelta(), metrics=["accuracy"])
score = model.evaluate(x_train, y_train, verbose=0)
history = model.fit(x_train, y_train, batch_size=16, epochs=2, verbose=0, validation_data=(x_train, y_train))
settings = [keras.config.floatx(), keras.config.image_data_format(), keras.backend.floatx(), keras.config.epsilon()]
# random: history, model
