"""Activation functions as layers, for those with weights or options."""
