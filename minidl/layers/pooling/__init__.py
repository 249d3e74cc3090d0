"""Layers that put the largest or the mean in place of many values."""
