"""The table of all public classes, one file for each kind of object; nothing here imports Keras."""
