"""Checks of a model: expectations and baselines."""
