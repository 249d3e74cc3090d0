"""Tests of the doctor; a package, so that the trial's recipes are entered once, under one name."""
