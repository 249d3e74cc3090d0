"""Settings, randomness, and how objects know to rebuild themselves."""
