"""Preprocessing layers: convert raw data to numbers inside the model."""
