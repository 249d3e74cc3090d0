"""Sequence to sequence with an encoder's states as first states of a decoder, then sampling models from the parts."""

import keras
import numpy as np

rng = np.random.default_rng(33)
num_encoder_tokens, num_decoder_tokens, latent_dim = 5, 6, 4
encoder_input_data = np.eye(num_encoder_tokens, dtype="float32")[rng.integers(0, 5, size=(12, 4))]
decoder_tokens = rng.integers(0, 6, size=(12, 5))
decoder_input_data = np.eye(num_decoder_tokens, dtype="float32")[decoder_tokens]
decoder_target_data = np.roll(decoder_input_data, -1, axis=1)

encoder_inputs = keras.Input(shape=(None, num_encoder_tokens))
encoder = keras.layers.LSTM(latent_dim, return_state=True)
encoder_outputs, state_h, state_c = encoder(encoder_inputs)
encoder_states = [state_h, state_c]
decoder_inputs = keras.Input(shape=(None, num_decoder_tokens))
decoder_lstm = keras.layers.LSTM(latent_dim, return_sequences=True, return_state=True)
decoder_outputs, _, _ = decoder_lstm(decoder_inputs, initial_state=encoder_states)
decoder_dense = keras.layers.Dense(num_decoder_tokens, activation="softmax")
decoder_outputs = decoder_dense(decoder_outputs)
model = keras.Model([encoder_inputs, decoder_inputs], decoder_outputs)
# same weights: model
model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
history = model.fit([encoder_input_data, decoder_input_data], decoder_target_data, batch_size=12, epochs=3, verbose=0)

encoder_model = keras.Model(encoder_inputs, encoder_states)
decoder_state_input_h = keras.Input(shape=(latent_dim,))
decoder_state_input_c = keras.Input(shape=(latent_dim,))
decoder_states_inputs = [decoder_state_input_h, decoder_state_input_c]
decoder_outputs, h_dec, c_dec = decoder_lstm(decoder_inputs, initial_state=decoder_states_inputs)
decoder_model = keras.Model([decoder_inputs, *decoder_states_inputs], [decoder_dense(decoder_outputs), h_dec, c_dec])
states_value = encoder_model.predict(encoder_input_data[:1], verbose=0)
output_tokens, h, c = decoder_model.predict([decoder_input_data[:1, :1], *states_value], verbose=0)
