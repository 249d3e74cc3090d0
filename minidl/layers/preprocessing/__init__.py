"""Layers that turn raw data into what a model computes with, inside the model."""
