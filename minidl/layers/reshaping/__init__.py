"""Layers that arrange numbers anew: flattened, reshaped, repeated, padded, cropped."""
