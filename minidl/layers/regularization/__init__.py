"""Layers that make overfitting harder: dropout, noise, penalties on outputs."""
