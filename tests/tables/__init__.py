"""Rows of the one table (tests/test_every_public_class.py), a file for each kind of object that has many."""
