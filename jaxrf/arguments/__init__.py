"""Checks of what callers pass: types, whole numbers and names."""
