"""A VAE whose noise is an input, so that it can be compared; the divergence is in compute_loss, with metrics of the parts."""

import keras
import numpy as np
from keras import layers, ops


class VAE(keras.Model):
    def __init__(self, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden = layers.Dense(6, activation="tanh")
        self.z_mean = layers.Dense(latent_dim)
        self.z_log_var = layers.Dense(latent_dim)
        self.decoder = keras.Sequential([layers.Dense(6, activation="tanh"), layers.Dense(8, activation="sigmoid")])

    def call(self, inputs):
        x, noise = inputs["x"], inputs["noise"]
        h = self.hidden(x)
        mean, log_var = self.z_mean(h), self.z_log_var(h)
        z = mean + ops.exp(0.5 * log_var) * noise
        return {"image": self.decoder(z), "mean": mean, "log_var": log_var}

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        reconstruction = ops.mean(ops.sum(keras.losses.binary_crossentropy(y[..., None], y_pred["image"][..., None]), axis=1))
        mean, log_var = y_pred["mean"], y_pred["log_var"]
        kl = -0.5 * ops.mean(ops.sum(1 + log_var - ops.square(mean) - ops.exp(log_var), axis=1))
        return reconstruction + kl


rng = np.random.default_rng(53)
x = rng.uniform(size=(16, 8)).astype("float32")
noise = rng.normal(size=(16, 2)).astype("float32")
vae = VAE(2)
vae({"x": x, "noise": noise})
# same weights: vae
vae.compile(optimizer=keras.optimizers.Adam(1e-3))
history = vae.fit({"x": x, "noise": noise}, x, epochs=3, batch_size=16, verbose=0)
