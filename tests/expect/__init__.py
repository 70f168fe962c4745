"""Expectations and baselines."""
