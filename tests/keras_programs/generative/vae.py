"""A variational autoencoder with a sampling layer, and the divergence added to the loss in a layer of its own."""

import keras
import numpy as np
from keras import layers, ops


class Sampling(layers.Layer):
    """Uses (z_mean, z_log_var) to sample z, the vector encoding a digit."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs):
        z_mean, z_log_var = inputs
        batch = ops.shape(z_mean)[0]
        dim = ops.shape(z_mean)[1]
        epsilon = keras.random.normal(shape=(batch, dim), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon


class Divergence(layers.Layer):
    def call(self, inputs):
        z_mean, z_log_var = inputs
        kl_loss = -0.5 * (1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var))
        self.add_loss(ops.mean(ops.sum(kl_loss, axis=1)))
        return inputs


rng = np.random.default_rng(52)
x_train = rng.uniform(size=(16, 10)).astype("float32")
latent_dim = 2
encoder_inputs = keras.Input(shape=(10,))
x = layers.Dense(6, activation="relu")(encoder_inputs)
z_mean = layers.Dense(latent_dim, name="z_mean")(x)
z_log_var = layers.Dense(latent_dim, name="z_log_var")(x)
z_mean, z_log_var = Divergence()([z_mean, z_log_var])
z = Sampling()([z_mean, z_log_var])
encoder = keras.Model(encoder_inputs, [z_mean, z_log_var, z], name="encoder")
latent_inputs = keras.Input(shape=(latent_dim,))
x = layers.Dense(6, activation="relu")(latent_inputs)
decoder = keras.Model(latent_inputs, layers.Dense(10, activation="sigmoid")(x), name="decoder")
vae = keras.Model(encoder_inputs, decoder(encoder(encoder_inputs)[2]), name="vae")
# same weights: vae
vae.compile(optimizer="adam", loss="binary_crossentropy")
history = vae.fit(x_train, x_train, epochs=3, batch_size=8, verbose=0)
z_sample = np.array([[0.5, -1.0]])
means, log_vars, samples = encoder.predict(x_train, verbose=0)
drawn = decoder.predict(z_sample, verbose=0)
# random: history, means, log_vars, samples, drawn, vae, encoder, decoder
