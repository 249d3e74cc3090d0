"""Pooling layers: the maximum or mean of windows, or of all positions."""
