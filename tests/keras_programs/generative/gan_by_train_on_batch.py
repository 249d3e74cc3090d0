"""A GAN as programs wrote it before train_step: train_on_batch of a discriminator, and of a generator behind it."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(51)
real = rng.normal(2.0, 0.5, size=(32, 2)).astype("float32")
latent_dim = 3


def build_generator():
    return keras.Sequential(
        [keras.Input((latent_dim,)), layers.Dense(6), layers.LeakyReLU(negative_slope=0.2), layers.Dense(2)], name="generator"
    )


def build_discriminator():
    return keras.Sequential(
        [keras.Input((2,)), layers.Dense(6), layers.LeakyReLU(negative_slope=0.2), layers.Dense(1, activation="sigmoid")],
        name="discriminator",
    )


discriminator = build_discriminator()
generator = build_generator()
# same weights: discriminator, generator
discriminator.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.0002, 0.5), metrics=["accuracy"])
frozen = build_discriminator()
frozen.trainable = False
z = keras.Input(shape=(latent_dim,))
combined = keras.Model(z, frozen(generator(z)))
combined.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(0.0002, 0.5))
d_losses, g_losses = [], []
for _ in range(3):
    noise = rng.normal(0, 1, (16, latent_dim)).astype("float32")
    gen_imgs = generator.predict(noise, verbose=0)
    d_loss_real = discriminator.train_on_batch(real[:16], np.ones((16, 1)))
    d_loss_fake = discriminator.train_on_batch(gen_imgs, np.zeros((16, 1)))
    d_losses.append(0.5 * np.add(d_loss_real, d_loss_fake))
    frozen.set_weights(discriminator.get_weights())
    g_losses.append(combined.train_on_batch(noise, np.ones((16, 1))))
