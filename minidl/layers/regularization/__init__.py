"""Regularization layers: dropout, noise, and penalties on outputs."""
