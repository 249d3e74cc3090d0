"""Autoencoders as in the post on building them: dense, sparse by an activity penalty, and denoising."""

import keras
import numpy as np
from keras import layers, regularizers

rng = np.random.default_rng(50)
x_train = rng.uniform(size=(24, 16)).astype("float32")
encoding_dim = 4
input_img = keras.Input(shape=(16,))
encoded = layers.Dense(encoding_dim, activation="relu", activity_regularizer=regularizers.l1(1e-3))(input_img)
decoded = layers.Dense(16, activation="sigmoid")(encoded)
autoencoder = keras.Model(input_img, decoded)
encoder = keras.Model(input_img, encoded)
encoded_input = keras.Input(shape=(encoding_dim,))
decoder_layer = autoencoder.layers[-1]
decoder = keras.Model(encoded_input, decoder_layer(encoded_input))
# same weights: autoencoder
autoencoder.compile(optimizer="adam", loss="binary_crossentropy")
noisy = np.clip(x_train + 0.2 * rng.normal(size=x_train.shape), 0.0, 1.0)
history = autoencoder.fit(
    noisy, x_train, epochs=3, batch_size=12, shuffle=False, validation_data=(noisy[:8], x_train[:8]), verbose=0
)
encoded_imgs = encoder.predict(x_train, verbose=0)
decoded_imgs = decoder.predict(encoded_imgs, verbose=0)
