"""The tests; they mirror `minidl/`."""
