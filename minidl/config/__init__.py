"""Settings, randomness, configs and the registry."""
