"""Tests of the doctor; a package, so that the recipes of the evaluation are registered once, under one name."""
