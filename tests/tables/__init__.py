"""Rows of the one table of every public class, a file for each kind of object; nothing here imports Keras."""
