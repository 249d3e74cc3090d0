"""Models inside models: an encoder, a decoder, an autoencoder of both, and an ensemble of three copies."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(44)
x = rng.uniform(size=(16, 8, 8, 1)).astype("float32")
encoder_input = keras.Input(shape=(8, 8, 1), name="original_img")
h = layers.Conv2D(3, 3, activation="relu")(encoder_input)
h = layers.MaxPooling2D(2)(h)
encoder_output = layers.GlobalMaxPooling2D()(h)
encoder = keras.Model(encoder_input, encoder_output, name="encoder")
decoder_input = keras.Input(shape=(3,), name="encoded_img")
h = layers.Dense(16)(decoder_input)
h = layers.Reshape((4, 4, 1))(h)
decoder_output = layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="sigmoid")(h)
decoder = keras.Model(decoder_input, decoder_output, name="decoder")
autoencoder_input = keras.Input(shape=(8, 8, 1), name="img")
decoded_img = decoder(encoder(autoencoder_input))
autoencoder = keras.Model(autoencoder_input, decoded_img, name="autoencoder")
# same weights: autoencoder
autoencoder.summary()
autoencoder.compile("adam", "binary_crossentropy")
history = autoencoder.fit(x, x, epochs=3, batch_size=16, verbose=0)


def get_model():
    inputs = keras.Input(shape=(5,))
    return keras.Model(inputs, layers.Dense(1)(inputs))


inputs = keras.Input(shape=(5,))
ensemble_model = keras.Model(inputs, layers.average([get_model()(inputs) for _ in range(3)]))
# same weights: ensemble_model
mean = ensemble_model.predict(np.ones((2, 5)), verbose=0)
